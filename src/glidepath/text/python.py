"""The text of a schedule in Python."""

from __future__ import annotations

import math

from .writer import Branching, is_float

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .writer import Scope

__all__ = ["Python"]


class Python(Branching):
    """Writes Python. It needs ``math`` and ``bisect`` of the standard library, and those only where it uses them."""

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
        return text if is_float(x) else f"float({text})"

    def number(self, x: Any) -> str:
        return f'float("{x!r}")' if x in (math.inf, -math.inf) else repr(x)

    def special(self, op: str, args: tuple[Any, ...], scope: Scope, depth: int) -> tuple[str, int]:
        return self._infix(op, args, scope, depth)
