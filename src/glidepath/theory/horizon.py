"""How many updates a schedule is made for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .rates import LONGEST, values_of

if TYPE_CHECKING:
    from ..schedule import Schedule

__all__ = ["horizon"]


def horizon(schedule: Schedule) -> int | None:
    """How many updates a schedule is made for: its length, if that is where it has come down; else None.

    A last value is one to train with, and not the end of a decay, where it is the highest of all, as after a
    warmup; and where it is not 0 and comes in one step after a hold, as the last of a stair: a run that ended there
    would never use it.
    """
    values_of(schedule, 1)  # of several schedules in arrays, the length would be an array
    if schedule.length is None or schedule.length > LONGEST:
        return schedule.length
    length = int(schedule.length)
    values = values_of(schedule, length + 1)
    last, highest = values[-1], values.max()
    came_at_once = length > 1 and values[-2] == values[-3] and abs(last - values[-2]) > 1e-6 * highest
    return None if last == highest or (last > 0 and came_at_once) else length
