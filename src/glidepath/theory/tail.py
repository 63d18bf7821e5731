"""The end of a run: what it costs by the bound, the best shape for it, and the best size after what was before."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

if TYPE_CHECKING:
    from .rates import Array

__all__ = ["best_size", "noise", "tail"]


def noise(rates: Array, norms: Array | float) -> float:
    """The sum of ``e[k]**2 * G[k]**2 / R[k]``, where ``R`` is what is still to come, and ``e[T]`` after the last."""
    left = np.cumsum(rates[::-1])[::-1]
    return float(np.sum(rates * (rates / np.append(left[1:], rates[-1])) * np.square(norms)))


def tail(norms: Array) -> tuple[Array, float]:
    """The rates with the sum 1 whose `noise` is smallest, whatever was before, and that noise."""
    square = float(norms[-1]) ** 2
    kept, taken = [0.0] * len(norms), [1.0] * len(norms)  # of what is to come: left to later updates, or not
    for k in range(len(norms) - 2, -1, -1):
        norm = float(norms[k])
        root = math.sqrt(norm * norm + square)
        kept[k], taken[k] = norm / root, square / (root * (root + norm))
        square = 2 * norm * square / (root + norm)
    return np.append(1.0, np.cumprod(kept[:-1])) * np.array(taken), square


def best_size(before: Array, norms: Array, distance: float, square: float) -> float:
    """The sum of the rates after those of ``before`` that makes the bound smallest.

    norms: of the rates before. square: the `noise` of what comes after, for rates with the sum 1.
    """
    if not len(before):
        return distance / math.sqrt(square)
    passed = np.cumsum(before[::-1])[::-1]
    products, later = before * norms, np.append(passed[1:], 0.0)

    def slope(size: float) -> float:
        with np.errstate(over="ignore"):  # infinitely steep
            down = (distance / (passed[0] + size)) ** 2 + np.sum((products / (size + later)) ** 2)
        return float(square - down)

    low = high = distance / math.sqrt(square)
    while slope(low) > 0:
        low /= 4
    while slope(high) < 0:
        high *= 4
    return float(brentq(slope, low, high, xtol=1e-300, rtol=1e-15, maxiter=10_000)) if low < high else low
