"""One formula from start to end: constant, linear, polynomial, exponential and cosine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from ...arrays import is_number
from ...compose import Shift
from ...errors import fail
from ...jax import concrete
from ...schedules import Constant, Cosine, Exponential, Linear, Polynomial
from ...schedules.power import LARGEST_FLOAT32
from .arguments import checked, read_as, warn

if TYPE_CHECKING:
    from ...schedule import Schedule

__all__ = [
    "constant_schedule",
    "cosine_decay_schedule",
    "exponential_decay",
    "linear_schedule",
    "polynomial_schedule",
]


def begun(schedule: Schedule, transition_begin: Any) -> Schedule:
    """``schedule``, held at its first value until ``transition_begin``."""
    if is_number(transition_begin) and transition_begin == 0:
        return schedule
    return Shift(schedule=schedule, steps=transition_begin)


@checked
def constant_schedule(value: float) -> Schedule:
    """The same value at every step.

    Definition: ``s(t) = value``.

    value: any finite number.

    >>> constant_schedule(5)(100)
    5.0
    """
    return Constant(value=value)


@checked
def linear_schedule(init_value: float, end_value: float, transition_steps: int, transition_begin: int = 0) -> Schedule:
    """A straight line.

    Definition: ``init_value`` until ``transition_begin``, then a straight line to ``end_value`` in
    ``transition_steps`` steps, then ``end_value``.

    init_value, end_value: any finite numbers.
    transition_steps: how many steps the line takes. Where it is not positive, the schedule is constant at
        ``init_value``, as in optax, with a warning.
    transition_begin: steps, at least 0.

    >>> linear_schedule(0.001, 0.0001, 1000)(500)
    0.00055
    """
    if _is_empty("linear_schedule", transition_steps):
        return Constant(value=init_value)
    return begun(Linear(start=init_value, end=end_value, steps=transition_steps), transition_begin)


@checked
def polynomial_schedule(
    init_value: float, end_value: float, power: float, transition_steps: int, transition_begin: int = 0
) -> Schedule:
    """A power of the steps that are left.

    Definition: ``end_value + (init_value - end_value) * (1 - x)**power`` with
    ``x = min(max(t - transition_begin, 0), transition_steps) / transition_steps``.

    init_value, end_value: any finite numbers.
    power: positive; 1 is a straight line.
    transition_steps: how many steps it takes. Where it is not positive, the schedule is constant at
        ``init_value``, as in optax, with a warning.
    transition_begin: steps, at least 0.

    >>> polynomial_schedule(1.0, 0.0, power=2, transition_steps=10)(5)
    0.25
    """
    if _is_empty("polynomial_schedule", transition_steps):
        return Constant(value=init_value)
    body = Polynomial(start=init_value, end=end_value, steps=transition_steps, power=power)
    return begun(body, transition_begin)


def _is_empty(name: str, transition_steps: Any) -> bool:
    if is_number(transition_steps) and transition_steps <= 0:
        warn(f"{name}.transition_steps", transition_steps, "the schedule is constant at init_value")
        return True
    return False


def _either_order(positional: tuple[Any, ...]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Optax's documentation has ``decay_rate`` before ``transition_steps``, optax itself the other way round.

    A broken number cannot be a number of steps, so that 0.96 followed by 100 is read as it is documented.
    """
    if len(positional) >= 3:
        first, second, third, *rest = map(concrete, positional)
        if is_number(second) and is_number(third) and second % 1 != 0 and third % 1 == 0:
            return (first, third, second, *rest), {}
    return positional, {}


@read_as(_either_order)
def exponential_decay(
    init_value: float,
    transition_steps: int,
    decay_rate: float,
    transition_begin: int = 0,
    staircase: bool = False,
    end_value: float | None = None,
) -> Schedule:
    """A constant factor for every so many steps.

    Definition: ``init_value * decay_rate**((t - transition_begin) / transition_steps)`` from
    ``transition_begin`` on, with the quotient rounded down where ``staircase`` holds, and stopped at
    ``end_value``.

    init_value: any finite number; the value until ``transition_begin``.
    transition_steps: how many steps one factor takes. Where it is not positive, the schedule is constant at
        ``init_value``, as in optax, with a warning.
    decay_rate: non-negative. Where it is 0, the schedule is constant at ``init_value``, as in optax, with a
        warning. A growth without ``end_value`` stops at the largest float32.
    transition_begin: steps, at least 0.
    staircase: whether the values change at multiples of ``transition_steps`` only.
    end_value: where the values stop: on the side of ``init_value`` that they move to.

    By position, ``transition_steps`` and ``decay_rate`` may stand in either order where the first of them is
    a broken number and the second a whole one. Two whole numbers are read in the order above.

    >>> exponential_decay(0.001, 100, 0.96)(100) == exponential_decay(0.001, 0.96, 100)(100) == 0.00096
    True
    """
    arguments = (init_value, transition_steps, decay_rate, transition_begin, staircase, end_value)
    return exponential("exponential_decay", "init_value", *arguments)


def exponential(
    name: str, first: str, start: Any, steps: Any, rate: Any, begin: Any, staircase: bool, end: Any
) -> Schedule:
    """`exponential_decay`, for a function called ``name`` that calls the value it starts from ``first``."""
    if is_number(steps) and steps <= 0:
        warn(f"{name}.transition_steps", steps, f"the schedule is constant at {first}")
        return Constant(value=start)
    if is_number(rate) and rate == 0:
        warn(f"{name}.decay_rate", rate, f"the schedule is constant at {first}")
        return Constant(value=start)
    if is_number(start) and is_number(rate) and is_number(end):
        if rate == 1 and end < start:
            warn(f"{name}.end_value", end, "the schedule does not move, and is constant at end_value")
            return Constant(value=end)
        upward = (rate > 1) == (start > 0)
        if rate != 1 and start != 0 and (end < start if upward else end > start):
            side = "at least" if upward else "at most"
            fail(f"{name}.end_value", f"{side} {first} ({start!r}), which moves towards it", end)
    if end is None and not (is_number(rate) and rate <= 1):
        end = math.copysign(LARGEST_FLOAT32, start) if is_number(start) else jnp.copysign(LARGEST_FLOAT32, start)
    return begun(Exponential(start=start, rate=rate, steps=steps, staircase=staircase, end=end), begin)


@checked
def cosine_decay_schedule(init_value: float, decay_steps: int, alpha: float = 0.0, exponent: float = 1.0) -> Schedule:
    """Half a cosine down.

    Definition: ``init_value * (alpha + (1 - alpha) * ((1 + cos(pi * x)) / 2)**exponent)`` with
    ``x = min(max(t, 0), decay_steps) / decay_steps``.

    Source: Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983, eq. 5, for one period.

    init_value: any finite number.
    decay_steps: steps, at least 1.
    alpha: the last value as a share of ``init_value``; any finite number.
    exponent: positive.

    >>> s = cosine_decay_schedule(0.001, 1000, alpha=0.1)
    >>> s(0), s(1000)
    (0.001, 0.0001)
    """
    return cosine(init_value, init_value * alpha, decay_steps, exponent)


def cosine(start: Any, end: Any, steps: Any, exponent: Any) -> Schedule:
    """Half a cosine, to a power where there is one."""
    power = None if is_number(exponent) and exponent == 1 else exponent
    return Cosine(start=start, end=end, steps=steps, power=power)
