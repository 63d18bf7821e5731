"""Hyperparameters that follow schedules, in optax's call form and in that of its documentation page."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import optax
from optax.schedules import WrappedSchedule

from ...errors import ScheduleError, fail
from .built import inject_built
from .factory import inject_factory
from .read import current_hyperparams
from .states import InjectHyperparamsState, InjectStatefulHyperparamsState, Scheduled

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

__all__ = [
    "InjectHyperparamsState",
    "InjectStatefulHyperparamsState",
    "Scheduled",
    "WrappedSchedule",
    "current_hyperparams",
    "inject_hyperparams",
    "inject_stateful_hyperparams",
]


def inject_hyperparams(
    inner_factory: Any = None,
    static_args: str | Iterable[str] = (),
    hyperparam_dtype: Any = None,
    *,
    transformation: Any = None,
    **scheduled_hyperparams: Any,
) -> Any:
    """An optimizer whose hyperparameters follow schedules.

    There are two forms. ``inject_hyperparams(factory)`` takes the function that builds a transformation, and returns
    one that takes schedules as well, as optax does. ``inject_hyperparams(transformation, b1=schedule)`` takes a
    transformation that is built already, and binds schedules in the place of the numbers that it holds. There,
    ``learning_rate`` multiplies the updates of a transformation that has no learning rate of its own.

    Definition: update number ``k`` uses ``schedule(k)``, and ``k`` is ``state.count``. Set it, and the schedules move.

    inner_factory: the function, or the transformation. ``transformation`` is another name for it.
    static_args: a name, or names, of arguments of the function that are no hyperparameters. Functions that do not
        answer a step with a number (masks) are none anyway, nor are whole numbers where the function declares them.
    hyperparam_dtype: the dtype of the hyperparameters of a function; by default that of the parameters. With a
        transformation they have JAX's default float, and the updates the dtype that they have without injection.
    scheduled_hyperparams: with a transformation, name to schedule: a `glidepath.Schedule` or any function of the
        step. A number is held in the state, where it can be set by hand.

    A schedule is left, in either form, by putting a number in ``state.hyperparams[name]``, which stays then. In the
    form of a function, a JAX array is only seen there if it is weakly typed, as ``jnp.asarray(0.1)`` is: write
    ``float(...) * 0.5`` and not ``*= 0.5``. A transformation's `Scheduled` in that place goes back to the schedule.

    Raises `ScheduleError` for a name that the transformation does not have, one that was used up when it was built
    (``learning_rate`` in ``optax.adam(1e-3)``), or a schedule that does not give a finite number.

    >>> import jax.numpy as jnp, optax
    >>> from glidepath import Linear
    >>> adam = inject_hyperparams(optax.scale_by_adam(), learning_rate=Linear(start=0.5, end=0.0, steps=4), b2=0.99)
    >>> optimizer = optax.chain(adam, optax.scale(-1.0))
    >>> params = jnp.zeros(3)
    >>> state = optimizer.init(params)
    >>> updates, state = optimizer.update(jnp.ones(3), state, params)
    >>> updates, state = optimizer.update(jnp.ones(3), state, params)
    >>> current_hyperparams(state)["learning_rate"].item(), round(updates[0].item(), 4)
    (0.375, -0.375)
    """
    given = _given("inject_hyperparams", inner_factory, transformation)
    return _inject("inject_hyperparams", given, static_args, hyperparam_dtype, scheduled_hyperparams, stateful=False)


def inject_stateful_hyperparams(
    inner_factory: Any = None,
    static_args: str | Iterable[str] = (),
    hyperparam_dtype: Any = None,
    *,
    transformation: Any = None,
    **scheduled_hyperparams: Any,
) -> Any:
    """`inject_hyperparams` for schedules that keep a state of their own.

    With a transformation, ``scheduled_hyperparams`` may be objects with ``init()``, ``update(state, **extra_args)``
    and ``__call__(state, **extra_args)``, besides plain schedules; the extra arguments are those of the update. Their
    states are in ``state.hyperparams_states``. With a function it is `inject_hyperparams`, which takes such schedules
    too there; optax calls this name deprecated, and so a warning says.

    >>> import jax.numpy as jnp, optax
    >>> class Best:
    ...     def init(self): return jnp.asarray(8.0)
    ...     def update(self, state, *, loss, **_): return jnp.minimum(state, loss)
    ...     def __call__(self, state, **_): return state / 8
    >>> optimizer = inject_stateful_hyperparams(optax.scale(-1.0), step_size=Best())
    >>> state = optimizer.init(jnp.zeros(1))
    >>> for loss in (4.0, 6.0):
    ...     updates, state = optimizer.update(jnp.ones(1), state, loss=jnp.asarray(loss))
    >>> updates.item(), state.hyperparams_states["step_size"].item()
    (0.5, 4.0)
    """
    given = _given("inject_stateful_hyperparams", inner_factory, transformation)
    where = "inject_stateful_hyperparams"
    made = _inject(where, given, static_args, hyperparam_dtype, scheduled_hyperparams, stateful=True)
    if not isinstance(given, optax.GradientTransformation):
        warnings.warn(
            "inject_stateful_hyperparams is deprecated for functions, use inject_hyperparams",
            DeprecationWarning,
            stacklevel=2,
        )
    return made


def _given(where: str, inner_factory: Any, transformation: Any) -> Any:
    """What to inject into: one argument under two names."""
    if inner_factory is not None and transformation is not None:
        raise ScheduleError(f"{where} takes inner_factory or transformation, which are the same, got both")
    return transformation if inner_factory is None else inner_factory


def _inject(where: str, given: Any, static_args: Any, dtype: Any, scheduled: dict[str, Any], *, stateful: bool) -> Any:
    if isinstance(given, optax.GradientTransformation):
        if static_args != () or dtype is not None:
            raise ScheduleError(f"{where}: static_args and hyperparam_dtype are for a function, got a transformation")
        return inject_built(where, given, scheduled, stateful=stateful)
    if not callable(given):
        fail(f"{where}.inner_factory", "a GradientTransformation, or a function that builds one", given)
    if scheduled:
        names = ", ".join(f"{name}=..." for name in scheduled)
        raise ScheduleError(f"{where} takes the arguments of a function in a second call: {where}(optax.adam)({names})")
    return inject_factory(given, static_args, dtype)
