"""Newton's method for the smallest bound under constraints."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import solveh_banded

from .tail import tail

if TYPE_CHECKING:
    from .rates import Array

__all__ = ["Head", "constrained"]

#: What keeps the equations of very long runs positive definite in floats; it slows the last digits down only.
RIDGE = 1e-13


@dataclass(frozen=True)
class Head:
    """The first rates, ``fixed + slope * p``, where ``p`` is the rate right after them."""

    fixed: Array
    slope: Array

    @staticmethod
    def warmup(steps: int) -> Head:
        return Head(np.zeros(steps), np.arange(1, steps + 1) / (steps + 1))

    def cost(self, left: float, p: float, norms: Array, distance: float) -> tuple[float, Array, Array]:
        """``D**2/(2*R[0]) + (sum of (e*G)**2/R)/2`` over the first rates, with slope and curvature in (left, p)."""
        m = len(self.fixed)
        turn = np.append(np.cumsum(self.slope[::-1])[::-1], 0.0)  # how R[k] changes with p
        to_come = left + np.append(np.cumsum(self.fixed[::-1])[::-1], 0.0) + turn * p
        rates, weight = self.fixed + self.slope * p, norms[:m] ** 2 / to_come[1:]
        share = rates / to_come[1:]
        ways = np.array([-share, self.slope - turn[1:] * share])
        first = np.array([1.0, turn[0]])
        value = distance**2 / (2 * to_come[0]) + float(weight @ rates**2) / 2
        gradient = -(distance**2) / (2 * to_come[0] ** 2) * first
        gradient += np.array(
            [-float(weight @ (rates * share)) / 2, float(weight @ (rates * (self.slope - turn[1:] * share / 2)))]
        )
        curvature = distance**2 / to_come[0] ** 3 * np.outer(first, first) + (ways * weight) @ ways.T
        return value, gradient, curvature


def constrained(head: Head, norms: Array, distance: float, highest: float) -> Array:
    """The best rates, those of the head included if it is a warmup, all within ``(0, highest]``.

    Newton's method on the bound plus a barrier at both ends of every rate. The unknowns are what is still to
    come at every step; only neighbours meet in a term, so that the equations are tridiagonal.
    """
    m = len(head.fixed)
    free = norms[m:]
    # In units where D and the norms are about 1, so that one set of tolerances does for all.
    unit, typical = distance / float(free.mean()), float(free.mean())
    problem = Problem(
        Head(head.fixed / unit, head.slope), norms / typical, highest / unit if highest < math.inf else math.inf
    )
    shape, square = tail(problem.norms[m:])
    rates = np.minimum(shape / math.sqrt(square), 0.5 * problem.highest)
    x = np.cumsum(rates[::-1])[::-1]
    value = problem.cost(x)[0]
    weight = value / len(x)
    while True:
        x = problem.minimum(x, weight)
        if 2 * weight * len(x) < 1e-11 * problem.cost(x)[0]:
            break
        weight /= 8
    rates = np.append(x[:-1] - x[1:], x[-1])
    rates = np.minimum(rates, problem.highest) * unit
    rates[rates > highest * (1 - 1e-6)] = highest
    return np.concatenate([head.slope * rates[0], rates]) if head.slope.any() else rates


@dataclass(frozen=True)
class Problem:
    head: Head
    norms: Array
    highest: float

    def cost(self, x: Array) -> tuple[float, Array, Array]:
        """The bound at ``x``, its slope, and its curvature as two bands."""
        m, n = len(self.head.fixed), len(x)
        squares = self.norms[m:] ** 2
        rates, to_come = x[:-1] - x[1:], x[1:]
        share, weight = rates / to_come, squares[:-1] / to_come
        p = float(rates[0]) if n > 1 else float(x[0])
        value, turn, bend = self.head.cost(float(x[0]), p, self.norms, 1.0)
        slope, bands = np.zeros(n), np.zeros((2, n))
        slope[:-1] += weight * rates
        slope[1:] -= weight * (rates + rates * share / 2)
        slope[-1] += squares[-1] / 2
        bands[1, :-1] += weight
        bands[1, 1:] += weight * (1 + share) ** 2
        bands[0, 1:] -= weight * (1 + share)
        # p is x[0] - x[1]
        slope[0] += turn[0] + turn[1]
        bands[1, 0] += bend[0, 0] + 2 * bend[0, 1] + bend[1, 1]
        if n > 1:
            slope[1] -= turn[1]
            bands[1, 1] += bend[1, 1]
            bands[0, 1] -= bend[0, 1] + bend[1, 1]
        return value + (float(weight @ rates**2) + float(squares[-1] * x[-1])) / 2, slope, bands

    def barrier(self, x: Array) -> tuple[float, Array, Array]:
        """The barrier that keeps every rate above 0 and below the highest."""
        rates = np.append(x[:-1] - x[1:], x[-1])
        if rates.min() <= 0 or rates.max() >= self.highest:
            return math.inf, x, x
        room = self.highest - rates
        capped = self.highest < math.inf
        value = -float(np.log(rates).sum()) - (float(np.log(room).sum()) if capped else 0.0)
        first = -1 / rates + (1 / room if capped else 0.0)
        second = 1 / rates**2 + (1 / room**2 if capped else 0.0)
        slope, bands = first.copy(), np.zeros((2, len(x)))
        slope[1:] -= first[:-1]
        bands[1] = second
        bands[1, 1:] += second[:-1]
        bands[0, 1:] = -second[:-1]
        return value, slope, bands

    def minimum(self, x: Array, weight: float) -> Array:
        """Where the bound plus ``weight`` times the barrier is smallest."""
        for _ in range(100):
            cost, wall = self.cost(x), self.barrier(x)
            slope = cost[1] + weight * wall[1]
            bands = cost[2] + weight * wall[2]
            bands[1] *= 1 + RIDGE
            way = -solveh_banded(bands, slope)
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
