"""Newton's method for the smallest bound under a highest rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import LinAlgError, solveh_banded

from ..errors import ScheduleError
from .tail import tail

if TYPE_CHECKING:
    from typing import NoReturn

    from .rates import Array

__all__ = ["constrained"]

#: How near to the smallest a bound must be shown to be, relative to it. It is nearer than can be shown.
WITHIN = 1e-3

#: What keeps the equations positive definite in floats; it slows the last digits down only. Very long runs need the
#: first of them, and norms that are very far apart a larger one.
RIDGES = (1e-13, 1e-11, 1e-9, 1e-7)


@np.errstate(over="ignore")  # what is too large for a float is far from the best
def constrained(before: Array, norms: Array, distance: float, highest: float) -> Array:
    """The best rates after those of ``before``, all within ``(0, highest]``; ``norms`` are of all of them.

    Newton's method on the bound plus a barrier at both ends of every rate. The unknowns are what is still to
    come at every step; only neighbours meet in a term, so that the equations are tridiagonal.
    """
    free = norms[len(before) :]
    # In units where D and the norms are about 1, so that one set of tolerances does for all.
    unit, typical = distance / float(free.mean()), float(free.mean())
    problem = Problem(before / unit, norms / typical, highest / unit)
    if problem.wants_more_than_the_highest():
        return np.full(len(free), highest)
    shape, square = tail(problem.norms[len(before) :])
    rates = problem.best(np.minimum(shape / math.sqrt(square), 0.5 * problem.highest))
    rates[rates > problem.highest * (1 - 1e-6)] = problem.highest
    if not problem.shortfall(rates) < WITHIN:
        _too_far_apart()
    return np.where(rates == problem.highest, highest, rates * unit)


@dataclass(frozen=True)
class Problem:
    """The bound as a function of ``x``, what is still to come before each of the rates that are searched for."""

    before: Array
    norms: Array
    highest: float

    def wants_more_than_the_highest(self) -> bool:
        """Whether no rate should be below the highest. As the bound is convex, its slope there says so."""
        held = self.highest * np.arange(len(self.norms) - len(self.before), 0, -1.0)
        return bool((np.cumsum(self.cost(held)[1]) <= 0).all())

    def shortfall(self, rates: Array) -> float:
        """By how much of itself the bound could still be smaller, at most. As it is convex, its slope there says so."""
        value, slope, _ = self.cost(np.cumsum(rates[::-1])[::-1])
        ways = np.cumsum(slope)  # how the bound changes with each rate
        return float(np.where(ways > 0, ways * rates, ways * (rates - self.highest)).sum()) / value

    def best(self, rates: Array) -> Array:
        """The rates where the bound is smallest, from a start within the limits."""
        x = np.cumsum(rates[::-1])[::-1]
        weight = self.cost(x)[0] / len(x)
        while True:
            x = self.minimum(x, weight)
            if 2 * weight * len(x) < 1e-11 * self.cost(x)[0]:
                return np.append(x[:-1] - x[1:], x[-1])
            weight /= 8

    def cost(self, x: Array) -> tuple[float, Array, Array]:
        """The bound at ``x``, its slope, and its curvature as two bands."""
        m, n = len(self.before), len(x)
        squares = self.norms[m:] ** 2
        rates, to_come = x[:-1] - x[1:], x[1:]
        share, weight = rates / to_come, squares[:-1] / to_come
        value, slope, bands = float(weight @ rates**2) + float(squares[-1] * x[-1]), np.zeros(n), np.zeros((2, n))
        slope[:-1] += weight * rates
        slope[1:] -= weight * (rates + rates * share / 2)
        slope[-1] += squares[-1] / 2
        bands[1, :-1] += weight
        bands[1, 1:] += weight * (1 + share) ** 2
        bands[0, 1:] -= weight * (1 + share)
        # What was before needs x[0] alone.
        left = x[0] + np.append(np.cumsum(self.before[::-1])[::-1], 0.0)
        fixed = (self.before * self.norms[:m]) ** 2 / left[1:]
        slope[0] -= (1 / left[0] ** 2 + float(np.sum(fixed / left[1:]))) / 2
        bands[1, 0] += 1 / left[0] ** 3 + float(np.sum(fixed / left[1:] ** 2))
        return (value + 1 / float(left[0]) + float(fixed.sum())) / 2, slope, bands

    def barrier(self, x: Array) -> tuple[float, Array, Array]:
        """The barrier that keeps every rate above 0 and below the highest."""
        rates = np.append(x[:-1] - x[1:], x[-1])
        if rates.min() <= 0 or rates.max() >= self.highest:
            return math.inf, x, x
        room = self.highest - rates
        first, second = 1 / room - 1 / rates, 1 / rates**2 + 1 / room**2
        slope, bands = first.copy(), np.zeros((2, len(x)))
        slope[1:] -= first[:-1]
        bands[1] = second
        bands[1, 1:] += second[:-1]
        bands[0, 1:] = -second[:-1]
        return -float(np.log(rates).sum() + np.log(room).sum()), slope, bands

    def minimum(self, x: Array, weight: float) -> Array:
        """Where the bound plus ``weight`` times the barrier is smallest."""
        for _ in range(100):
            cost, wall = self.cost(x), self.barrier(x)
            slope = cost[1] + weight * wall[1]
            way = _downhill(cost[2] + weight * wall[2], slope)
            gain = -float(slope @ way)
            if gain < 1e-3 * weight * len(x):
                return x + way if self.barrier(x + way)[0] < math.inf else x
            here, size = cost[0] + weight * wall[0], 1.0
            while size > 1e-12:
                there = x + size * way
                wall_there = self.barrier(there)[0]
                if wall_there < math.inf and self.cost(there)[0] + weight * wall_there <= here - 1e-4 * size * gain:
                    break
                size /= 2
            else:
                return x
            x = there
        return x


def _downhill(bands: Array, slope: Array) -> Array:
    """The step of Newton's method."""
    for ridge in RIDGES:
        try:
            return np.asarray(-solveh_banded(np.stack([bands[0], bands[1] * (1 + ridge)]), slope))
        except (LinAlgError, ValueError):  # not positive definite, or not finite
            continue
    _too_far_apart()


def _too_far_apart() -> NoReturn:
    raise ScheduleError("G, cap and the rates before must be nearer to each other: they span more than can be searched")
