"""JAX's part of a namespace, and evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..errors import fail
from . import MOST_REST, ArrayTables, Namespace, depth, is_number, is_plain, split_base

if TYPE_CHECKING:
    from ..fields import Role
    from ..schedule import Schedule


def _integer() -> Any:
    return jax.dtypes.canonicalize_dtype(np.int64)


def _float() -> Any:
    return jax.dtypes.canonicalize_dtype(np.float64)


def column(table: Any) -> Any:
    """A tuple, or an array, as an array of the default integer or float."""
    if type(table) is not tuple:
        return jnp.asarray(table)
    if not is_plain(table):
        return jnp.stack(jnp.broadcast_arrays(*(column(x) for x in table)), axis=-depth(table))
    plain = np.asarray(table)
    if plain.dtype.kind in "iu":
        bounds = np.iinfo(_integer())
        if plain.size and (plain.max() > bounds.max or plain.min() < bounds.min):
            raise OverflowError(f"a table holds {plain.max()}")
    return jnp.asarray(plain, _integer() if plain.dtype.kind in "iu" else _float())


def _like(x: Any, other: Any) -> Any:
    """A plain number in the type that it meets ``other`` in, so that no conversion of it is traced."""
    if not is_number(x):
        return x
    if is_number(other):
        return np.asarray(x, _float() if float in (type(x), type(other)) else _integer())
    return np.asarray(x, other.dtype) if type(x) is int or jnp.issubdtype(other.dtype, jnp.floating) else x


class _Functions(ArrayTables):
    few = 3

    minimum = staticmethod(jnp.minimum)
    maximum = staticmethod(jnp.maximum)
    sqrt = staticmethod(jnp.sqrt)
    exp = staticmethod(jnp.exp)
    log = staticmethod(jnp.log)
    expm1 = staticmethod(jnp.expm1)
    log1p = staticmethod(jnp.log1p)
    sin = staticmethod(jnp.sin)

    def __init__(self) -> None:
        self.last = int(np.iinfo(_integer()).max)

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        return jnp.where(condition, _like(a, b), _like(b, a))

    def clip(self, x: Any, low: Any, high: Any) -> Any:
        low, high = _like(low, x), _like(high, x)
        same = {jnp.result_type(x), jnp.result_type(low), jnp.result_type(high)}
        # vmap has no rule for bounds of its own at one step.
        if len(same) > 1 or any(isinstance(bound, jax.core.Tracer) or jnp.shape(bound) for bound in (low, high)):
            return super().clip(x, low, high)
        return lax.clamp(low, x, high)

    def floor_divide(self, a: Any, b: Any) -> Any:
        a, b = jnp.asarray(a), jnp.asarray(b)
        whole = jnp.issubdtype(a.dtype, jnp.integer) and jnp.issubdtype(b.dtype, jnp.integer)
        # For numbers that are not negative, truncation is what is asked for.
        return lax.div(*jnp.broadcast_arrays(a, b)) if whole else jnp.floor_divide(a, b)

    def power(self, base: Any, exponent: Any) -> Any:
        whole = not isinstance(exponent, float) and jnp.issubdtype(jnp.result_type(exponent), jnp.integer)
        exponent = jnp.asarray(exponent, _float())
        power = jnp.power(jnp.asarray(base, _float()), exponent)
        rest = split_base(base, float(_float().type(base))) if whole and type(base) is float else None
        return power if rest is None else power * jnp.exp(jnp.minimum(exponent * rest, MOST_REST))

    def ceil(self, x: Any) -> Any:
        return jnp.ceil(x).astype(_integer())

    def searchsorted(self, table: Any, t: Any) -> Any:
        table = column(table)
        if table.ndim > 1:
            return (jnp.asarray(t)[..., None] >= table).sum(-1)
        method = "compare_all" if table.size < 64 else "scan"
        return jnp.searchsorted(table, t, side="right", method=method)

    def take(self, table: Any, index: Any, axes: int) -> Any:
        table = column(table)
        index = jnp.asarray(index)
        if table.ndim == axes:
            # An index is never negative, which indexing by brackets would look for.
            numbers = lax.GatherDimensionNumbers(
                offset_dims=tuple(range(index.ndim, index.ndim + axes - 1)),
                collapsed_slice_dims=(0,),
                start_index_map=(0,),
            )
            sizes = (1, *table.shape[1:])
            return lax.gather(table, index[..., None], numbers, sizes, mode="promise_in_bounds")
        # A table of its own for every step: where there is one step, or one table, it goes with all of the others.
        lead = jnp.broadcast_shapes(index.shape, table.shape[:-axes])
        table = jnp.broadcast_to(table, lead + table.shape[-axes:])
        index = jnp.broadcast_to(index, lead)[(..., *[None] * axes)]
        return jnp.take_along_axis(table, index, -axes, mode="promise_in_bounds").squeeze(-axes)

    def span(self, boundaries: Any, t: Any) -> None:
        return None


def evaluate(schedule: Schedule, step: Any) -> Any:
    """The values at an array of steps, or of traced steps, in JAX's default float."""
    integer = _integer()
    if type(step) is int:
        step = max(-np.iinfo(integer).max, min(step, np.iinfo(integer).max))
    steps = step
    if hasattr(step, "dtype"):
        if jnp.issubdtype(step.dtype, jnp.unsignedinteger):
            most = np.iinfo(integer).max
            steps = (jnp.minimum(step, most) if np.iinfo(step.dtype).max > most else jnp.asarray(step)).astype(integer)
        elif jnp.issubdtype(step.dtype, jnp.integer):
            steps = _narrowed(step, integer)
        elif jnp.issubdtype(step.dtype, jnp.floating):
            steps = jnp.asarray(step, _float())
        else:
            fail("step", "an array of numbers", step)
    xp = Namespace(_Functions())
    try:
        value = schedule.at(steps, xp)
    except OverflowError:
        value = _with_endless_lengths(schedule, xp.last).at(steps, xp)
    value = jnp.asarray(value, _float())
    return jnp.broadcast_to(value, jnp.broadcast_shapes(value.shape, jnp.shape(step)))


def _with_endless_lengths(schedule: Schedule, last: Any) -> Schedule:
    """The schedule with every length that outgrows the integers as a float: no step comes near its end.

    Boundaries must be compared exactly, and are refused.
    """
    from ..tree import transform

    def leaf(role: Role, held: Any, axes: int, columns: int) -> Any:
        return float(held) if role.duration and is_number(held) and held > last else held

    return transform(schedule, leaf)


def _narrowed(step: Any, integer: Any) -> Any:
    """Whole steps in the default integer. NumPy steps beyond it are held at its ends, not wrapped."""
    if isinstance(step, (np.ndarray, np.generic)):
        bounds = np.iinfo(integer)
        step = np.clip(step, max(bounds.min, np.iinfo(step.dtype).min), min(bounds.max, np.iinfo(step.dtype).max))
    return jnp.asarray(step, integer)
