"""A formula as an expression: what ``at`` makes of a symbol instead of a number.

`trace` calls ``at`` with a symbolic step, which records the arithmetic. `simplify` then leaves out what
cannot matter, and `text` and `latex` write down what is left.
"""

from __future__ import annotations

from .arrays import Namespace, is_number
from .errors import ScheduleError, fail
from .schedules.custom import Custom
from .tree import walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .schedule import Schedule

__all__ = ["Expression", "Symbols", "has_custom", "trace", "uses"]


class Expression:
    """An operation and what it is applied to: expressions, plain numbers, tables (tuples).

    Equal operations of one trace are one object, so that what is used twice can be seen to be.
    """

    __slots__ = ("args", "known", "op")

    def __init__(self, op: str, args: tuple[Any, ...], known: dict[Any, Expression]) -> None:
        self.op = op
        self.args = args
        self.known = known

    def make(self, op: str, *args: Any) -> Expression:
        # Numbers by type too, since 1 == 1.0; expressions and tables by identity.
        key = (op, *((type(a), a) if is_number(a) else id(a) for a in args))
        made = self.known.get(key)
        if made is None:
            made = self.known[key] = Expression(op, args, self.known)
        return made

    def __add__(self, other: Any) -> Any:
        return self.make("+", self, other)

    def __radd__(self, other: Any) -> Any:
        return self.make("+", other, self)

    def __sub__(self, other: Any) -> Any:
        return self.make("-", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self.make("-", other, self)

    def __mul__(self, other: Any) -> Any:
        return self.make("*", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self.make("*", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self.make("/", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self.make("/", other, self)

    def __floordiv__(self, other: Any) -> Any:
        return self.make("//", self, other)

    def __mod__(self, other: Any) -> Any:
        return self - other * (self // other)

    def __pow__(self, other: Any) -> Any:
        return self.make("**", self, other)

    def __rpow__(self, other: Any) -> Any:
        return self.make("**", other, self)

    def __neg__(self) -> Any:
        return self.make("neg", self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self.make("abs", self)

    def __lt__(self, other: Any) -> Any:
        return self.make("<", self, other)

    def __le__(self, other: Any) -> Any:
        return self.make("<=", self, other)

    def __gt__(self, other: Any) -> Any:
        return self.make(">", self, other)

    def __ge__(self, other: Any) -> Any:
        return self.make(">=", self, other)

    def __eq__(self, other: object) -> Any:
        return self.make("==", self, other)

    __hash__ = object.__hash__

    def __getitem__(self, key: tuple[Any, Any]) -> Any:
        """``table[..., index]``, as an array library would write it."""
        return self.make("take", self, key[1])

    def __bool__(self) -> bool:
        raise ScheduleError("a formula must not branch on the step with if, and, or: choose with xp.where")

    def __float__(self) -> float:
        raise ScheduleError("a formula must not turn the step into a number: use operators and the functions of xp")

    __int__ = __index__ = __float__


class Symbols:
    """The functions of a `Namespace`, recorded."""

    last = None
    few = 16

    def __init__(self, step: Expression) -> None:
        self._make = step.make

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        return a if a is b else self._make("where", condition, a, b)

    def minimum(self, a: Any, b: Any) -> Any:
        return self._make("min", a, b)

    def maximum(self, a: Any, b: Any) -> Any:
        return self._make("max", a, b)

    def clip(self, x: Any, low: Any, high: Any) -> Any:
        return self.minimum(self.maximum(x, low), high)

    def floor_divide(self, a: Any, b: Any) -> Any:
        return self._make("//", a, b)

    def power(self, base: Any, exponent: Any) -> Any:
        return self._make("**", base, exponent)

    def sqrt(self, x: Any) -> Any:
        return self._make("sqrt", x)

    def exp(self, x: Any) -> Any:
        return self._make("exp", x)

    def log(self, x: Any) -> Any:
        return self._make("log", x)

    def expm1(self, x: Any) -> Any:
        return self._make("expm1", x)

    def log1p(self, x: Any) -> Any:
        return self._make("log1p", x)

    def sin(self, x: Any) -> Any:
        return self._make("sin", x)

    def ceil(self, x: Any) -> Any:
        return self._make("ceil", x)

    def searchsorted(self, table: Any, t: Any) -> Any:
        if type(table) is tuple and not all(map(is_number, table)):
            return sum(self.where(t >= entry, 1, 0) for entry in table)
        return self._make("bisect", table, t)

    def take(self, table: Any, index: Any, axes: int) -> Any:
        if type(table) is tuple and any(type(entry) is Expression for entry in table):
            found = table[-1]
            for i in range(len(table) - 2, -1, -1):
                found = self.where(index <= i, table[i], found)
            return found
        return self._make("take", table, index)

    def size(self, table: Any) -> int:
        return len(_first_row(table))

    def entries(self, table: Any) -> Any:
        return tuple(self._make("take", table, i) for i in range(self.size(table)))

    def span(self, boundaries: Any, t: Any) -> None:
        return None


def _first_row(table: Any) -> Any:
    """A table of the shape that ``table`` has: a row of a table of rows is like the first of them."""
    return table if type(table) is tuple else _first_row(table.args[0])[0]


def uses(value: Any) -> dict[Expression, int]:
    """How often each expression in another is an argument, the outermost counted as one."""
    found: dict[Expression, int] = {}

    def count(x: Any) -> None:
        if type(x) is Expression:
            found[x] = found.get(x, 0) + 1
            if found[x] == 1:
                for arg in x.args:
                    count(arg)

    count(value)
    return found


def has_custom(schedule: Schedule) -> bool:
    """Whether a plain callable lies in the tree, which has no text."""
    return any(isinstance(node, Custom) for _, node in walk(schedule))


def trace(schedule: Schedule, few: int | None = None, last: int | None = None) -> tuple[Expression, Any]:
    """The symbol of the step, and the value as an expression of it (a plain number where it is constant).

    few: up to how many parts a join is taken apart instead of looked up.
    last: the largest step that what runs the text can hold, where there is one.
    """
    if schedule._host is not None:
        raise ScheduleError(f"{type(schedule).__name__} holds {schedule._host} arrays; text needs plain numbers")
    if has_custom(schedule):
        raise ScheduleError("a Custom wraps a Python callable, which has no text; subclass Schedule instead")
    step = Expression("step", (), {})
    xp = Namespace(Symbols(step))
    xp.few = xp.few if few is None else few
    xp.last = last
    value = schedule.at(step, xp)
    if type(value) is not Expression and not is_number(value):
        fail(f"what {type(schedule).__name__}.at returns", "a number made of t and the fields", value)
    return step, value
