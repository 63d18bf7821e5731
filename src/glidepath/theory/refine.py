"""A schedule from the gradient norms of a finished run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import median_filter

from ..errors import ScheduleError
from .from_rates import as_schedule
from .rates import Norms, in_range, norms_of, one_number, positive, table

if TYPE_CHECKING:
    from ..schedule import Schedule

__all__ = ["refine"]


def refine(gradient_norms: Norms, *, peak: float = 1.0, smoothing: float = 0.05, power: float = 2.0) -> Schedule:
    """The schedule that is best for gradient norms like those of a finished run.

    Definition, with the norms ``G[1] .. G[N]`` of ``N`` updates, smoothed by a running median, and
    ``w[k] = G[k]**-power``:

        e[k] = w[k] * (w[k+1] + ... + w[N] + w[N])

    scaled so that the largest is ``peak``. The last weight stands twice, the second time for the norm after the
    last update, which is not known. Equal norms give the straight line from ``peak`` to 0.

    True for: what Theorem 1 of the source is true for, which are convex losses and plain gradient steps, and for
    ``power=2``; other powers do not follow from it. The norms of the next run depend on its schedule, and need not
    be those of the last. Norms that are not smoothed may give a schedule with more numbers than a file can hold.

    gradient_norms: one positive number for each update, at least 2.
    peak: the largest rate of the result; positive.
    smoothing: how wide the window of the median is, as a share of the run; 0 (no smoothing) to 0.5.
    power: positive.

    Raises `ScheduleError` for numbers that are not as above.

    Source: Defazio et al. 2023, https://arxiv.org/abs/2310.07831.

    >>> refine([3.0, 3.0, 3.0, 3.0]).values
    (1.0, 0.75, 0.5, 0.25)
    >>> refine([8.0, 2.0, 2.0, 2.0]).values  # large norms at the start call for a warmup
    (0.08333333333333333, 1.0, 0.6666666666666666, 0.3333333333333333)
    """
    given = table("gradient_norms", gradient_norms, "a sequence of positive finite numbers")
    if len(given) < 2:
        raise ScheduleError(f"gradient_norms must be those of at least 2 updates, got {len(given)}")
    norms = np.asarray(norms_of(given, len(given), "gradient_norms"))
    share = one_number("smoothing", smoothing, "a share of the run from 0 to 0.5", lambda x: 0 <= x <= 0.5)
    width = 2 * (round(share * len(norms)) // 2) + 1
    smooth = median_filter(norms, size=width, mode="nearest") if width > 1 else norms
    weights = (smooth / smooth.min()) ** -positive("power", power)
    in_range("the weight of gradient_norms[{}], gradient_norms**-power, with the largest as 1,", weights, len(norms))
    left = np.cumsum(weights[::-1])[::-1]
    rates = weights * (np.append(left[1:], 0.0) + weights[-1])
    return as_schedule(rates / rates.max() * positive("peak", peak))
