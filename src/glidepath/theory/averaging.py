"""Decay in other clothes: as an average of weights, as a growing batch, as what weight decay forgets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ScheduleError, fail
from .rates import Array, Rates, as_schedule, first_that, positive, rates_of, table, whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..schedule import Schedule

__all__ = ["BatchGrowth", "Memory", "batch_growth", "from_averaging", "to_averaging", "weight_memory"]


def to_averaging(schedule: Rates, steps: int | None = None) -> Array:
    """The averaging of a run at constant rate that equals a decay.

    Definition, with the rates ``e[0] .. e[N-1]``: the weights ``a[0] .. a[N]`` of the iterates ``x[0]`` (the start)
    to ``x[N]`` of a run at the constant rate ``e[0]``:

        a[0] = 0,  a[k] = (e[k-1] - e[k]) / e[0],  a[N] = e[N-1] / e[0]

    True for: plain gradient steps that see the same gradients. A real run that averages sees those at its own
    weights, so that both are alike and not the same.

    schedule: rates that never rise; positive.
    steps: how many updates, at least 2.

    Raises `ScheduleError` for rates that rise, or are not positive and finite.

    Source: WSM, 2025, https://arxiv.org/abs/2507.17634.

    >>> from glidepath import wsd
    >>> to_averaging(wsd(0.1, warmup=0, decay=2, total=4), 4).tolist()  # the mean of the last two iterates
    [0.0, 0.0, 0.0, 0.5, 0.5]
    """
    rates = rates_of(schedule, steps)
    place = first_that(np.diff(rates) > 0)
    if place is not None:
        fail(f"the rate of schedule at step {place + 1}", f"at most the one before, {rates[place]}", rates[place + 1])
    shares = rates / rates[0]
    return np.concatenate([[0.0], shares[:-1] - shares[1:], shares[-1:]])


def from_averaging(weights: Rates, rate: float) -> Schedule:
    """The decay that equals an average over the iterates of a run at constant rate.

    Definition: ``e[k] = rate * (a[k+1] + ... + a[N])``, for the weights ``a[0] .. a[N]`` of the iterates, the start
    included, divided by their sum. It is the reverse of `to_averaging`, and true for the same.

    weights: at least 3 numbers, none negative, the last positive.
    rate: the constant rate; positive.

    Raises `ScheduleError` for numbers that are not as above.

    Source: WSM, 2025, https://arxiv.org/abs/2507.17634.

    >>> from_averaging([0, 0, 0, 1, 1], rate=0.1).values
    (0.1, 0.1, 0.1, 0.05)
    """
    given = table("weights", weights, "a sequence of numbers")
    if len(given) < 3:
        raise ScheduleError(f"weights must be those of at least 3 iterates, the start included, got {len(given)}")
    place = first_that(~np.isfinite(given) | (given < 0))
    if place is None and given[-1] == 0:
        place = len(given) - 1
    if place is not None:
        fail(f"weights[{place}]", "finite and not negative, and the last positive", float(given[place]))
    left = np.cumsum(given[::-1])[::-1]
    return as_schedule(positive("rate", rate) * left[1:] / left[0])


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
    batch: its batch size, at least 1.
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
    rates, size = rates_of(schedule, steps), whole("batch", batch, 1)
    if optimizer not in ("sgd", "adam"):
        fail("optimizer", "'sgd' or 'adam'", optimizer)
    limit = None if largest is None else whole("largest", largest, size)
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
