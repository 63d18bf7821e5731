"""What fitted laws say of schedules that were not trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize

from ...compose import Piecewise
from ...errors import fail
from ..rates import LONGEST, Array, Rates, how_many, positive, rates_of
from .law import Law

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Choice", "Forecast", "Prediction"]

#: The most that a rate falls from one knot to the next, and in all, as a logarithm.
STEEPEST, DEEPEST = 5.0, 30.0

#: The search takes one prediction for each knot at every step of it.
MOST_KNOTS = 1000


@dataclass(frozen=True)
class Prediction:
    """A loss that was predicted by one or more laws. ``float(prediction)`` is its value.

    laws: what each law predicts, by its name.
    """

    laws: Mapping[str, float]

    @property
    def value(self) -> float:
        """The mean over the laws."""
        return fmean(self.laws.values())

    @property
    def spread(self) -> float | None:
        """The largest prediction less the smallest, a rough measure of doubt; None for a single law."""
        return max(self.laws.values()) - min(self.laws.values()) if len(self.laws) > 1 else None

    def __float__(self) -> float:
        return self.value


@dataclass(frozen=True)
class Choice:
    """A candidate and its predicted loss."""

    name: str
    schedule: Rates
    prediction: Prediction


@dataclass(frozen=True)
class Forecast:
    """Fitted laws, asked together: `fit` makes it.

    A prediction is as good as the laws are for runs like those they were fitted to (see `Law`). Where the spread
    over the laws is larger than the difference between two candidates, they do not tell which is the better.

    laws: one or more, each of another kind.
    """

    laws: tuple[Law, ...]

    def __post_init__(self) -> None:
        laws = tuple(listed("Forecast.laws", self.laws, "one law or more"))
        if not laws or not all(isinstance(law, Law) for law in laws):
            fail("Forecast.laws", "one law or more", self.laws)
        if len({law.title for law in laws}) < len(laws):
            fail("Forecast.laws", "of different kinds", [law.title for law in laws])
        object.__setattr__(self, "laws", laws)

    def predict(self, schedule: Rates, steps: int | None = None) -> Prediction:
        """The loss after ``steps`` updates with a schedule (or an array of rates).

        Raises `ScheduleError` for rates that are not positive and finite (0 where a warmup begins is), and less than
        2 steps.
        """
        return Prediction({law.title: law.predict(schedule, steps) for law in self.laws})

    def choose(self, candidates: Mapping[str, Rates], steps: int | None = None) -> tuple[Choice, ...]:
        """The candidates by their predicted loss after ``steps`` updates, the lowest first.

        candidates: schedules (or arrays of rates) by name.

        Raises `ScheduleError` as `predict` does, and where there is no candidate.
        """
        if not isinstance(candidates, Mapping) or not candidates:
            fail("candidates", "one schedule or more, by name", candidates)
        rates = {name: rates_of(given, steps, where=f"candidates[{name!r}]") for name, given in candidates.items()}
        choices = [Choice(name, given, self.predict(rates[name])) for name, given in candidates.items()]
        return tuple(sorted(choices, key=lambda choice: choice.prediction.value))

    def optimise(self, steps: int, peak: float, warmup: int = 0, knots: int = 32) -> Choice:
        """The never-rising schedule with the lowest predicted loss, as a `Piecewise` of straight lines.

        Definition: a linear warmup from 0 to ``peak``, then straight lines between knots that lie closer
        towards the end, with the values that a quasi-Newton search from two starts ends at. It is a local minimum,
        and no better than the laws are.

        steps: updates of the run, at least 4 more than ``warmup``.
        peak: the highest rate, positive. It is not searched for: laws know of no instability.
        warmup: updates, at least 0.
        knots: how many values are searched for, from 1 to 1000.

        Raises `ScheduleError` for numbers that are not as above.
        """
        rising, top = how_many("warmup", warmup, 0, LONGEST - 4), positive("peak", peak)
        total = how_many("steps", steps, rising + 4, LONGEST)
        places = _places(rising, total, how_many("knots", knots, 1, MOST_KNOTS))
        first = [0.0] * (rising > 0) + [top]
        steps_of = np.arange(total)

        def values(falls: Array) -> Array:
            return np.append(first, top * np.exp(-np.minimum(np.cumsum(falls), DEEPEST)))

        def loss(falls: Array) -> float:
            rates = np.interp(steps_of, (0, *places), values(falls))
            return fmean(law.predict(rates) for law in self.laws)

        count = len(places) - (rising > 0)
        share = (np.array(places[-count:]) - rising) / (total - rising)
        found = []
        for hold in (0.1, 0.8):
            start = np.minimum(1.0, np.maximum((1 - share) / (1 - hold), 1e-3))
            falls = np.minimum(-np.diff(np.log(start), prepend=0.0), STEEPEST)
            bounds, options = [(0.0, STEEPEST)] * count, {"maxfun": 10**6, "ftol": 1e-10, "eps": 1e-6}
            found.append(minimize(loss, falls, method="L-BFGS-B", bounds=bounds, options=options))
        falls = min(found, key=lambda each: float(each.fun)).x
        best = Piecewise(boundaries=places, values=tuple(values(falls).tolist()), interpolation="linear")
        return Choice("optimised", best, self.predict(best, total))


def listed(where: str, given: Iterable[Any], rule: str) -> list[Any]:
    """What was given, one by one."""
    try:
        return list(given)
    except TypeError:
        fail(where, rule, given)


def _places(warmup: int, steps: int, knots: int) -> tuple[int, ...]:
    """The steps of the knots: that of the peak where there is a warmup, and more of them towards the end."""
    last = steps - 1
    towards = 1 - np.linspace(1, 0, knots + 1)[1:] ** 2.5
    later = {round(warmup + (last - warmup) * x) for x in towards.tolist()} - {warmup}
    return (warmup,) * (warmup > 0) + tuple(sorted(later))
