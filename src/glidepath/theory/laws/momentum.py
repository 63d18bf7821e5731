"""The law in which every decrease of the rate is felt with a delay that is counted in steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...errors import fail
from ..exponential_sums import exponential, sums
from .law import Law, Query

if TYPE_CHECKING:
    from ..rates import Array

__all__ = ["Momentum"]


@dataclass(frozen=True, kw_only=True)
class Momentum(Law):
    """The momentum law of annealing: five numbers.

    Definition, with the rates ``e[k]`` and their sums ``S[t]``, and ``m`` their annealing momentum:

        L(t) = L0 + A * S[t]**-alpha - B * (m[1] + ... + m[t])
        m[k] = decay * m[k-1] + (e[k-1] - e[k]),  m[0] = 0

    Source: Tissue et al. 2024, https://arxiv.org/abs/2408.11029 (``C`` and ``lambda`` there are ``B`` and ``decay``).

    decay: how much of the momentum is left a step later; from 0 to 1, both excluded; usually 0.99 to 0.9999.

    It takes the drop to be proportional to the peak: do not compare schedules of very different peaks with it.

    >>> from glidepath import wsd
    >>> law = Momentum(L0=2.5, A=0.5, alpha=0.5, B=0.4, decay=0.999)
    >>> round(law.predict(wsd(3e-4, warmup=0, decay=2000, total=10_000), 10_000), 4)
    2.7362
    """

    title = "momentum"
    shape = {"alpha": (0.02, 3.0, (0.5,)), "decay": (0.9, 0.99999, (0.999,))}

    decay: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.decay >= 1:
            fail("Momentum.decay", "below 1", self.decay)

    @staticmethod
    def effect(query: Query, **shape: float) -> Array:
        # The sum of all momenta is a geometric series for each drop: (drop - what its momentum has left) / (1 - decay).
        decay = shape["decay"]
        drops = np.append(query.before, query.rates[:-1]) - query.rates
        remembered = sums(exponential(-math.log(decay)), np.ones(len(query.rates)), drops, at=query.at)
        return -(query.before - query.rates[query.at] - remembered) / (1 - decay)
