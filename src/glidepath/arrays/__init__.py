"""Which library made this value, and the functions of that library that formulas may call.

A formula is written once, as ``at(t, xp)``; ``xp`` is a `Namespace`. It answers plain numbers with plain
arithmetic, so that constants stay exact Python numbers in every library, and hands everything else to the
functions of the library at hand (``arrays/numpy.py``, ``arrays/jax.py``, ``arrays/torch.py``, and the symbols
of ``expression.py``). No array library is imported before the caller has made an array with it.
"""

from __future__ import annotations

import math
import sys
from bisect import bisect_right

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    class Functions(Protocol):
        """What an array library must offer; every argument may be an array, a tracer or a number."""

        @property
        def last(self) -> int | None: ...
        @property
        def few(self) -> int: ...

        def where(self, condition: Any, a: Any, b: Any) -> Any: ...
        def minimum(self, a: Any, b: Any) -> Any: ...
        def maximum(self, a: Any, b: Any) -> Any: ...
        def clip(self, x: Any, low: Any, high: Any) -> Any: ...
        def floor_divide(self, a: Any, b: Any) -> Any: ...
        def power(self, base: Any, exponent: Any) -> Any: ...
        def sqrt(self, x: Any) -> Any: ...
        def exp(self, x: Any) -> Any: ...
        def log(self, x: Any) -> Any: ...
        def expm1(self, x: Any) -> Any: ...
        def log1p(self, x: Any) -> Any: ...
        def sin(self, x: Any) -> Any: ...
        def ceil(self, x: Any) -> Any: ...
        def searchsorted(self, table: Any, t: Any) -> Any: ...
        def take(self, table: Any, index: Any, axes: int) -> Any: ...
        def size(self, table: Any) -> int: ...
        def entries(self, table: Any) -> Any: ...
        def span(self, boundaries: Any, t: Any) -> tuple[int, int] | None: ...


__all__ = ["PLAIN", "Namespace", "is_number", "library"]

#: The largest step and the longest length: every whole number up to it is exact in a float64.
LAST_STEP = 2**53 - 1

_NUMBERS = (int, float)
_libraries: dict[type, str | None] = {}


def is_number(value: object) -> bool:
    """Whether ``value`` is a plain Python number (a boolean is not)."""
    return type(value) in _NUMBERS


def library(value: object) -> str | None:
    """``"numpy"``, ``"jax"`` or ``"torch"`` for an array of theirs (a tracer too), else None."""
    kind = type(value)
    try:
        return _libraries[kind]
    except KeyError:
        _libraries[kind] = found = _find_library(value)
        return found


def _find_library(value: object) -> str | None:
    torch, jax, numpy = (sys.modules.get(name) for name in ("torch", "jax", "numpy"))
    if torch is not None and isinstance(value, torch.Tensor):
        return "torch"
    # A tracer need not be a jax.Array.
    if jax is not None and isinstance(value, (jax.Array, jax.core.Tracer)):
        return "jax"
    if numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic)):
        return "numpy"
    return None


class Namespace:
    """The functions that a formula may call, for one library.

    ``xp.sqrt(2.0)`` is a Python float in every library; ``xp.sqrt(t)`` is what the library of ``t`` makes of
    it. Operators (``+ - * / **``, comparisons, ``abs``) are used as they are.

    last: the largest step that the library can hold, None where there is no such step.
    few: up to so many parts, a join is cheaper taken apart than looked up in a table.
    """

    __slots__ = ("_functions", "few", "last")

    def __init__(self, functions: Functions | None) -> None:
        self._functions: Any = functions
        self.last: int | None = None if functions is None else functions.last
        self.few: int = 1 if functions is None else functions.few

    def __getattr__(self, name: str) -> Any:
        known = ", ".join(sorted(word for word in dir(type(self)) if not word.startswith("_")))
        raise AttributeError(f"xp has no {name!r}; a formula may use operators and {known}")

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        """``a`` where the condition holds, else ``b``; both must be finite."""
        if condition is True:
            return a
        if condition is False:
            return b
        return self._functions.where(condition, a, b)

    def branch(self, condition: Any, a: Callable[[], Any], b: Callable[[], Any]) -> Any:
        """`where`, for branches that cost something: a plain condition computes only the one it takes."""
        if condition is True:
            return a()
        if condition is False:
            return b()
        return self._functions.where(condition, a(), b())

    def minimum(self, a: Any, b: Any) -> Any:
        if type(a) in _NUMBERS and type(b) in _NUMBERS:
            return a if a < b else b
        return self._functions.minimum(a, b)

    def maximum(self, a: Any, b: Any) -> Any:
        if type(a) in _NUMBERS and type(b) in _NUMBERS:
            return a if a > b else b
        return self._functions.maximum(a, b)

    def clip(self, x: Any, low: Any, high: Any) -> Any:
        """``x`` held between ``low`` and ``high``."""
        if type(x) in _NUMBERS or self._functions is None:
            return self.minimum(self.maximum(x, low), high)
        return self._functions.clip(x, low, high)

    def floor_divide(self, a: Any, b: Any) -> Any:
        """How many whole ``b`` fit into ``a``, for ``a >= 0`` and ``b > 0``; whole numbers stay whole."""
        if type(a) in _NUMBERS and type(b) in _NUMBERS:
            return a // b
        return self._functions.floor_divide(a, b)

    def power(self, base: Any, exponent: Any) -> Any:
        """``base ** exponent`` for ``base > 0``; the exponent may be a whole number."""
        if type(base) in _NUMBERS and type(exponent) in _NUMBERS:
            return base**exponent
        return self._functions.power(base, exponent)

    def sqrt(self, x: Any) -> Any:
        return math.sqrt(x) if type(x) in _NUMBERS else self._functions.sqrt(x)

    def exp(self, x: Any) -> Any:
        return math.exp(x) if type(x) in _NUMBERS else self._functions.exp(x)

    def log(self, x: Any) -> Any:
        return math.log(x) if type(x) in _NUMBERS else self._functions.log(x)

    def expm1(self, x: Any) -> Any:
        return math.expm1(x) if type(x) in _NUMBERS else self._functions.expm1(x)

    def log1p(self, x: Any) -> Any:
        return math.log1p(x) if type(x) in _NUMBERS else self._functions.log1p(x)

    def sin(self, x: Any) -> Any:
        return math.sin(x) if type(x) in _NUMBERS else self._functions.sin(x)

    def ceil(self, x: Any) -> Any:
        return math.ceil(x) if type(x) in _NUMBERS else self._functions.ceil(x)

    def searchsorted(self, table: Any, t: Any) -> Any:
        """How many entries of the ascending ``table`` are at most ``t``.

        A table is a tuple, or an array. An array with more than one axis holds a table of its own for every
        step, along its last axis.
        """
        return bisect_right(table, t) if self._functions is None else self._functions.searchsorted(table, t)

    def take(self, table: Any, index: Any, axes: int = 1) -> Any:
        """The entry of ``table`` at ``index``, which must be inside it.

        axes: how many axes one table has, the first of them the one to look along. An array with more axes
            holds a table of its own for every step.
        """
        if type(index) is int:
            return table[index] if type(table) is tuple else table[(..., index, *[slice(None)] * (axes - 1))]
        return self._functions.take(table, index, axes)

    def size(self, table: Any) -> int:
        """How many entries ``table`` has."""
        return len(table) if type(table) is tuple else self._functions.size(table)

    def entries(self, table: Any) -> Any:
        """``table`` in a form that arithmetic works on entry by entry: a tuple of them, or an array."""
        return table if type(table) is tuple else self._functions.entries(table)

    def beginning(self, boundaries: Any, index: Any) -> Any:
        """The step at which part ``index`` begins: 0, then the boundaries."""
        if type(boundaries) is tuple:
            return self.take((0, *boundaries), index)
        return self.where(index > 0, self.take(boundaries, self.maximum(index - 1, 0)), 0)

    def span(self, boundaries: Any, t: Any) -> tuple[int, int] | None:
        """The first and the last part of a join that the steps ``t`` fall in; None where that is not known."""
        if self._functions is None:
            part = bisect_right(boundaries, t)
            return part, part
        return self._functions.span(boundaries, t)  # type: ignore[no-any-return]


class ArrayTables:
    """What the libraries have in common."""

    def clip(self, x: Any, low: Any, high: Any) -> Any:
        return self.minimum(self.maximum(x, low), high)  # type: ignore[attr-defined]

    @staticmethod
    def entries(table: Any) -> Any:
        return table

    @staticmethod
    def size(table: Any) -> int:
        return int(table.shape[-1])


#: The namespace of plain Python numbers.
PLAIN = Namespace(None)


#: The most that the exponent of `split_base` may be, so that it cannot overflow where the power is 0.
MOST_REST = 80.0


def split_base(base: float, held: float) -> float | None:
    """What ``n`` must be multiplied with in ``base**n = held**n * exp(n * ...)``, where a library holds ``base``
    as the rounded number ``held``. Over many steps the rounding would show. None where there is nothing to mend.
    """
    return math.log1p((base - held) / held) if held > 0 and held != base else None


def is_plain(table: Any) -> bool:
    """Whether a tuple, and the tuples in it, hold plain numbers only."""
    return all(is_plain(entry) if type(entry) is tuple else type(entry) in _NUMBERS for entry in table)


def first_entry(table: Any) -> Any:
    """The first number of a tuple, and of the tuples in it; the empty tuple where there is none."""
    while type(table) is tuple and table:
        table = table[0]
    return table


def depth(table: Any) -> int:
    """How many axes a tuple of tuples has."""
    return 1 + depth(table[0]) if type(table) is tuple else 0
