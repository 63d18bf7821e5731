"""Schedules on trial: each trains the same task with several seeds, and they are ranked by what it learned."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import closing
from copy import copy
from dataclasses import asdict, dataclass, field
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from ..errors import ScheduleError, fail, unknown
from ..files import replace_file
from ..recipes import warmup_cosine, wsd
from ..schedule import Schedule
from ..schedules import Constant, Cosine, Linear
from . import report
from .task import BACKENDS, Settings, training

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from os import PathLike
    from typing import Any

__all__ = ["Comparison", "Row", "compare", "default_schedules"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """How one schedule did.

    rank: 1 for the best.
    name: what the caller named it.
    schedule: the schedule itself.
    losses: the loss on held-out text, in nats per character, by seed; None where the training diverged.
    learning_rates: what each update used.
    curve: ``(step, loss)`` on the way: the loss on the text trained on, the mean of all seeds over some steps.
        It ends where a training diverged.
    """

    rank: int
    name: str
    schedule: Schedule
    losses: tuple[float | None, ...]
    learning_rates: tuple[float, ...] = field(repr=False)
    curve: tuple[tuple[float, float], ...] = field(repr=False)

    @property
    def diverged(self) -> int:
        """How many trainings ended in a loss that is no number."""
        return self.losses.count(None)

    @property
    def mean(self) -> float | None:
        """The mean of the losses; None where a training diverged."""
        return None if self.diverged else fmean(loss for loss in self.losses if loss is not None)

    @property
    def standard_deviation(self) -> float | None:
        """The sample standard deviation of the losses; None for one seed, or where a training diverged."""
        if self.diverged or len(self.losses) < 2:
            return None
        return stdev(loss for loss in self.losses if loss is not None)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What `compare` found: the rows by rank, and what led to them."""

    rows: tuple[Row, ...]
    seeds: int
    settings: Settings
    backend: str

    @property
    def best(self) -> Row:
        """The row of rank 1."""
        return self.rows[0]

    def table(self) -> str:
        """The ranking as lines of text."""
        return report.table(self)

    def summary(self) -> str:
        """The result in a sentence or two."""
        return report.summary(self)

    def to_json(self) -> str:
        """Everything as JSON. Schedules are as `glidepath.to_dict` has them, null where they have no such form."""
        return json.dumps(
            {
                "best": self.best.name if self.best.mean is not None else None,
                "unit": "nats per character",
                "schedules": [_plain(row) for row in self.rows],
                "seeds": self.seeds,
                "settings": asdict(self.settings),
                "backend": self.backend,
                "versions": report.versions(self.backend),
            },
            indent=2,
            allow_nan=False,
        )

    def to_html(self, path: str | PathLike[str], command: str | None = None) -> None:
        """Write a report with pictures to a file that needs nothing beside it.

        The file is complete or, after an error, as it was before.

        command: what to show as the way to do it again; the call in Python where not given.
        """
        replace_file(path, report.html(self, command).encode("utf-8", "replace"))


def default_schedules(steps: int = 1500, peak: float = 0.1) -> dict[str, Schedule]:
    """The schedules that are compared where none are given.

    steps: updates of a training, at least 1. The warmup is 5 % of them, the decay of "wsd" 30 %.
    peak: the highest learning rate, any finite number.

    >>> list(default_schedules())
    ['constant', 'cosine', 'linear', 'warmup+cosine', 'wsd']
    """
    constant = Constant(value=peak)
    cosine, linear = Cosine(start=peak, end=0.0, steps=steps), Linear(start=peak, end=0.0, steps=steps)
    warmup, decay = steps // 20, max(3 * steps // 10, 1)
    return {
        "constant": constant,
        "cosine": cosine,
        "linear": linear,
        "warmup+cosine": warmup_cosine(peak, warmup, steps),
        "wsd": wsd(peak, warmup, decay, steps),
    }


def compare(
    schedules: Mapping[str, Schedule] | None = None,
    *,
    seeds: int = 3,
    settings: Settings | None = None,
    backend: str = "numpy",
    progress: bool = True,
    jobs: int | None = None,
) -> Comparison:
    """Train the lab's task with every schedule and every seed, in parallel, and rank the schedules.

    The rank is by the mean over the seeds of the loss on held-out text, then by name. A training whose loss
    becomes infinite or not a number has diverged, and its schedule ranks below those that never did. The same
    arguments give the same result on the same machine, however many jobs share the work.

    The trainings run under joblib. Inside ``with joblib.parallel_config(...)`` they go where that says, to
    threads or to the machines of a cluster; elsewhere, to processes with one thread each.

    schedules: by name; `default_schedules` where not given.
    seeds: how many trainings with each schedule, at least 1. Seed 0, 1, ... is the same for all schedules: it
        decides the weights at the start and the batches.
    settings: the task; ``Settings()`` where not given.
    backend: what trains: ``"numpy"``, ``"jax"`` or ``"torch"``.
    progress: whether to show a bar on stderr.
    jobs: how many trainings at a time, at least 1; by default one for each processor.

    Raises `ScheduleError` for arguments that cannot be right; what a schedule or a training raises comes with
    the name of the schedule and the seed.

    >>> from glidepath import Constant
    >>> from glidepath.lab import Settings, compare
    >>> rates = {"fast": Constant(value=0.1), "slow": Constant(value=0.001)}
    >>> compare(rates, seeds=1, settings=Settings(steps=50), progress=False, jobs=1).best.name
    'fast'
    """
    settings = Settings() if settings is None else settings
    if not isinstance(settings, Settings):
        fail("compare.settings", "a Settings", settings)
    chosen = default_schedules(settings.steps) if schedules is None else _checked(schedules)
    for name, given in (("seeds", seeds), ("jobs", jobs)):
        if (given is not None or name == "seeds") and (type(given) is not int or given < 1):
            fail(f"compare.{name}", "a positive integer", given)
    if backend not in BACKENDS:
        unknown("compare", "backend", backend, BACKENDS)
    runs: dict[str, list[_Run]] = {name: [] for name in chosen}
    with closing(_runs(chosen, seeds, settings, backend, jobs)) as arriving:
        for run in _with_bar(arriving, runs, seeds) if progress else arriving:
            runs[run.name].append(run)
    rows = [_row(name, chosen[name], sorted(found, key=lambda run: run.seed)) for name, found in runs.items()]
    rows.sort(key=lambda row: (row.diverged, row.mean or 0.0, row.name))
    ranked = tuple(Row(**{**vars(row), "rank": i}) for i, row in enumerate(rows, 1))
    return Comparison(rows=ranked, seeds=seeds, settings=settings, backend=backend)


def _checked(schedules: Mapping[str, Schedule]) -> dict[str, Schedule]:
    if not isinstance(schedules, Mapping):
        fail("compare.schedules", "a mapping of names to schedules", schedules)
    chosen = dict(schedules)
    if not chosen:
        fail("compare.schedules", "at least one schedule", schedules)
    for name, schedule in chosen.items():
        if type(name) is not str or not name:
            fail("compare.schedules", "named by non-empty strings", name)
        if not isinstance(schedule, Schedule):
            fail(f"compare.schedules[{name!r}]", "a glidepath schedule", schedule)
    return chosen


@dataclass(frozen=True, kw_only=True)
class _Run:
    """One training, finished."""

    name: str
    seed: int
    loss: float | None
    learning_rates: list[float]
    losses: list[float]


def _train(name: str, schedule: Schedule, settings: Settings, backend: str, seed: int) -> _Run:
    try:
        run = training(backend, schedule, settings, seed)
        run.run(settings.steps)
        loss = float(run.validation_loss())
    except ScheduleError as error:
        raise ScheduleError(f"{name}, seed {seed}: {error}") from error
    except Exception as error:
        raise RuntimeError(f"{name}, seed {seed}: {type(error).__name__}: {error}") from error
    held = math.isfinite(loss) and all(map(math.isfinite, run.losses))
    return _Run(name=name, seed=seed, loss=loss if held else None, learning_rates=run.learning_rates, losses=run.losses)


def _runs(
    schedules: Mapping[str, Schedule], seeds: int, settings: Settings, backend: str, jobs: int | None
) -> Generator[_Run, None, None]:
    """Every training, as it ends."""
    from joblib import Parallel, cpu_count, delayed
    from joblib.parallel import get_active_backend

    where, configured = get_active_backend()
    if where.supports_inner_max_num_threads and where.inner_max_num_threads is None:
        where = copy(where)  # it may be the caller's
        where.inner_max_num_threads = 1
    total = len(schedules) * seeds
    how = {"n_jobs": jobs or configured or min(cpu_count(), total), "backend": where, "batch_size": 1}
    try:
        parallel = Parallel(return_as="generator_unordered", **how)
    except ValueError:  # some backends hand over everything at the end
        parallel = Parallel(**how)
    yield from parallel(
        delayed(_train)(name, schedule, settings, backend, seed)
        for name, schedule in schedules.items()
        for seed in range(seeds)
    )


def _with_bar(runs: Iterable[_Run], done: Mapping[str, Sequence[_Run]], seeds: int) -> Iterator[_Run]:
    """The same runs, with a bar that shows how many there were and which schedule leads."""
    from tqdm.auto import tqdm

    with tqdm(total=len(done) * seeds, desc="training", unit="run", dynamic_ncols=True) as bar:
        for run in runs:
            yield run
            known = {name: [run.loss for run in found if run.loss is not None] for name, found in done.items()}
            means = [(fmean(losses), name) for name, losses in known.items() if len(losses) == seeds]
            if means:
                best, name = min(means)
                bar.set_postfix_str(f"best {report.shown(name)} {report.in_nats(best)}", refresh=False)
            bar.update()


def _row(name: str, schedule: Schedule, runs: list[_Run]) -> Row:
    return Row(
        rank=0,
        name=name,
        schedule=schedule,
        losses=tuple(run.loss for run in runs),
        learning_rates=tuple(runs[0].learning_rates),
        curve=tuple(_curve([run.losses for run in runs])),
    )


def _curve(losses: list[list[float]], points: int = 60) -> Iterator[tuple[float, float]]:
    """The mean loss of all seeds over stretches of steps, with the middle of each."""
    steps = min(map(len, losses))
    size = -(-steps // points)
    for first in range(0, steps, size or 1):
        stretch = [run[first : first + size] for run in losses]
        loss = fmean(loss for part in stretch for loss in part)
        if not math.isfinite(loss):
            return
        yield first + (len(stretch[0]) - 1) / 2, loss


def _plain(row: Row) -> dict[str, Any]:
    try:
        definition = row.schedule.to_dict()
    except ScheduleError:  # a Custom
        definition = None
    steps = [step for step, _ in row.curve]
    return {
        "rank": row.rank,
        "name": row.name,
        "mean": row.mean,
        "standard_deviation": row.standard_deviation,
        "losses": row.losses,
        "diverged": row.diverged,
        "schedule": definition,
        "curve": {
            "steps": steps,
            "learning_rates": [row.learning_rates[int(step)] for step in steps],
            "losses": [loss for _, loss in row.curve],
        },
    }
