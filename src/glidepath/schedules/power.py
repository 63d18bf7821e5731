"""Schedules that decay as a power of a number or of the step, and need not end."""

from __future__ import annotations

import math

from ..arrays import LAST_STEP
from ..errors import ScheduleError, fail
from ..fields import flag, length, value
from ..schedule import Schedule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..arrays import Namespace

__all__ = ["Exponential", "InverseSqrt", "InverseTime", "PowerLaw"]

#: Where hosts whose growth has no end are stopped.
LARGEST_FLOAT32 = (2 - 2**-23) * 2.0**127

#: A factor of e**80 fits in a float32, with room for the value that it multiplies.
_MOST_GROWTH = 80.0


class Exponential(Schedule):
    """A constant factor for every so many steps.

    Definition: ``s(t) = start * rate**(t / steps)`` for ``t >= 0``, with ``floor(t / steps)`` in place of
    ``t / steps`` where ``staircase`` holds, and stopped at ``end`` where that is given.

    start: the value at step 0; any finite number.
    rate: the factor; positive. Above 1 the values grow, and ``end`` must say where they stop.
    steps: how many steps one factor takes; at least 1.
    staircase: whether the values change at multiples of ``steps`` only.
    end: a floor or a ceiling, by the side it is approached from; must lie on that side of ``start``. A
        growth by more than e**80 jumps to ``end`` from there.

    >>> Exponential(start=1.0, rate=0.5, steps=10)(20)
    0.25
    >>> Exponential(start=1.0, rate=0.5, steps=10, end=0.3)(20)
    0.3
    """

    start: float = value()
    rate: float = value(sign="positive")
    steps: int = length(default=1)
    staircase: bool = flag(default=False)
    end: float | None = value(default=None)

    def check(self) -> None:
        if self.rate > 1 and self.end is None and self.start != 0:
            raise ScheduleError(
                f"Exponential.end must be given where rate is above 1 (got rate {self.rate!r}): "
                "it says where the growth stops"
            )
        if self.end is not None and self.rate != 1 and self.start != 0:
            upward = (self.rate > 1) == (self.start > 0)
            if (self.end < self.start) if upward else (self.end > self.start):
                side = "at least" if upward else "at most"
                fail("Exponential.end", f"{side} start ({self.start!r}), which moves towards it", self.end)

    def at(self, t: Any, xp: Namespace) -> Any:
        t = xp.maximum(t, 0)
        if self.end is None:
            return self.start * self._factor(t, xp)
        grows = self.rate > 1
        if grows is False:
            return self._stopped(self.start * self._factor(t, xp), xp)
        # Growth is cut off where it reaches the end, before a power can overflow.
        moves = abs(self.start) > 0
        held = self._periods(t, xp) >= self._growth(grows, moves, xp)
        value = self._stopped(self.start * self._factor(xp.where(held, 0, t), xp), xp)
        return xp.where(moves, xp.where(held, self.end, value), value)

    def _periods(self, t: Any, xp: Namespace) -> Any:
        return xp.floor_divide(t, self.steps) if self.staircase else t / self.steps

    def _stopped(self, value: Any, xp: Namespace) -> Any:
        end: Any = self.end
        risen = xp.branch(end < self.start, lambda: value, lambda: xp.minimum(value, end))
        return xp.branch(end > self.start, lambda: risen, lambda: xp.maximum(risen, end))

    def _factor(self, t: Any, xp: Namespace) -> Any:
        whole = xp.floor_divide(t, self.steps)
        factor = xp.power(self.rate, whole)
        if self.staircase:
            return factor
        # The whole part of the exponent and the rest apart: together they would lose the last digits.
        return factor * xp.power(self.rate, (t - whole * self.steps) / self.steps)

    def _growth(self, grows: Any, moves: Any, xp: Namespace) -> Any:
        """After how many periods a growing schedule is at its end; never, for one that does not grow."""
        start, end = xp.where(moves, abs(self.start), 1.0), abs(self.end)  # type: ignore[arg-type]
        growth = xp.minimum(xp.log(xp.maximum(end, start)) - xp.log(start), _MOST_GROWTH)
        periods = xp.where(moves, growth / xp.log(xp.where(grows, self.rate, 2.0)), 0.0)
        return xp.where(grows, periods, math.inf)

    @property
    def length(self) -> int | None:
        if self.rate == 1 or self.start == 0 or self.start == self.end:
            return 0
        if not self.end or (self.end > 0) != (self.start > 0):
            return None
        unit = self.steps if self.staircase else 1
        # The first multiple of the unit at the end: every value after one that is at the end is too.
        low, high = 0, LAST_STEP // unit
        if self(high * unit) != self.end:
            return None
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self(middle * unit) == self.end else (middle + 1, high)
        return low * unit


def _share(t: Any, timescale: Any, xp: Namespace) -> Any:
    """``timescale / t`` from there on, 1 before; a traced timescale of 0 must not divide 0 by 0."""
    timescale = xp.maximum(timescale, 1)
    return timescale / xp.maximum(t, timescale)


class InverseSqrt(Schedule):
    """One over the square root of the step, once past ``timescale``.

    Definition: ``s(t) = peak * sqrt(timescale / max(t, timescale))``.

    Source: Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, eq. 3, without its warmup (see
    `glidepath.warmup_inverse_sqrt`).

    peak: the value up to ``timescale``; any finite number.
    timescale: the step from which the values fall; at least 1.

    >>> InverseSqrt(peak=1.0, timescale=100)(400)
    0.5
    """

    peak: float = value()
    timescale: int = length()

    def at(self, t: Any, xp: Namespace) -> Any:
        return self.peak * xp.sqrt(_share(t, self.timescale, xp))


class PowerLaw(Schedule):
    """A power of the step, once past ``timescale``.

    Definition: ``s(t) = peak * (timescale / max(t, timescale))**power``.

    Source: Shen et al. 2024, https://arxiv.org/abs/2408.13359, eq. 6, for one batch size and without its
    warmup (see `glidepath.power`).

    peak: the value up to ``timescale``; any finite number.
    timescale: the step from which the values fall; at least 1.
    power: how fast they fall; non-negative. 0.5 is `InverseSqrt`.

    >>> PowerLaw(peak=1.0, timescale=100, power=1.0)(400)
    0.25
    """

    peak: float = value()
    timescale: int = length()
    power: float = value(sign="non-negative")

    def at(self, t: Any, xp: Namespace) -> Any:
        return self.peak * xp.power(_share(t, self.timescale, xp), self.power)


class InverseTime(Schedule):
    """One over a straight line.

    Definition: ``s(t) = start / (1 + rate * t / steps)`` for ``t >= 0``, with ``floor(t / steps)`` in place
    of ``t / steps`` where ``staircase`` holds.

    start: the value at step 0; any finite number.
    rate: how much the divisor grows for every ``steps``; non-negative.
    steps: at least 1.
    staircase: whether the values change at multiples of ``steps`` only.

    >>> InverseTime(start=1.0, rate=1.0, steps=10)(30)
    0.25
    """

    start: float = value()
    rate: float = value(sign="non-negative")
    steps: int = length()
    staircase: bool = flag(default=False)

    def at(self, t: Any, xp: Namespace) -> Any:
        t = xp.maximum(t, 0)
        periods = xp.floor_divide(t, self.steps) if self.staircase else t / self.steps
        return self.start / (1 + self.rate * periods)
