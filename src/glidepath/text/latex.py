"""The formula of a schedule as LaTeX."""

from __future__ import annotations

import math

from ..expression import Expression, trace
from ..simplify import simplified

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..schedule import Schedule

__all__ = ["to_latex"]

#: A formula takes a join apart up to here; tables have no place in it.
_FEW = 1000

_OPERATORS = {"<": "<", "<=": r"\leq", ">": ">", ">=": r"\geq", "==": "=", "+": "+", "-": "-", "*": r"\cdot"}
_BINDING = {"<": 1, "<=": 1, ">": 1, ">=": 1, "==": 1, "+": 2, "-": 2, "*": 3, "neg": 4, "**": 5}
_FUNCTIONS = {
    "sin": r"\sin",
    "log": r"\ln",
    "log1p": r"\operatorname{log1p}",
    "expm1": r"\operatorname{expm1}",
    "min": r"\min",
    "max": r"\max",
}
_AROUND = {
    "abs": (r"\left|", r"\right|"),
    "ceil": (r"\left\lceil ", r" \right\rceil"),
    "sqrt": (r"\sqrt{", "}"),
    "exp": ("e^{", "}"),
}
_ATOM = 9

#: What is longer than so many characters is written once.
_LONG = 60


def to_latex(schedule: Schedule) -> str:
    """An expression in ``t``, the step, for ``t >= 0`` (`glidepath.Schedule.to_source` says more).

    What is long and used more than once is given a name, and defined in the lines below the expression.
    """
    step, value = trace(schedule, few=_FEW)
    return _Writer().document(simplified(value, {step: (0.0, math.inf, False, True)}, signed_zeros=False))


def _number(x: float) -> str:
    if x == math.pi / 2:
        return r"\frac{\pi}{2}"
    mantissa, _, exponent = f"{x!r}".removesuffix(".0").partition("e")
    if not exponent:
        return mantissa
    power = f"10^{{{int(exponent)}}}"
    return power if mantissa == "1" else rf"{mantissa} \cdot {power}"


class _Writer:
    def __init__(self) -> None:
        self.uses: dict[Expression, int] = {}
        self.names: dict[Any, str] = {}
        self.definitions: list[str] = []

    def document(self, value: Any) -> str:
        self._count(value)
        text = self._written(value)[0]
        if not self.definitions:
            return text
        lines = [f"s(t) &= {text}", *self.definitions]
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    def _count(self, x: Any) -> None:
        if type(x) is Expression:
            self.uses[x] = self.uses.get(x, 0) + 1
            if self.uses[x] == 1:
                for arg in dict.fromkeys(x.args):  # a square is written with one of its factors
                    self._count(arg)

    def _written(self, x: Any) -> tuple[str, int]:
        """The text of an expression and how tightly it binds."""
        if type(x) is tuple:
            return self._table(x), _ATOM
        if type(x) is not Expression:
            text = _number(x)
            return text, _BINDING["neg"] if text.startswith("-") else _BINDING["*"] if " " in text else _ATOM
        if x in self.names:
            return self.names[x], _ATOM
        text, binding = self._operation(x, x.op, x.args)
        if self.uses[x] > 1 and len(text) > _LONG:
            self.names[x] = f"x_{{{len(self.names) + 1}}}"
            self.definitions.append(f"{self.names[x]} &= {text}")
            return self.names[x], _ATOM
        return text, binding

    def _table(self, table: tuple[Any, ...]) -> str:
        if table not in self.names:
            self.names[table] = f"a_{{{len(self.names) + 1}}}"
            rows = r"\left(" + ", ".join(self._written(item)[0] for item in table) + r"\right)"
            self.definitions.append(f"{self.names[table]} &= {rows}")
        return self.names[table]

    def _operation(self, x: Expression, op: str, args: tuple[Any, ...]) -> tuple[str, int]:
        if op == "where":
            return self._cases(x), _ATOM
        if op in ("/", "//"):
            above, below = (self._written(arg)[0] for arg in args)
            fraction = rf"\frac{{{above}}}{{{below}}}"
            return fraction if op == "/" else rf"\left\lfloor {fraction} \right\rfloor", _ATOM
        if op == "**":
            return f"{self._operand(args[0], _ATOM)}^{{{self._written(args[1])[0]}}}", _BINDING["**"]
        if op == "*" and args[0] is args[1] and type(args[0]) is Expression:
            return f"{self._operand(args[0], _ATOM)}^2", _BINDING["**"]
        if op == "neg":
            inside = self._operand(args[0], _BINDING["*"])
            return "-" + (rf"\left({inside}\right)" if inside.startswith("-") else inside), _BINDING["neg"]
        if op in _OPERATORS:
            binding = _BINDING[op]
            left, right = self._operand(args[0], binding), self._operand(args[1], binding + 1)
            if right.startswith("-") and binding > 1:  # two signs must not meet
                right = rf"\left({right}\right)"
            return f"{left} {_OPERATORS[op]} {right}", binding
        return self._call(op, [self._written(arg)[0] for arg in args]), _ATOM

    def _operand(self, x: Any, binding: int) -> str:
        text, own = self._written(x)
        return text if own >= binding else rf"\left({text}\right)"

    def _call(self, op: str, inside: list[str]) -> str:
        if op == "step":
            return "t"
        if op == "take":
            return f"{{{inside[0]}}}_{{{inside[1]}}}"
        if op == "bisect":  # how many entries are at most the step
            return rf"\left|\left\{{b \in {inside[0]} : b \leq {inside[1]}\right\}}\right|"
        if op in _AROUND:
            return _AROUND[op][0] + inside[0] + _AROUND[op][1]
        return _FUNCTIONS[op] + r"\left(" + ", ".join(inside) + r"\right)"

    def _cases(self, choice: Any) -> str:
        """Nested choices as one list of cases."""
        lines: list[str] = []
        while type(choice) is Expression and choice.op == "where":
            condition, yes, choice = choice.args
            lines.append(f"{self._written(yes)[0]} & {self._written(condition)[0]}")
        lines.append(rf"{self._written(choice)[0]} & \text{{otherwise}}")
        return "\\begin{cases}\n" + " \\\\\n".join(lines) + "\n\\end{cases}"
