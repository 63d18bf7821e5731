"""Injection into Adam beside optax's own: equations in the trace of an update, time to build it, time of a call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import optax

import glidepath.optax
from glidepath import Cosine, Linear
from joins import built
from measure import fastest, table

RATE = Cosine(start=1e-3, end=0.0, steps=1000)
B1 = Linear(start=0.9, end=0.95, steps=500)
THEIR_RATE, THEIR_B1 = optax.cosine_decay_schedule(1e-3, 1000), optax.linear_schedule(0.9, 0.95, 500)

#: What is compared, the first one with itself.
OPTIMIZERS: dict[str, Callable[[], optax.GradientTransformation]] = {
    "optax, nothing injected": lambda: optax.adam(THEIR_RATE),
    "optax, a function": lambda: optax.inject_hyperparams(optax.adam)(THEIR_RATE, b1=THEIR_B1),
    "a function": lambda: glidepath.optax.inject_hyperparams(optax.adam)(RATE, b1=B1),
    "a transformation": lambda: optax.chain(
        glidepath.optax.inject_hyperparams(optax.scale_by_adam(), learning_rate=RATE, b1=B1), optax.scale(-1.0)
    ),
}

CALLS = 10


def main() -> str:
    rows = []
    for leaves in (1, 10, 100):
        params = {f"w{i}": jnp.ones((8, 8)) for i in range(leaves)}
        found, tasks = {}, {}
        for name, make in OPTIMIZERS.items():
            optimizer = make()
            state = optimizer.init(params)
            found[name] = built(optimizer.update, params, state, params)
            tasks[name] = _calls(jax.jit(optimizer.update), params, state)
        seconds = fastest(tasks, rounds=100)
        peer = "optax, a function"
        rows += [
            [
                str(leaves),
                name,
                f"{found[name][0]:,}",
                f"{found[name][1] * 1e3:,.0f} ms",
                f"{found[name][1] / found[peer][1]:.2f}",
                f"{seconds[name] / CALLS * 1e6:,.0f} µs",
                f"{seconds[name] / seconds[peer]:.2f}",
            ]
            for name in OPTIMIZERS
        ]
    head = ["leaves", "Adam", "equations", "trace+lower+compile", "/ optax", "one call", "/ optax"]
    return table("Injection: an update of Adam whose learning rate and b1 follow schedules", head, rows)


def _calls(update: Callable[..., Any], params: Any, state: Any) -> Callable[[], Any]:
    jax.block_until_ready(update(params, state, params))

    def task() -> None:
        after = state
        for _ in range(CALLS):
            updates, after = update(params, after, params)
        jax.block_until_ready(updates)

    return task


if __name__ == "__main__":
    print(main())
