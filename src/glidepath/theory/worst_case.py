"""The worst that can happen with a schedule, and how far that is from the best schedule's worst."""

from __future__ import annotations

import math

import numpy as np

from ..fields import true_or_false
from .rates import Array, Norms, Rates, norms_of, positive, rates_of

__all__ = ["efficiency", "worst_case"]

#: How far apart the tries are, as a logarithm: each update's share changes little between two of them.
SPACING = 0.05

#: There may be several minima: how many are looked at closely.
VALLEYS = 4


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
    With one ``G`` for each update it is an upper bound, the smallest that a search over all ``y[N]`` finds: between
    its tries there may be a smaller one, and a problem that bad need not exist. Momentum, adaptive steps, weight
    decay and what makes a warmup necessary are not covered.

    schedule: a schedule, or an array of rates: positive (0 only where a warmup begins).
    steps: how many updates, 2 to 10**8; the number of the rates where an array is given without it.
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
    at_best_factor = true_or_false("tuned", tuned)
    if isinstance(norms, float):
        square, excess = _smallest(rates.tolist())
        if at_best_factor:
            return distance * norms * math.sqrt(excess / square)
        # Where so little has been learned, the whole slope is left, and a larger y[0] is the better.
        least = max(0.0, distance / norms - square)
        return (distance**2 / (square + least) + norms**2 * (excess + least)) / 2
    return _lowest(rates[rates > 0], norms[rates > 0], distance, at_best_factor)


def efficiency(schedule: Rates, steps: int | None = None) -> float:
    """How many times the loss of the best schedule is left at most, in the worst case; 1 is the best.

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


def _lowest(rates: Array, norms: Array, distance: float, tuned: bool) -> float:
    """The smallest value over ``y[N]`` that is found: on a grid, and then about the lowest places of it.

    The value at ``y[N]`` is that at ``e[N]/y[N]``, so that the grid begins at the root of ``e[N]``. It ends where
    ``(y[N]*G[N])**2 / 2`` alone is more than a value that was found; or, with the best factor, where no value is less
    than ``D*G[N]``, that of a factor near 0, by more than 1e-12 of it.
    """

    def values(logs: Array) -> Array:
        y = np.exp(logs)
        noise = (y * norms[-1]) ** 2
        for rate, norm in zip(rates[::-1].tolist(), norms[::-1].tolist(), strict=True):
            step = rate / y
            noise += (step * norm) ** 2
            y += step
        return np.asarray(distance * np.sqrt(noise) / y if tuned else ((distance / y) ** 2 + noise) / 2)

    low, simple = math.log(rates[-1]) / 2, math.log(_last(rates))
    if tuned:
        high = math.log(2e6) + math.log(float(rates.sum())) / 2
    else:
        high = math.log(2 * float(values(np.array([simple]))[0])) / 2 - math.log(norms[-1])
    logs = np.append(np.linspace(low, high, max(1025, math.ceil((high - low) / SPACING))), simple)
    best = distance * float(norms[-1]) if tuned else math.inf
    for _ in range(6):
        logs.sort()
        found = values(logs)
        best = min(best, float(found.min()))
        beside = np.pad(found, 1, constant_values=math.inf)
        valleys = np.flatnonzero((found <= beside[:-2]) & (found <= beside[2:]))
        lowest = valleys[np.argsort(found[valleys])[:VALLEYS]]
        before, after = np.maximum(lowest - 1, 0), np.minimum(lowest + 1, len(logs) - 1)
        logs = np.append(np.linspace(logs[before], logs[after], 64), logs[lowest])
    return best


def _last(rates: Array) -> float:
    """The ``y[N]`` that leads to the smallest ``y[0]``: back from there, by the larger root of every step."""
    y = math.sqrt(_smallest(rates.tolist())[0])
    for rate in rates.tolist():
        y = (y + math.sqrt(max(y * y - 4 * rate, 0.0))) / 2
    return y
