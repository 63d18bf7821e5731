"""Phases whose lengths are not whole steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..fields import part
from ..schedule import Schedule

if TYPE_CHECKING:
    from ..arrays import Namespace

__all__ = ["Pace"]


class Pace(Schedule, register=False):
    """A schedule of one step, drawn over a real length that may begin between two steps.

    Definition: ``s(t) = schedule((max(t, 0) - start) / span)``.

    schedule: one whose steps are 1, so that it reads what it is given as a share of its way.
    start: the step at which it begins.
    span: how many steps it takes, not 0; negative to run it backwards.

    >>> from glidepath import Linear
    >>> Pace(schedule=Linear(start=0.0, end=1.0, steps=1), start=0, span=2.5)(1)
    0.4
    """

    schedule: Schedule = part()
    start: float
    span: float

    def at(self, t: Any, xp: Namespace) -> Any:
        return self.schedule.at((xp.maximum(t, 0) - self.start) / self.span, xp)
