"""Durations in the words people use, turned into whole steps: ``500``, ``"5%"``, ``"2 epochs"``, ``"20B tokens"``.

The arithmetic is that of decimal fractions, never of floats, and the answer is a plain whole number: what is
built from it does not know in which unit it was given.
"""

from __future__ import annotations

from dataclasses import dataclass

from .arrays import LAST_STEP
from .errors import ScheduleError, fail, show
from .fields import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from fractions import Fraction
    from typing import Any, NoReturn

__all__ = ["MAX_WORD", "Run"]

#: The most characters that a word or the text of a number may have.
MAX_WORD = 128

#: ``20B`` is ``20e9``.
MULTIPLIERS = {"k": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}

#: What each unit needs to know of the run. One step is a share of an epoch, and a number of samples or tokens.
UNITS = {
    "%": "total",
    "epoch": "steps_per_epoch",
    "epochs": "steps_per_epoch",
    "sample": "batch_size",
    "samples": "batch_size",
    "step": None,
    "steps": None,
    "token": "tokens_per_step",
    "tokens": "tokens_per_step",
}

_FORM = r"""
    (?P<sign> [+-]?)
    (?P<number> [0-9]+ (?:\.[0-9]+)? (?:[eE][+-]?[0-9]{1,2})?)
    (?: \ * (?P<multiplier> [A-Za-z] (?![A-Za-z])))?
    (?: \ * (?P<unit> % | [A-Za-z]+))?
"""


@dataclass(frozen=True, kw_only=True)
class Run:
    """What durations in units are measured by. All of it is optional; a unit asks for what it needs.

    total: how many steps (updates of the optimizer) the run takes; ``"5%"`` needs it.
    steps_per_epoch: steps in one pass over the data; ``"2 epochs"`` needs it.
    batch_size: samples that one step uses, on all devices together; ``"1M samples"`` needs it.
    tokens_per_step: tokens that one step uses, on all devices together; ``"20B tokens"`` needs it.

    All are whole numbers, at least 1. Raises `ScheduleError` for others.

    >>> run = Run(total=100_000, steps_per_epoch=500)
    >>> run.steps("5%"), run.steps("2 epochs"), run.steps("1.5k"), run.steps(700)
    (5000, 1000, 1500, 700)
    """

    total: int | None = None
    steps_per_epoch: int | None = None
    batch_size: int | None = None
    tokens_per_step: int | None = None

    def __post_init__(self) -> None:
        rule = "a positive integer of at most 2**53 - 1"
        for name, given in vars(self).items():
            if given is None:
                continue
            whole = number(f"Run.{name}", given, rule, lambda n: 1 <= n <= LAST_STEP, int)
            if type(whole) is not int:
                fail(f"Run.{name}", rule, given)
            object.__setattr__(self, name, whole)

    def steps(self, duration: Any, where: str = "duration") -> int:
        """A duration as a whole number of steps.

        duration: a whole number of steps; or text, a decimal number with a multiplier (``k``, ``M``, ``B``
            or ``T``: 10**3, 10**6, 10**9, 10**12) and a unit: ``%`` of the run's total, ``epochs``,
            ``samples``, ``tokens`` or ``steps`` (also where no unit stands). ``"1.5M"``, ``"0.5 epochs"``.
            It may be negative, for what can be shifted back.
        where: what to call it in an error.

        Definition: the exact number of steps, rounded to the nearest whole one, halves up; at least 1 if it
        is more than 0. A negative duration is the positive one, negated. What is given in steps must be
        whole.

        Raises `ScheduleError` for a unit that is not known, or whose measure the run does not tell; for more
        than 100 % and more than 2**53 - 1 steps; and for a float below or at 1, which might mean a share.

        >>> Run(tokens_per_step=524_288).steps("20B tokens")
        38147
        >>> Run(total=1000).steps(0.05)
        Traceback (most recent call last):
        glidepath.errors.ScheduleError: duration must be a whole number of steps (a share of the run is \
written "5%"), got 0.05
        """
        if type(duration) is int:
            if abs(duration) > LAST_STEP:
                fail(where, "at most 2**53 - 1 steps", duration)
            return duration
        if type(duration) is float:
            return _whole_float(duration, where)
        if type(duration) is not str:
            fail(where, 'a number of steps or a duration such as "5%" or "2 epochs"', duration)
        amount, unit = _parsed(duration, where)
        exact = self._in_steps(abs(amount), unit, duration, where)
        if UNITS[unit] is None and exact.denominator != 1:
            fail(where, "a whole number of steps", duration)
        rounded = int(exact + type(exact)(1, 2))
        if exact > 0:
            rounded = max(rounded, 1)
        if rounded > LAST_STEP:
            fail(where, "at most 2**53 - 1 steps", duration)
        return -rounded if amount < 0 else rounded

    def _in_steps(self, amount: Fraction, unit: str, duration: str, where: str) -> Fraction:
        """``amount`` of ``unit`` in steps, exactly."""
        measure = UNITS[unit]
        if measure is None:
            return amount
        known: int | None = getattr(self, measure)
        if known is None:
            raise ScheduleError(
                f"{where}: {show(duration)} needs run.{measure}, which is not given: write "
                f'"run: {{{measure}: ...}}" in the file, or pass run=glidepath.Run({measure}=...)'
            )
        if unit == "%":
            if amount > 100:
                fail(where, "at most 100 % of the run", duration)
            return amount * known / 100
        return amount * known if measure == "steps_per_epoch" else amount / known


def _whole_float(duration: float, where: str) -> int:
    """A float that is a number of steps: ``1e3`` is one; what could be meant as a share is not."""
    if duration > 1 and duration.is_integer() and duration <= LAST_STEP:
        return int(duration)
    share = f"{duration * 100:g}%" if 0 < duration <= 1 else "5%"
    fail(where, f'a whole number of steps (a share of the run is written "{share}")', duration)


def _parsed(duration: str, where: str) -> tuple[Fraction, str]:
    """The amount and the unit of a duration."""
    import re
    from fractions import Fraction

    # Before the number is read: a text of a million digits would take its time.
    form = re.fullmatch(_FORM, duration, re.VERBOSE) if len(duration) <= MAX_WORD else None
    if form is None or (form["unit"] == "%" and form["multiplier"]):
        fail(where, 'a number of steps or a duration such as "5%", "2 epochs" or "20B tokens"', duration)
    unit, multiplier = form["unit"] or "steps", form["multiplier"]
    if unit not in UNITS:
        _unknown_unit(where, unit, duration)
    if multiplier and multiplier not in MULTIPLIERS:
        _unknown_unit(where, multiplier, duration)
    return Fraction(form["sign"] + form["number"]) * MULTIPLIERS.get(multiplier, 1), unit


def _unknown_unit(where: str, unit: str, duration: str) -> NoReturn:
    """Raise for a word that is no unit, with the nearest one: another case, the start of one, or a slip."""
    from difflib import get_close_matches

    units = sorted(UNITS)
    near = [name for name in (*MULTIPLIERS, *units) if name.lower() == unit.lower()]
    near = near or [name for name in units if name.startswith(unit.lower())]
    near = near or get_close_matches(unit.lower(), units, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ScheduleError(
        f"{where}: unknown unit {unit!r} in {show(duration)}{hint} "
        f"(known: {', '.join(units)}; multipliers: {', '.join(MULTIPLIERS)})"
    )
