"""A plain callable as a schedule, for evaluation alone."""

from __future__ import annotations

from ..fields import function
from ..schedule import Schedule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..arrays import Namespace

__all__ = ["Custom"]


class Custom(Schedule, register=False):
    """A function of the step, wrapped.

    It can be called, joined, multiplied and handed to an optimizer. It has no text, no specification and no
    known length, and cannot be stretched: those need a formula, that is, a subclass of
    `glidepath.Schedule`.

    Definition: ``s(t) = function(max(t, 0))``.

    function: takes whatever steps the schedule is called with (a number, an array, a tracer) and returns
        the values.

    >>> Custom(function=lambda step: 0.1 / (1 + step))(4)
    0.02
    """

    function: Callable[[Any], Any] = function()

    def at(self, t: Any, xp: Namespace) -> Any:
        return self.function(xp.maximum(t, 0))
