"""JAX's part of a namespace, and evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..errors import fail
from . import MOST_REST, ArrayTables, Namespace, depth, is_plain, split_base

if TYPE_CHECKING:
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


class _Functions(ArrayTables):
    few = 2

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
        return jnp.where(condition, a, b)

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
        return jnp.searchsorted(table, t, side="right", method="scan_unrolled" if table.size < 64 else "scan")

    def take(self, table: Any, index: Any, axes: int) -> Any:
        table = column(table)
        if table.ndim == axes:
            return table.at[index].get(mode="promise_in_bounds")
        index = jnp.asarray(index)[(..., *[None] * axes)]
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
    value = jnp.asarray(schedule.at(steps, Namespace(_Functions())), _float())
    return jnp.broadcast_to(value, jnp.broadcast_shapes(value.shape, jnp.shape(step)))


def _narrowed(step: Any, integer: Any) -> Any:
    """Whole steps in the default integer. NumPy steps beyond it are held at its ends, not wrapped."""
    if isinstance(step, (np.ndarray, np.generic)):
        bounds = np.iinfo(integer)
        step = np.clip(step, max(bounds.min, np.iinfo(step.dtype).min), min(bounds.max, np.iinfo(step.dtype).max))
    return jnp.asarray(step, integer)
