"""The numbers on an axis: where they stand, and how they are written."""

from __future__ import annotations

import math
import sys
from decimal import Decimal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Axis", "Scale", "label", "log_ticks", "span", "ticks"]

_GREATEST = sys.float_info.max


def label(x: float) -> str:
    """A number in as few characters as say all of it: ``1e-4``, ``0.025``, ``1500``, never a rounded ``0.0``.

    >>> [label(x) for x in (0.0, 1e-4, 0.00025, 0.1, 1500.0, 2e6)]
    ['0', '1e-4', '2.5e-4', '0.1', '1500', '2e6']
    """
    if x == 0:
        return "0"
    shortest = min(repr(float(x)), f"{x:.15g}", key=len)  # 15 digits hide the noise in 0.1 + 0.2
    if 1e-3 <= abs(x) < 1e5:
        return shortest.removesuffix(".0")
    return f"{Decimal(shortest).normalize():e}".replace("e+", "e")


def span(values: list[float]) -> tuple[float, float]:
    """The least and the greatest of the finite values, moved apart where they are one; 0 to 1 where there are none.

    >>> span([0.1, 0.1]), span([0.0, 0.3])
    ((0.0, 0.2), (0.0, 0.3))
    """
    finite = [x for x in values if math.isfinite(x)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    if low != high:
        return low, high
    return min(low, max(2 * low, -_GREATEST), 0.0), max(min(2 * high, _GREATEST), 0.0) or float(low == 0)


class Scale:
    """A straight line that takes ``low`` to ``at_low`` and ``high`` to ``at_high``; both pairs differ.

    >>> Scale(0.0, 1e-4, 100, 0)(2.5e-5)
    75.0
    """

    def __init__(self, low: float, high: float, at_low: float, at_high: float) -> None:
        self._half = 1.0 if max(abs(low), abs(high)) < 1e300 else 0.5  # so that no difference overflows
        self._low, self._width = low * self._half, high * self._half - low * self._half
        self._at_low, self._length = at_low, at_high - at_low

    def __call__(self, x: float) -> float:
        return self._at_low + self._length * ((x * self._half - self._low) / self._width)


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About ``count`` round numbers from ``low`` to ``high``, ends included where they are round.

    The distance between neighbours is 1, 2 or 5 times a power of ten.

    >>> ticks(0.0, 1e-4)
    [0.0, 2e-05, 4e-05, 6e-05, 8e-05, 0.0001]
    """
    width = high / count - low / count  # not (high - low), which can overflow
    if not width > 0 or not math.isfinite(width):
        return [low]
    exponent = math.floor(math.log10(width))
    first, exponent = min(
        ((digit, power) for power in (exponent, exponent + 1) for digit in (1, 2, 5)),
        key=lambda step: abs(math.log(float(f"{step[0]}e{step[1]}") or 5e-324) - math.log(width)),
    )
    step = float(f"{first}e{exponent}")
    if step == 0 or max(abs(low), abs(high)) / step > 1e12:
        return [low, high]  # the ends differ in their last digits only
    slack = 1e-9
    multiples = range(math.ceil(low / step - slack), math.floor(high / step + slack) + 1)
    # Through the decimal text, so that 3 * 0.1 is 0.3.
    return [float(f"{multiple * first}e{exponent}") for multiple in multiples] or [low, high]


def log_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About ``count`` round numbers from ``low`` to ``high``, both positive, spread evenly over their logarithms.

    Powers of ten where there are two or more of them; 1, 2 and 5 times one, or even steps, where there are not.

    >>> log_ticks(1e-6, 1.0), log_ticks(30, 700)
    ([1e-06, 1e-05, 0.0001, 0.001, 0.01, 0.1, 1.0], [50.0, 100.0, 200.0, 500.0])
    """
    slack = 1e-9
    first, last = math.ceil(math.log10(low) - slack), math.floor(math.log10(high) + slack)
    if last - first >= 2 or (last > first and count < 3):
        return [float(f"1e{power}") for power in range(first, last + 1, max(1, (last - first) // max(count, 1)))]
    marks = [float(f"{digit}e{power}") for power in range(first - 1, last + 1) for digit in (1, 2, 5)]
    marks = [mark for mark in marks if low * (1 - slack) <= mark <= high * (1 + slack)]
    return marks if len(marks) > 1 else ticks(low, high, count)


#: How many powers of ten below its highest number a log axis goes down.
_DECADES = 8


class Axis:
    """One side of a picture: the range that it shows, the numbers on it, and where a number stands.

    values: what is to be seen.
    log: whether distances are those of the logarithms. Numbers that are not positive have no place there, and
        what is more than eight powers of ten below the highest is cut off.
    shown: the range, where it is not that of the values.

    >>> axis = Axis([1e-5, 1e-3], log=True)
    >>> axis.marks(), axis.scale(0, 100)(1e-4)
    ([1e-05, 0.0001, 0.001], 50.0)
    """

    def __init__(self, values: Iterable[float], *, log: bool = False, shown: tuple[float, float] | None = None) -> None:
        self.log = log
        held = [x for x in values if self.holds(x)]
        if not log:
            self.low, self.high = shown or span(held)
            return
        self.low, self.high = shown or (min(held, default=1.0), max(held, default=1.0))
        if math.log10(self.low) == math.log10(self.high):
            self.low, self.high = self.low / 10 or self.low, min(self.high * 10, _GREATEST)
        self.low = max(self.low, self.high * 10.0**-_DECADES)

    def holds(self, x: float) -> bool:
        """Whether a number has a place on the axis."""
        return math.isfinite(x) and (x > 0 or not self.log)

    def marks(self, count: int = 5) -> list[float]:
        """About ``count`` numbers to write on it."""
        return log_ticks(self.low, self.high, count) if self.log else ticks(self.low, self.high, count)

    def scale(self, at_low: float, at_high: float) -> Callable[[float], float]:
        """Where numbers stand, the lowest at ``at_low`` and the highest at ``at_high``."""
        if not self.log:
            return Scale(self.low, self.high, at_low, at_high)
        exponents = Scale(math.log10(self.low), math.log10(self.high), at_low, at_high)
        return lambda x: exponents(math.log10(x))
