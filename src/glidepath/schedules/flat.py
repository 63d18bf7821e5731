"""A schedule that does not change."""

from __future__ import annotations

from ..fields import value
from ..schedule import Schedule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..arrays import Namespace

__all__ = ["Constant"]


class Constant(Schedule):
    """The same value at every step.

    Definition: ``s(t) = value``.

    value: any finite number.

    >>> Constant(value=0.1)(1000)
    0.1
    """

    value: float = value()

    def at(self, t: Any, xp: Namespace) -> Any:
        return self.value

    @property
    def length(self) -> int:
        return 0
