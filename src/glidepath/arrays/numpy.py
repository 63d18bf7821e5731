"""NumPy's part of a namespace, and evaluation in chunks."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import fail
from . import ArrayTables, Namespace, depth, first_entry

if TYPE_CHECKING:
    from ..schedule import Schedule

#: Steps evaluated at a time: the intermediate arrays stay in the cache of the processor.
CHUNK = 32_768


@lru_cache(maxsize=256)
def _column(table: tuple[Any, ...], _: str) -> Any:
    return np.asarray(table)


def column(table: Any) -> Any:
    """A tuple as an array. Tables of plain numbers are kept, by value and by the type of their entries."""
    if type(table) is not tuple:
        return table
    try:
        return _column(table, type(first_entry(table)).__name__)
    except TypeError:  # it holds arrays
        entries = np.broadcast_arrays(*(column(x) for x in table))
        return np.stack(entries, axis=-depth(table))


def _is_real(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype == np.float64


def _holds(a: Any, b: Any) -> bool:
    """Whether ``a`` is an array that could be the result of a clamp to the number ``b`` as it is."""
    return isinstance(a, np.ndarray) and (type(b) is int or (type(b) is float and a.dtype == np.float64))


class _Functions(ArrayTables):
    last = 2**63 - 1
    few = 2

    floor_divide = staticmethod(np.floor_divide)
    power = staticmethod(np.power)
    sqrt = staticmethod(np.sqrt)
    exp = staticmethod(np.exp)
    log = staticmethod(np.log)
    expm1 = staticmethod(np.expm1)
    log1p = staticmethod(np.log1p)
    sin = staticmethod(np.sin)
    ceil = staticmethod(np.ceil)

    # In most chunks a clamp changes nothing and a choice falls one way, and to find that out is quicker.

    @staticmethod
    def where(condition: Any, a: Any, b: Any) -> Any:
        if np.shape(condition) == np.shape(b) and _is_real(b) and not condition.any():
            return b
        return np.where(condition, a, b)

    @staticmethod
    def minimum(a: Any, b: Any) -> Any:
        return a if _holds(a, b) and not (a > b).any() else np.minimum(a, b)

    @staticmethod
    def maximum(a: Any, b: Any) -> Any:
        return a if _holds(a, b) and not (a < b).any() else np.maximum(a, b)

    @staticmethod
    def searchsorted(table: Any, t: Any) -> Any:
        table = column(table)
        if table.ndim > 1:
            return (np.asarray(t)[..., None] >= table).sum(-1)
        return np.searchsorted(table, t, side="right")

    @staticmethod
    def take(table: Any, index: Any, axes: int) -> Any:
        table = column(table)
        if table.ndim == axes:
            return table[index]
        index = np.asarray(index)[(..., *[None] * axes)]
        return np.take_along_axis(table, index, -axes).squeeze(-axes)

    @staticmethod
    def span(boundaries: Any, t: Any) -> tuple[int, int] | None:
        table = column(boundaries)
        if table.ndim > 1:
            return None
        first, last = np.searchsorted(table, [np.min(t), np.max(t)], side="right")
        return int(first), int(last)


NUMPY = Namespace(_Functions())


def steps_of(step: Any) -> Any:
    """The steps as int64 or float64, without a copy where they are that already."""
    steps = np.asarray(step)
    if steps.dtype.kind == "u" and steps.dtype.itemsize == 8:
        return np.minimum(steps, np.uint64(_Functions.last)).astype(np.int64)
    if steps.dtype.kind in "iu":
        return steps.astype(np.int64, copy=False)
    if steps.dtype.kind == "f":
        return steps.astype(np.float64, copy=False)
    return fail("step", "an array of numbers", step)


def evaluate(schedule: Schedule, step: Any) -> Any:
    """The values at an array of steps: float64, or the dtype of steps that are a smaller float."""
    given = np.asarray(max(-_Functions.last, min(step, _Functions.last)) if type(step) is int else step)
    dtype = given.dtype if given.dtype.kind == "f" and given.dtype.itemsize < 8 else np.dtype(np.float64)
    with np.errstate(all="ignore"):  # branches not taken may underflow
        if schedule._host is not None:  # fields that are arrays broadcast against the steps
            value = np.asarray(schedule.at(steps_of(given), NUMPY), dtype)
            return np.broadcast_to(value, np.broadcast_shapes(value.shape, given.shape)).copy()
        values = np.empty(given.shape, dtype)
        flat, out = given.reshape(-1), values.reshape(-1)
        for start in range(0, flat.size, CHUNK):
            chunk = slice(start, start + CHUNK)
            out[chunk] = schedule.at(steps_of(flat[chunk]), NUMPY)
    return values[()]
