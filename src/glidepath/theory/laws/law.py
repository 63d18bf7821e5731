"""What all loss laws have in common: a floor, a power of the rates so far, and what their decay brings."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ...errors import ScheduleError, fail
from ..rates import Array, Rates, first_that, not_negative, positive, rates_of, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["LAWS", "Law"]

#: Every law by its name.
LAWS: dict[str, type[Law]] = {}


#: Up to this exponent powers are summed to the accuracy that is promised.
LARGEST_EXPONENT = 4.0


@dataclass(frozen=True, eq=False)
class Query:
    """The steps of a run at which its loss is asked, from the first rate on that is not 0.

    rates: all positive. before: the rate before the first of them, 0 where a warmup begins there.
    at: steps, counted from the first of the rates.
    """

    rates: Array
    before: float
    at: NDArray[np.intp]

    @staticmethod
    def of(rates: Array, at: NDArray[np.intp]) -> Query:
        begin = int(np.argmax(rates > 0))
        return Query(rates[begin:], 0.0 if begin else float(rates[0]), at[at >= begin] - begin)


@dataclass(frozen=True, kw_only=True)
class Law(ABC):
    """A law of the loss: ``L0 + A * S**-alpha + B * effect``, with ``S`` the sum of the rates so far.

    A law is fitted to loss curves (`fit`) or made with published numbers. It speaks of runs like those it was
    fitted to: the same model, data, optimizer and batch size, and rates and horizons not far from theirs. It knows
    nothing of instability. It is a description of curves, and proven for none.

    L0: the loss that no training goes below.
    A, alpha: size and exponent of what is left to learn.
    B: the size of the effect of decay.

    All numbers are finite; ``L0``, ``A``, ``alpha`` and ``B`` are at least 0, those that a law adds positive, and
    exponents at most 4. Raises `ScheduleError` for others.
    """

    #: What `fit` calls the law.
    title: ClassVar[str]
    #: Which of the numbers are exponents.
    exponents: ClassVar[tuple[str, ...]] = ("alpha",)
    #: The numbers that it is not linear in: their range in a fit, and where the search for them starts.
    shape: ClassVar[dict[str, tuple[float, float, tuple[float, ...]]]]

    L0: float
    A: float
    alpha: float
    B: float

    def __init_subclass__(cls) -> None:
        LAWS[cls.title] = cls

    def __post_init__(self) -> None:
        for f in fields(self):
            where, given = f"{type(self).__name__}.{f.name}", getattr(self, f.name)
            may_be_0 = f.name in ("L0", "A", "alpha", "B")
            accepted = (not_negative if may_be_0 else positive)(where, given)
            if f.name in self.exponents and accepted > LARGEST_EXPONENT:
                fail(where, f"an exponent of at most {LARGEST_EXPONENT}", given)
            object.__setattr__(self, f.name, accepted)

    @staticmethod
    @abstractmethod
    def effect(query: Query, **shape: float) -> Array:
        """What ``B`` is multiplied by."""

    @staticmethod
    def learned(query: Query, alpha: float) -> Array:
        """What ``A`` is multiplied by."""
        return np.asarray(np.cumsum(query.rates)[query.at] ** -alpha)

    def predict(self, schedule: Rates, steps: int | None = None) -> float:
        """The loss after ``steps`` updates with a schedule (or an array of rates).

        Raises `ScheduleError` for rates that are not positive and finite (0 where a warmup begins is), and less than
        2 steps.
        """
        rates = rates_of(schedule, steps)
        return float(self._losses(rates, np.array([len(rates) - 1]))[0])

    def curve(
        self, schedule: Rates, steps: int | None = None, at: Sequence[int] | NDArray[np.integer] | None = None
    ) -> Array:
        """The loss after each update, from 0 (or after those in ``at``, ascending); infinite while nothing moved.

        Raises `ScheduleError` as `predict` does, and for steps that the run does not have.
        """
        rates = rates_of(schedule, steps)
        if at is None:
            return self._losses(rates, np.arange(len(rates)))
        wanted = table("at", at, "a sequence of steps")
        place = first_that((wanted < 0) | (wanted >= len(rates)) | (np.floor(wanted) != wanted))
        if place is not None:
            fail(f"at[{place}]", f"one of the steps 0 .. {len(rates) - 1}", float(wanted[place]))
        place = first_that(np.diff(wanted) <= 0)
        if place is not None:
            raise ScheduleError(f"at must be in ascending order, got at[{place + 1}] = {int(wanted[place + 1])}")
        return self._losses(rates, wanted.astype(np.intp))

    def _losses(self, rates: Array, at: NDArray[np.intp]) -> Array:
        query = Query.of(rates, at)
        losses = np.full(len(at), math.inf)
        if len(query.at):
            others = {name: getattr(self, name) for name in self.shape if name != "alpha"}
            known = self.L0 + self.A * self.learned(query, self.alpha) + self.B * self.effect(query, **others)
            losses[len(at) - len(query.at) :] = known
        return losses
