"""A NumPy table of ten million steps, against whole-array NumPy by hand: time and peak memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np

from calls import CASES, DECAY, LAST, LOW, PEAK, RISE, TOTAL, WARMUP
from measure import fastest, table

STEPS = 10_000_000
SCALE = STEPS // TOTAL


def hand_warmup_cosine(t: np.ndarray) -> np.ndarray:
    w, n = WARMUP * SCALE, TOTAL * SCALE
    return np.where(t < w, PEAK * t / w, PEAK * 0.5 * (1 + np.cos(np.pi * np.clip((t - w) / (n - w), 0, 1))))


def hand_wsd(t: np.ndarray) -> np.ndarray:
    w, d, n = WARMUP * SCALE, DECAY * SCALE, TOTAL * SCALE
    return np.where(t < w, PEAK * t / w, np.where(t < n - d, PEAK, PEAK * np.clip((n - t) / d, 0, 1)))


def hand_one_cycle(t: np.ndarray) -> np.ndarray:
    u, n = RISE * SCALE, TOTAL * SCALE
    up = LOW + (PEAK - LOW) * 0.5 * (1 - np.cos(np.pi * t / u))
    down = LAST + (PEAK - LAST) * 0.5 * (1 + np.cos(np.pi * np.clip((t - u) / (n - u), 0, 1)))
    return np.where(t < u, up, down)


HANDS = {"warmup_cosine": hand_warmup_cosine, "wsd": hand_wsd, "one_cycle": hand_one_cycle}


def peak(task: Callable[[], np.ndarray]) -> float:
    """The largest memory in use during the task, in arrays of the result."""
    tracemalloc.start()
    size = task().nbytes
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / size


def main() -> str:
    t = np.arange(STEPS)
    rows = []
    for name, (schedule, _, _) in CASES.items():
        long = glidepath_stretched(schedule)
        hand = HANDS[name]
        assert np.allclose(long(t[::1000]), hand(t[::1000]), rtol=1e-9, atol=1e-9 * PEAK)
        seconds = fastest({"ours": lambda s=long: s(t), "hand": lambda h=hand: h(t)}, rounds=5)
        rows.append(
            [
                name,
                f"{seconds['hand'] * 1e3:,.0f} ms",
                f"{seconds['ours'] * 1e3:,.0f} ms",
                f"{seconds['ours'] / seconds['hand']:.2f}",
                f"{peak(lambda h=hand: h(t)):.2f}",
                f"{peak(lambda s=long: s(t)):.2f}",
            ]
        )
    head = ["schedule", "by hand", "`s(t)`", "ratio", "peak memory by hand (arrays)", "peak memory `s(t)` (arrays)"]
    return table(f"A NumPy table of {STEPS:,} steps", head, rows)


def glidepath_stretched(schedule):  # type: ignore[no-untyped-def]
    """The schedule over as many steps as the table has."""
    from glidepath import Stretch

    return Stretch(schedule=schedule, factor=SCALE)


if __name__ == "__main__":
    print(main())
