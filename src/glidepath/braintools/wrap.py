"""Any core schedule as a scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import fail
from ..schedule import Schedule
from .base import Scheduler

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["scheduler"]


class ScheduleLR(Scheduler):
    """A scheduler whose learning rates are given as core schedules, one for each group."""

    made_of = ("schedules",)

    def __init__(self, schedules: list[Schedule], last_epoch: int) -> None:
        self.schedules = schedules
        super().__init__([schedule(0) for schedule in schedules], last_epoch)

    def curve(self, base_lr: float, group: int) -> Schedule:
        schedule = self.schedules[min(group, len(self.schedules) - 1)]
        factor = self._factor(base_lr, schedule(0))
        return schedule if factor == 1 else schedule * factor

    def _checked(self, state_dict: Any, where: str) -> dict[str, Any]:
        checked = super()._checked(state_dict, where)
        for group, base_lr in enumerate(checked["base_lrs"]):
            self.curve(base_lr, group)
        return checked


def scheduler(schedule: Schedule | Sequence[Schedule], last_epoch: int = 0) -> Scheduler:
    """A core schedule as a braintools scheduler: the learning rate at epoch ``t`` is ``schedule(t)``.

    schedule: a `glidepath.Schedule`, or a list with one for each group of parameters. Its value at 0 is the
        base learning rate.
    last_epoch: the epoch to start at; 0 and -1 are the start.

    Raises `ScheduleError` for what is not a schedule.

    >>> import glidepath
    >>> ours = scheduler(glidepath.wsd(0.1, warmup=10, decay=20, total=100))
    >>> ours.step(5)
    >>> ours.get_lr()
    [0.05]
    """
    given = [schedule] if isinstance(schedule, Schedule) else schedule
    if not isinstance(given, list | tuple) or not given:
        fail("scheduler: schedule", "a glidepath schedule or a list of them", schedule)
    for i, one in enumerate(given):
        if not isinstance(one, Schedule):
            fail(f"scheduler: schedule[{i}]", "a glidepath schedule", one)
    return ScheduleLR(list(given), last_epoch)
