"""Decay as a growing batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..arrays import LAST_STEP
from ..fields import one_of
from .rates import Array, Rates, how_many, rates_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BatchGrowth", "batch_growth"]


@dataclass(frozen=True, eq=False)
class BatchGrowth:
    """A run whose batch grows where another's rate falls: the rate and the batch size of each update."""

    rates: Array
    batches: NDArray[np.int64]


def batch_growth(
    schedule: Rates, steps: int | None = None, *, batch: int, optimizer: str = "sgd", largest: int | None = None
) -> BatchGrowth:
    """The growth of the batch that does what a decay of the rate would do, on the same data in fewer updates.

    Definition: where the rate has fallen from its peak by a factor ``a``, the batch is ``m = 1/a`` times as large
    (rounded down), and the rate is ``peak * a * m`` for "sgd" and ``peak * a * sqrt(m)`` for "adam". Before the
    peak nothing changes. The schedule is read at the share of the data that is used up. The last batch is what is
    left of the data.

    True for: noise that falls in proportion to the batch, and batches far below the one where more data per
    update brings no more.

    schedule: rates; positive.
    steps: updates of the run at constant batch, at least 2.
    batch: its batch size, at least 1; times the updates at most 2**53 - 1.
    optimizer: "sgd" or "adam".
    largest: the largest batch, at least ``batch``; no limit where not given.

    Raises `ScheduleError` for numbers and words that are not as above.

    Source: Smith et al. 2017, https://arxiv.org/abs/1711.00489, for "sgd"; Seesaw, 2025,
    https://arxiv.org/abs/2510.14717, for "adam".

    >>> from glidepath import Piecewise
    >>> halved = Piecewise(boundaries=(4,), values=(0.4, 0.1))
    >>> grown = batch_growth(halved, 12, batch=32)
    >>> grown.batches.tolist(), grown.rates.tolist()
    ([32, 32, 32, 32, 128, 128], [0.4, 0.4, 0.4, 0.4, 0.4, 0.4])
    >>> batch_growth(halved, 12, batch=32, optimizer="adam").rates.tolist()
    [0.4, 0.4, 0.4, 0.4, 0.2, 0.2]
    """
    rates = rates_of(schedule, steps)
    size = how_many("batch", batch, 1, LAST_STEP // len(rates))
    one_of("optimizer", optimizer, "sgd", "adam")
    limit = None if largest is None else how_many("largest", largest, size)
    peak, top = float(rates.max()), int(rates.argmax())
    data, used = size * len(rates), 0
    batches, used_rates = [], []
    while used < data:
        k = used // size
        now = size if k < top else int(size * (peak / rates[k]) * (1 + 1e-12))
        now = min(now, data - used, now if limit is None else limit)
        grown = max(now / size, 1.0)
        batches.append(now)
        used_rates.append(float(rates[k]) * (grown if optimizer == "sgd" else grown**0.5))
        used += now
    return BatchGrowth(np.array(used_rates), np.array(batches, dtype=np.int64))
