"""From rates, one a step, to a schedule that can be saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..compose import Piecewise
from ..schedules import Constant

if TYPE_CHECKING:
    from ..schedule import Schedule
    from .rates import Array

__all__ = ["as_schedule"]

#: Of more rates than these, straight lines between some of them are made, for files have a limit.
MANY = 2000

#: How far from a rate such a line may lie, relative to the rate.
WITHIN = 1e-6


def as_schedule(rates: Array) -> Schedule:
    """The schedule that has these values, one a step; of more than 2000, within 1e-6 of each."""
    if len(rates) == 1:
        return Constant(value=float(rates[0]))
    if len(rates) <= MANY:
        return Piecewise(boundaries=tuple(range(1, len(rates))), values=tuple(rates.tolist()))
    knots = _knots(rates)
    return Piecewise(boundaries=tuple(knots[1:]), values=tuple(rates[knots].tolist()), interpolation="linear")


def _knots(rates: Array) -> list[int]:
    """Steps such that straight lines between their rates are near to all rates, each line as long as it can be."""

    def is_near(first: int, last: int) -> bool:
        line = np.linspace(rates[first], rates[last], last - first + 1)
        return bool((np.abs(line - rates[first : last + 1]) <= WITHIN * rates[first : last + 1]).all())

    knots, end = [0], len(rates) - 1
    while knots[-1] < end:
        first, reach = knots[-1], 1
        while first + 2 * reach <= end and is_near(first, first + 2 * reach):
            reach *= 2
        low, high = first + reach, min(first + 2 * reach, end + 1)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if is_near(first, middle) else (low, middle)
        knots.append(low)
    return knots
