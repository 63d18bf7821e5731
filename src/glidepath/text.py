"""The same formula written out as a program: Python or JavaScript (LaTeX is in `latex`)."""

from __future__ import annotations

import math

from .errors import ScheduleError, unknown
from .expression import Expression, trace
from .simplify import simplified

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .schedule import Schedule

__all__ = ["to_source"]


def to_source(schedule: Schedule, language: str = "python") -> str:
    r"""The formula of a schedule in another language.

    The Python and JavaScript texts define a function ``schedule(step)`` and need nothing but their language;
    what cannot matter is left out. The Python answers are those of the schedule to the last bit. The LaTeX
    text is an expression in ``t``, for steps from 0 on.

    schedule: any schedule of plain numbers without a `Custom` in it.
    language: "python", "javascript" or "latex".

    >>> from glidepath import Linear
    >>> print(Linear(start=0.0, end=1.0, steps=10).to_source())
    def schedule(step):
        if step >= 10:
            return 1.0
        return (step if step > 0 else 0) / 10
    <BLANKLINE>
    >>> print(Linear(start=0.0, end=1.0, steps=10).to_source("latex"))
    \begin{cases}
    1 & t \geq 10 \\
    \frac{t}{10} & \text{otherwise}
    \end{cases}
    """
    from .latex import to_latex

    if language not in (*_WRITERS, "latex"):
        unknown("to_source", "language", language, (*_WRITERS, "latex"))
    try:
        return to_latex(schedule) if language == "latex" else _written(schedule, _WRITERS[language])
    except RecursionError:
        raise ScheduleError(f"{type(schedule).__name__} is nested too deeply to be written out") from None


def python_source(schedule: Schedule) -> str:
    """The Python text; `RecursionError` where a schedule is nested too deeply for one."""
    return _written(schedule, _Python)


def _written(schedule: Schedule, writer: type[_Writer]) -> str:
    step, value = trace(schedule)
    return writer().program(step, simplified(value))


#: How tightly an operator binds.
_BINDING = {
    "?": 0,
    "<": 1,
    "<=": 1,
    ">": 1,
    ">=": 1,
    "==": 1,
    "+": 2,
    "-": 2,
    "*": 3,
    "/": 3,
    "//": 3,
    "neg": 4,
    "**": 5,
}
_ATOM = 9


class _Writer:
    """Writes statements; what is used twice becomes a variable."""

    functions: dict[str, str]

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.tables: dict[int, tuple[str, tuple[Any, ...]]] = {}
        self.used: set[str] = set()
        self.uses: dict[Expression, int] = {}
        self.names = 0

    def program(self, step: Expression, value: Any) -> str:
        self._count(value)
        self._returned(value, {step: ("step", _ATOM)}, 1)
        return self.header() + "\n".join(self.lines) + self.footer()

    def _count(self, x: Any) -> None:
        if type(x) is Expression:
            self.uses[x] = self.uses.get(x, 0) + 1
            if self.uses[x] == 1:
                for arg in x.args:
                    self._count(arg)

    # Statements -----------------------------------------------------------------------------------------------

    def _line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def _returned(self, x: Any, scope: dict[Expression, tuple[str, int]], depth: int) -> None:
        while type(x) is Expression and x.op == "where":
            condition, a, b = x.args
            self._line(depth, self.opening("if", self._written(condition, scope, depth)))
            self._returned(a, dict(scope), depth + 1)
            if self.closing:
                self._line(depth, self.closing)
            x = b
        self._line(depth, f"return {self.result(x, self._written(x, scope, depth))}{self.end}")

    def _assigned(self, name: str, x: Any, scope: dict[Expression, tuple[str, int]], depth: int) -> None:
        if type(x) is Expression and x.op == "where":
            condition, a, b = x.args
            self._line(depth, self.opening("if", self._written(condition, scope, depth)))
            self._assigned(name, a, dict(scope), depth + 1)
            self._line(depth, self.opening("else", ""))
            self._assigned(name, b, dict(scope), depth + 1)
            if self.closing:
                self._line(depth, self.closing)
        else:
            self._line(depth, f"{name} = {self._written(x, scope, depth)}{self.end}")

    # Expressions ----------------------------------------------------------------------------------------------

    def _written(self, x: Any, scope: dict[Expression, tuple[str, int]], depth: int) -> str:
        return self._expression(x, scope, depth)[0]

    def _operand(self, x: Any, scope: dict[Expression, tuple[str, int]], depth: int, binding: int) -> str:
        text, own = self._expression(x, scope, depth)
        return text if own >= binding else f"({text})"

    def _named(self, x: Any, scope: dict[Expression, tuple[str, int]], depth: int) -> str:
        """A number or a variable that holds ``x``, to be written more than once."""
        if type(x) is not Expression:
            return self.number(x)
        if x not in scope or scope[x][1] != _ATOM or not scope[x][0].isidentifier():
            self._bind(x, scope, depth)
        return scope[x][0]

    def _bind(self, x: Expression, scope: dict[Expression, tuple[str, int]], depth: int) -> None:
        text = None if x.op == "where" else self._operation(x, scope, depth)[0]
        name = f"x{self.names}"
        self.names += 1
        if text is not None:
            self._line(depth, f"{self.declaration}{name} = {text}{self.end}")
        else:
            if self.declaration:
                self._line(depth, f"{self.declaration}{name}{self.end}")
            self._assigned(name, x, scope, depth)
        scope[x] = (name, _ATOM)

    def _expression(self, x: Any, scope: dict[Expression, tuple[str, int]], depth: int) -> tuple[str, int]:
        """The text of ``x`` and how tightly it binds."""
        if type(x) is tuple:
            return self._table(x), _ATOM
        if type(x) is not Expression:
            text = self.number(x)
            return text, _BINDING["neg"] if text.startswith("-") else _ATOM
        if x not in scope:
            if x.op != "where" and self.uses.get(x, 0) < 2:
                return self._operation(x, scope, depth)
            self._bind(x, scope, depth)
        return scope[x]

    def _operation(self, x: Expression, scope: dict[Expression, tuple[str, int]], depth: int) -> tuple[str, int]:
        op, args = x.op, x.args
        if op in ("min", "max"):
            a, b = (self._named(arg, scope, depth) for arg in args)
            return self.choice(a, "<" if op == "min" else ">", b), _BINDING["?"]
        if op == "take":
            table, index = (self._operand(arg, scope, depth, _ATOM) for arg in args)
            return f"{table}[{index}]", _ATOM
        if op == "neg":
            return "-" + self._operand(args[0], scope, depth, _BINDING["**"]), _BINDING["neg"]
        if op in ("//", "**"):
            return self.special(op, args, scope, depth)
        if op in _BINDING:
            binding = _BINDING[op]
            left = self._operand(args[0], scope, depth, binding)
            right = self._operand(args[1], scope, depth, binding + 1)
            return f"{left} {self.operator(op)} {right}", binding
        self.used.add(op)
        return f"{self.functions[op]}({', '.join(self._written(arg, scope, depth) for arg in args)})", _ATOM

    def _table(self, table: tuple[Any, ...]) -> str:
        if id(table) not in self.tables:
            self.tables[id(table)] = (f"TABLE_{len(self.tables)}", table)
        return self.tables[id(table)][0]

    # What a language says -------------------------------------------------------------------------------------

    declaration = ""
    end = ""
    closing = ""

    def number(self, x: Any) -> str:
        return repr(x)

    def result(self, x: Any, text: str) -> str:
        return text

    def operator(self, op: str) -> str:
        return op

    def header(self) -> str:
        raise NotImplementedError

    def footer(self) -> str:
        raise NotImplementedError

    def opening(self, word: str, condition: str) -> str:
        raise NotImplementedError

    def choice(self, a: str, comparison: str, b: str) -> str:
        raise NotImplementedError

    def special(
        self, op: str, args: tuple[Any, ...], scope: dict[Expression, tuple[str, int]], depth: int
    ) -> tuple[str, int]:
        raise NotImplementedError


def _is_float(x: Any) -> bool:
    """Whether ``x`` is a float for whole steps, too."""
    if type(x) is not Expression:
        return type(x) is float
    if x.op in ("+", "-", "*", "**"):
        return any(map(_is_float, x.args))
    if x.op in ("min", "max", "where", "neg", "abs"):
        return all(map(_is_float, x.args[1:] if x.op == "where" else x.args))
    if x.op == "take":
        return type(x.args[0]) is tuple and all(map(_is_float, x.args[0]))
    return x.op not in ("step", "bisect", "//", "ceil", "<", "<=", ">", ">=", "==")


class _Python(_Writer):
    functions = {name: name for name in ("abs", "sqrt", "exp", "log", "expm1", "log1p", "sin", "ceil")} | {
        "bisect": "bisect_right"
    }

    def header(self) -> str:
        lines = ["from bisect import bisect_right"] if "bisect" in self.used else []
        if imported := sorted(self.used - {"abs", "bisect"}):
            lines.append(f"from math import {', '.join(imported)}")
        if lines and self.tables:
            lines.append("")
        lines += [f"{name} = {table!r}" for name, table in self.tables.values()]
        return "\n".join([*lines, "", "", ""] if lines else lines) + "def schedule(step):\n"

    def footer(self) -> str:
        return "\n"

    def opening(self, word: str, condition: str) -> str:
        return f"{word} {condition}:" if condition else f"{word}:"

    def choice(self, a: str, comparison: str, b: str) -> str:
        return f"{a} if {a} {comparison} {b} else {b}"

    def result(self, x: Any, text: str) -> str:
        return text if _is_float(x) else f"float({text})"

    def number(self, x: Any) -> str:
        return f'float("{x!r}")' if x in (math.inf, -math.inf) else repr(x)

    def special(
        self, op: str, args: tuple[Any, ...], scope: dict[Expression, tuple[str, int]], depth: int
    ) -> tuple[str, int]:
        binding = _BINDING[op]
        left = self._operand(args[0], scope, depth, binding + (op == "**"))
        right = self._operand(args[1], scope, depth, binding + 1)
        return f"{left} {op} {right}", binding


class _JavaScript(_Writer):
    declaration = "let "
    end = ";"
    closing = "}"
    functions = {name: f"Math.{name}" for name in ("abs", "sqrt", "exp", "log", "expm1", "log1p", "sin", "ceil")} | {
        "bisect": "bisect"
    }
    _BISECT = """function bisect(table, step) {
    let low = 0, high = table.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (step < table[middle]) high = middle; else low = middle + 1;
    }
    return low;
}

"""

    def header(self) -> str:
        tables = [f"const {name} = {self._literal(table)};\n" for name, table in self.tables.values()]
        helper = self._BISECT if "bisect" in self.used else ""
        return "".join(tables) + ("\n" if tables else "") + helper + "function schedule(step) {\n"

    def _literal(self, table: Any) -> str:
        if type(table) is tuple:
            return "[" + ", ".join(map(self._literal, table)) + "]"
        return self.number(table)

    def footer(self) -> str:
        return "\n}\n"

    def opening(self, word: str, condition: str) -> str:
        return f"{word} ({condition}) {{" if condition else f"}} {word} {{"

    def choice(self, a: str, comparison: str, b: str) -> str:
        return f"{a} {comparison} {b} ? {a} : {b}"

    def number(self, x: Any) -> str:
        if type(x) is bool:
            return "true" if x else "false"
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(x) or repr(x)

    def operator(self, op: str) -> str:
        return "===" if op == "==" else op

    def special(
        self, op: str, args: tuple[Any, ...], scope: dict[Expression, tuple[str, int]], depth: int
    ) -> tuple[str, int]:
        if op == "**":
            base, exponent = (self._written(arg, scope, depth) for arg in args)
            return f"Math.pow({base}, {exponent})", _ATOM
        # The remainder is exact, so that this quotient is a whole number; a floor would round first.
        a, b = (self._named(arg, scope, depth) for arg in args)
        return f"({a} - ({a} % {b} + {b}) % {b}) / {b}", _BINDING["/"]


_WRITERS: dict[str, type[_Writer]] = {"python": _Python, "javascript": _JavaScript}
