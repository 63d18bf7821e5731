"""Every horizon from 1 to 20,000 as a constant under jit: none may miss its end, be negative or not be finite.

XLA sees a constant divisor and multiplies by its inverse instead, which is where other libraries go wrong. It
compiles thousands of programs, and so takes more than an hour: ``python benchmarks/horizons.py [first] [last]``.
"""

from __future__ import annotations

import sys

import jax
import jax.numpy as jnp
import numpy as np

import glidepath
import glidepath.jax

#: Horizons compiled into one program: more makes XLA slower than it saves.
BATCH = 5

KINDS = 8


def kinds(n: int) -> list[glidepath.Schedule]:
    """The schedules to try for one horizon."""
    ends = {"start": 0.1, "end": 0.0, "steps": n}
    powers = [glidepath.Polynomial(**ends, power=power) for power in (0.5, 0.9, 1.0, 2.0)]
    return [*powers, *(kind(**ends) for kind in (glidepath.Linear, glidepath.Cosine, glidepath.Sqrt, glidepath.Rex))]


def wrong(first: int, last: int) -> list[str]:
    """What is wrong with the horizons from ``first`` to ``last``."""
    schedules = [schedule for n in range(first, last + 1) for schedule in kinds(n)]
    steps = np.array([[0, n // 2, n - 1, n, n + 1, 2**31 - 1] for n in range(first, last + 1)]).repeat(KINDS, 0)
    values = jax.jit(lambda steps: [s(t) for s, t in zip(schedules, steps, strict=True)])(jnp.array(steps))
    return [
        f"{schedule!r} at {row.tolist()}: {value.tolist()}"
        for schedule, row, value in zip(schedules, steps, map(np.asarray, values), strict=True)
        if not right(value)
    ]


def right(value: np.ndarray) -> bool:
    """Whether values at the first step, in the middle, before the end and from it on are as they must be."""
    held = value[0] == np.float32(0.1) and not value[3:].any()
    return bool(held and np.isfinite(value).all() and (value >= 0).all())


def main(first: int = 1, last: int = 20_000) -> None:
    """Try all of them, and print how many are wrong."""
    bad: list[str] = []
    for start in range(first, last + 1, BATCH):
        bad += wrong(start, min(start + BATCH - 1, last))
        jax.clear_caches()
        print(f"\r{min(start + BATCH - 1, last)} of {last}: {len(bad)} wrong", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print("\n".join(bad[:20]))
    print(f"horizons {first} to {last}, {KINDS} kinds each: {len(bad)} wrong")
    if bad:
        sys.exit(1)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
