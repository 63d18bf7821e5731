"""What weight decay forgets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import fail
from .rates import Array, Rates, positive, rates_of

__all__ = ["Memory", "weight_memory"]


@dataclass(frozen=True, eq=False)
class Memory:
    """What the weights after a run with decoupled weight decay are made of; all shares add up to 1.

    start: the share of the weights at the start.
    updates: the share of each update.
    """

    start: float
    updates: Array


def weight_memory(schedule: Rates, steps: int | None = None, *, weight_decay: float) -> Memory:
    """How much of the start, and of each update, is left in the weights of AdamW.

    Definition: AdamW multiplies the weights by ``1 - a[k]`` with ``a[k] = e[k] * weight_decay``, so that they are
    an average, with the share ``a[k] * (1-a[k+1]) * ... * (1-a[N])`` for update ``k`` (of the size
    ``1/weight_decay``) and ``(1-a[1]) * ... * (1-a[N])`` for the start.

    True for: the rule above exactly, whatever the loss.

    schedule: rates; positive.
    steps: how many updates, at least 2.
    weight_decay: positive, and below 1 divided by the highest rate.

    Raises `ScheduleError` for numbers that are not as above.

    Source: Bergsma et al. 2025, https://arxiv.org/abs/2502.15938.

    >>> from glidepath import Constant
    >>> memory = weight_memory(Constant(3e-3), 10_000, weight_decay=0.1)
    >>> round(memory.start, 4), round(float(memory.updates[-1000:].sum()), 4)
    (0.0498, 0.2592)
    """
    rates, decay = rates_of(schedule, steps), positive("weight_decay", weight_decay)
    shares = rates * decay
    if shares.max() >= 1:
        fail("weight_decay", f"below 1 divided by the highest rate, {1 / rates.max()}", weight_decay)
    kept = np.append(np.exp(np.cumsum(np.log1p(-shares[::-1])))[::-1], 1.0)
    return Memory(float(kept[0]), shares * kept[1:])
