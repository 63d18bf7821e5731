"""The rules of advice: each compares a number of the schedule with a threshold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .case import Case, Finding, moving
from .weight_memory import weight_memory
from .worst_case import worst_case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .rates import Array

__all__ = ["RULES"]


def _end_missed(case: Case) -> Iterator[Finding]:
    length, total = case.schedule.length, len(case.rates)
    if length is None or length <= total:
        return
    missing = abs(float(case.schedule(total)) - float(case.schedule(length)))
    if missing > 0.01 * case.peak:
        yield Finding(
            "error",
            "end-missed",
            f"the schedule ends at step {length}, the run at {total}: the rate is {case.schedule(total):.3g} then, "
            f"and would have gone to {case.schedule(length):.3g}",
            float(length - total),
            "arithmetic",
        )


def _wasted_steps(case: Case) -> Iterator[Finding]:
    zeros = int((case.rates == 0).sum())
    if case.rates[0] == 0:
        message = "the first update has a rate of 0 and changes nothing"
        yield Finding("note", "wasted-steps", message, 1.0, "arithmetic")
        zeros -= 1
    if zeros:
        what = "1 update has" if zeros == 1 else f"{zeros} updates have"
        yield Finding("error", "wasted-steps", f"{what} a rate of 0", float(zeros), "arithmetic")


def _final_rate(case: Case) -> Iterator[Finding]:
    values = np.append(case.rates, case.schedule(len(case.rates)))[case.top :]
    floor = float(values[-2:].min())
    if floor <= 0.01 * case.peak:
        return
    if case.peak > floor == values.min():
        against, better = "with an end at 0", worst_case(moving(_to_zero(case, values)), tuned=True)
    else:
        against, better = "with the best schedule", 1 / math.sqrt(len(case.rates) + 1)
    cost = worst_case(case.moving, tuned=True) / better - 1
    if cost <= 0:  # the shape is such that an end at 0 would be no better
        return
    yield Finding(
        "warning" if cost > 0.01 else "note",
        "final-rate",
        f"the rate ends at {100 * floor / case.peak:.3g} % of the peak: in the worst case {100 * cost:.1f} % more "
        f"loss is left than {against}",
        cost,
        "https://arxiv.org/abs/2310.07831, Theorem 1",
    )


def _to_zero(case: Case, values: Array) -> Array:
    """The rates of the run with a fall of the same form that takes all of it, and ends at 0 after its last update."""
    floor, left = values[-2:].min(), len(values) - 1
    fallen = min(int(np.argmax(values == floor)), left)
    stretched = np.interp(np.arange(left) * fallen / left, np.arange(fallen + 1), np.append(values[:fallen], floor))
    return np.concatenate([case.rates[: case.top], (stretched - floor) * case.peak / (case.peak - floor)])


def _cooldown(case: Case) -> Iterator[Finding]:
    held = case.rates >= (1 - 1e-6) * case.peak
    last = int(np.flatnonzero(held)[-1])  # the first update of a cooldown still has the full rate
    share = (len(case.rates) - last) / len(case.rates)
    if held.mean() < 0.5 or last == len(case.rates) - 1 or share >= 0.1:
        return
    cost = worst_case(case.moving, tuned=True) * math.sqrt(len(case.rates) + 1) - 1
    yield Finding(
        "warning",
        "cooldown",
        f"the cooldown takes {100 * share:.2g} % of the updates: in the worst case {100 * cost:.1f} % more loss is "
        "left than with the best schedule; 20 % and more is usual",
        share,
        "https://arxiv.org/abs/2405.18392; https://arxiv.org/abs/2310.07831, Theorem 1",
    )


def _warmup(case: Case) -> Iterator[Finding]:
    wanted = 2 / (1 - case.optimizer.beta2)
    if case.optimizer.name != "sgd" and case.top < 0.98 * wanted:
        yield Finding(
            "warning",
            "warmup",
            f"the warmup takes {case.top} updates; Adam's memory of squared gradients asks for {wanted:.0f}",
            float(case.top),
            "https://arxiv.org/abs/1910.04209",
        )


def _memory(case: Case) -> Iterator[Finding]:
    decay = case.optimizer.weight_decay
    if case.optimizer.name != "adamw" or decay == 0:
        return
    source = "https://arxiv.org/abs/2502.15938"
    if case.peak * decay >= 1:
        message = f"the peak times the weight decay is {case.peak * decay:.3g}: the weights are thrown away at once"
        yield Finding("error", "memory", message, case.peak * decay, source)
        return
    start = weight_memory(case.moving, weight_decay=decay).start
    yield Finding(
        "warning" if start > 0.1 else "note",
        "memory",
        f"at the peak the weights are an average over {1 / (case.peak * decay):.3g} updates of {len(case.rates)}; "
        f"{100 * start:.2g} % of their start is left at the end",
        start,
        source,
    )


def _peaks(case: Case) -> Iterator[Finding]:
    other = case.reference
    if other is None:
        return
    adam = case.optimizer.name != "sgd"
    pairs = {
        "horizon": (other.total, len(case.rates), -0.5, "https://arxiv.org/abs/2501.18965"),
        "batch": (
            other.batch_size,
            case.run.batch_size,
            0.5 if adam else 1.0,
            "https://arxiv.org/abs/2205.10287" if adam else "https://arxiv.org/abs/1706.02677",
        ),
        "width": (other.width, case.width if adam else None, -1.0, "https://arxiv.org/abs/2203.03466"),
    }
    for what, (theirs, ours, exponent, source) in pairs.items():
        if theirs is None or ours is None or (what == "horizon" and theirs == ours):
            continue
        wanted = other.peak * (ours / theirs) ** exponent
        ratio = case.peak / wanted
        layers = " of hidden layers" if what == "width" else ""
        yield Finding(
            "note" if 0.5 <= ratio <= 2 else "warning",
            f"peak-{what}",
            f"the peak{layers} is {ratio:.3g} times what the reference run calls for, {wanted:.3g}",
            ratio,
            source,
        )


RULES = (_end_missed, _wasted_steps, _final_rate, _cooldown, _warmup, _memory, _peaks)
