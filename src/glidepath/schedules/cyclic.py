"""Schedules that go up and come back. Repeat them with `glidepath.Repeat`."""

from __future__ import annotations

from ..fields import length, value
from ..schedule import Schedule
from .ramp import LINEAR, check_ends, ramp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..arrays import Namespace

__all__ = ["Triangle"]


class Triangle(Schedule):
    """One straight rise and one straight fall.

    Definition: `Linear` from ``low`` to ``high`` in ``up`` steps, then back to ``low`` in ``down`` steps.

    Source: Smith 2017, https://arxiv.org/abs/1506.01186, the "triangular" policy, for one cycle.

    low, high: the value at both ends and at the tip; any finite numbers.
    up: steps from ``low`` to ``high``; at least 1.
    down: steps back; as many as ``up`` where not given.

    >>> tip = Triangle(low=0.0, high=1.0, up=10, down=40)
    >>> tip(5), tip(10), tip(30), tip(50)
    (0.5, 1.0, 0.5, 0.0)
    """

    low: float = value()
    high: float = value()
    up: int = length()
    down: int | None = length(default=None)

    def check(self) -> None:
        check_ends("Triangle", "high", self.low, self.high)

    def at(self, t: Any, xp: Namespace) -> Any:
        down = self.up if self.down is None else self.down
        rise = ramp(t, self.low, self.high, self.up, LINEAR, xp)
        fall = ramp(xp.maximum(t, self.up) - self.up, self.high, self.low, down, LINEAR, xp)
        return xp.where(t < self.up, rise, fall)

    @property
    def length(self) -> int:
        return self.up + (self.up if self.down is None else self.down)
