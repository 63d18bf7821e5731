"""Powers of a rate, which stop before they outgrow a float."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ...compose import Piecewise
from ...schedules import Exponential

if TYPE_CHECKING:
    from ...schedule import Schedule

__all__ = ["powers"]


def powers(rate: float, steps: int = 1) -> Schedule:
    """``rate ** floor(t / steps)``, also for a rate of 0, and for one above 1, which stops at the largest float."""
    if rate == 0:
        return Piecewise(boundaries=(steps,), values=(1.0, 0.0))
    end = sys.float_info.max if rate > 1 else None
    return Exponential(start=1.0, rate=rate, steps=steps, staircase=steps > 1, end=end)
