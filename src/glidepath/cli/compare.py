"""``glidepath compare``: train with several schedules, and see which one learned most."""

from __future__ import annotations

import math
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..schedule import Schedule

__all__ = ["compare"]


@click.command(short_help="Train with several schedules and rank them.")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--steps", type=click.IntRange(min=1), default=1500, show_default=True, help="Updates of each training.")
@click.option("--seeds", type=click.IntRange(min=1), default=3, show_default=True, help="Trainings of each schedule.")
@click.option("--peak", type=float, help="Highest rate of the default schedules.  [default: 0.1]")
@click.option(
    "--backend",
    type=click.Choice(["numpy", "jax", "torch"]),
    default="numpy",
    show_default=True,
    help="The library that trains.",
)
@click.option("--jobs", type=click.IntRange(min=1), help="Trainings at a time.  [default: one for each processor]")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("glidepath-compare.html"),
    show_default=True,
    help="Where to write the report.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the table.")
@click.option("--quiet", is_flag=True, help="Show no progress bar.")
def compare(
    files: tuple[Path, ...],
    steps: int,
    seeds: int,
    peak: float | None,
    backend: str,
    jobs: int | None,
    out: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Train a small character model on real text with each schedule and each seed, and rank the schedules by the
    loss on held-out text.

    FILES are schedules in YAML or JSON; "5%" in them is 5 % of --steps. Of several in one file, "lr" is taken.
    Without files, five usual schedules are compared. The table goes to stdout, the pictures to the report.
    """
    if files and peak is not None:
        raise click.UsageError("--peak is for the default schedules; a file says how high its own goes")
    if peak is not None and not math.isfinite(peak):
        raise click.BadParameter(f"must be a finite number, got {peak}", param_hint="'--peak'")
    if any(file.exists() and out.exists() and file.samefile(out) for file in files):
        raise click.BadParameter(f"{str(out)!r} is one of the files to compare", param_hint="'--out'")
    if not (out.parent.is_dir() and os.access(out.parent, os.W_OK)):
        raise click.BadParameter(f"cannot write into the folder {str(out.parent)!r}", param_hint="'--out'")
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the trainings share the processors already
    from ..lab.comparison import compare as compare_schedules, default_schedules
    from ..lab.task import Settings

    peak = 0.1 if peak is None else peak
    schedules = _loaded(files, steps) if files else default_schedules(steps, peak)
    found = compare_schedules(
        schedules, seeds=seeds, settings=Settings(steps=steps), backend=backend, progress=not quiet, jobs=jobs
    )
    click.echo(found.to_json() if as_json else f"{found.table()}\n\n{found.summary()}\n")
    words = ["--steps", steps, "--seeds", seeds, *(() if files else ("--peak", peak)), "--backend", backend]
    found.to_html(out, shlex.join(map(str, ("glidepath", "compare", *files, *words))))
    click.echo(f"Report: {out}", err=as_json)


def _loaded(files: tuple[Path, ...], steps: int) -> dict[str, Schedule]:
    """The learning rates in some files, each by the name of its file, or by the path where two have one name."""
    from ..spec import load_all
    from ..units import Run

    clear = len({file.stem for file in files}) == len(files)
    schedules: dict[str, Schedule] = {}
    for file in files:
        name = file.stem if clear else str(file)
        if name in schedules:
            raise click.UsageError(f"{name} is given twice")
        found = load_all(file, run=Run(total=steps))
        if len(found) > 1 and "lr" not in found:
            raise click.UsageError(f"{file} has several schedules ({', '.join(found)}) and none is named lr")
        schedule = schedules[name] = found["lr"] if "lr" in found else next(iter(found.values()))
        if schedule.length is not None and schedule.length > steps:
            click.echo(f"Note: {name} takes {schedule.length} steps, and --steps {steps} ends it early.", err=True)
    return schedules
