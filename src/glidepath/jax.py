"""Schedules as JAX pytrees. Importing this module registers every kind, those still to come included.

Then a schedule can be passed to ``jax.jit``, ``jax.vmap`` and ``jax.grad``: its numbers are leaves, and a new
horizon does not compile anew. Lengths are whole numbers and get no gradient.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if find_spec("jax") is None:
    raise ModuleNotFoundError('glidepath.jax needs JAX: pip install "glidepath[jax]"', name="jax")

import jax
import jax.numpy as jnp
import numpy as np

from .arrays import is_plain, library
from .arrays.jax import column
from .errors import ScheduleError
from .schedule import Schedule, on_kind
from .tree import longest, merge, split, unpacked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .tree import Structure

__all__ = ["concrete", "stack"]


def _child(leaf: Any) -> Any:
    """A leaf as JAX takes it: a column of plain numbers becomes a NumPy array."""
    if type(leaf) is not tuple:
        return leaf
    return np.asarray(leaf) if is_plain(leaf) else column(leaf)


def _flatten(schedule: Schedule) -> tuple[list[Any], Structure]:
    cached = schedule.__dict__.get("_pytree")
    if cached is None:
        numbers, structure = split(schedule, nones=True)
        cached = [_child(leaf) for leaf in numbers], structure
        if schedule._host is None:  # tracers must not outlive their trace
            object.__setattr__(schedule, "_pytree", cached)
    children, structure = cached
    if not jax.config.jax_enable_x64:  # type: ignore[attr-defined]
        for child in children:
            whole = type(child) is int or (type(child) is np.ndarray and child.dtype.kind == "i" and child.size)
            if whole and np.max(np.abs(child)) > 2**31 - 1:
                raise ScheduleError(f"{longest(schedule)}, which is more than JAX can hold without 64 bits")
    return list(children), structure


def _unflatten(structure: Structure, children: Sequence[Any]) -> Schedule:
    """The reverse. Columns that are NumPy arrays still are what `_flatten` made of tuples."""
    return unpacked(merge(structure, children))


def _register(kind: type[Schedule]) -> None:
    jax.tree_util.register_pytree_node(kind, _flatten, _unflatten)


on_kind(_register)


def stack(schedules: Sequence[Schedule]) -> Any:
    """Schedules of one structure as one, whose every leaf has a first axis over them: for ``jax.vmap``.

    >>> import jax
    >>> from glidepath import Linear
    >>> both = stack([Linear(start=1.0, end=0.0, steps=10), Linear(start=2.0, end=0.0, steps=20)])
    >>> jax.vmap(lambda s: s(5))(both).tolist()
    [0.5, 1.5]
    """
    if not schedules:
        raise ScheduleError("stack needs at least one schedule, got none")
    structures = {jax.tree_util.tree_structure(s) for s in schedules}
    if len(structures) > 1:
        raise ScheduleError("stack needs schedules of one structure: the same kinds with the same settings")
    return jax.tree_util.tree_map(lambda *numbers: jnp.stack([jnp.asarray(n) for n in numbers]), *schedules)


def concrete(x: Any) -> Any:
    """An array of one number as that number; tracers, and whatever else, stay as they are."""
    if library(x) is None or isinstance(x, jax.core.Tracer) or x.ndim:
        return x
    return x.item()
