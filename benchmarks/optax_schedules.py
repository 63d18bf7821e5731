"""The schedules of `glidepath.optax` beside those of optax: what they cost in a trace, to compile, and to call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

import glidepath.optax
from joins import equations
from measure import fastest, table

PERIOD = 50
CYCLE = {"init_value": 0.0, "peak_value": 1.0, "warmup_steps": 10, "decay_steps": PERIOD}

#: What to call of either module, by what the table calls it.
Make = Callable[[Any], Callable[[Any], Any]]
SMALL: dict[str, Make] = {
    "constant": lambda o: o.constant_schedule(0.1),
    "linear": lambda o: o.linear_schedule(0.1, 0.01, 1000),
    "linear, begun later": lambda o: o.linear_schedule(0.1, 0.0, 1000, 100),
    "polynomial, falling": lambda o: o.polynomial_schedule(0.1, 0.0, 2.0, 1000),
    "polynomial, rising": lambda o: o.polynomial_schedule(0.0, 0.1, 2.0, 1000),
    "cosine": lambda o: o.cosine_decay_schedule(0.1, 1000),
    "exponential": lambda o: o.exponential_decay(0.1, 100, 0.5),
    "exponential, staircase": lambda o: o.exponential_decay(0.1, 100, 0.5, staircase=True),
    "exponential, to an end": lambda o: o.exponential_decay(0.1, 100, 0.5, end_value=0.01),
    "exponential, growing": lambda o: o.exponential_decay(0.1, 1000, 1.5),
    "3 jumps": lambda o: o.piecewise_constant_schedule(0.1, {100: 0.5, 200: 0.5, 300: 0.1}),
    "3 lines": lambda o: o.piecewise_interpolate_schedule("linear", 0.1, {100: 0.5, 200: 0.5, 300: 0.1}),
    "linear one-cycle": lambda o: o.linear_onecycle_schedule(1000, 0.1),
    "cosine one-cycle": lambda o: o.cosine_onecycle_schedule(1000, 0.1),
    "warmup, constant": lambda o: o.warmup_constant_schedule(0.0, 0.1, 100),
    "warmup, cosine": lambda o: o.warmup_cosine_decay_schedule(0.0, 0.1, 100, 1000),
    "warmup, exponential": lambda o: o.warmup_exponential_decay_schedule(0.0, 0.1, 100, 100, 0.5),
    "join of 2 lines": lambda o: join(o, 2),
    "sgdr of 2": lambda o: o.sgdr_schedule([CYCLE] * 2),
}


def join(o: Any, n: int) -> Callable[[Any], Any]:
    parts = [o.linear_schedule(1.0 + i, 0.5, PERIOD) for i in range(n)]
    return o.join_schedules(parts, list(range(PERIOD, n * PERIOD, PERIOD)))


def jumps(o: Any, n: int) -> Callable[[Any], Any]:
    return o.piecewise_constant_schedule(1.0, {PERIOD * (i + 1): 0.999 for i in range(n)})


def lines(o: Any, n: int) -> Callable[[Any], Any]:
    return o.piecewise_interpolate_schedule("linear", 1.0, {PERIOD * (i + 1): 0.999 for i in range(n)})


def cycles(o: Any, n: int) -> Callable[[Any], Any]:
    return o.sgdr_schedule([CYCLE | {"peak_value": 1.0 + i} for i in range(n)])


LONG: dict[str, tuple[Callable[[Any, int], Callable[[Any], Any]], tuple[int, ...]]] = {
    "piecewise_constant_schedule": (jumps, (10, 100, 1000)),
    "piecewise_interpolate_schedule": (lines, (10, 100, 1000)),
    "join_schedules": (join, (10, 100, 1000)),
    "sgdr_schedule": (cycles, (10, 100)),
}
CALLS = 50


def built(function: Callable[[Any], Any], step: Any, rounds: int) -> tuple[int, float]:
    """Equations, and the seconds from nothing to a compiled function (the fastest of some rounds)."""

    def build() -> None:
        jax.clear_caches()
        jax.jit(lambda t: function(t)).lower(step).compile()

    return equations(jax.make_jaxpr(lambda t: function(t))(step).jaxpr), fastest({"": build}, rounds)[""]


def row(name: str, ours: Callable[[Any], Any], theirs: Callable[[Any], Any], last: int) -> list[str]:
    steps = np.linspace(0, last, 40).astype(np.int32)
    wanted = [float(theirs(step)) for step in steps[:: 1 if last < 2000 else 13]]
    assert np.allclose([ours(int(step)) for step in steps[:: 1 if last < 2000 else 13]], wanted, rtol=1e-4, atol=1e-6)

    step = jnp.asarray(7, jnp.int32)
    rounds = 3 if last < 10_000 else 1  # optax takes seconds for the longest
    (our_size, our_seconds), (their_size, their_seconds) = built(ours, step, rounds), built(theirs, step, rounds)
    jitted = [jax.jit(lambda t, s=s: s(t)) for s in (ours, theirs)]
    some = [jnp.asarray(int(k), jnp.int32) for k in steps]
    for function in jitted:
        function(step).block_until_ready()
    few = steps[:3].tolist()
    seconds = fastest(
        {
            "ours": lambda: [jitted[0](k).block_until_ready() for k in some],
            "theirs": lambda: [jitted[1](k).block_until_ready() for k in some],
            "our eager": lambda: [ours(k) for _ in range(CALLS) for k in few],
            "their eager": lambda: [theirs(k) for k in few],
        },
        rounds=5,
    )
    eager = seconds["our eager"] / CALLS / len(few), seconds["their eager"] / len(few)
    return [
        name,
        f"{our_size:,}",
        f"{their_size:,}",
        f"{our_seconds * 1e3:,.0f} ms",
        f"{their_seconds * 1e3:,.0f} ms",
        f"{our_seconds / their_seconds:.3f}",
        f"{seconds['ours'] / len(some) * 1e6:.1f} us",
        f"{seconds['theirs'] / len(some) * 1e6:.1f} us",
        f"{eager[0] * 1e6:.2f} us",
        f"{eager[1] * 1e6:,.1f} us",
        f"{eager[0] / eager[1]:.4f}",
    ]


HEAD = [
    "equations",
    "optax",
    "trace+lower+compile",
    "optax",
    "ratio",
    "jitted call",
    "optax",
    "call with a Python step",
    "optax",
    "ratio",
]


def main() -> str:
    small = [row(name, make(glidepath.optax), make(optax), 1100) for name, make in SMALL.items()]
    long = [
        row(f"{name}, {n:,}", make(glidepath.optax, n), make(optax, n), (n + 1) * PERIOD)
        for name, (make, sizes) in LONG.items()
        for n in sizes
    ]
    return "\n".join(
        (
            table("Schedules of optax, small", ["schedule", *HEAD], small),
            table("Schedules of optax, long", ["schedule, parts", *HEAD], long),
        )
    )


if __name__ == "__main__":
    print(main())
