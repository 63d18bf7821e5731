"""Values at given steps, and what lies between them."""

from __future__ import annotations

from operator import sub

from ..errors import ScheduleError, fail
from ..fields import boundaries, choice, values
from ..schedule import Schedule
from ..schedules.flat import Constant
from ..schedules.ramp import Cosine, Linear, check_ends
from .join import Join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..arrays import Namespace

__all__ = ["Piecewise"]


class Piecewise(Schedule):
    """Values at given steps, with jumps, straight lines or half cosines between them.

    Definition, with ``b[0] = 0`` put before the boundaries: between ``b[i]`` (included) and ``b[i+1]``
    (excluded) ``s`` is ``values[i]`` where the interpolation is "constant", and goes from ``values[i]`` to
    ``values[i+1]`` as `Linear` or `Cosine` would where it is "linear" or "cosine". From the last boundary on
    it is the last value.

    boundaries: the steps of the changes, in strictly ascending order, each at least 1.
    values: one more than there are boundaries; the first belongs to step 0.
    interpolation: "constant", "linear" or "cosine".

    Raises `ScheduleError` where the counts do not match.

    >>> drops = Piecewise(boundaries=(30, 60), values=(0.1, 0.01, 0.001))
    >>> drops(29), drops(30), drops(1000)
    (0.1, 0.01, 0.001)
    >>> Piecewise(boundaries=(10, 30), values=(0.0, 1.0, 0.0), interpolation="linear")(20)
    0.5
    """

    boundaries: tuple[int, ...] = boundaries()
    values: tuple[float, ...] = values()
    interpolation: str = choice("constant", "linear", "cosine", default="constant")

    def check(self) -> None:
        if not self.boundaries:
            fail("Piecewise.boundaries", "a sequence of at least one step", self.boundaries)
        if len(self.values) != len(self.boundaries) + 1:
            raise ScheduleError(
                f"Piecewise.values must be one more than its {len(self.boundaries)} boundaries, "
                f"got {len(self.values)} values"
            )
        if self.interpolation != "constant":
            for i in range(1, len(self.values)):
                check_ends("Piecewise", f"values[{i}]", self.values[i - 1], self.values[i])

    def at(self, t: Any, xp: Namespace) -> Any:
        last = xp.size(self.boundaries) - 1
        if last < xp.few - 1 and type(self.boundaries) is tuple and type(self.values) is tuple:
            return self._as_join().at(t, xp)
        index = xp.searchsorted(self.boundaries, t)
        before = xp.take(self.values, index)
        if self.interpolation == "constant":
            return before
        start = xp.beginning(self.boundaries, index)
        # Past the last boundary both values are the last one, so any length will do.
        if type(self.boundaries) is tuple and type(self.values) is tuple:
            after = xp.take((*self.values[1:], self.values[-1]), index)
            steps = xp.take((*map(sub, self.boundaries, (0, *self.boundaries)), 1), index)
        else:
            after = xp.take(self.values, xp.minimum(index, last) + 1)
            steps = xp.where(index > last, 1, xp.take(self.boundaries, xp.minimum(index, last)) - start)
        piece = self._piece()._from_state({"start": before, "end": after, "steps": steps})
        return piece.at(xp.maximum(t, start) - start, xp)

    def _piece(self) -> type[Linear | Cosine]:
        return Linear if self.interpolation == "linear" else Cosine

    def _as_join(self) -> Schedule:
        """The same curve, piece by piece."""
        flat = [Constant._from_state({"value": value}) for value in self.values]
        if self.interpolation == "constant":
            return Join._from_state({"parts": tuple(flat), "boundaries": self.boundaries})
        lengths = map(sub, self.boundaries, (0, *self.boundaries))
        pieces = [
            self._piece()._from_state({"start": start, "end": end, "steps": steps})
            for start, end, steps in zip(self.values, self.values[1:], lengths, strict=False)
        ]
        return Join._from_state({"parts": (*pieces, flat[-1]), "boundaries": self.boundaries})

    @property
    def length(self) -> int:
        return int(self.boundaries[-1])
