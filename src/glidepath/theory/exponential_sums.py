"""Sums over everything that happened before: the one engine beneath the bounds and the loss laws.

All of them need, at many steps ``t`` of a clock that runs by ``gaps[t]`` at each step,

    sum over k <= t of  amounts[k] * K(shifts[k] + gaps[k] + ... + gaps[t])

where ``K`` falls with the distance: a power of it, or an exponential. A power is a mixture of exponentials,
and what an exponential remembers of all sources so far is one number. So the sums at ``n`` of ``T`` steps take
``O((n + T) J)`` operations with ``J`` exponentials, in place of ``O(n T)``. Distances are sums of gaps and never
differences of large numbers, so that tiny gaps after a long run keep their digits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from .rates import Array

__all__ = ["Kernel", "exponential", "power", "sums"]

#: How many sources are summed one by one before they are handed to the exponentials.
CHUNK = 128

#: How many sums are not worth any exponentials.
FEW = 32

#: How many distances are held at a time.
HELD = 2**20

#: The spacing of the exponents, and how large the last one is. Each leaves a relative error of 1e-12 at most, for
#: powers up to 4.
SPACING, LAST = 0.25, 45.0

#: How much of a power the slowest exponential may miss.
MISSED = 1e-15


@dataclass(frozen=True)
class Kernel:
    """How much a source still counts at a distance, and the exponentials that say the same.

    direct: the values at an array of positive distances.
    mixture: ``(rates, weights)``, the rates ascending, such that ``sum(weights * exp(-rates * x))`` is the value
        at every distance from the first argument to the second.
    """

    direct: Callable[[Array], Array]
    mixture: Callable[[float, float], tuple[Array, Array]]


def exponential(rate: float) -> Kernel:
    """``exp(-rate * x)``."""
    return Kernel(lambda x: np.exp(-rate * x), lambda low, high: (np.array([rate]), np.ones(1)))


def power(exponent: float) -> Kernel:
    """``x ** -exponent``, for a positive exponent.

    The mixture is the trapezoidal rule on ``x**-p = 1/Gamma(p) * (integral of exp(p*u - x*exp(u)) over all u)``.
    Far to the left ``exp(-x*exp(u))`` is 1, and a constant stands for what lies there.
    """

    def direct(x: Array) -> Array:
        return 1 / x if exponent == 1 else x**-exponent

    def mixture(low: float, high: float) -> tuple[Array, Array]:
        first = math.log(MISSED) / (1 + exponent) - math.log(high)
        u = first + SPACING * np.arange(math.ceil((math.log(LAST / low) - first) / SPACING) + 1)
        weights = SPACING * np.exp(exponent * u - math.lgamma(exponent))
        return np.append(0.0, np.exp(u)), np.append(weights[0] / math.expm1(exponent * SPACING), weights)

    return Kernel(direct, mixture)


def sums(
    kernel: Kernel, gaps: Array, amounts: Array, shifts: Array | float = 0.0, at: NDArray[np.intp] | None = None
) -> Array:
    """``sum over k <= t of amounts[k] * K(shifts[k] + gaps[k] + ... + gaps[t])`` for every ``t`` in ``at``.

    gaps: what the clock runs at each step; positive.
    amounts: what each step adds. Where all have one sign the relative error is 1e-12 or less.
    shifts: how much farther each source is than the clock says; at least 0.
    at: ascending steps; all of them where not given.
    """
    steps = np.arange(len(gaps)) if at is None else at
    shifts = np.broadcast_to(np.asarray(shifts, dtype=np.float64), gaps.shape)
    if not len(steps):
        return np.zeros(0)
    if len(steps) <= FEW or len(gaps) <= CHUNK:
        return _one_by_one(kernel, gaps, amounts, shifts, steps)
    edges = [*range(0, int(steps[-1]) + 1, CHUNK), int(steps[-1]) + 1]
    split = np.searchsorted(steps, edges)
    rates, weights = kernel.mixture(float(gaps.min() + shifts.min()), float(gaps.sum() + shifts.max()))
    memory, found = np.zeros(len(rates)), np.empty(len(steps))
    for first, last, low, high in zip(edges, edges[1:], split, split[1:], strict=False):
        chunk, mine = slice(first, last), steps[low:high] - first
        if low < high:
            since = np.cumsum(gaps[chunk])[mine]
            slow = _slow(rates, since[0])
            near = _one_by_one(kernel, gaps[chunk], amounts[chunk], shifts[chunk], mine)
            found[low:high] = near + np.exp(np.outer(-since, rates[slow])) @ (weights * memory)[slow]
        left = np.cumsum(gaps[chunk][::-1])[::-1]
        memory = memory * np.exp(-left[0] * rates)
        if amounts[chunk].any():
            left = left + shifts[chunk]
            slow = _slow(rates, left.min())
            memory[slow] += amounts[chunk] @ np.exp(np.outer(-left, rates[slow]))
    return found


def _slow(rates: Array, distance: float) -> slice:
    """The exponentials that are not over at a distance."""
    return slice(int(np.searchsorted(rates, LAST / distance)) + 1)


def _one_by_one(kernel: Kernel, gaps: Array, amounts: Array, shifts: Array, steps: NDArray[np.intp]) -> Array:
    """The sums without exponentials."""
    found = np.empty(len(steps))
    rows = max(1, HELD // len(gaps))
    for first in range(0, len(steps), rows):
        mine = steps[first : first + rows, None]
        end = int(mine[-1, 0]) + 1
        counted = np.arange(end) <= mine
        run = np.cumsum(np.where(counted, gaps[:end], 0.0)[:, ::-1], axis=1)[:, ::-1] + shifts[:end]
        values = kernel.direct(np.where(counted, run, 1.0))
        found[first : first + rows] = np.where(counted, values, 0.0) @ amounts[:end]
    return found
