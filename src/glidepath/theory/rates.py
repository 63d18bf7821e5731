"""The numbers that a formula about a run is given: its rates, its gradient norms, its length, all checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..arrays import LAST_STEP, library
from ..errors import ScheduleError, fail, show
from ..fields import number
from ..schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["Array", "Norms", "Rates"]

#: One number a step.
Array = NDArray[np.float64]

#: A schedule, or its values one by one.
Rates = Schedule | Sequence[float] | NDArray[np.floating] | NDArray[np.integer]

#: A bound on the gradient norms: one for all updates, or one for each.
Norms = float | Sequence[float] | NDArray[np.floating]

#: Between these, no product of a few numbers leaves what a float can hold.
SMALLEST, LARGEST = 1e-50, 1e50

#: The most updates of a run: the rates of each are held in memory, several times.
LONGEST = 10**8


def one_number(where: str, x: Any, rule: str, ok: Callable[[float], bool], make: type[int | float] = float) -> Any:
    """``x`` as a plain number that passes ``ok``; of arrays, those without axes are taken."""
    plain = x
    if library(x) is not None:
        try:
            plain = x.item() if x.ndim == 0 else None
        except TypeError:  # what is traced is not known
            plain = None
    if plain is None:
        fail(where, rule, x)
    return number(where, plain, rule, ok, make)


def positive(where: str, x: object) -> float:
    """``x`` as a positive finite float."""
    made = float(one_number(where, x, "a positive finite number", lambda v: v > 0))
    if not SMALLEST <= made <= LARGEST:
        fail(where, f"from {SMALLEST} to {LARGEST}", x)
    return made


def not_negative(where: str, x: object) -> float:
    """``x`` as a finite float, positive or 0."""
    made = float(one_number(where, x, "a non-negative finite number", lambda v: v >= 0))
    return made and positive(where, made)


def how_many(where: str, x: object, fewest: int, most: int = LAST_STEP) -> int:
    """``x`` as a whole number of at least ``fewest`` and at most ``most``."""
    made = int(one_number(where, x, f"a whole number of at least {fewest}", lambda v: v >= fewest, int))
    if made > most:
        fail(where, f"at most {most}", x)
    return made


def table(where: str, x: object, rule: str) -> Array:
    """``x`` as an array of floats along one axis."""
    is_list = isinstance(x, list | tuple)
    if is_list and any(isinstance(entry, bool | np.bool_) for entry in x):  # type: ignore[attr-defined]
        fail(where, rule, x)
    try:
        made = np.asarray(x)
        if made.dtype.kind in "iuf" and made.ndim == 1:
            return made.astype(np.float64)
    except (TypeError, ValueError, RuntimeError, MemoryError):  # what NumPy can make no array of
        pass
    fail(where, rule, x)


def first_that(bad: NDArray[np.bool_]) -> int | None:
    """The first place where ``bad`` is true."""
    return int(np.argmax(bad)) if bad.any() else None


def values_of(schedule: Schedule, steps: int, where: str = "schedule") -> Array:
    """The values of updates ``0 .. steps - 1``, whatever they are."""
    rule = "one schedule, of numbers that are known (several in arrays are not, and traced ones neither)"
    if np.ndim(schedule(0)):
        fail(where, rule, schedule)
    found = schedule(np.arange(steps))
    try:
        return np.asarray(found, dtype=np.float64)
    except (TypeError, RuntimeError):  # traced, or a tensor that gradients flow through
        fail(where, rule, schedule)


def rates_of(schedule: Rates, steps: int | None, *, where: str = "schedule", fewest: int = 2) -> Array:
    """The rates of updates ``0 .. steps - 1``, each positive and finite.

    Rates of 0 are taken at the very start, where a warmup may begin: such an update changes nothing.

    schedule: a schedule, or at least ``steps`` rates; ``steps`` may be None for rates, which are then all taken.
    """
    count = None if steps is None else how_many("steps", steps, fewest, LONGEST)
    if not isinstance(schedule, Schedule):
        given = table(where, schedule, "a schedule or a sequence of rates")
        needed = max(count or 0, fewest)
        if len(given) < needed:
            rule = f"a schedule or a sequence of at least {needed} rate{'s' * (needed > 1)}"
            raise ScheduleError(f"{where} must be {rule}, got {len(given)} of them")
        rates = given[:count]
    elif count is None:
        raise ScheduleError(f"steps must be given with a schedule, got {where} {show(schedule)}")
    else:
        rates = values_of(schedule, count, where)
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
    in_range(f"the rate of {where} at step {{}}", rates[moving], len(rates))
    return rates


def in_range(where: str, numbers: Array, count: int) -> None:
    """Raise for the first of some positive numbers, the last of ``count``, that is too small or too large."""
    place = first_that((numbers < SMALLEST) | (numbers > LARGEST))
    if place is not None:
        where = where.format(place + count - len(numbers))
        fail(where, f"from {SMALLEST} to {LARGEST}", float(numbers[place]))


def norms_of(norms: Norms, steps: int, where: str = "G") -> float | Array:
    """The bound on the gradient norms: a number, or one for each of ``steps`` updates."""
    if isinstance(norms, int | float) or (library(norms) is not None and np.ndim(norms) == 0):
        return positive(where, norms)
    given = table(where, norms, "a positive finite number, or one for each update")
    if len(given) != steps:
        raise ScheduleError(f"{where} must be one number, or {steps} of them (one for each update), got {len(given)}")
    place = first_that(~np.isfinite(given) | (given <= 0))
    if place is not None:
        fail(f"{where}[{place}]", "a positive finite number", float(given[place]))
    in_range(f"{where}[{{}}]", given, steps)
    return given
