"""The numbers on an axis: where they stand, and how they are written."""

from __future__ import annotations

import math
import sys
from decimal import Decimal

__all__ = ["Scale", "label", "span", "ticks"]

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
    return [float(f"{multiple * first}e{exponent}") for multiple in multiples]
