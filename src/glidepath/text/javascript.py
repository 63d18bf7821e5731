"""The text of a schedule in JavaScript."""

from __future__ import annotations

import math

from .writer import ATOM, BINDING, Branching

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .writer import Scope

__all__ = ["JavaScript"]

_BISECT = """function bisect(table, step) {
    let low = 0, high = table.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (step < table[middle]) high = middle; else low = middle + 1;
    }
    return low;
}

"""


class JavaScript(Branching):
    """Writes JavaScript, in which every number is a float."""

    declaration = "let "
    end = ";"
    closing = "}"
    functions = {name: f"Math.{name}" for name in ("abs", "sqrt", "exp", "log", "expm1", "log1p", "sin", "ceil")} | {
        "bisect": "bisect"
    }

    def header(self) -> str:
        tables = [f"const {name} = {self._literal(table)};\n" for name, table in self.tables.values()]
        helper = _BISECT if "bisect" in self.used else ""
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

    def special(self, op: str, args: tuple[Any, ...], scope: Scope, depth: int) -> tuple[str, int]:
        if op == "**":
            base, exponent = (self._written(arg, scope, depth) for arg in args)
            return f"Math.pow({base}, {exponent})", ATOM
        # The remainder is exact, so that this quotient is a whole number; a floor would round first.
        a, b = (self._named(arg, scope, depth) for arg in args)
        return f"({a} - ({a} % {b} + {b}) % {b}) / {b}", BINDING["/"]
