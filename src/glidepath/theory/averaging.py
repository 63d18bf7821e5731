"""Decay as an average of weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..errors import ScheduleError, fail
from .from_rates import as_schedule
from .rates import SMALLEST, Array, Rates, first_that, positive, rates_of, table

if TYPE_CHECKING:
    from ..schedule import Schedule

__all__ = ["from_averaging", "to_averaging"]


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
    if place is None and given[-1] <= SMALLEST * given.max():
        place = len(given) - 1
    if place is not None:
        rule = f"finite and not negative, and the last more than {SMALLEST} of the largest"
        fail(f"weights[{place}]", rule, float(given[place]))
    left = np.cumsum(given[::-1] / given.max())[::-1]
    return as_schedule(positive("rate", rate) * left[1:] / left[0])
