"""What may be injected: schedules, schedules with a state, and numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
from optax.schedules import StatefulSchedule, WrappedSchedule

from ...arrays import is_number, library
from ...errors import ScheduleError, fail, show
from ...fields import number
from ...schedule import Schedule

if TYPE_CHECKING:
    from typing import Any

_RULE = "a schedule or a finite number"


def is_scalar(x: Any) -> bool:
    """Whether ``x`` is one number: a Python number, or an array of numbers without axes."""
    if library(x) in ("numpy", "jax"):
        return x.ndim == 0 and str(x.dtype).startswith(("int", "uint", "float", "bfloat"))
    return is_number(x)


def is_stateful(x: Any) -> bool:
    """Whether ``x`` is a schedule in optax's sense that keeps a state."""
    return isinstance(x, StatefulSchedule) and not isinstance(x, (Schedule, type))


def counts(schedule: Any) -> bool:
    """Whether the state of a stateful schedule is a counter of steps, and nothing else."""
    return isinstance(schedule, WrappedSchedule)


def is_intact(schedule: Any, state: Any) -> bool:
    """Whether ``state`` can be one of ``schedule``: ``optax.tree.set(state, b1=...)`` puts a number there too."""
    wanted: Any = jax.tree.structure(jax.eval_shape(schedule.init))
    return bool(wanted == jax.tree.structure(state))


def accepted(where: str, x: Any, *, stateful: bool) -> Any:
    """``x`` as a schedule or a float.

    stateful: whether a schedule may have a state.
    """
    if isinstance(x, WrappedSchedule) and not stateful:
        x = x.schedule_fn
    if is_number(x) or library(x) is not None:
        x = number(where, x, _RULE, lambda _: True, float)
        if not is_scalar(x):
            fail(where, _RULE, x)
        return x
    if not callable(x) or isinstance(x, type):
        fail(where, _RULE, x)
    if is_stateful(x) and not stateful:
        raise ScheduleError(f"{where} is a schedule with a state: use inject_stateful_hyperparams")
    try:
        value = first_value(x)
    except ScheduleError:
        raise
    except Exception as error:
        raise ScheduleError(f"{where} must give a number for a step, but raised {show(error)}") from error
    if not is_scalar(value):
        raise ScheduleError(f"{where} must give a number for a step, got {show(value)} for step 0")
    if not isinstance(value, jax.core.Tracer) and not math.isfinite(value):
        raise ScheduleError(f"{where} must give a finite number for a step, got {float(value)} for step 0")
    return x


def gives_numbers(x: Any) -> bool:
    """Whether a callable is a schedule: it answers a step with numbers. A mask answers with something else."""
    if isinstance(x, (Schedule, StatefulSchedule)):
        return True
    try:
        answer = first_value(x)
        return is_scalar(answer) or (library(answer) in ("numpy", "jax") and jnp.issubdtype(answer.dtype, jnp.floating))
    except Exception:  # whatever a function raises that was made for something else than a step
        return False


def first_value(schedule: Any) -> Any:
    """What a schedule says for step 0. A plain number where it can, even while something else is traced."""
    with jax.ensure_compile_time_eval():
        return schedule(schedule.init() if is_stateful(schedule) else jnp.zeros([], jnp.int32))
