"""The schedule with the smallest bound, free or under constraints."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize_scalar

from ..errors import ScheduleError
from .constrained import constrained
from .from_rates import as_schedule
from .rates import LONGEST, Array, Norms, Rates, how_many, norms_of, positive, rates_of
from .tail import best_size, noise, tail

if TYPE_CHECKING:
    from ..schedule import Schedule

__all__ = ["optimal"]

#: How far from the highest rate without one a peak after a warmup is searched for, as a logarithm.
FARTHEST = 10.0


def optimal(
    steps: int,
    G: Norms = 1.0,
    D: float = 1.0,
    cap: float | None = None,
    warmup: int | None = None,
    fixed: Rates | None = None,
) -> Schedule:
    """The schedule with the smallest `bound` of all, as a `Piecewise`.

    Definition: the rates ``e[1] .. e[T]``, ``T = steps``, that make ``bound`` smallest. In what is still to come,
    ``R[k] = e[k+1] + ... + e[T]``, the bound is convex. Without constraints the best is, from ``v = G[T]**2``
    and for ``k = T-1 .. 1``,

        R[k]/R[k-1] = G[k]/sqrt(G[k]**2 + v),   v <- 2*G[k]*v / (sqrt(G[k]**2 + v) + G[k])

    and ``R[0] = D/sqrt(v)``, with the bound ``D*sqrt(v)``. After a fixed start the same rule gives the shape of the
    rest, and one equation its size; after a warmup the peak is searched for. Under a cap Newton's method with a
    barrier finds the rates; the bound is then shown to be within 1e-3, relative, of the smallest, and was within 1e-9
    of it wherever we compared it with searches. The `Piecewise` has a value for each step; for more than 2000 steps
    straight lines within 1e-6 of each rate, so that it can be saved, which changes the bound by less than 1e-6.

    What it is the best of, and what that is true for, is said at `bound`: gradient norms of at most ``G`` and
    nothing else that would limit the rates. In practice the loss limits them: give the largest that is stable as
    ``cap``. The last rate moves no weights that the bound speaks of; it comes out larger than those before it.

    steps: how many updates, 2 to 10**8.
    G: the bound on the gradient norms, one positive number or one for each update.
    D: the distance from the start to a solution; positive.
    cap: the highest rate; positive.
    warmup: how many updates rise in a straight line to the rate of the one after them, ``e[k] = k/(warmup+1) *
        e[warmup+1]``; at least 0 and less than ``steps - 1``.
    fixed: the rates that were used before: the first of the ``steps``. They may lie above the cap, and not be
        combined with a warmup.

    Raises `ScheduleError` for numbers that are not as above, and for ones that span so many orders of magnitude that
    the best rates under a cap are not found.

    >>> from glidepath.theory import bound
    >>> best = optimal(400)
    >>> round(best(0), 6), round(best(200), 6), round(best(399), 6)
    (0.049844, 0.024853, 0.00123)
    >>> round(bound(best, 400).value, 8)
    0.1001873
    >>> held = optimal(400, cap=0.02)
    >>> held(100), round(bound(held, 400).value, 6)
    (0.02, 0.110941)
    """
    steps = how_many("steps", steps, 2, LONGEST)
    norms = np.broadcast_to(norms_of(G, steps), (steps,)).astype(np.float64)
    distance = positive("D", D)
    highest = math.inf if cap is None else positive("cap", cap)
    rising = 0 if warmup is None else how_many("warmup", warmup, 0)
    if rising >= steps - 1:
        raise ScheduleError(f"warmup must be less than steps - 1 ({steps - 1}), got {warmup}")
    before = np.zeros(0) if fixed is None else rates_of(fixed, None, where="fixed", fewest=1)
    if len(before) >= steps:
        raise ScheduleError(f"fixed must be less than the {steps} steps, got {len(before)} rates")
    if rising and len(before):
        raise ScheduleError("fixed and warmup cannot both be given: a warmup is the start of a run")
    if rising:
        return as_schedule(_warmed_up(rising, norms, distance, highest))
    return as_schedule(np.concatenate([before, continuation(before, norms, distance, highest)]))


def continuation(before: Array, norms: Array, distance: float, highest: float = math.inf) -> Array:
    """The best rates after those of ``before``, none above ``highest``; ``norms`` are of all of them."""
    shape, square = tail(norms[len(before) :])
    rates = best_size(before, norms[: len(before)], distance, square) * shape
    if rates.max() <= highest:
        return rates
    if len(rates) == 1:
        return np.array([highest])
    return constrained(before, norms, distance, highest)


def _warmed_up(rising: int, norms: Array, distance: float, highest: float) -> Array:
    """The best rates of which so many rise in a line to the next one, none above ``highest``.

    The bound of the best rates after a rate is convex in it.
    """
    line = np.arange(1, rising + 2) / (rising + 1)

    def run(peak: float) -> Array:
        return np.concatenate([peak * line, continuation(peak * line, norms, distance, highest)])

    def value(peak: float) -> float:
        rates = run(peak)
        return distance**2 / float(rates.sum()) + noise(rates, norms)

    if highest < math.inf and value(highest) <= value(highest * (1 - 1e-5)):
        return run(highest)
    shape, square = tail(norms)
    usual = math.log(distance / math.sqrt(square) * shape.max())
    limits = min(usual, math.log(highest)) - FARTHEST, min(usual + FARTHEST, math.log(highest))
    found = minimize_scalar(lambda x: value(math.exp(x)), bounds=limits, method="bounded", options={"xatol": 1e-9})
    return run(math.exp(found.x))
