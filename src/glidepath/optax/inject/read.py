"""Reading injected hyperparameters back, for logs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import jax
import optax

from ...errors import ScheduleError
from .states import Scheduled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

__all__ = ["current_hyperparams"]

_STATES = (optax.InjectHyperparamsState, optax.schedules.InjectStatefulHyperparamsState)


def current_hyperparams(opt_state: Any) -> dict[str, Any]:
    """The injected hyperparameters that the last update used, by name; before the first update, those of step 0.

    They are found wherever they are: in ``chain``, ``named_chain``, ``partition``, ``masked``, ``MultiSteps`` and
    every other wrapper whose state is a pytree. It works inside of ``jax.jit``.

    opt_state: the state of an optimizer with ``inject_hyperparams`` in it, in any form.

    A name that several states have is prefixed with where each stands: the keys and numbers on the way to it.

    Raises `ScheduleError` where nothing was injected. ``optax.adam(schedule)`` keeps no value to read.

    >>> import jax.numpy as jnp, optax
    >>> from glidepath import Linear
    >>> from glidepath.optax.inject import inject_hyperparams
    >>> adam = inject_hyperparams(optax.adam)(learning_rate=Linear(start=0.5, end=0.0, steps=4), b1=0.75)
    >>> state = optax.chain(optax.clip(1.0), adam).init(jnp.zeros(3))
    >>> read = current_hyperparams(state)
    >>> float(read["learning_rate"]), float(read["b1"])
    (0.5, 0.75)
    """
    found = list(_injected(opt_state, ()))
    if not found:
        raise ScheduleError(
            "current_hyperparams found no injected hyperparameter in the state: build the optimizer with "
            "inject_hyperparams"
        )
    often = Counter(name for _, values in found for name in values)
    return {
        "/".join((*where, name)) if often[name] > 1 else name: value
        for where, values in found
        for name, value in sorted(values.items())
    }


def _injected(tree: Any, where: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Where injected states stand in a tree, outer ones first, and what they hold."""
    nodes, _ = jax.tree_util.tree_flatten_with_path(tree, is_leaf=lambda node: isinstance(node, _STATES))
    for path, node in nodes:
        if isinstance(node, _STATES):
            here = where + tuple(word for word in map(_word, path) if word)
            yield here, {name: _value(held) for name, held in node.hyperparams.items()}
            yield from _injected(node.inner_state, here)


def _word(entry: Any) -> str:
    """A key or a number on a path; nothing for the field of a named tuple."""
    found = getattr(entry, "key", getattr(entry, "idx", ""))
    return str(found)


def _value(held: Any) -> Any:
    return held.value if isinstance(held, Scheduled) else held
