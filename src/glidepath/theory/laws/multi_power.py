"""The law in which every decrease of the rate is felt as a power of the rates after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..exponential_sums import power, sums
from ..rates import in_range
from .law import Law, Query

if TYPE_CHECKING:
    from ..rates import Array

__all__ = ["MultiPower"]


@dataclass(frozen=True, kw_only=True)
class MultiPower(Law):
    """The multi-power law: seven numbers.

    Definition, with the rates ``e[k]`` and their sums ``S[t]``:

        L(t) = L0 + A * S[t]**-alpha - B * sum of (e[k-1] - e[k]) * G[k] over 1 <= k <= t
        G[k] = 1 - (1 + C * e[k]**-gamma * (S[t] - S[k-1]))**-beta

    Source: Luo et al. 2025, https://arxiv.org/abs/2503.12811. The warmup is part of the rates here, as in the
    evaluation that their numbers come from.

    C: how fast a decrease is felt; positive.
    beta, gamma: exponents; positive.

    >>> from glidepath import wsd
    >>> law = MultiPower(L0=2.651, A=0.601, alpha=0.453, B=437.9, C=2.132, beta=0.598, gamma=0.655)
    >>> round(law.predict(wsd(3e-4, warmup=0, decay=2000, total=10_000), 10_000), 4)
    2.9229
    """

    title = "multi-power"
    exponents = ("alpha", "beta", "gamma")
    shape = {
        "alpha": (0.02, 3.0, (0.5,)),
        "C": (1e-2, 1e2, (1.0,)),
        "beta": (0.05, 2.0, (0.5,)),
        "gamma": (0.05, 2.0, (0.5,)),
    }

    C: float
    beta: float
    gamma: float

    @staticmethod
    def effect(query: Query, **shape: float) -> Array:
        # (1 + c*x)**-b is c**-b * (x + 1/c)**-b, with a c for every step.
        drops = np.append(query.before, query.rates[:-1]) - query.rates
        speed = shape["C"] * query.rates ** -shape["gamma"]
        in_range("C * rate**-gamma", speed, len(speed))
        unfelt = sums(power(shape["beta"]), query.rates, drops * speed ** -shape["beta"], shifts=1 / speed, at=query.at)
        return -(query.before - query.rates[query.at] - unfelt)
