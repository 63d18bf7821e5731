"""Schedules combined value by value, on one clock."""

from __future__ import annotations

from functools import reduce
from operator import add, mul

from ..errors import ScheduleError, fail
from ..fields import part, parts, value
from ..schedule import Schedule, as_schedule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..arrays import Namespace

__all__ = ["Clip", "Maximum", "Minimum", "Product", "Sum"]


def _check_some(schedule: Product | Sum | Minimum | Maximum) -> None:
    if not schedule.parts:
        fail(f"{type(schedule).__name__}.parts", "a sequence of at least one schedule", schedule.parts)


def _longest(parts: tuple[Schedule, ...]) -> int | None:
    """The step from which all parts hold."""
    lengths = [part.length for part in parts]
    known = [n for n in lengths if n is not None]
    return max(known) if len(known) == len(lengths) else None


def _operands(kind: type[Product | Sum], a: Schedule | float, b: Schedule | float) -> tuple[Schedule, ...]:
    """The parts of ``a op b``, with an ``a`` that is itself such a chain continued instead of nested."""
    name = kind.__name__
    left, right = as_schedule(f"the left side of a {name}", a), as_schedule(f"the right side of a {name}", b)
    return (*left.parts, right) if isinstance(left, kind) else (left, right)


class Product(Schedule):
    """The product of schedules that share one clock.

    Definition: ``s(t) = parts[0](t) * parts[1](t) * ...``, from the left.

    parts: at least one schedule. ``a * b`` and ``a * 0.1`` make the same.

    >>> from glidepath import Linear
    >>> (Linear(start=1.0, end=0.0, steps=10) * 0.5)(5)
    0.25
    """

    parts: tuple[Schedule, ...] = parts()

    @staticmethod
    def of(a: Schedule | float, b: Schedule | float) -> Product:
        """``a * b``."""
        return Product(parts=_operands(Product, a, b))

    def check(self) -> None:
        _check_some(self)

    def at(self, t: Any, xp: Namespace) -> Any:
        return reduce(mul, [part.at(t, xp) for part in self.parts])

    @property
    def length(self) -> int | None:
        return _longest(self.parts)


class Sum(Schedule):
    """The sum of schedules that share one clock.

    Definition: ``s(t) = parts[0](t) + parts[1](t) + ...``, from the left.

    parts: at least one schedule. ``a + b`` and ``a + 0.1`` make the same.

    >>> from glidepath import Linear
    >>> (Linear(start=1.0, end=0.0, steps=10) + 2.0)(5)
    2.5
    """

    parts: tuple[Schedule, ...] = parts()

    @staticmethod
    def of(a: Schedule | float, b: Schedule | float) -> Sum:
        """``a + b``."""
        return Sum(parts=_operands(Sum, a, b))

    def check(self) -> None:
        _check_some(self)

    def at(self, t: Any, xp: Namespace) -> Any:
        return reduce(add, [part.at(t, xp) for part in self.parts])

    @property
    def length(self) -> int | None:
        return _longest(self.parts)


class Minimum(Schedule):
    """The smallest of schedules that share one clock.

    Definition: ``s(t) = min(parts[0](t), parts[1](t), ...)``.

    parts: at least one schedule.

    >>> from glidepath import Constant, Linear
    >>> Minimum(parts=(Linear(start=0.0, end=1.0, steps=10), Constant(value=0.3)))(5)
    0.3
    """

    parts: tuple[Schedule, ...] = parts()

    def check(self) -> None:
        _check_some(self)

    def at(self, t: Any, xp: Namespace) -> Any:
        return reduce(xp.minimum, [part.at(t, xp) for part in self.parts])

    @property
    def length(self) -> int | None:
        return _longest(self.parts)


class Maximum(Schedule):
    """The largest of schedules that share one clock.

    Definition: ``s(t) = max(parts[0](t), parts[1](t), ...)``.

    parts: at least one schedule.

    >>> from glidepath import Constant, Linear
    >>> Maximum(parts=(Linear(start=1.0, end=0.0, steps=10), Constant(value=0.3)))(9)
    0.3
    """

    parts: tuple[Schedule, ...] = parts()

    def check(self) -> None:
        _check_some(self)

    def at(self, t: Any, xp: Namespace) -> Any:
        return reduce(xp.maximum, [part.at(t, xp) for part in self.parts])

    @property
    def length(self) -> int | None:
        return _longest(self.parts)


class Clip(Schedule):
    """A schedule held between two values.

    Definition: ``s(t) = min(max(schedule(t), low), high)``, without the bound that is not given.

    schedule: what to hold.
    low, high: any finite numbers, ``low`` at most ``high``; at least one of them.

    >>> from glidepath import InverseSqrt
    >>> Clip(schedule=InverseSqrt(peak=1.0, timescale=100), low=0.1)(1_000_000)
    0.1
    """

    schedule: Schedule = part()
    low: float | None = value(default=None)
    high: float | None = value(default=None)

    def check(self) -> None:
        if self.low is None and self.high is None:
            raise ScheduleError("Clip.low or Clip.high must be given, got neither")
        if self.low is not None and self.high is not None and self.low > self.high:
            fail("Clip.low", f"at most high ({self.high!r})", self.low)

    def at(self, t: Any, xp: Namespace) -> Any:
        held = self.schedule.at(t, xp)
        if self.low is not None:
            held = xp.maximum(held, self.low)
        return held if self.high is None else xp.minimum(held, self.high)

    @property
    def length(self) -> int | None:
        return self.schedule.length
