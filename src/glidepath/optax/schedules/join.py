"""Schedules one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ...arrays import is_number
from ...compose import Join
from ...errors import ScheduleError, fail
from ...schedule import Schedule
from ...schedules import Custom
from .arguments import ascending, checked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["join_schedules"]


@checked
def join_schedules(schedules: Sequence[Callable[[Any], Any]], boundaries: Sequence[int]) -> Schedule:
    """Schedules one after the other, each on its own clock.

    Definition: with ``b[0] = 0`` put before the boundaries, ``schedules[i](t - b[i])`` for ``t`` from ``b[i]``
    (included) to ``b[i+1]`` (excluded).

    schedules: at least one. A plain function of the step is wrapped in `glidepath.Custom`.
    boundaries: the steps at which the later ones begin, in strictly ascending order; one fewer than
        schedules. Where the first of them is 0, the first schedule is left out.

    >>> from glidepath.optax import constant_schedule, linear_schedule
    >>> warmup = linear_schedule(0.0, 1.0, 100)
    >>> s = join_schedules([warmup, constant_schedule(1.0), linear_schedule(1.0, 0.0, 50)], [100, 500])
    >>> s(50), s(499), s(525)
    (0.5, 1.0, 0.5)
    """
    parts = as_parts("join_schedules.schedules", schedules)
    marks = ascending("join_schedules.boundaries", boundaries)
    if type(marks) is tuple:
        if len(marks) != len(parts) - 1:
            raise ScheduleError(
                f"join_schedules.boundaries must be one fewer than the {len(parts)} schedules, got {len(marks)}"
            )
        if marks and is_number(marks[0]) and marks[0] == 0:
            parts, marks = parts[1:], marks[1:]
        if not marks:
            return parts[0]
    return Join(parts=parts, boundaries=marks)


def as_parts(where: str, schedules: Any) -> tuple[Schedule, ...]:
    """Schedules, and functions of the step, as schedules."""
    if isinstance(schedules, str) or not isinstance(schedules, Iterable):
        fail(where, "a sequence of schedules", schedules)
    parts = tuple(as_part(f"{where}[{i}]", x) for i, x in enumerate(schedules))
    if not parts:
        fail(where, "a sequence of at least one schedule", schedules)
    return parts


def as_part(where: str, x: Any) -> Schedule:
    """A schedule, or a function of the step, as a schedule."""
    if isinstance(x, Schedule):
        return x
    if not callable(x):
        fail(where, "a schedule or a function of the step", x)
    return Custom(function=x)
