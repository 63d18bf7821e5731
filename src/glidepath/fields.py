"""What a field of a schedule may hold.

A kind declares each field by its role (``start: float = value()``, ``steps: int = length()``). From the role
follow the check at construction, what `Stretch` multiplies, which fields a file may write as a duration, and
what is a leaf for `jax`.
"""

from __future__ import annotations

import math
from dataclasses import MISSING, Field, field

from .arrays import LAST_STEP, is_number, library
from .errors import fail

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["boundaries", "choice", "count", "flag", "function", "length", "part", "parts", "value", "values"]


class Role:
    """How a field is checked (`accept` returns the normal form of a value) and what it means.

    name: the word for it, shown to people who ask what a field takes.
    axes: 1 for a sequence of numbers, 0 for one number.
    duration: a number of steps: `Stretch` multiplies it, and files may write ``"5%"`` or ``"2 epochs"``.
    static: structure, never a leaf: it cannot be traced.
    """

    __slots__ = ("accept", "axes", "duration", "name", "static")

    def __init__(
        self,
        name: str,
        accept: Callable[[str, Any], Any],
        *,
        axes: int = 0,
        duration: bool = False,
        static: bool = False,
    ) -> None:
        self.name = name
        self.accept = accept
        self.axes = axes
        self.duration = duration
        self.static = static

    def declare(self, default: Any = MISSING) -> Any:
        return field(default=default, metadata={"role": self})


def role_of(declared: Field[Any]) -> Role:
    """The role of a dataclass field; a field declared without one takes numbers, schedules and settings."""
    role = declared.metadata.get("role")
    if isinstance(role, Role):
        return role
    return _BY_ANNOTATION.get(getattr(declared.type, "__name__", declared.type), PLAIN_FIELD)


def number(where: str, x: Any, rule: str, ok: Callable[[float], bool], make: type[int | float]) -> Any:
    """``x`` as a plain number that passes ``ok``.

    A NumPy array is checked entry by entry; of other arrays, which may be traced, the dtype alone.
    """
    kind = library(x)
    if kind == "numpy" and x.ndim == 0:
        x, kind = x.item(), None
    if kind is not None:
        _check_dtype(where, x, rule, make)
        if kind == "numpy":
            for entry in x.ravel().tolist():
                number(where, entry, rule, ok, make)
        return x
    if (type(x) is not int and (type(x) is not float or make is int)) or not -math.inf < x < math.inf:
        fail(where, rule, x)
    if make is float:
        try:
            x = float(x)
        except OverflowError:
            fail(where, rule, x)
    if not ok(x):
        fail(where, rule, x)
    return x


def _check_dtype(where: str, x: Any, rule: str, make: type[int | float]) -> None:
    name = str(x.dtype).removeprefix("torch.")
    if not name.startswith(("int", "uint") if make is int else ("int", "uint", "float", "bfloat")):
        fail(where, rule, x)


def sequence(where: str, x: Any, item: Callable[[str, Any], Any], rule: str) -> Any:
    """A tuple of items, or one array that holds them along its last axis."""
    kind = library(x)
    if kind == "numpy" and x.ndim == 1:
        x, kind = x.tolist(), None
    if kind is not None and x.ndim:
        return item(where, x)
    if type(x) not in (tuple, list):
        fail(where, rule, x)
    return tuple(item(f"{where}[{i}]", v) for i, v in enumerate(x))


_VALUE_RULES: dict[str | None, tuple[str, Callable[[float], bool]]] = {
    None: ("a finite number", lambda x: True),
    "positive": ("a positive finite number", lambda x: x > 0),
    "non-negative": ("a non-negative finite number", lambda x: x >= 0),
}


def _value_role(sign: str | None) -> Role:
    rule, ok = _VALUE_RULES[sign]
    return Role("number" if sign is None else f"{sign} number", lambda w, x: number(w, x, rule, ok, float))


_VALUES = {sign: _value_role(sign) for sign in _VALUE_RULES}


def value(*, default: Any = MISSING, sign: str | None = None) -> Any:
    """A finite number; ``sign`` may ask for ``"positive"`` or ``"non-negative"``. None is for "not given"."""
    return _VALUES[sign].declare(default)


def whole(name: str, smallest: int, *, duration: bool = False) -> Role:
    """The role of a whole number that is at least ``smallest``."""
    size = {0: "a non-negative", 1: "a positive"}.get(smallest, "an")
    rule = f"{size} integer of at most 2**53 - 1"

    def accept(where: str, x: Any) -> Any:
        simple = rule if is_number(x) and abs(x) > LAST_STEP else f"{size} integer"
        return number(where, x, simple, lambda n: smallest <= n <= LAST_STEP, int)

    return Role(name, accept, duration=duration)


_LENGTH = whole("steps", 1, duration=True)
_OFFSET = whole("steps, of either sign", -LAST_STEP, duration=True)
_COUNT = whole("count", 1)


def length(*, default: Any = MISSING) -> Any:
    """A number of steps, at least 1."""
    return _LENGTH.declare(default)


def offset(*, default: Any = MISSING) -> Any:
    """A number of steps of either sign."""
    return _OFFSET.declare(default)


def count(*, default: Any = MISSING) -> Any:
    """How often: a whole number, at least 1, that is not a time."""
    return _COUNT.declare(default)


def _accept_boundaries(where: str, x: Any) -> Any:
    steps = sequence(where, x, _LENGTH.accept, "a sequence of steps")
    if type(steps) is tuple:
        for i in range(1, len(steps)):
            if is_number(steps[i - 1]) and is_number(steps[i]) and steps[i - 1] >= steps[i]:
                fail(where, "strictly ascending", steps)
    return steps


_BOUNDARIES = Role("steps, ascending", _accept_boundaries, axes=1, duration=True)
_NUMBERS = Role("numbers", lambda w, x: sequence(w, x, _VALUES[None].accept, "a sequence of numbers"), axes=1)


def boundaries() -> Any:
    """Steps in strictly ascending order, each at least 1."""
    return _BOUNDARIES.declare()


def values() -> Any:
    """Finite numbers."""
    return _NUMBERS.declare()


def one_of(where: str, x: Any, *options: str) -> Any:
    """``x``, if it is one of some words."""
    if type(x) is not str or x not in options:
        fail(where, "one of " + ", ".join(map(repr, options)), x)
    return x


def choice(*options: str, default: Any = MISSING) -> Any:
    """One of some words."""
    role = Role("one of " + ", ".join(options), lambda where, x: one_of(where, x, *options), static=True)
    return role.declare(default)


def true_or_false(where: str, x: Any) -> Any:
    """``x``, if it is True or False."""
    if type(x) is not bool:
        fail(where, "True or False", x)
    return x


_FLAG = Role("True or False", true_or_false, static=True)


def flag(*, default: Any = MISSING) -> Any:
    """True or False."""
    return _FLAG.declare(default)


def _ratio_role(rule: str, ok: Callable[[float], bool]) -> Role:
    def accept(where: str, x: Any) -> Any:
        x = number(where, x, rule, ok, float)
        if not is_number(x):
            fail(where, rule, x)
        return int(x) if x == int(x) else x

    return Role(rule.removeprefix("a "), accept, static=True)


_RATIOS = {
    True: _ratio_role("a plain finite number of at least 1", lambda x: x >= 1),
    False: _ratio_role("a plain positive finite number", lambda x: x > 0),
}


def ratio(*, default: Any = MISSING, growing: bool = False) -> Any:
    """A plain positive number that is part of the structure: it cannot be traced.

    growing: it must be at least 1.
    """
    return _RATIOS[growing].declare(default)


def _accept_function(where: str, x: Any) -> Any:
    if not callable(x):
        fail(where, "callable", x)
    return x


_FUNCTION = Role("function of the step", _accept_function, static=True)


def function() -> Any:
    """A Python callable."""
    return _FUNCTION.declare()


def _accept_part(where: str, x: Any) -> Any:
    from .schedule import Schedule

    if not isinstance(x, Schedule):
        hint = "" if not callable(x) else " (wrap a plain callable in glidepath.Custom)"
        fail(where, "a glidepath schedule" + hint, x)
    return x


_PART = Role("schedule", _accept_part)


def _accept_parts(where: str, x: Any) -> Any:
    from .tree import Packed

    if type(x) is Packed:
        return x
    if type(x) not in (tuple, list):
        fail(where, "a sequence of schedules", x)
    return tuple(_accept_part(f"{where}[{i}]", part) for i, part in enumerate(x))


_PARTS = Role("schedules", _accept_parts)


def part() -> Any:
    """A schedule."""
    return _PART.declare()


def parts() -> Any:
    """Schedules."""
    return _PARTS.declare()


def _accept_plain(where: str, x: Any) -> Any:
    from .schedule import Schedule

    if x is None or type(x) in (str, bool) or isinstance(x, Schedule) or callable(x):
        return x
    if type(x) in (tuple, list):
        return tuple(_accept_plain(f"{where}[{i}]", v) for i, v in enumerate(x))
    return number(
        where, x, "a finite number, a schedule or a setting", lambda _: True, int if type(x) is int else float
    )


#: Fields of a user's own kind that declare no role.
PLAIN_FIELD = Role("anything", _accept_plain)

#: Fields that declare no role, but a type that says enough.
_BY_ANNOTATION: dict[object, Role] = {
    "float": _VALUES[None],
    "int": Role("whole number", lambda w, x: number(w, x, "an integer", lambda _: True, int)),
    "bool": _FLAG,
}
