"""Writes an expression as a program: what all languages have in common."""

from __future__ import annotations

from ..expression import Expression, trace, uses
from ..simplify import simplified

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..schedule import Schedule

    #: What a variable holds, or what need not be written again, and how tightly that text binds.
    Scope = dict[Expression, tuple[str, int]]

__all__ = ["ATOM", "BINDING", "Branching", "Writer", "is_float", "written"]

#: How tightly an operator binds.
BINDING = {
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
ATOM = 9


def written(schedule: Schedule, writer: Branching) -> str:
    """The program of a schedule, without what its branches decide."""
    step, value = trace(schedule)
    return writer.program(step, simplified(value))


class Writer:
    """Writes expressions; what is used twice becomes a variable."""

    functions: dict[str, str]

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.tables: dict[int, tuple[str, tuple[Any, ...]]] = {}
        self.used: set[str] = set()
        self.uses: dict[Expression, int] = {}
        self.names = 0

    def program(self, step: Expression, value: Any) -> str:
        """The text of a function of ``step`` that returns ``value``."""
        self.uses = uses(value)
        self._returned(value, {step: ("step", ATOM)}, 1)
        return self.header() + "\n".join(self.lines) + self.footer()

    def _line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def _returned(self, x: Any, scope: Scope, depth: int) -> None:
        self._line(depth, f"return {self.result(x, self._written(x, scope, depth))}{self.end}")

    # Expressions ----------------------------------------------------------------------------------------------

    def _written(self, x: Any, scope: Scope, depth: int) -> str:
        return self._expression(x, scope, depth)[0]

    def _operand(self, x: Any, scope: Scope, depth: int, binding: int) -> str:
        text, own = self._expression(x, scope, depth)
        return text if own >= binding else f"({text})"

    def _named(self, x: Any, scope: Scope, depth: int) -> str:
        """A number or a variable that holds ``x``, to be written more than once."""
        if type(x) is not Expression:
            return self.number(x)
        if x not in scope or scope[x][1] != ATOM or not scope[x][0].isidentifier():
            self._bind(x, scope, depth)
        return scope[x][0]

    def _name(self) -> str:
        self.names += 1
        return f"x{self.names - 1}"

    def _bind(self, x: Expression, scope: Scope, depth: int) -> None:
        text = self._operation(x, scope, depth)[0]
        name = self._name()
        self._line(depth, f"{self.declaration}{name} = {text}{self.end}")
        scope[x] = (name, ATOM)

    def _expression(self, x: Any, scope: Scope, depth: int) -> tuple[str, int]:
        """The text of ``x`` and how tightly it binds."""
        if type(x) is tuple:
            return self.table(x), ATOM
        if type(x) is not Expression:
            text = self.number(x)
            return text, BINDING["neg"] if text.startswith("-") else ATOM
        if x not in scope:
            if self.uses.get(x, 0) < 2 and not self.is_statement(x):
                return self._operation(x, scope, depth)
            self._bind(x, scope, depth)
        return scope[x]

    def _operation(self, x: Expression, scope: Scope, depth: int) -> tuple[str, int]:
        op, args = x.op, x.args
        if op in ("min", "max"):
            return self.extreme(op, args, scope, depth)
        if op == "take":
            table, index = (self._operand(arg, scope, depth, ATOM) for arg in args)
            return f"{table}[{index}]", ATOM
        if op == "neg":
            return "-" + self._operand(args[0], scope, depth, BINDING["**"]), BINDING["neg"]
        if op in ("//", "**"):
            return self.special(op, args, scope, depth)
        if op in BINDING:
            return self._infix(op, args, scope, depth)
        self.used.add(op)
        return f"{self.functions[op]}({', '.join(self._written(arg, scope, depth) for arg in args)})", ATOM

    def _infix(self, op: str, args: tuple[Any, ...], scope: Scope, depth: int) -> tuple[str, int]:
        binding = BINDING[op]
        left = self._operand(args[0], scope, depth, binding + (op == "**"))
        right = self._operand(args[1], scope, depth, binding + 1)
        return f"{left} {self.operator(op)} {right}", binding

    def table(self, table: tuple[Any, ...]) -> str:
        """The name of a table, which the header defines."""
        if id(table) not in self.tables:
            self.tables[id(table)] = (f"TABLE_{len(self.tables)}", table)
        return self.tables[id(table)][0]

    # What a language says -------------------------------------------------------------------------------------

    declaration = ""
    end = ""

    def number(self, x: Any) -> str:
        return repr(x)

    def is_statement(self, x: Expression) -> bool:
        """Whether ``x`` cannot stand in an expression."""
        return False

    def result(self, x: Any, text: str) -> str:
        return text

    def operator(self, op: str) -> str:
        return op

    def header(self) -> str:
        raise NotImplementedError

    def footer(self) -> str:
        raise NotImplementedError

    def extreme(self, op: str, args: tuple[Any, ...], scope: Scope, depth: int) -> tuple[str, int]:
        """The smaller or the larger of two."""
        raise NotImplementedError

    def special(self, op: str, args: tuple[Any, ...], scope: Scope, depth: int) -> tuple[str, int]:
        """A whole quotient or a power."""
        raise NotImplementedError


class Branching(Writer):
    """Writes choices as statements, so that only what is chosen is computed."""

    closing = ""

    def is_statement(self, x: Expression) -> bool:
        return x.op == "where"

    def _returned(self, x: Any, scope: Scope, depth: int) -> None:
        while type(x) is Expression and x.op == "where":
            condition, a, b = x.args
            self._line(depth, self.opening("if", self._written(condition, scope, depth)))
            self._returned(a, dict(scope), depth + 1)
            if self.closing:
                self._line(depth, self.closing)
            x = b
        super()._returned(x, scope, depth)

    def _bind(self, x: Expression, scope: Scope, depth: int) -> None:
        if x.op != "where":
            return super()._bind(x, scope, depth)
        name = self._name()
        if self.declaration:
            self._line(depth, f"{self.declaration}{name}{self.end}")
        self._assigned(name, x, scope, depth)
        scope[x] = (name, ATOM)

    def _assigned(self, name: str, x: Any, scope: Scope, depth: int) -> None:
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

    def extreme(self, op: str, args: tuple[Any, ...], scope: Scope, depth: int) -> tuple[str, int]:
        a, b = (self._named(arg, scope, depth) for arg in args)
        return self.choice(a, "<" if op == "min" else ">", b), BINDING["?"]

    def opening(self, word: str, condition: str) -> str:
        raise NotImplementedError

    def choice(self, a: str, comparison: str, b: str) -> str:
        raise NotImplementedError


def is_float(x: Any) -> bool:
    """Whether ``x`` is a float for whole steps, too."""
    if type(x) is not Expression:
        return type(x) is float
    if x.op in ("+", "-", "*", "**"):
        return any(map(is_float, x.args))
    if x.op in ("min", "max", "where", "neg", "abs"):
        return all(map(is_float, x.args[1:] if x.op == "where" else x.args))
    if x.op == "take":
        return type(x.args[0]) is tuple and all(map(is_float, x.args[0]))
    return x.op not in ("step", "bisect", "//", "ceil", "<", "<=", ">", ">=", "==")
