"""One call with a Python number: against the same formula by hand, optax, and torch's LambdaLR."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from math import cos, pi

import optax
import torch

import glidepath
from glidepath import Schedule
from measure import fastest, table

PEAK, WARMUP, DECAY, TOTAL = 3e-4, 2_000, 20_000, 100_000
RISE, LOW, LAST = 30_000, PEAK / 25, PEAK / 25 / 10_000


def hand_warmup_cosine(step: int) -> float:
    if step < WARMUP:
        return PEAK * step / WARMUP
    if step >= TOTAL:
        return 0.0
    return PEAK * 0.5 * (1 + cos(pi * (step - WARMUP) / (TOTAL - WARMUP)))


def hand_wsd(step: int) -> float:
    if step < WARMUP:
        return PEAK * step / WARMUP
    if step < TOTAL - DECAY:
        return PEAK
    if step >= TOTAL:
        return 0.0
    return PEAK * (TOTAL - step) / DECAY


def hand_one_cycle(step: int) -> float:
    if step < RISE:
        return LOW + (PEAK - LOW) * 0.5 * (1 - cos(pi * step / RISE))
    if step >= TOTAL:
        return LAST
    return LAST + (PEAK - LAST) * 0.5 * (1 + cos(pi * (step - RISE) / (TOTAL - RISE)))


CASES: dict[str, tuple[Schedule, Callable[[int], float], Callable[[int], object]]] = {
    "warmup_cosine": (
        glidepath.warmup_cosine(PEAK, WARMUP, TOTAL),
        hand_warmup_cosine,
        optax.warmup_cosine_decay_schedule(0.0, PEAK, WARMUP, TOTAL),
    ),
    "wsd": (
        glidepath.wsd(PEAK, WARMUP, DECAY, TOTAL),
        hand_wsd,
        optax.join_schedules(
            [
                optax.linear_schedule(0.0, PEAK, WARMUP),
                optax.constant_schedule(PEAK),
                optax.linear_schedule(PEAK, 0.0, DECAY),
            ],
            [WARMUP, TOTAL - DECAY],
        ),
    ),
    "one_cycle": (
        glidepath.one_cycle(PEAK, TOTAL),
        hand_one_cycle,
        optax.cosine_onecycle_schedule(TOTAL, PEAK, 0.3, 25.0, 1e4),
    ),
}


def main() -> str:
    random.seed(0)
    steps = [random.randrange(TOTAL) for _ in range(20_000)]
    few = steps[:100]

    def through(function: Callable[[int], object], over: list[int]) -> Callable[[], None]:
        def run() -> None:
            for step in over:
                function(step)

        return run

    rows = []
    for name, (schedule, hand, peer) in CASES.items():
        for step in steps[:1000]:
            assert abs(schedule(step) - hand(step)) <= 1e-9 * PEAK, (name, step)
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
        stepper = torch.optim.lr_scheduler.LambdaLR(optimizer, hand)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch notes that no optimizer step was taken
            seconds = fastest(
                {
                    "hand": through(hand, steps),
                    "compiled": through(glidepath.compile(schedule), steps),
                    "called": through(schedule, steps),
                    "torch": through(lambda _, s=stepper: s.step(), few),
                    "optax": through(peer, few),
                },
                rounds=15,
            )
        times = {k: v / len(few if k in ("torch", "optax") else steps) * 1e9 for k, v in seconds.items()}
        rows.append(
            [name]
            + [f"{times[k]:,.0f} ns" for k in ("hand", "compiled", "called", "torch", "optax")]
            + [f"{times[k] / times['hand']:.2f}" for k in ("compiled", "called")]
        )
    head = [
        "schedule",
        "by hand",
        "`compile(s)(k)`",
        "`s(k)`",
        "torch LambdaLR.step",
        "optax",
        "compiled / hand",
        "called / hand",
    ]
    return table("One call with a Python number, steps uniform over the run", head, rows)


if __name__ == "__main__":
    print(main())
