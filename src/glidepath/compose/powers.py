"""Powers of any rate, for drop-in interfaces: their hosts allow a rate of 0, and growth without an end."""

from __future__ import annotations

import math
import sys

from ..schedules import Exponential
from .piecewise import Piecewise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..schedule import Schedule

__all__ = ["powers"]


def powers(
    start: float, rate: float, steps: int = 1, staircase: bool = False, *, largest: float = sys.float_info.max
) -> Schedule:
    """`Exponential`, also for a rate of 0, and for one above 1, which stops at the largest number.

    largest: what the host's numbers can hold.

    >>> powers(0.5, 0.0)(1), powers(0.5, 2.0)(10_000)
    (0.0, 1.7976931348623157e+308)
    """
    if rate == 0:
        return Piecewise(boundaries=(steps,), values=(start, 0.0))
    end = None if rate <= 1 else math.copysign(largest, start)
    return Exponential(start=start, rate=rate, steps=steps, staircase=staircase, end=end)
