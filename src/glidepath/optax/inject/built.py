"""Injection into a transformation that is built already: ``inject_hyperparams(optax.scale_by_adam(), b1=schedule)``."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import optax

from ...errors import ScheduleError, fail, unknown
from .binding import Contents, rebound
from .schedules import accepted, counts, is_intact, is_scalar, is_stateful
from .states import InjectHyperparamsState, InjectStatefulHyperparamsState, Scheduled

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = ["inject_built"]


def inject_built(
    where: str, transformation: optax.GradientTransformation, given: Mapping[str, Any], *, stateful: bool
) -> optax.GradientTransformationExtraArgs:
    """``transformation`` with schedules in the place of numbers (see `inject_hyperparams`).

    where: the name of the public function, for errors.
    given: name to schedule, or to a number that may be set by hand later.
    stateful: whether a schedule may have a state of its own.
    """
    values = {name: accepted(f"{where}.{name}", held, stateful=stateful) for name, held in given.items()}
    injected = _Injected(where, transformation, values, _scales_updates(where, transformation, values))
    kind = InjectStatefulHyperparamsState if stateful else InjectHyperparamsState

    def made(states: dict[str, Any], **fields: Any) -> Any:
        return kind(**fields, hyperparams_states=states) if stateful else kind(**fields)

    def init(params: optax.Params) -> Any:
        count = jnp.zeros([], jnp.int32)
        states = injected.states_at(count, {})
        now = injected.now(count, {}, states, {})
        inner = injected.bound(now).init(params)
        return made(states, count=count, hyperparams=injected.marked(now, {}), inner_state=inner)

    def update(updates: optax.Updates, state: Any, params: optax.Params | None = None, **extra: Any) -> Any:
        count, held = state.count, state.hyperparams
        states = injected.states_at(count, state.hyperparams_states if stateful else {})
        now = injected.now(count, held, states, extra)
        updates, inner = injected.apply(now, updates, state.inner_state, params, extra)
        after = {name: values[name].update(own, **extra) for name, own in states.items()}
        marked = injected.marked(now, held)
        return updates, made(after, count=optax.safe_increment(count), hyperparams=marked, inner_state=inner)

    return optax.GradientTransformationExtraArgs(init, update)


class _Injected(NamedTuple):
    """A transformation and what is injected into it.

    values: name to schedule, stateful schedule, or number.
    scales: whether ``learning_rate`` multiplies the updates, and is not one of the transformation's own numbers.
    """

    where: str
    transformation: optax.GradientTransformation
    values: Mapping[str, Any]
    scales: bool

    def states_at(self, count: Any, states: Mapping[str, Any]) -> dict[str, Any]:
        """The states of the schedules before the update ``count``: those in ``states``, or the first ones."""
        found = {}
        for name, source in self.values.items():
            if is_stateful(source):
                own: Any = states.get(name)
                own = own if is_intact(source, own) else source.init()
                found[name] = own._replace(count=count) if counts(source) else own
        return found

    def now(
        self, count: Any, held: Mapping[str, Any], states: Mapping[str, Any], extra: Mapping[str, Any]
    ) -> dict[str, jax.Array]:
        """The values of the update ``count``, where ``held`` does not say otherwise."""
        for name in held:
            if name not in self.values:
                unknown(f"{self.where}: the state", "hyperparameter", name, self.values)
        return {name: jnp.asarray(self._value(name, count, held, states, extra), _float()) for name in self.values}

    def _value(
        self, name: str, count: Any, held: Mapping[str, Any], states: Mapping[str, Any], extra: Mapping[str, Any]
    ) -> Any:
        source = self.values[name]
        if _by_hand(held, name):
            if not is_scalar(held[name]):
                fail(f"{self.where}.{name}, set by hand,", "a number", held[name])
            return held[name]
        if is_stateful(source):
            return source(states[name], **extra)
        return source(count) if callable(source) else source

    def marked(self, now: Mapping[str, jax.Array], held: Mapping[str, Any]) -> dict[str, Any]:
        """The values as the state holds them: those that follow a schedule say so."""
        return {
            name: value if _by_hand(held, name) or not callable(self.values[name]) else Scheduled(value)
            for name, value in now.items()
        }

    def bound(self, now: Mapping[str, jax.Array]) -> optax.GradientTransformationExtraArgs:
        return rebound(
            self.transformation, {n: v for n, v in now.items() if not (self.scales and n == "learning_rate")}
        )

    def apply(
        self, now: Mapping[str, jax.Array], updates: Any, inner: Any, params: Any, extra: Mapping[str, Any]
    ) -> tuple[Any, Any]:
        """The updates and the new inner state, in the dtypes that the transformation gives by itself."""
        made, after = self.bound(now).update(updates, inner, params, **extra)
        if self.scales:
            made = jax.tree.map(lambda u: (u * now["learning_rate"]).astype(u.dtype), made)
        if _dtypes((made, after)) == _dtypes((updates, inner)):
            return made, after
        alone = optax.with_extra_args_support(self.transformation)
        like = jax.eval_shape(lambda *given: alone.update(*given, **extra), updates, inner, params)
        made, after = jax.tree.map(lambda x, y: x if x.dtype == y.dtype else x.astype(y.dtype), (made, after), like)
        return made, after


def _scales_updates(where: str, transformation: optax.GradientTransformation, values: Mapping[str, Any]) -> bool:
    """Whether ``learning_rate`` multiplies the updates. Raises where a name cannot be bound."""
    contents = Contents(transformation)
    rate = "learning_rate" in values
    scales = rate and not any(site.name == "learning_rate" for site in contents.sites)
    if rate and (hidden := contents.own_scales()) and (scales or "learning_rate" in contents.names):
        raise ScheduleError(
            f"{where}.learning_rate: the transformation multiplies its updates by {hidden[0]} of its own already, as "
            "optax.adam(1e-3) does, where no name says that it is the learning rate. Give the function that builds it "
            f"and then its arguments, {where}(optax.adam)(learning_rate=...), or a transformation without a learning "
            f"rate, {where}(optax.scale_by_adam(), learning_rate=...)"
        )
    if scales and contents.opaque:
        raise ScheduleError(
            f"{where}.learning_rate: whether the transformation has a learning rate already cannot be seen in "
            f"{', '.join(sorted(set(contents.opaque)))}: inject into what that was made from"
        )
    for name in values:
        if not (scales and name == "learning_rate"):
            contents.check(where, name, [] if contents.own_scales() else ["learning_rate"])
    return scales


def _by_hand(held: Mapping[str, Any], name: str) -> bool:
    return name in held and not isinstance(held[name], Scheduled)


def _float() -> Any:
    return jax.dtypes.canonicalize_dtype(float)


def _dtypes(tree: Any) -> list[Any]:
    return [getattr(leaf, "dtype", None) for leaf in jax.tree.leaves(tree)]
