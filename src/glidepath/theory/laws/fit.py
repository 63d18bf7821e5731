"""From loss curves to laws."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import least_squares, nnls

from ...errors import ScheduleError, fail, unknown
from .curve import Curve
from .forecast import Forecast, listed
from .law import LAWS, Law, Query

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..rates import Array

__all__ = ["fit"]

#: The relative error from which on an error counts linearly, not squared.
HUBER = 1e-3

#: How often the weights of large errors are set anew.
REWEIGHTED = 12


def fit(curves: Curve | Iterable[Curve], law: str | Sequence[str] = "all") -> Forecast:
    """Fit loss laws to measured curves.

    Definition: the numbers of each law for which the sum over all points of the Huber function (threshold 0.001)
    of the relative error is smallest. What a law is linear in (``L0``, ``A``, ``B``, none below 0) is solved for;
    the rest is searched for from one or two starts. A better minimum elsewhere is possible.

    It finds what describes these curves, and nothing is known of rates and horizons far from theirs. With one or
    two curves "omega-power" and "momentum" are the laws to ask; "functional" and "multi-power" want three of
    different shapes: one that is constant, one that decays, one with a step.

    curves: one or more, of runs that differ in their schedules alone.
    law: "omega-power", "momentum", "functional", "multi-power", several of them, or "all" of those for which
        there are points enough: two for each number of the law.

    Raises `ScheduleError` for a law that is not known, and for too few points.

    >>> import numpy as np
    >>> from glidepath import Constant, Linear
    >>> from glidepath.theory import Curve, OmegaPower
    >>> truth = OmegaPower(L0=2.0, A=1.5, alpha=0.5, B=3.0)
    >>> steps = np.arange(20, 400, 20)
    >>> runs = [Constant(0.1), Linear(start=0.2, end=0.0, steps=400)]
    >>> found = fit([Curve(s, steps, truth.curve(s, 400, at=steps)) for s in runs], law="omega-power")
    >>> round(found.laws[0].L0, 3), round(found.laws[0].alpha, 3)
    (2.0, 0.5)
    """
    given = [curves] if isinstance(curves, Curve) else listed("curves", curves, "a Curve or several")
    if not given or not all(isinstance(curve, Curve) for curve in given):
        fail("curves", "a Curve or several", curves)
    points = sum(len(curve.losses) for curve in given)
    return Forecast(tuple(_fitted(LAWS[name], given) for name in _wanted(law, points)))


def _wanted(law: str | Sequence[str], points: int) -> list[str]:
    """The laws that were asked for, if there are points enough."""
    needed = {name: 2 * (3 + len(known.shape)) for name, known in LAWS.items()}
    if isinstance(law, str) and law == "all":
        wanted = [name for name in LAWS if points >= needed[name]]
        if not wanted:
            fail(
                "curves", f"of at least {min(needed.values())} points in all, for the smallest law", f"{points} points"
            )
        return wanted
    wanted = [law] if isinstance(law, str) else listed("law", law, "the name of a law or several")
    if not wanted or not all(isinstance(name, str) for name in wanted) or len(set(wanted)) < len(wanted):
        fail("law", "the name of a law or several, each once", law)
    for name in wanted:
        if name not in LAWS:
            unknown("fit", "law", name, [*LAWS, "all"])
        if points < needed[name]:
            raise ScheduleError(
                f"curves must be of at least {needed[name]} points in all for {name!r}, two for each of its numbers, "
                f"got {points} points"
            )
    return wanted


def _fitted(law: type[Law], curves: Sequence[Curve]) -> Law:
    """The law with the numbers that fit best."""
    low, high = (np.log([law.shape[name][i] for name in law.shape]) for i in (0, 1))
    residuals = _Residuals(law, curves)
    searches = [
        least_squares(
            lambda logs: residuals(logs)[1],
            np.log(start),
            bounds=(low, high),
            xtol=1e-6,
            ftol=1e-8,
            diff_step=1e-4,
            max_nfev=60,
        )
        for start in product(*(starts for *_, starts in law.shape.values()))
    ]
    best = min(searches, key=lambda found: float(found.cost)).x
    numbers = residuals(best)[0].tolist() + np.exp(best).tolist()
    return law(**dict(zip(("L0", "A", "B", *law.shape), numbers, strict=True)))


class _Residuals:
    """What a law leaves unexplained, as a function of the numbers that it is not linear in."""

    def __init__(self, law: type[Law], curves: Sequence[Curve]) -> None:
        self.law = law
        self.runs = [Query.of(curve.rates, curve.at) for curve in curves]
        losses = [curve.values[len(curve.at) - len(run.at) :] for curve, run in zip(curves, self.runs, strict=True)]
        self.weights = 1 / np.concatenate(losses)
        self.effects: dict[tuple[float, ...], Array] = {}  # which do not depend on alpha

    def __call__(self, logs: Array) -> tuple[Array, Array]:
        """The linear numbers; and residuals whose squares are the Huber function of the relative errors."""
        shape = dict(zip(self.law.shape, np.exp(logs).tolist(), strict=True))
        alpha, key = shape.pop("alpha"), tuple(shape.values())
        if key not in self.effects:
            self.effects[key] = np.concatenate([self.law.effect(run, **shape) for run in self.runs])
        learned = np.concatenate([self.law.learned(run, alpha) for run in self.runs])
        columns = np.stack([np.ones(len(learned)), learned, self.effects[key]], axis=1) * self.weights[:, None]
        scale = np.abs(columns).max(axis=0) + 1e-300
        columns, trust = columns / scale, np.ones(len(columns))
        for _ in range(REWEIGHTED):
            linear, _ = nnls(columns * trust[:, None], trust)
            errors = np.abs(columns @ linear - 1)
            trust = np.sqrt(HUBER / np.maximum(errors, HUBER))
        huber = np.where(errors <= HUBER, errors, np.sqrt(HUBER * np.maximum(2 * errors - HUBER, 0)))
        return linear / scale, huber
