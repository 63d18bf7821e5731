"""A schedule drawn over a length that is no whole number of steps."""

from __future__ import annotations

from ..fields import part
from ..schedule import Schedule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..arrays import Namespace

__all__ = ["Pace"]


class Pace(Schedule, register=False):
    """A schedule of one step, drawn over a real length that may begin between two steps.

    Definition: ``s(t) = schedule((max(t, 0) - start) / span)``.

    It serves drop-in interfaces alone, whose hosts have phases of ``pct_start * total_steps`` steps, and no file
    can name it. A schedule of one's own has whole lengths, which are exact at both ends.

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
