"""Phases whose lengths are not whole steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...compose import Piecewise
from ...fields import part
from ...schedule import Schedule
from ...schedules import Exponential

if TYPE_CHECKING:
    from ...arrays import Namespace

__all__: list[str] = []

#: Where growth without end stops: the largest number of a float.
LARGEST = 1.7976931348623157e308


class Drawn(Schedule, register=False):
    """A schedule of one step, drawn over a real length that may begin between two steps.

    Definition: ``s(t) = schedule((max(t, 0) - start) / span)``. The core's own lengths are whole, and
    ``pct_start * total_steps`` is not: hence a kind of this room alone, which no file can name.

    schedule: one whose steps are 1, so that it reads what it is given as a share of its way.
    start: the step at which it begins.
    span: how many steps it takes, not 0.

    >>> from glidepath import Linear
    >>> Drawn(schedule=Linear(start=0.0, end=1.0, steps=1), start=0.0, span=2.5)(1)
    0.4
    """

    schedule: Schedule = part()
    start: float
    span: float

    def at(self, t: Any, xp: Namespace) -> Any:
        return self.schedule.at((xp.maximum(t, 0) - self.start) / self.span, xp)


def powers(rate: float, steps: int = 1) -> Schedule:
    """``rate ** floor(t / steps)``, also for a rate of 0, and for one above 1, which stops at the largest float."""
    if rate == 0:
        return Piecewise(boundaries=(steps,), values=(1.0, 0.0))
    end = LARGEST if rate > 1 else None
    return Exponential(start=1.0, rate=rate, steps=steps, staircase=steps > 1, end=end)
