"""The end of the best schedule, whose shape does not depend on what was before."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .rates import Array

__all__ = ["tail"]


def tail(norms: Array) -> tuple[Array, float]:
    """The best rates with the sum 1, and ``v``: what they cost, ``v/2``, is the sum of ``e**2*G**2/R``."""
    square = float(norms[-1]) ** 2
    kept = [0.0] * len(norms)  # which part of what is to come the update leaves to those after it
    for k in range(len(norms) - 2, -1, -1):
        norm = float(norms[k])
        root = math.sqrt(norm * norm + square)
        kept[k] = norm / root
        square = 2 * norm * square / (root + norm)
    left = np.concatenate([[1.0], np.cumprod(kept[:-1])])
    return left * (1 - np.array(kept)), square
