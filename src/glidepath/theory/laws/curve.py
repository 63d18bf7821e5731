"""A loss curve, as it was measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ...errors import ScheduleError, fail
from ..rates import LONGEST, Array, Rates, first_that, rates_of, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Curve"]


@dataclass(frozen=True, eq=False)
class Curve:
    """The losses of a run, and the schedule that it was trained with.

    schedule: the schedule of the run; or the rates of its updates, at least up to the last of ``steps``.
    steps: the updates whose loss is known, from 0, in ascending order. The loss of update ``k`` is the one with
        the rates of updates ``0 .. k`` behind it.
    losses: the loss of each, positive: on held-out data, or smoothed. The noise of single batches is not predicted.

    Raises `ScheduleError` for losses that are not positive and finite (a curve with holes), counts that do not
    match and steps out of order.

    >>> from glidepath import Constant
    >>> Curve(Constant(0.1), steps=[0, 10, 20], losses=[3.0, 2.5, float("nan")])
    Traceback (most recent call last):
    glidepath.errors.ScheduleError: Curve.losses[2] must be a positive finite number (leave out steps without one), \
got nan
    """

    schedule: Rates
    steps: Sequence[int] | NDArray[np.integer]
    losses: Sequence[float] | NDArray[np.floating]
    rates: Array = field(init=False, repr=False)
    at: NDArray[np.intp] = field(init=False, repr=False)
    values: Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        steps = table("Curve.steps", self.steps, "a sequence of whole numbers")
        losses = table("Curve.losses", self.losses, "a sequence of numbers")
        if len(steps) != len(losses) or not len(steps):
            raise ScheduleError(f"Curve.losses must be one for each of at least one step, got {len(losses)} losses "
                                f"and {len(steps)} steps")  # fmt: skip
        place = first_that(~((steps >= 0) & (steps < LONGEST) & (np.floor(steps) == steps)))
        if place is not None:
            fail(f"Curve.steps[{place}]", f"a whole number of at least 0 and below {LONGEST}", float(steps[place]))
        place = first_that(np.diff(steps) <= 0)
        if place is not None:
            fail(f"Curve.steps[{place + 1}]", f"more than the one before, {int(steps[place])}", int(steps[place + 1]))
        place = first_that(~np.isfinite(losses) | (losses <= 0))
        if place is not None:
            rule = "a positive finite number (leave out steps without one)"
            fail(f"Curve.losses[{place}]", rule, float(losses[place]))
        at = steps.astype(np.intp)
        rates = rates_of(self.schedule, int(at[-1]) + 1, where="Curve.schedule", fewest=1)
        for name, held in (("rates", rates), ("at", at), ("values", losses)):
            object.__setattr__(self, name, held)
