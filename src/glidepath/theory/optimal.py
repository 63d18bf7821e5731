"""The schedule with the smallest bound, free or under constraints."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from ..errors import ScheduleError
from .constrained import Head, constrained
from .rates import Array, Norms, Rates, as_schedule, norms_of, positive, rates_of, whole
from .tail import tail

if TYPE_CHECKING:
    from ..schedule import Schedule

__all__ = ["optimal"]


def optimal(
    steps: int,
    G: Norms = 1.0,
    D: float = 1.0,
    cap: float | None = None,
    warmup: int | None = None,
    fixed: Rates | None = None,
) -> Schedule:
    """The schedule with the smallest `bound` of all, as a `Piecewise` with a value for each step.

    Definition: the rates ``e[1] .. e[T]``, ``T = steps``, that make ``bound`` smallest. In what is still to come,
    ``R[k] = e[k+1] + ... + e[T]``, the bound is convex. Without constraints the best is, from ``v = G[T]**2``
    and for ``k = T-1 .. 1``,

        R[k]/R[k-1] = G[k]/sqrt(G[k]**2 + v),   v <- 2*G[k]*v / (sqrt(G[k]**2 + v) + G[k])

    and ``R[0] = D/sqrt(v)``, with the bound ``D*sqrt(v)``. After a fixed start the same rule gives the shape of the
    rest, and one equation its size. With a cap or a warmup Newton's method with a barrier finds it; the bound is
    then within 1e-10, relative, of the smallest.

    What it is the best of, and what that is true for, is said at `bound`: gradient norms of at most ``G`` and
    nothing else that would limit the rates. In practice the loss limits them: give the largest that is stable as
    ``cap``. The last rate moves no weights that the bound speaks of; it comes out larger than those before it.

    steps: how many updates, at least 2.
    G: the bound on the gradient norms, one positive number or one for each update.
    D: the distance from the start to a solution; positive.
    cap: the highest rate; positive.
    warmup: how many updates rise in a straight line to the rate of the one after them, ``e[k] = k/(warmup+1) *
        e[warmup+1]``; at least 0 and less than ``steps - 1``.
    fixed: the rates that were used before: the first of the ``steps``. They may lie above the cap, and not be
        combined with a warmup.

    Raises `ScheduleError` for numbers that are not as above.

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
    steps = whole("steps", steps, 2)
    norms = np.broadcast_to(norms_of(G, steps), (steps,)).astype(np.float64)
    distance = positive("D", D)
    highest = math.inf if cap is None else positive("cap", cap)
    rising = 0 if warmup is None else whole("warmup", warmup, 0)
    if rising >= steps - 1:
        raise ScheduleError(f"warmup must be less than steps - 1 ({steps - 1}), got {warmup}")
    before = np.zeros(0) if fixed is None else rates_of(fixed, None, where="fixed", fewest=1)
    if len(before) >= steps:
        raise ScheduleError(f"fixed must be less than the {steps} steps, got {len(before)} rates")
    if rising and len(before):
        raise ScheduleError("fixed and warmup cannot both be given: a warmup is the start of a run")
    if len(before):
        rates = continuation(before, norms, distance, highest)
    elif math.isinf(highest) and not rising:
        shape, square = tail(norms)
        rates = distance / math.sqrt(square) * shape
    else:
        rates = constrained(Head.warmup(rising), norms, distance, highest)
    return as_schedule(np.concatenate([before, rates]))


def continuation(before: Array, norms: Array, distance: float, highest: float = math.inf) -> Array:
    """The best rates after those of ``before``, none above ``highest``; ``norms`` are of all of them."""
    shape, square = tail(norms[len(before) :])
    passed = np.cumsum(before[::-1])[::-1]
    noise, later = (before * norms[: len(before)]) ** 2, np.append(passed[1:], 0.0)

    def slope(size: float) -> float:
        down = distance**2 / (passed[0] + size) ** 2 + np.sum(noise / (size + later) ** 2)
        return float(square - down)

    low = high = distance / math.sqrt(square)
    while slope(low) > 0:
        low /= 4
    while slope(high) < 0:
        high *= 4
    rates = brentq(slope, low, high, xtol=1e-300, rtol=1e-15) * shape if low < high else low * shape
    if rates.max() <= highest:
        return rates
    if len(rates) == 1:
        return np.array([highest])
    return constrained(Head(before, np.zeros(len(before))), norms, distance, highest)
