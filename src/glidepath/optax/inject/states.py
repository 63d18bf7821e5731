"""What injection keeps from one update to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import optax

if TYPE_CHECKING:
    from typing import Any, Self

    import jax

__all__ = ["InjectHyperparamsState", "InjectStatefulHyperparamsState", "Scheduled"]


class Scheduled(NamedTuple):
    """A hyperparameter that follows its schedule.

    In ``state.hyperparams`` it stands for what the last update used. A number in its place is one set by hand: the
    updates use that number, until a ``Scheduled`` stands there again.

    value: what the last update used; before the first update, the value of step 0.
    """

    value: jax.typing.ArrayLike

    def __float__(self) -> float:
        return float(self.value)  # type: ignore[arg-type]


def _arguments(kind: Any, short: tuple[str, ...], given: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
    """The fields of ``kind`` from all of them, or from those in ``short``, which leave out ``hyperparams``."""
    order = short if len(given) + len(named) == len(short) and "hyperparams" not in named else kind._fields
    if len(given) > len(order):
        raise TypeError(f"{kind.__name__} takes {len(order)} fields ({', '.join(order)}), got {len(given)}")
    fields = dict(zip(order, given, strict=False))
    for name in named:
        if name not in order or name in fields:
            raise TypeError(f"{kind.__name__} got {name!r}, which is no field of it or given twice")
    fields |= named
    missing = [name for name in order if name not in fields]
    if missing:
        raise TypeError(f"{kind.__name__} lacks {', '.join(missing)}")
    return [fields.get(name, {}) for name in kind._fields]


class InjectHyperparamsState(optax.InjectHyperparamsState):  # type: ignore[misc]
    """The state of ``inject_hyperparams(transformation, ...)``.

    It can be made of ``(count, inner_state)``, or of optax's own fields ``(count, hyperparams, inner_state)``; by
    name in any order.

    count: how many updates are done: the step whose values the next update uses. Set it to move the schedules.
    hyperparams: name to `Scheduled`, or to a number that was set by hand.
    inner_state: the state of the transformation.

    >>> InjectHyperparamsState(count=0, inner_state=()) == InjectHyperparamsState(0, {}, ())
    True
    """

    __slots__ = ()

    def __new__(cls, *given: Any, **named: Any) -> Self:
        made: Self = cls._make(_arguments(cls, ("count", "inner_state"), given, named))
        return made


class InjectStatefulHyperparamsState(optax.schedules.InjectStatefulHyperparamsState):  # type: ignore[misc]
    """The state of ``inject_stateful_hyperparams(transformation, ...)`` and of injection into a factory.

    It can be made of ``(count, inner_state, hyperparams_states)``, or of optax's own fields ``(count, hyperparams,
    hyperparams_states, inner_state)``; by name in any order.

    count: how many updates are done: the step whose values the next update uses. Set it to move the schedules.
    hyperparams: name to value. Made from a transformation, a value that follows its schedule is a `Scheduled`.
    hyperparams_states: name to the state of the schedule.
    inner_state: the state of the transformation.

    >>> state = InjectStatefulHyperparamsState(count=0, inner_state=(), hyperparams_states={})
    >>> state.hyperparams
    {}
    """

    __slots__ = ()

    def __new__(cls, *given: Any, **named: Any) -> Self:
        made: Self = cls._make(_arguments(cls, ("count", "inner_state", "hyperparams_states"), given, named))
        return made
