"""For how many updates a command judges a schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ScheduleError

if TYPE_CHECKING:
    from ..schedule import Schedule

__all__ = ["judged_for"]


def judged_for(schedule: Schedule, name: str, total: int | None) -> int:
    """``total`` where it was said, else what the schedule is made for."""
    from ..theory.horizon import horizon

    found = horizon(schedule) if total is None else total
    if found is None:
        raise ScheduleError(f"{name} has no end: say how many updates the run has, --steps N")
    return found
