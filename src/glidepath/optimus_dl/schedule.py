"""Any schedule or recipe of this library as a scheduler."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..compose import Join
from ..errors import ScheduleError, fail, unknown
from ..fields import true_or_false
from ..recipes import RECIPES
from ..schedule import KINDS, Schedule
from ..spec import from_dict
from ..units import Run
from .base import BaseLRSchedulerConfig
from .configured import ConfiguredLR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["PREFIX", "ScheduleLR", "ScheduleLRConfig"]

#: What stands before the name of a kind or a recipe in the registry.
PREFIX = "glidepath."


@dataclass
class ScheduleLRConfig(BaseLRSchedulerConfig):
    """How a `ScheduleLR` is configured. All other keys are those of the kind or recipe.

    _name: ``glidepath.`` and the name of a kind or recipe.
    relative: whether the schedule is a factor of the base rate of each group, and not the rate itself.
    run: what durations are measured by beside the iterations: ``steps_per_epoch``, ``batch_size`` and
        ``tokens_per_step``.
    """

    relative: bool = False
    run: dict[str, Any] | None = None


class ScheduleLR(ConfiguredLR):
    """A scheduler whose rate is a schedule of this library, by names such as ``glidepath.warmup_cosine``.

    Definition: before update ``k`` the rate of each group is ``schedule(k)``, or, if relative, its base rate times
    that. Its state holds the schedule.

    cfg, optimizer, iterations: as for `ConfiguredLR`. Durations may be written as in `glidepath.load`: ``"5%"`` is
        a share of the iterations, and a recipe's ``total`` is the iterations where it is not given.
    strict: whether to refuse a warmup that takes the whole run, one rate for groups with different ones, and the
        state of another schedule; True where it is not given. Otherwise they are warnings, and the configured
        schedule goes on from the state's step. Unknown keys are always refused.

    >>> import torch
    >>> optimizer = torch.optim.SGD(torch.nn.Linear(1, 1).parameters(), lr=0.5)
    >>> cfg = {"_name": "glidepath.warmup_cosine", "peak": 0.1, "warmup": "5%"}
    >>> scheduler = ScheduleLR(cfg, optimizer, iterations=40)
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.05]
    """

    _config = ScheduleLRConfig
    _saved = ("relative", "schedule")
    _is_strict = True

    schedule: Schedule
    relative: bool

    def _attributes(self, settings: dict[str, Any], iterations: int) -> dict[str, Any]:
        schedule = _built(settings, iterations)
        relative = true_or_false("ScheduleLR.relative", settings["relative"])
        return {"schedule": schedule, "relative": relative}

    def _unknown(self, given: Mapping[str, Any]) -> Iterator[str]:
        return iter(())  # what is not a field of the schedule has been refused

    def _findings(self, settings: dict[str, Any], iterations: int) -> Iterator[str]:
        schedule = self.schedule
        if isinstance(schedule, Join) and schedule.boundaries and schedule.boundaries[0] > iterations:
            yield (
                f"{settings['_name']}: its first part takes {schedule.boundaries[0]} steps, and is longer than the run "
                f"of {iterations} iterations: make it shorter"
            )
        if not self.relative and len(set(self.base_lrs)) > 1:
            yield (
                f"{settings['_name']} gives one rate to parameter groups with the rates {self.base_lrs}: say "
                "relative: true to multiply them by the schedule"
            )

    def get_lr(self) -> list[float]:
        """The rates at the present step."""
        value = self.schedule(self._step_count)
        if value < 0:
            fail(f"{type(self.schedule).__name__} at step {self._step_count}", "a rate of at least 0", value)
        return [base_lr * value for base_lr in self.base_lrs] if self.relative else [value] * len(self.base_lrs)

    def state_dict(self) -> dict[str, Any]:
        """The count of steps, the base rates, and the schedule as `glidepath.to_dict` writes it; plain data."""
        return super().state_dict() | {"schedule": self.schedule.to_dict()}

    def _overridden(self, found: Sequence[str]) -> Iterator[str]:
        if found:
            what = f"ScheduleLR: the checkpoint is of another schedule than the one configured: {'; '.join(found)}. "
            if self._is_strict:
                yield what + "Build it with strict=False to go on with the configured one from the checkpoint's step"
            else:
                yield what + "The configured one goes on from the checkpoint's step"

    def _restored(self, state: Mapping[str, Any]) -> dict[str, Any]:
        true_or_false("ScheduleLR.relative", state["relative"])
        if not isinstance(state["schedule"], dict):
            fail("ScheduleLR.schedule", "a schedule as glidepath.to_dict writes it", state["schedule"])
        return {}  # the schedule is the configured one

    def __repr__(self) -> str:
        return f"ScheduleLR({self.schedule!r}, relative={self.relative}, step_count={self._step_count})"


def _built(settings: dict[str, Any], iterations: int) -> Schedule:
    """The schedule that the keys describe which are not `ScheduleLRConfig`'s."""
    name = settings["_name"]
    known = {f"{PREFIX}{key}": "recipe" for key in RECIPES} | {f"{PREFIX}{key}": "kind" for key in KINDS}
    if name not in known:
        unknown("ScheduleLR._name", "schedule", name, known)
    run = {} if settings["run"] is None else settings["run"]
    if not isinstance(run, dict):
        fail("ScheduleLR.run", "a mapping", run)
    measures = ("steps_per_epoch", "batch_size", "tokens_per_step")
    for key in run:
        if key == "total":
            raise ScheduleError("ScheduleLR.run: the total is the iterations of the run, and not to be given")
        if key not in measures:
            unknown("ScheduleLR.run", "key", key, measures)
    own = ("_name", "relative", "run")
    for key in ("kind", "recipe"):
        if key in settings:
            raise ScheduleError(f"ScheduleLR.{key} is said by _name ({name}), and not to be given")
    data = {known[name]: name.removeprefix(PREFIX)} | {key: x for key, x in settings.items() if key not in own}
    return from_dict(data, Run(**{**run, "total": iterations}))
