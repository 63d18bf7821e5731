"""The text of a schedule in JAX's NumPy."""

from __future__ import annotations

import math

from ..arrays import is_number
from ..errors import fail
from ..expression import Expression
from .writer import ATOM, Writer, is_float

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .writer import Scope

__all__ = ["LAST", "Jax"]

#: The last step of a 32-bit counter.
LAST = 2**31 - 1

_POWER = '''def power(base, n):
    """base ** n, with the digits of base that the default float cannot hold."""
    held = float(jnp.result_type(float).type(base))
    n = jnp.asarray(n, float)
    return jnp.power(held, n) * jnp.exp(jnp.minimum(n * math.log1p((base - held) / held), 80.0))


'''


class Jax(Writer):
    """Writes JAX. Every branch is computed, as tracing needs it, so that what it is given must be finite in all."""

    functions = {name: f"jnp.{name}" for name in ("sqrt", "exp", "log", "expm1", "log1p", "sin", "where")} | {
        "abs": "abs"
    }

    def header(self) -> str:
        lines = ["import math", ""] if "power" in self.used else []
        lines.append("import jax.numpy as jnp")
        if self.tables:
            lines += ["import numpy as np", ""]
        lines += [f"{name} = np.array({table!r})" for name, table in self.tables.values()]
        helper = _POWER if "power" in self.used else ""
        # A row of a table of rows is looked up for one step at a time.
        nested = any(type(row) is tuple for _, rows in self.tables.values() for row in rows[:1])
        vectorized = "@jnp.vectorize\n" if nested else ""
        return (
            "\n".join(lines)
            + f"\n\n\n{helper}{vectorized}def schedule(step):\n"
            + "    step = jnp.asarray(step)\n"
            + "    step = step.astype(float if jnp.issubdtype(step.dtype, jnp.floating) else int)\n"
        )

    def footer(self) -> str:
        return "\n"

    def is_statement(self, x: Expression) -> bool:
        return x.op == "where"  # a line for each, for the reader

    def _returned(self, x: Any, scope: Scope, depth: int) -> None:
        whole = type(x) is Expression and x not in scope
        text = self._operation(x, scope, depth)[0] if whole else self._written(x, scope, depth)
        self._line(depth, f"return {self.result(x, text)}")

    def number(self, x: Any) -> str:
        if x in (math.inf, -math.inf):
            return "jnp.inf" if x > 0 else "-jnp.inf"
        # A length that no counter reaches is a float, which compares as it should.
        return repr(float(x)) if type(x) is int and abs(x) > LAST else repr(x)

    def table(self, table: tuple[Any, ...]) -> str:
        if (longest := _largest(table)) > LAST:
            fail("each length and boundary of a long Join", f"at most {LAST} for JAX's 32-bit steps", longest)
        return f"jnp.asarray({super().table(table)})"

    def result(self, x: Any, text: str) -> str:
        if type(x) is not Expression:
            return f"jnp.full(step.shape, {float(x)!r})"
        return text if is_float(x) else f"jnp.asarray({text}, float)"

    def extreme(self, op: str, args: tuple[Any, ...], scope: Scope, depth: int) -> tuple[str, int]:
        a, b = (self._written(arg, scope, depth) for arg in args)
        return f"jnp.{op}imum({a}, {b})", ATOM

    def special(self, op: str, args: tuple[Any, ...], scope: Scope, depth: int) -> tuple[str, int]:
        if op == "//":
            return self._infix(op, args, scope, depth)
        base, exponent = args
        texts = [self._written(arg, scope, depth) for arg in args]
        if is_number(base) and not is_float(exponent):
            self.used.add("power")
            return f"power({float(base)!r}, {texts[1]})", ATOM
        return f"jnp.power({', '.join(texts)})", ATOM

    def _operation(self, x: Expression, scope: Scope, depth: int) -> tuple[str, int]:
        if x.op in ("bisect", "ceil"):
            texts = [self._written(arg, scope, depth) for arg in x.args]
            if x.op == "bisect":
                return f'jnp.searchsorted({texts[0]}, {texts[1]}, side="right")', ATOM
            return f"jnp.ceil({texts[0]}).astype(int)", ATOM
        return super()._operation(x, scope, depth)


def _largest(entry: Any) -> float:
    if type(entry) is tuple:
        return max(map(_largest, entry), default=0)
    return abs(entry) if type(entry) is int else 0
