"""The last-iterate bound: what a schedule of any shape guarantees, for one horizon and for all."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .exponential_sums import power, sums
from .rates import Array, Norms, Rates, norms_of, positive, rates_of
from .tail import noise

__all__ = ["Bound", "Scaled", "best_scale", "bound", "bound_curve", "tuned_distance"]


@dataclass(frozen=True)
class Bound:
    """A bound and the two terms that it is the sum of. ``float(bound)`` is its value.

    distance: what the way to the solution costs; halved by rates twice as high.
    noise: what the gradients of every step cost; doubled by rates twice as high.
    """

    distance: float
    noise: float

    @property
    def value(self) -> float:
        """The sum of both terms."""
        return self.distance + self.noise

    def __float__(self) -> float:
        return self.value


@dataclass(frozen=True)
class Scaled:
    """A factor on a schedule, and the value with it. ``float(scaled)`` is the value."""

    factor: float
    value: float

    def __float__(self) -> float:
        return self.value


def bound(schedule: Rates, steps: int | None = None, G: Norms = 1.0, D: float = 1.0) -> Bound:
    """The published upper bound on the loss at the end of a run, above its lowest possible value.

    Definition, with the rates ``e[1] .. e[T]`` of ``T = steps`` updates and ``R[k] = e[k+1] + ... + e[T]``:

        D**2 / (2*R[0]) + (e[T]*G[T]**2 + sum of e[k]**2 * G[k]**2 / R[k] over k < T) / 2

    It is Theorem 10 of Defazio et al. (Theorem 1 of Schaipp et al.), summed by parts: the same number, without
    differences of large sums.

    True for: a convex loss; plain (sub)gradient steps ``x[k+1] = x[k] - e[k] * g[k]`` whose expected squared
    gradient norm is at most ``G[k]**2``; a start within ``D`` of a solution. It bounds the expected loss at
    ``x[T]``, the weights at which the last gradient is taken: ``e[T]`` stands in the formula only. Momentum,
    adaptive steps, weight decay and what makes a warmup necessary are not covered.

    schedule: a schedule, or an array of rates: positive (0 only where a warmup begins).
    steps: how many updates, 2 to 10**8; the number of the rates where an array is given without it.
    G: the bound on the gradient norms, one positive number or one for each update.
    D: the distance from the start to a solution; positive.

    Raises `ScheduleError` for rates, norms and numbers that are not positive and finite, and for less than 2 steps.

    Source: Defazio et al. 2023, https://arxiv.org/abs/2310.07831; Schaipp et al. 2025,
    https://arxiv.org/abs/2501.18965.

    >>> from glidepath import Linear
    >>> found = bound(Linear(start=0.05, end=0.0, steps=400), 400)
    >>> round(found.value, 5), round(found.distance, 5), round(found.noise, 5)
    (0.10063, 0.04988, 0.05076)
    """
    rates = rates_of(schedule, steps)
    norms = norms_of(G, len(rates))
    return Bound(distance=positive("D", D) ** 2 / (2 * float(rates.sum())), noise=noise(rates, norms) / 2)


def best_scale(schedule: Rates, steps: int | None = None, G: Norms = 1.0, D: float = 1.0) -> Scaled:
    """The factor on a schedule that makes its `bound` smallest, and the bound with it.

    Definition: ``sqrt(distance / noise)``, which makes both terms ``sqrt(distance * noise)``.

    Arguments, errors and what it is true for are those of `bound`.

    >>> from glidepath import Linear
    >>> found = best_scale(Linear(start=1.0, end=0.0, steps=400), 400)
    >>> round(found.factor, 6), round(found.value, 6)
    (0.049563, 0.10063)
    """
    found = bound(schedule, steps, G, D)
    distance, noisy = math.sqrt(found.distance), math.sqrt(found.noise)
    return Scaled(distance / noisy, 2 * distance * noisy)


def tuned_distance(schedule: Rates, steps: int | None = None, G: Norms = 1.0) -> float:
    """The distance ``D`` for which a schedule needs no factor: its `best_scale` is 1.

    Who has tuned the rate of a run has measured this number, in the units of the bound.

    Arguments, errors and what it is true for are those of `bound`.

    >>> from glidepath import Linear
    >>> round(tuned_distance(Linear(start=0.049563, end=0.0, steps=400), 400), 4)
    1.0
    """
    found = bound(schedule, steps, G)
    return math.sqrt(found.noise) / math.sqrt(found.distance)


def bound_curve(schedule: Rates, steps: int | None = None, G: Norms = 1.0, D: float = 1.0) -> Array:
    """The `bound` for every horizon: entry ``t - 1`` is that of the first ``t`` updates alone.

    Computed in ``O(T * J)``, where ``J`` is about 200 to 300 (1000 where the rates span 1e100), and with little
    memory beside the result; the relative error is below 1e-10. Where the rates begin with 0, the bound is infinite
    until the first that is not.

    Arguments, errors and what it is true for are those of `bound`.

    >>> from glidepath import Constant
    >>> bound_curve(Constant(0.1), 4).round(6).tolist()
    [5.05, 2.6, 1.791667, 1.391667]
    """
    rates = rates_of(schedule, steps)
    norms = np.broadcast_to(norms_of(G, len(rates)), rates.shape)
    curve = np.full(len(rates), math.inf)
    begin = int(np.argmax(rates > 0))
    unit = float(rates.max())
    rates = rates[begin:] / unit
    squares = (rates * norms[begin:]) ** 2
    earlier = sums(power(1.0), rates, np.append(0.0, squares[:-1]))
    curve[begin:] = positive("D", D) ** 2 / (2 * unit * np.cumsum(rates)) + unit * (squares / rates + earlier) / 2
    return curve
