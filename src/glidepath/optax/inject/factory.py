"""Injection into the function that builds a transformation: ``inject_hyperparams(optax.adam)(learning_rate=...)``.

optax's own injection does the work, so that states and dtypes are its own. What stands here decides which arguments
are hyperparameters, drives the schedules from the one counter ``state.count``, and honours what is set by hand.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
import optax
from optax.schedules import WrappedSchedule, inject_hyperparams as optax_injection

from ...errors import fail
from .schedules import counts, gives_numbers, is_intact, is_scalar, is_stateful
from .states import InjectStatefulHyperparamsState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

__all__ = ["inject_factory"]

#: How a parameter says that it takes whole numbers.
_WHOLE = {"int", "int | None", "Optional[int]", "typing.Optional[int]"}


def inject_factory(
    factory: Callable[..., optax.GradientTransformation], static_args: str | Iterable[str], dtype: Any
) -> Callable[..., optax.GradientTransformationExtraArgs]:
    """A function that builds what ``factory`` builds, and takes schedules besides (see `inject_hyperparams`)."""
    declared = {static_args} if isinstance(static_args, str) else set(static_args)
    optax_injection(factory, declared, dtype)  # it refuses names that are not the factory's
    signature = inspect.signature(factory)

    @functools.wraps(factory)
    def build(*args: Any, **kwargs: Any) -> optax.GradientTransformationExtraArgs:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        static = {name for name, held in bound.arguments.items() if _is_static(signature.parameters[name], held)}
        return _built(factory, declared | static, dtype, bound)

    return build


def _is_static(parameter: inspect.Parameter, held: Any) -> bool:
    """Whether an argument is structure: a whole number that is meant as one, or a function that is no schedule."""
    if type(held) is int:
        declared = parameter.annotation
        if declared is parameter.empty:
            return type(parameter.default) is int
        return (declared.__name__ if isinstance(declared, type) else str(declared)) in _WHOLE
    return callable(held) and not gives_numbers(held)


def _built(
    factory: Callable[..., optax.GradientTransformation], static: set[str], dtype: Any, bound: inspect.BoundArguments
) -> optax.GradientTransformationExtraArgs:
    given = bound.arguments
    schedules = {
        name: held if is_stateful(held) else WrappedSchedule(held)
        for name, held in given.items()
        if name not in static and callable(held)
    }

    def injected(changes: dict[str, Any]) -> optax.GradientTransformationExtraArgs:
        arguments = inspect.BoundArguments(bound.signature, {**given, **changes})
        return optax_injection(factory, static, dtype)(*arguments.args, **arguments.kwargs)

    with_schedules = injected(schedules)
    with_numbers = injected(dict.fromkeys(schedules, 0.0))  # numbers are read from the state

    def init(params: optax.Params) -> InjectStatefulHyperparamsState:
        state = with_schedules.init(params)
        _warn_of_lost_decays(given, state.hyperparams)
        # With 64-bit JAX a schedule gives a float64, which would make the updates of a float32 model so.
        floats = [x.dtype for x in jax.tree.leaves(params) if jnp.issubdtype(x.dtype, jnp.floating)]
        wide = jnp.result_type(dtype or jnp.float32, jnp.float32, *floats)
        scheduled = {name: state.hyperparams[name].astype(wide) for name in schedules}
        return InjectStatefulHyperparamsState(*state._replace(hyperparams=state.hyperparams | scheduled))

    def update(
        updates: optax.Updates, state: Any, params: optax.Params | None = None, **extra: Any
    ) -> tuple[optax.Updates, InjectStatefulHyperparamsState]:
        now = {name: _next(name, schedule, state, extra) for name, schedule in schedules.items()}
        values = state.hyperparams | {name: _like(value, state.hyperparams[name]) for name, (value, _) in now.items()}
        numbers = InjectStatefulHyperparamsState(state.count, values, {}, state.inner_state)
        updates, after = with_numbers.update(updates, numbers, params, **extra)
        states = {name: after for name, (_, after) in now.items() if after is not None}
        return updates, InjectStatefulHyperparamsState(after.count, after.hyperparams, states, after.inner_state)

    return optax.GradientTransformationExtraArgs(init, update)


def _next(name: str, schedule: Any, state: Any, extra: dict[str, Any]) -> tuple[Any, Any]:
    """The value of the next update, and the state of the schedule after it.

    That a value was set by hand has to last, through checkpoints too, in a state of optax's shape. A counter of
    less than 0 says so, and where the schedule has another state, that there is none.
    """
    held, own = state.hyperparams[name], state.hyperparams_states.get(name)
    if not is_scalar(held):
        fail(f"inject_hyperparams.{name}, set by hand,", "a number", held)
    if not is_intact(schedule, own) or _is_weak(held):
        return held * 1.0, schedule.init()._replace(count=jnp.asarray(-1, jnp.int32)) if counts(schedule) else None
    if not counts(schedule):
        return schedule(own, **extra), schedule.update(own, **extra)
    by_hand = own.count < 0
    following = own._replace(count=state.count)
    value = jnp.where(by_hand, held, schedule(following))
    return value, own._replace(count=jnp.where(by_hand, own.count, schedule.update(following).count))


def _like(value: Any, held: Any) -> Any:
    """The next value in the dtype of the one before, unless that was set by hand."""
    return value if _is_weak(held) else jnp.asarray(value, held.dtype)


def _is_weak(held: Any) -> bool:
    """Whether a number was put in the place of a schedule's value, which is an array of a definite dtype.

    JAX calls Python's numbers, and arrays made of them without a dtype, weakly typed, in a traced update too. No
    update leaves a NumPy number there.
    """
    return isinstance(held, np.generic) or bool(jax.typeof(held).weak_type)


def _warn_of_lost_decays(given: dict[str, Any], hyperparams: dict[str, Any]) -> None:
    """Warn of each number below 1 that is 1 in the dtype that optax gives it: Adam's ``b2`` makes NaN of that."""
    for name, held in given.items():
        if type(held) is float and 0 < held < 1 and name in hyperparams:
            dtype = hyperparams[name].dtype
            if dtype.type(held) == 1:
                warnings.warn(
                    f"inject_hyperparams: {name}={held} is 1 in {dtype}, the dtype of the parameters; "
                    "hyperparam_dtype=jnp.float32 keeps it",
                    stacklevel=3,
                )
