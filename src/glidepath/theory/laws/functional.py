"""The law in which the noise of every step fades as a power of the rates after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..exponential_sums import power, sums
from .law import Law, Query

if TYPE_CHECKING:
    from ..rates import Array

__all__ = ["Functional"]


@dataclass(frozen=True, kw_only=True)
class Functional(Law):
    """A functional scaling law: six numbers.

    Definition, with the rates ``e[k]`` and their sums ``S[t]``:

        L(t) = L0 + A * S[t]**-alpha + B * sum of e[k]**2 * (1 + c * (S[t] - S[k]))**-gamma over k <= t

    The time that counts is the sum of the rates; each step brings noise in proportion to its squared rate, which
    the later steps forget.

    Source: the form after Li et al. 2025, https://arxiv.org/abs/2509.19189. There the exponent follows from the
    spectrum of the problem; here it is a number of its own.

    c: how fast noise is forgotten, per unit of rate; positive.
    gamma: the exponent of forgetting; positive.

    >>> from glidepath import wsd
    >>> law = Functional(L0=2.5, A=0.5, alpha=0.5, B=5e4, c=5e3, gamma=1.2)
    >>> round(law.predict(wsd(3e-4, warmup=0, decay=2000, total=10_000), 10_000), 4)
    2.8075
    """

    title = "functional"
    exponents = ("alpha", "gamma")
    shape = {"alpha": (0.02, 3.0, (0.5,)), "c": (1e-2, 1e8, (1e2, 1e4)), "gamma": (0.05, 4.0, (1.0,))}

    c: float
    gamma: float

    @staticmethod
    def effect(query: Query, **shape: float) -> Array:
        # (1 + c*x)**-g is c**-g * (x + 1/c)**-g: a pure power of a longer distance.
        c, gamma = shape["c"], shape["gamma"]
        noise = np.append(0.0, query.rates[:-1] ** 2)
        earlier = sums(power(gamma), query.rates, noise, shifts=1 / c, at=query.at)
        return np.asarray(query.rates[query.at] ** 2 + c**-gamma * earlier)
