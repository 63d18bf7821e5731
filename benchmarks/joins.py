"""Joins of many parts under JAX: equations in the trace, and time to trace, lower and compile."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

import glidepath.jax
from glidepath import Join, Linear
from measure import table

SIZES = (2, 10, 100, 1000)
PERIOD = 50


def ours(n: int) -> Join:
    parts = tuple(Linear(start=1.0 + i, end=0.5, steps=PERIOD) for i in range(n))
    return Join(parts=parts, boundaries=tuple(range(PERIOD, n * PERIOD, PERIOD)))


def theirs(n: int) -> Callable[[Any], Any]:
    parts = [optax.linear_schedule(1.0 + i, 0.5, PERIOD) for i in range(n)]
    return optax.join_schedules(parts, list(range(PERIOD, n * PERIOD, PERIOD)))


def equations(jaxpr: Any) -> int:
    """How many equations a trace has, those of the functions it calls included."""
    count = 0
    for equation in jaxpr.eqns:
        inner = [p for p in equation.params.values() if hasattr(p, "jaxpr") or hasattr(p, "eqns")]
        count += sum(equations(getattr(p, "jaxpr", p)) for p in inner) if inner else 1
    return count


def built(function: Callable[..., Any], *arguments: Any) -> tuple[int, float]:
    """Equations, and the seconds from nothing to a compiled function (the fastest of three)."""
    best = float("inf")
    for _ in range(3):
        jax.clear_caches()
        start = time.perf_counter()
        jax.jit(lambda *a: function(*a)).lower(*arguments).compile()
        best = min(best, time.perf_counter() - start)
    return equations(jax.make_jaxpr(function)(*arguments).jaxpr), best


def main() -> str:
    step = jnp.asarray(7, jnp.int32)
    rows = []
    for n in SIZES:
        join, peer = ours(n), theirs(n)
        steps = np.arange(0, n * PERIOD + 10, max(1, n // 10), dtype=np.int32)
        assert np.allclose(jax.jit(join)(steps), jax.jit(jax.vmap(peer))(steps), rtol=1e-5, atol=1e-3)
        results = {
            "concrete": built(join, step),
            "argument": built(lambda s, t: s(t), join, step),
            "optax": built(peer, step),
        }
        rows.append(
            [f"{n:,}"]
            + [f"{results[k][0]:,}" for k in results]
            + [f"{results[k][1] * 1e3:,.0f} ms" for k in results]
            + [f"{results[k][1] / results['optax'][1]:.3f}" for k in ("concrete", "argument")]
        )
    head = [
        "parts",
        "equations, concrete",
        "as argument",
        "optax",
        "trace+lower+compile, concrete",
        "as argument",
        "optax",
    ]
    return table("Joins under jit, one step", [*head, "concrete / optax", "argument / optax"], rows)


if __name__ == "__main__":
    assert glidepath.jax
    print(main())
