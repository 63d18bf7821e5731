"""The law that has the last-iterate bound for its effect of decay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..exponential_sums import power, sums
from .law import Law, Query

if TYPE_CHECKING:
    from ..rates import Array

__all__ = ["OmegaPower"]


@dataclass(frozen=True, kw_only=True)
class OmegaPower(Law):
    """The Omega-power law: four numbers, of which only ``alpha`` is not linear.

    Definition, with the rates ``e[k]`` and their sums ``S[t] = e[0] + ... + e[t]``:

        L(t) = L0 + A * S[t]**-alpha + B/2 * (e[t] + sum of e[k]**2 / (S[t] - S[k]) over k < t)

    The last bracket is the noise term of `bound`, for gradient norms of 1. A law of this project; it is not
    published elsewhere. It asks the least of the curves: one or two of them will do.

    >>> from glidepath import wsd
    >>> law = OmegaPower(L0=2.5, A=0.5, alpha=0.5, B=200.0)
    >>> round(law.predict(wsd(3e-4, warmup=0, decay=2000, total=10_000), 10_000), 4)
    2.9304
    """

    title = "omega-power"
    shape = {"alpha": (0.02, 3.0, (0.5,))}

    @staticmethod
    def effect(query: Query, **shape: float) -> Array:
        earlier = sums(power(1.0), query.rates, np.append(0.0, query.rates[:-1] ** 2), at=query.at)
        return (query.rates[query.at] + earlier) / 2
