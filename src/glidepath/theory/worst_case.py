"""The worst that can happen with a schedule, and how far that is from the best schedule's worst."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .rates import Array, Norms, Rates, norms_of, positive, rates_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["efficiency", "worst_case"]


def worst_case(schedule: Rates, steps: int | None = None, G: Norms = 1.0, D: float = 1.0, tuned: bool = False) -> float:
    """The loss after the last update, above its lowest possible value, on the worst problem there is.

    Definition: with the rates ``e[1] .. e[N]`` of ``N = steps`` updates, any ``y[N] > 0`` and
    ``y[k-1] = y[k] + e[k]/y[k]``,

        (D**2/y[0]**2 + y[N]**2 * G**2 + sum of (e[k]*G[k]/y[k])**2) / 2

    is an upper bound: it is Theorem 1 of Defazio et al. with the weights ``w[k] = y[0]*e[k]/y[k]`` and
    ``w[N+1] = y[0]*y[N]``. The value is the smallest of them. For a constant ``G`` the smallest ``y[0]`` gives
    it in one pass: ``y[k] = max(y[k], sqrt(e[k]))`` before each step back.

    True for: a convex loss; (sub)gradient steps with norms of at most ``G``; a start within ``D`` of a
    solution. For a constant ``G`` it is exact as far as is known: it equals the numerical solution of the
    worst-case problem wherever we know one, but that there is always a problem that bad is not proven here.
    With one ``G`` for each update it is an upper bound, the smallest that a search over ``y[N]`` finds; a problem
    that bad need not exist. Momentum, adaptive steps, weight decay and what makes a warmup necessary are not covered.

    schedule: a schedule, or an array of rates: positive (0 only where a warmup begins).
    steps: how many updates, at least 2; the number of the rates where an array is given without it.
    G: the bound on the gradient norms, one positive number or one for each update. The norm after the last
        update is then taken to be that of the last one.
    D: the distance from the start to a solution; positive.
    tuned: give the value with the best factor on the schedule.

    Raises `ScheduleError` for rates, norms and numbers that are not positive and finite, and for less than 2 steps.

    Source: Defazio et al. 2023, https://arxiv.org/abs/2310.07831, Theorem 1.

    >>> from glidepath import Linear
    >>> round(worst_case(Linear(start=0.1, end=0.0, steps=99), 99, tuned=True), 12)
    0.1
    """
    rates = rates_of(schedule, steps)
    norms, distance = norms_of(G, len(rates)), positive("D", D)
    if isinstance(norms, float):
        square, excess = _smallest(rates.tolist())
        if tuned:
            return distance * norms * math.sqrt(excess / square)
        # Where so little has been learned, the whole slope is left, and a larger y[0] is the better.
        least = max(0.0, distance / norms - square)
        return (distance**2 / (square + least) + norms**2 * (excess + least)) / 2
    if tuned:
        return distance * math.sqrt(_lowest(rates, norms, distance, lambda square, noise: noise / square))
    return _lowest(rates, norms, distance, lambda square, noise: (distance**2 / square + noise) / 2)


def efficiency(schedule: Rates, steps: int | None = None) -> float:
    """How much worse the tuned `worst_case` of a schedule is than that of the best one; 1 is the best.

    Definition: ``worst_case(schedule, steps, tuned=True) * sqrt(steps + 1)``. The best schedule of ``N``
    updates is the straight line ``1 - k/(N+1)``, ``k = 1 .. N``, which guarantees ``D*G/sqrt(N+1)``. The number
    is one of the shape alone: no factor on the schedule, ``G`` or ``D`` changes it.

    Arguments, errors and what it is true for are those of `worst_case`.

    Source: Zamani and Glineur 2023, https://arxiv.org/abs/2307.11134, for the best schedule.

    >>> from glidepath import Constant, Cosine, Linear
    >>> round(efficiency(Linear(start=1.0, end=0.0, steps=1000), 1000), 9)
    1.0
    >>> round(efficiency(Cosine(start=1.0, end=0.0, steps=1000), 1000), 3)
    1.03
    >>> round(efficiency(Constant(1.0), 1000), 2)
    1.61
    """
    rates = rates_of(schedule, steps)
    square, excess = _smallest(rates.tolist())
    return math.sqrt(excess / square * (len(rates) + 1))


def _smallest(rates: list[float]) -> tuple[float, float]:
    """The smallest ``y[0]**2``, and by how much it is more than twice the sum of the rates.

    As ``y[k-1]**2 = y[k]**2 + 2*e[k] + (e[k]/y[k])**2``, the excess is ``y[N]**2`` and the sum of ``(e[k]/y[k])**2``.
    """
    y = excess = later = 0.0
    for rate in reversed(rates):
        if y * y < rate:
            y, excess = math.sqrt(rate), rate - 2 * later
        step = rate / y if rate else 0.0
        y, excess, later = y + step, excess + step * step, later + rate
    return y * y, excess


def _lowest(rates: Array, norms: Array, distance: float, value: Callable[[Array, Array], Array]) -> float:
    """The smallest value over ``y[N]`` that is found: on a grid and where it is smallest for equal norms, then nearby.

    There may be several minima, and any ``y[N]`` gives an upper bound.
    """
    moving = rates[rates > 0]
    low = math.log(1e-3 * math.sqrt(float(moving.min())))
    high = math.log(10 * math.sqrt(float(rates.sum()) + distance / float(norms.min())))
    logs = np.linspace(low, high, 1025)
    logs = np.sort(np.append(logs, math.log(_last(moving))))
    best = math.inf
    for _ in range(6):
        y = np.exp(logs)
        noise = (y * norms[-1]) ** 2
        for rate, norm in zip(rates[::-1].tolist(), norms[::-1].tolist(), strict=True):
            step = rate / y
            noise += (step * norm) ** 2
            y += step
        found = value(y * y, noise)
        place = int(np.argmin(found))
        best = min(best, float(found[place]))
        low, high = logs[max(place - 1, 0)], logs[min(place + 1, len(logs) - 1)]
        logs = np.sort(np.append(np.linspace(low, high, 64), logs[place]))
    return best


def _last(rates: Array) -> float:
    """The ``y[N]`` that leads to the smallest ``y[0]``: back from there, by the larger root of every step."""
    y = math.sqrt(_smallest(rates.tolist())[0])
    for rate in rates.tolist():
        y = (y + math.sqrt(max(y * y - 4 * rate, 0.0))) / 2
    return y
