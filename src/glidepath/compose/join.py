"""Schedules one after the other.

A join of many parts must cost little: a Python number is answered by bisection, and an array by a table. The
parts of one structure (same kind, same settings) form a *group*: one schedule of that kind whose every field
is a column, with an entry for each part. Looking up a row of the columns for every step, and evaluating that
one schedule, answers all parts of the group at once, however many they are. The same columns are what a join
is made of for `jax`.
"""

from __future__ import annotations

from ..arrays import is_number
from ..errors import ScheduleError, fail
from ..fields import boundaries, parts
from ..schedule import Schedule, as_schedule
from ..schedules.flat import Constant
from ..tree import Packed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..arrays import Namespace

__all__ = ["Join"]


class Join(Schedule):
    """Schedules one after the other, each on its own clock.

    Definition: with ``b[0] = 0`` put before the boundaries, ``s(t) = parts[i](max(t, b[i]) - b[i])`` for
    ``t`` from ``b[i]`` (included) to ``b[i+1]`` (excluded); the first part also before, the last also after.

    parts: at least one schedule.
    boundaries: the steps at which the later parts begin, in strictly ascending order; one fewer than parts.
        A part that is shorter than its place holds its last value, one that is longer is cut.

    Raises `ScheduleError` where the counts do not match.

    >>> from glidepath import Constant, Linear
    >>> warmup = Join(parts=(Linear(start=0.0, end=1.0, steps=10), Constant(value=1.0)), boundaries=(10,))
    >>> warmup(5), warmup(10), warmup(99)
    (0.5, 1.0, 1.0)
    """

    parts: tuple[Schedule, ...] = parts()
    boundaries: tuple[int, ...] = boundaries()

    @staticmethod
    def of(first: Schedule, second: Schedule, at: int | None) -> Join:
        """``first.then(second, at)``; a join that goes on stays one flat join."""
        second = as_schedule("the schedule that follows", second)
        if at is None:
            at = first.length
            if at is None or (is_number(at) and at == 0):
                raise ScheduleError(
                    f"{type(first).__name__} has no end of its own: say then(..., at=step) where to go on"
                )
        if isinstance(first, Join):
            return Join(parts=(*first.parts, second), boundaries=(*first.boundaries, at))
        return Join(parts=(first, second), boundaries=(at,))

    def check(self) -> None:
        if not self.parts:
            fail("Join.parts", "a sequence of at least one schedule", self.parts)
        if len(self.boundaries) != len(self.parts) - 1:
            raise ScheduleError(
                f"Join.boundaries must be one fewer than its {len(self.parts)} parts, "
                f"got {len(self.boundaries)} boundaries"
            )

    @property
    def length(self) -> int | None:
        last = self.parts[-1].length
        start = self.boundaries[-1] if len(self.boundaries) else 0
        return None if last is None else start + last

    # Evaluation -----------------------------------------------------------------------------------------------

    def at(self, t: Any, xp: Namespace) -> Any:
        last = len(self.parts) - 1
        found = xp.span(self.boundaries, t) if last else None
        if found and found[0] == found[1] > 0:
            return self.parts[found[0]].at(t - self.boundaries[found[0] - 1], xp)  # all steps are past its start
        first, last = found or (0, last)
        return self._between(first, last, t, xp)

    def _between(self, first: int, last: int, t: Any, xp: Namespace) -> Any:
        """The value at ``t``, which falls in the parts ``first`` to ``last``."""
        if first == last:
            part = self.parts[first]
            if not first or type(part) is Constant:  # it holds its first value before its start
                return part.at(t, xp)
            start = xp.take(self.boundaries, first - 1)
            return part.at(xp.maximum(t, start) - start, xp)
        few = xp.few if self._host is None else min(xp.few, 2)  # parts that hold arrays cost more, one by one
        if last - first < few or len(self._packed.groups) == len(self.parts):
            middle = (first + last + 1) // 2
            earlier, later = self._between(first, middle - 1, t, xp), self._between(middle, last, t, xp)
            return xp.where(t < xp.take(self.boundaries, middle - 1), earlier, later)
        return self._looked_up(t, xp)

    def _looked_up(self, t: Any, xp: Namespace) -> Any:
        """The value at ``t`` by a table of the parts: one evaluation for every group."""
        packed = self._packed
        index = xp.searchsorted(self.boundaries, t)
        clock = t
        if any(type(group) is not Constant for group in packed.groups):
            start = xp.beginning(self.boundaries, index)
            clock = xp.maximum(t, start) - start
        if len(packed.groups) == 1:
            return packed.at_row(0, index, xp).at(clock, xp)
        group_of = xp.take(tuple(group for group, _ in packed.members), index)
        value: Any = None
        for number in range(len(packed.groups)):
            rows = tuple(row if group == number else 0 for group, row in packed.members)
            row = xp.take(rows, index) if packed.sizes[number] > 1 else 0
            answer = packed.at_row(number, row, xp).at(clock, xp)
            value = answer if number == 0 else xp.where(group_of == number, answer, value)
        return value

    # In columns -----------------------------------------------------------------------------------------------

    @property
    def _packed(self) -> Packed:
        """The parts as columns, made when they are first needed."""
        if isinstance(self.parts, Packed):
            return self.parts
        kept: Packed | None = self.__dict__.get("_columns")
        if kept is None:
            kept = Packed.of(self.parts)
            object.__setattr__(self, "_columns", kept)
        return kept

    def _state(self) -> Mapping[str, Any]:
        return {"parts": self._packed, "boundaries": self.boundaries}
