"""A linear warmup, and what follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from ...arrays import is_number
from ...errors import ScheduleError, fail
from ...schedules import Constant, Linear
from .arguments import checked, warn
from .single import cosine, exponential

if TYPE_CHECKING:
    from ...schedule import Schedule

__all__ = [
    "warmup_constant_schedule",
    "warmup_cosine_decay_schedule",
    "warmup_exponential_decay_schedule",
]


@checked
def warmup_constant_schedule(init_value: float, peak_value: float, warmup_steps: int) -> Schedule:
    """A linear warmup, then constant.

    Definition: a straight line from ``init_value`` to ``peak_value`` in ``warmup_steps`` steps, then
    ``peak_value``. A warmup of 0 steps is at the peak at once.

    init_value, peak_value: any finite numbers.
    warmup_steps: at least 0.

    >>> s = warmup_constant_schedule(0.0, 0.001, 500)
    >>> s(250), s(10_000)
    (0.0005, 0.001)
    """
    if is_number(warmup_steps) and warmup_steps > 0:
        return Linear(start=init_value, end=peak_value, steps=warmup_steps)
    return _warmed_up(init_value, peak_value, warmup_steps, Constant(value=peak_value))


@checked
def warmup_cosine_decay_schedule(
    init_value: float,
    peak_value: float,
    warmup_steps: int,
    decay_steps: int | None = None,
    end_value: float = 0.0,
    exponent: float = 1.0,
    *,
    steps_after_warmup: int | None = None,
) -> Schedule:
    """A linear warmup, then half a cosine down.

    Definition: a straight line from ``init_value`` to ``peak_value`` in ``warmup_steps`` steps, then the
    `cosine_decay_schedule` to ``end_value`` at step ``decay_steps``.

    init_value, peak_value, end_value: any finite numbers. With a peak of 0, ``end_value`` is 0, as in optax.
    warmup_steps: at least 0.
    decay_steps: the length of it all, the warmup included; more than ``warmup_steps``.
    exponent: positive.
    steps_after_warmup: the length of the cosine alone, in the place of ``decay_steps``.

    >>> warmup_cosine_decay_schedule(0.0, 1.0, 100, 1000).length
    1000
    >>> warmup_cosine_decay_schedule(0.0, 1.0, 100, steps_after_warmup=1000).length
    1100
    """
    return warmup_cosine(
        "warmup_cosine_decay_schedule",
        init_value,
        peak_value,
        warmup_steps,
        decay_steps,
        end_value,
        exponent,
        steps_after_warmup,
    )


def warmup_cosine(
    where: str,
    init_value: Any,
    peak_value: Any,
    warmup_steps: Any,
    decay_steps: Any = None,
    end_value: Any = 0.0,
    exponent: Any = 1.0,
    steps_after_warmup: Any = None,
) -> Schedule:
    """`warmup_cosine_decay_schedule` of checked arguments, for errors about ``where``."""
    if (decay_steps is None) == (steps_after_warmup is None):
        got = "neither" if decay_steps is None else "both"
        raise ScheduleError(f"{where}.decay_steps or {where}.steps_after_warmup must be given, got {got}")
    if is_number(decay_steps) and is_number(warmup_steps) and decay_steps <= warmup_steps:
        fail(f"{where}.decay_steps", f"more than warmup_steps ({warmup_steps}), which it includes", decay_steps)
    rest = steps_after_warmup if decay_steps is None else decay_steps - warmup_steps
    if is_number(peak_value):
        if peak_value == 0 and not (is_number(end_value) and end_value == 0):
            warn(f"{where}.end_value", end_value, "it is taken as 0, since peak_value is 0")
            end_value = 0.0
    else:
        end_value = jnp.where(peak_value == 0, 0.0, end_value)
    return _warmed_up(init_value, peak_value, warmup_steps, cosine(peak_value, end_value, rest, exponent))


@checked
def warmup_exponential_decay_schedule(
    init_value: float,
    peak_value: float,
    warmup_steps: int,
    transition_steps: int,
    decay_rate: float,
    transition_begin: int = 0,
    staircase: bool = False,
    end_value: float | None = None,
) -> Schedule:
    """A linear warmup, then exponential decay.

    Definition: a straight line from ``init_value`` to ``peak_value`` in ``warmup_steps`` steps, then the
    `exponential_decay` from ``peak_value``, whose clock starts there.

    init_value, peak_value: any finite numbers.
    warmup_steps: at least 0.
    transition_steps, decay_rate, transition_begin, staircase, end_value: as in `exponential_decay`, with
        ``peak_value`` for the value that it starts from.

    >>> s = warmup_exponential_decay_schedule(0.0, 1.0, 100, transition_steps=10, decay_rate=0.5)
    >>> s(50), s(100), s(120)
    (0.5, 1.0, 0.25)
    """
    rest = (peak_value, transition_steps, decay_rate, transition_begin, staircase, end_value)
    then = exponential("warmup_exponential_decay_schedule", "peak_value", *rest)
    return _warmed_up(init_value, peak_value, warmup_steps, then)


def _warmed_up(init_value: Any, peak_value: Any, warmup_steps: Any, then: Schedule) -> Schedule:
    """A straight line to the peak, then the rest; the rest alone where there is no warmup."""
    if is_number(warmup_steps) and warmup_steps == 0:
        return then
    return Linear(start=init_value, end=peak_value, steps=warmup_steps).then(then, at=warmup_steps)
