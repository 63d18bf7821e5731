"""A schedule over and over: warm restarts and cycles, of one length or of growing lengths."""

from __future__ import annotations

import math

from ..arrays import LAST_STEP, PLAIN, is_number
from ..errors import ScheduleError, fail
from ..fields import count, length, part, ratio, value
from ..schedule import Schedule
from ..tree import walk
from .time import aligned, ceil_product, exact, refuse_custom, with_lengths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..arrays import Namespace

__all__ = ["Repeat"]

_DIGITS = 256
_MOST_CYCLES = 100_000


class Repeat(Schedule):
    """A schedule over and over, each cycle longer by a ratio and its values multiplied by a factor.

    Definition: cycle ``i`` takes ``p[i] = ceil(period * stretch**i)`` steps, and in it
    ``s(t) = scale**i * body[i](t - p[0] - ... - p[i-1])``, where ``body[i]`` is ``body`` with every length
    multiplied by ``stretch**i`` and rounded up, as `Stretch` does. Where a library's integers end (in JAX
    without 64 bits at 2**31 - 1) those lengths end too. Past the last of ``times`` cycles, the
    value that its period ends with holds. Cycles begin exactly where whole-number arithmetic says.

    Source: Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983 (``stretch`` is its ``T_mult``).

    body: one cycle; what it does after ``period`` steps is cut.
    period: steps of the first cycle; at least 1.
    times: how many cycles; without end where not given.
    stretch: a plain number of at least 1, part of the structure. Where it is not whole, so are ``period``
        and the lengths beneath: JAX compiles anew for others.
    scale: the factor on the values from cycle to cycle; positive. Above 1, ``times`` must be given.

    >>> from glidepath import Linear
    >>> saw = Repeat(body=Linear(start=1.0, end=0.0, steps=4), period=4, stretch=2, scale=0.5)
    >>> saw(2), saw(4), saw(8), saw(12)
    (0.5, 0.5, 0.25, 0.25)
    """

    body: Schedule = part()
    period: int = length()
    times: int | None = count(default=None)
    stretch: float = ratio(default=1, growing=True)
    scale: float = value(default=1.0, sign="positive")

    def check(self) -> None:
        if self.scale > 1:
            if self.times is None:
                raise ScheduleError(
                    f"Repeat.times must be given where scale is above 1 (got scale {self.scale!r}): "
                    "it says where the growth stops"
                )
            if (self.times - 1) * math.log(self.scale) > 700:
                fail("Repeat.scale", f"small enough that scale**{self.times - 1} is finite", self.scale)
        if type(self.stretch) is float:
            # The cycles that begin by the last step there is: they are held in a table.
            cycles = math.log1p(LAST_STEP * (self.stretch - 1) / self.period) / math.log(self.stretch)
            if min(cycles, self.times or math.inf) > _MOST_CYCLES:
                rule = f"1, or far enough above it that there are at most {_MOST_CYCLES:,} cycles"
                fail("Repeat.stretch", rule, self.stretch)
        if self.stretch != 1:
            refuse_custom(self.body, "Repeat.body")
            for path, node in walk(self.body, "Repeat.body"):
                if isinstance(node, Repeat) and type(node.stretch) is float:
                    fail(f"{path}.stretch", "whole, inside of a Repeat that stretches it", node.stretch)

    @property
    def _lengths_are_structure(self) -> bool:  # type: ignore[override]
        return type(self.stretch) is float

    def at(self, t: Any, xp: Namespace) -> Any:
        t = xp.maximum(t, 0)
        cycle, start, period, body = self._cycle(t, xp)
        clock = t - start
        if self.times is not None:
            clock = xp.minimum(clock, period)
        value = body.at(clock, xp)
        return value if is_number(self.scale) and self.scale == 1 else value * xp.power(self.scale, cycle)

    def _cycle(self, t: Any, xp: Namespace) -> tuple[Any, Any, Any, Schedule]:
        """The cycle that ``t`` falls in: its number, its first step, its period and its body."""
        if self.stretch == 1:
            cycle = self._held(xp.floor_divide(t, self.period), xp)
            return cycle, cycle * self.period, self.period, self.body
        if type(self.stretch) is int:
            # In periods, the cycles start at 0, 1, 1 + m, 1 + m + m*m ... whatever the period is.
            starts, sizes = self._table(1, None, xp)
            cycle = self._held(xp.searchsorted(starts, xp.floor_divide(t, self.period)), xp)
            size = xp.take(sizes, cycle)
            body = with_lengths(self.body, lambda n, axes: _times(n, aligned(size, axes), xp), xp)
            return cycle, self.period * xp.beginning(starts, cycle), _times(self.period, size, xp), body
        if not is_number(self.period):
            fail("Repeat.period", "a plain number where stretch is not whole", self.period)
        starts, lengths = self._table(self.period, None, xp)
        cycle = self._held(xp.searchsorted(starts, t), xp)
        count = len(lengths)
        body = with_lengths(self.body, lambda n, _: xp.take(self._table(n, count, xp)[1], cycle), xp)
        return cycle, xp.beginning(starts, cycle), xp.take(lengths, cycle), body

    def _held(self, cycle: Any, xp: Namespace) -> Any:
        return cycle if self.times is None else xp.minimum(cycle, self.times - 1)

    def _table(self, n: int, count: int | None, xp: Namespace) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The starts of the second and later cycles and the lengths of all, for a first length of ``n``.

        count: how many cycles; where not given, ``times``, but only those that begin by the last step there is.
        """
        kept = self.__dict__.get("_kept")
        if kept is None:
            kept = {}
            object.__setattr__(self, "_kept", kept)
        key = n, count, xp.last
        if key not in kept:
            steps = math.inf if count is not None else LAST_STEP if xp.last is None else min(xp.last, LAST_STEP)
            times = self.times if is_number(self.times) else None
            kept[key] = _cycles(n, exact(self.stretch), count or times or math.inf, steps, xp.last)
        return kept[key]  # type: ignore[no-any-return]

    @property
    def length(self) -> int | None:
        if self.times is None:
            return 0 if self.body.length == 0 and self.scale == 1 else None
        last = self.times - 1
        if self.stretch == 1:
            start, period, body = last * self.period, self.period, self.body
        else:
            starts, lengths = _cycles(self.period, exact(self.stretch), self.times, LAST_STEP, None)
            if len(lengths) < self.times:  # the last cycle begins beyond every step
                return None
            start, period = (0, *starts)[last], lengths[last]
            above, below = exact(self.stretch)
            body = with_lengths(self.body, lambda n, _: ceil_product(n, (above**last, below**last)), PLAIN)
        moves = body.length
        return start + (period if moves is None else min(moves, period))


def _times(n: Any, size: Any, xp: Namespace) -> Any:
    """``n * size``, or as much of it as a step can be."""
    return (n if xp.last is None else xp.minimum(n, xp.floor_divide(xp.last, size))) * size


def _cycles(
    n: int, stretch: tuple[int, int], count: float, until: float, last: int | None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The starts of the second and later cycles, and the lengths of all: ``ceil(n * stretch**i)``.

    count: how many at most.
    until: the last step that one may begin at.
    last: what no length may be above; no bound where not given.
    """
    lengths: list[int] = []
    starts = [0]
    power = 1 << _DIGITS  # stretch**i, cut off after so many binary digits
    while len(lengths) < count and starts[-1] <= until:
        i = len(lengths)
        missing = i * ((power >> _DIGITS) + 1)  # at most: each cut has grown by no more than the power
        least, greatest = -(-n * power >> _DIGITS), -(-n * (power + missing) >> _DIGITS)
        # Where the digits cut off could matter, the power is taken in full.
        lengths.append(least if least == greatest else ceil_product(n, (stretch[0] ** i, stretch[1] ** i)))
        starts.append(starts[-1] + lengths[-1])
        power = power * stretch[0] // stretch[1]
    return tuple(starts[1:-1]), tuple(lengths) if last is None else tuple(min(steps, last) for steps in lengths)
