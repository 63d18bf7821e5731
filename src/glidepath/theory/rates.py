"""The numbers that a formula about a run is given: its rates, its gradient norms, its length, all checked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..compose import Piecewise
from ..errors import ScheduleError, fail, show
from ..fields import number
from ..schedule import Schedule
from ..schedules import Constant

__all__ = ["Array", "Norms", "Rates"]

#: One number a step.
Array = NDArray[np.float64]

#: A schedule, or its values one by one.
Rates = Schedule | Sequence[float] | NDArray[np.floating] | NDArray[np.integer]

#: A bound on the gradient norms: one for all updates, or one for each.
Norms = float | Sequence[float] | NDArray[np.floating]


#: Between these, no product of a few numbers leaves what a float can hold.
SMALLEST, LARGEST = 1e-50, 1e50


def positive(where: str, x: object) -> float:
    """``x`` as a positive finite float."""
    made = float(number(where, x, "a positive finite number", lambda v: v > 0, float))
    if not SMALLEST <= made <= LARGEST:
        fail(where, f"from {SMALLEST} to {LARGEST}", x)
    return made


def whole(where: str, x: object, smallest: int) -> int:
    """``x`` as a whole number of at least ``smallest``."""
    return int(number(where, x, f"a whole number of at least {smallest}", lambda v: v >= smallest, int))


def table(where: str, x: object, rule: str) -> Array:
    """``x`` as an array of floats along one axis."""
    try:
        made = np.asarray(x)
        if made.dtype.kind in "iuf" and made.ndim == 1:
            return made.astype(np.float64)
    except (TypeError, ValueError):  # what NumPy can make no array of
        pass
    fail(where, rule, x)


def first_that(bad: NDArray[np.bool_]) -> int | None:
    """The first place where ``bad`` is true."""
    return int(np.argmax(bad)) if bad.any() else None


def rates_of(schedule: Rates, steps: int | None, *, where: str = "schedule", fewest: int = 2) -> Array:
    """The rates of updates ``0 .. steps - 1``, each positive and finite.

    Rates of 0 are taken at the very start, where a warmup may begin: such an update changes nothing.

    schedule: a schedule, or at least ``steps`` rates; ``steps`` may be None for rates, which are then all taken.
    """
    if isinstance(schedule, Schedule):
        if steps is None:
            raise ScheduleError(f"steps must be given with a schedule, got {where} {show(schedule)}")
        rates = np.asarray(schedule(np.arange(whole("steps", steps, fewest))), dtype=np.float64)
    else:
        rates = table(where, schedule, "a schedule or a sequence of rates")
        steps = len(rates) if steps is None else steps
        rates = rates[: whole("steps", steps, fewest)]
        if len(rates) < steps:
            fail(where, f"a schedule or a sequence of at least {steps} rates", f"{len(rates)} rates")
    return checked(rates, where)


def checked(rates: Array, where: str) -> Array:
    """``rates`` itself, where each is positive and finite, but for zeros at the start."""
    moving = np.cumsum(rates != 0) > 0
    place = first_that(~np.isfinite(rates) | (rates < 0) | ((rates == 0) & moving))
    if place is None and not moving.any():
        place = len(rates) - 1
    if place is not None:
        rule = "a positive finite number (0 only where a warmup begins)"
        fail(f"the rate of {where} at step {place}", rule, float(rates[place]))
    in_range(f"the rate of {where} at step {{}}", rates[np.cumsum(rates) > 0], len(rates))
    return rates


def in_range(where: str, numbers: Array, count: int) -> None:
    """Raise for the first of some positive numbers, the last of ``count``, that is too small or too large."""
    place = first_that((numbers < SMALLEST) | (numbers > LARGEST))
    if place is not None:
        where = where.format(place + count - len(numbers))
        fail(where, f"from {SMALLEST} to {LARGEST}", float(numbers[place]))


def norms_of(norms: Norms, steps: int, where: str = "G") -> float | Array:
    """The bound on the gradient norms: a number, or one for each of ``steps`` updates."""
    if isinstance(norms, int | float | np.number) or (isinstance(norms, np.ndarray) and norms.ndim == 0):
        return positive(where, norms)
    given = table(where, norms, "a positive finite number, or one for each update")
    if len(given) != steps:
        fail(where, f"one number, or {steps} of them (one for each update)", f"{len(given)} numbers")
    place = first_that(~np.isfinite(given) | (given <= 0))
    if place is not None:
        fail(f"{where}[{place}]", "a positive finite number", float(given[place]))
    in_range(f"{where}[{{}}]", given, steps)
    return given


#: Of more rates than these, straight lines between some of them are made, for files have a limit.
MANY = 2000


def as_schedule(rates: Array) -> Schedule:
    """The schedule that has these values, one a step; of very many, within 1e-6 of each."""
    if len(rates) == 1:
        return Constant(value=float(rates[0]))
    if len(rates) <= MANY:
        return Piecewise(boundaries=tuple(range(1, len(rates))), values=tuple(rates.tolist()))
    knots = _knots(rates)
    return Piecewise(boundaries=tuple(knots[1:]), values=tuple(rates[knots].tolist()), interpolation="linear")


def _knots(rates: Array, within: float = 1e-6) -> list[int]:
    """Steps such that straight lines between their rates are near to all rates, each line as long as it can be."""

    def is_near(first: int, last: int) -> bool:
        line = np.linspace(rates[first], rates[last], last - first + 1)
        return bool((np.abs(line - rates[first : last + 1]) <= within * rates[first : last + 1]).all())

    knots, end = [0], len(rates) - 1
    while knots[-1] < end:
        first, reach = knots[-1], 1
        while first + 2 * reach <= end and is_near(first, first + 2 * reach):
            reach *= 2
        low, high = first + reach, min(first + 2 * reach, end + 1)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if is_near(first, middle) else (low, middle)
        knots.append(low)
    return knots
