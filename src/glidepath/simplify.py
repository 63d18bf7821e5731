"""An expression without what cannot matter.

`simplified` walks down the branches of an expression and carries what each condition says about the step (an
interval) along, so that clamps, minima and branches which are decided there vanish. Only what leaves every
value as it was, to the last bit, is simplified.
"""

from __future__ import annotations

import math
from operator import add, eq, floordiv, ge, gt, le, lt, mul, sub, truediv

from .arrays import is_number
from .expression import Expression

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["simplified"]

#: From ``low`` to ``high``; whether the ends themselves are left out.
Interval = tuple[float, float, bool, bool]

EVERYTHING: Interval = (-math.inf, math.inf, True, True)

# What is known of a value -------------------------------------------------------------------------------------

Facts = dict[Expression, Interval]

_COMPARE = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq}
_COMPUTE = {"+": add, "-": sub, "*": mul, "/": truediv, "//": floordiv, **_COMPARE}
_INCREASING = {"sqrt": (0.0, math.sqrt), "expm1": (-math.inf, math.expm1), "exp": (-math.inf, math.exp)}


def interval(x: Any, facts: Facts, seen: dict[Expression, Interval] | None = None) -> Interval:
    """Between which numbers ``x`` lies. Rounding is monotone, so bounds computed in floats hold for floats."""
    if type(x) is not Expression:
        return (x, x, False, False) if is_number(x) else EVERYTHING
    seen = {} if seen is None else seen
    if x not in seen:
        given = facts.get(x, EVERYTHING)
        seen[x] = _meet(given, _bounds(x, facts, seen))
    return seen[x]


def _meet(a: Interval, b: Interval) -> Interval:
    low = max((a[0], a[2]), (b[0], b[2]))
    high = min((a[1], not a[3]), (b[1], not b[3]))
    return low[0], high[0], low[1], not high[1]


def _closed(low: float, high: float) -> Interval:
    if low != low or high != high:
        return EVERYTHING
    return low, high, False, False


def _bounds(x: Expression, facts: Facts, seen: dict[Expression, Interval]) -> Interval:
    op = x.op
    if op in ("step", "bisect", "take", *_COMPARE):
        if op == "take" and type(x.args[0]) is tuple and all(map(is_number, x.args[0])):
            return _closed(min(x.args[0]), max(x.args[0]))
        return _closed(0, len(x.args[0])) if op == "bisect" and type(x.args[0]) is tuple else EVERYTHING
    bounds = [interval(arg, facts, seen) for arg in x.args]
    a, b = bounds[0], bounds[-1]
    if op == "where":
        return _closed(min(bounds[1][0], b[0]), max(bounds[1][1], b[1]))
    if op in ("min", "max"):
        return _extreme(min if op == "min" else max, a, b)
    if op == "+":
        return _closed(a[0] + b[0], a[1] + b[1])
    if op == "-":
        # A step less a whole number that is not above it is exact, so that strict bounds stay strict.
        exact = type(x.args[1]) is int and 0 <= x.args[1] <= a[0]
        low, high, *_ = _closed(a[0] - b[1], a[1] - b[0])
        return low, high, a[2] and exact, a[3] and exact
    if op == "neg":
        return -a[1], -a[0], False, False
    if op == "*":
        return _product(a, b)
    if op == "/" and b[0] > 0 and a[0] >= 0:
        return _closed(a[0] / b[1], a[1] / b[0] if a[1] < math.inf else math.inf)
    if op == "//" and b[0] > 0 and a[0] >= 0:
        return 0, math.inf, False, False
    if op == "**" and a[0] >= 0 and a[1] <= 1 and b[0] >= 0:
        return 0, 1, False, False
    if op in _INCREASING:
        return _increasing(op, a)
    if op == "sin":
        return _closed(0 if a[0] >= 0 and a[1] <= math.pi else -1, 1)
    return EVERYTHING


def _extreme(pick: Callable[..., Any], a: Interval, b: Interval) -> Interval:
    """The bounds of the smaller (larger) of two values: those of the smaller (larger) bounds."""
    # An end is left out where it is left out for the side it comes from; a tie is in the inner side's hands.
    low = pick((a[0], a[2]), (b[0], b[2]))
    high = pick((a[1], not a[3]), (b[1], not b[3]))
    return low[0], high[0], low[1], not high[1]


def _product(a: Interval, b: Interval) -> Interval:
    corners = [p * q if p and q else 0.0 for p in a[:2] for q in b[:2]]  # 0 * inf is 0: no value is infinite
    return _closed(min(corners), max(corners))


def _increasing(op: str, a: Interval) -> Interval:
    start, function = _INCREASING[op]
    try:
        return _closed(function(max(a[0], start)), function(a[1]))
    except OverflowError:
        return EVERYTHING


def _decided(op: str, a: Interval, b: Interval) -> bool | None:
    """Whether ``a op b`` holds for all values, for none, or (None) for some."""
    if op in (">", ">="):
        return _decided("<" if op == ">" else "<=", b, a)
    if op == "<":
        if a[1] < b[0] or (a[1] == b[0] and (a[3] or b[2])):
            return True
        return False if a[0] >= b[1] else None
    if op == "<=":
        if a[1] <= b[0]:
            return True
        return False if a[0] > b[1] or (a[0] == b[1] and (a[2] or b[3])) else None
    return False if a[1] < b[0] or b[1] < a[0] else None


def _peeled(op: str, a: Any, b: Any) -> Any:
    """``a`` without the clamps that cannot change whether ``a op b`` holds."""
    while type(a) is Expression and a.op in ("min", "max") and is_number(b):
        inner, bound = a.args if is_number(a.args[1]) else a.args[::-1]
        # The comparison must come out for the bound as it does for all that the bound replaces.
        side = "<" if (a.op == "max") else ">"
        if not is_number(bound) or _decided(op, (bound, bound, False, False), (b, b, False, False)) is not (
            op[0] == side
        ):
            break
        a = inner
    return a


_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _learn(condition: Any, holds: bool, facts: Facts) -> Facts:
    """The facts, and what they become where the condition holds, or where it does not."""
    if type(condition) is not Expression or condition.op not in _OPPOSITE:
        return facts
    a, b = condition.args
    op = condition.op if holds else _OPPOSITE[condition.op]
    if type(a) is not Expression:
        a, b, op = b, a, _MIRRORED[op]
    if type(b) is Expression:
        return facts
    bound = {
        "<": (-math.inf, b, True, True),
        "<=": (-math.inf, b, True, False),
        ">": (b, math.inf, True, True),
        ">=": (b, math.inf, False, True),
    }[op]
    return {**facts, a: _meet(facts.get(a, EVERYTHING), bound)}


# Simplification -----------------------------------------------------------------------------------------------


def simplified(x: Any, facts: Facts | None = None, *, signed_zeros: bool = True) -> Any:
    """``x`` without what the conditions around it decide. Every value stays as it was, to the last bit.

    facts: the interval of some expressions, of the step for one.
    signed_zeros: whether -0.0 is another number than 0.0, as it is to a program but not to a reader.
    """
    return _Simplifier(facts or {}, signed_zeros).visit(x)


class _Simplifier:
    def __init__(self, facts: Facts, signed_zeros: bool) -> None:
        self.facts = facts
        self.signed_zeros = signed_zeros
        self.done: dict[Expression, Any] = {}
        self.seen: dict[Expression, Interval] = {}

    def visit(self, x: Any) -> Any:
        if type(x) is not Expression:
            return x
        if x not in self.done:
            self.done[x] = self._where(x) if x.op == "where" else self._operation(x)
        return self.done[x]

    def _where(self, x: Expression) -> Any:
        condition, a, b = x.args
        condition = self.visit(condition)
        if condition is True or condition is False:
            return self.visit(a if condition else b)
        a = _Simplifier(_learn(condition, True, self.facts), self.signed_zeros).visit(a)
        b = _Simplifier(_learn(condition, False, self.facts), self.signed_zeros).visit(b)
        return a if a is b or (is_number(a) and type(a) is type(b) and a == b) else x.make("where", condition, a, b)

    def _operation(self, x: Expression) -> Any:
        args = tuple(self.visit(arg) for arg in x.args)
        op = x.op
        if args and all(map(is_number, args)) and op in _COMPUTE and not (op in ("/", "//") and args[1] == 0):
            return _COMPUTE[op](*args)
        if op in ("min", "max", *_COMPARE):
            bounds = [interval(arg, self.facts, self.seen) for arg in args]
            if op in _COMPARE:
                decided = _decided(op, *bounds)
                return self._comparison(x, op, *args) if decided is None else decided
            if _decided("<=", *bounds):
                return args[0] if op == "min" else args[1]
            if _decided(">=", *bounds):
                return args[1] if op == "min" else args[0]
        if op == "take" and type(args[1]) is int and type(args[0]) is tuple:
            return args[0][args[1]]
        if op == "+" and is_number(args[0]) and args[0] == 0 and (not self.signed_zeros or self._unsigned(args[1])):
            return args[1]
        if op == "-" and is_number(args[1]) and args[1] <= 0:
            if str(args[1]) in ("0", "0.0"):
                return args[0]
            return x.make("+", args[0], -args[1])
        if op == "*":
            for one, other in (args, args[::-1]):
                if type(one) is float and one == 1.0:
                    return other
        return x.make(op, *args) if args else x

    def _comparison(self, x: Expression, op: str, a: Any, b: Any) -> Any:
        """A comparison that the bounds of its sides leave open: perhaps those of what a clamp holds do not."""
        bare = _peeled(op, a, b)
        decided = None
        if bare is not a:
            decided = _decided(op, interval(bare, self.facts, self.seen), interval(b, self.facts, self.seen))
        return x.make(op, bare, b) if decided is None else decided

    def _unsigned(self, x: Any) -> bool:
        """Whether ``x`` is never negative and never the float ``-0.0``, to which adding 0 would matter."""
        if is_number(x):
            return x > 0 or str(x) in ("0", "0.0")
        low = interval(x, self.facts, self.seen)[0]
        if low > 0 or x.op in ("bisect", "abs"):
            return True
        if low < 0 or x.op in ("step", "neg", "take"):
            return False
        # A tie of two zeros is the second one in a maximum; 0 - 0 and 0 // b have the sign of the first.
        asked = {"max": x.args[1:], "where": x.args[1:], "-": x.args[:1], "//": x.args[:1]}
        return all(self._unsigned(arg) for arg in asked.get(x.op, x.args))
