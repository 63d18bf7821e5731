"""What can be said about a schedule before anything is trained."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ScheduleError, fail
from ..fields import number
from ..schedule import Schedule
from ..units import Run
from .averaging import weight_memory
from .rates import Array, positive, whole
from .worst_case import efficiency

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Finding", "Optimizer", "Reference", "advise"]

LEVELS = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    level: "error" (surely not meant), "warning" (likely to cost) or "note".
    rule: its short name.
    message: what was found, with its number and what it means.
    number: the number alone.
    source: where the rule comes from.
    """

    level: str
    rule: str
    message: str
    number: float
    source: str


@dataclass(frozen=True, kw_only=True)
class Optimizer:
    """What the advice needs to know of the optimizer.

    name: "sgd", "adam" or "adamw".
    beta2: Adam's memory of squared gradients; from 0 to 1, the latter excluded.
    weight_decay: AdamW's; at least 0.

    Raises `ScheduleError` for others.
    """

    name: str = "adamw"
    beta2: float = 0.999
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        if self.name not in ("sgd", "adam", "adamw"):
            fail("Optimizer.name", "'sgd', 'adam' or 'adamw'", self.name)
        number("Optimizer.beta2", self.beta2, "from 0 to below 1", lambda x: 0 <= x < 1, float)
        number("Optimizer.weight_decay", self.weight_decay, "a non-negative finite number", lambda x: x >= 0, float)


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Another run, whose peak is known to be good. All else must be alike, but for what is given on both sides.

    peak: its highest rate; positive.
    total: its updates.
    batch_size: its batch size.
    width: the width of its hidden layers.

    Raises `ScheduleError` for numbers that are not positive.
    """

    peak: float
    total: int | None = None
    batch_size: int | None = None
    width: int | None = None

    def __post_init__(self) -> None:
        positive("Reference.peak", self.peak)
        for name in ("total", "batch_size", "width"):
            if getattr(self, name) is not None:
                whole(f"Reference.{name}", getattr(self, name), 1)


@dataclass(frozen=True)
class _Case:
    """All that the rules are asked about."""

    schedule: Schedule
    rates: Array
    peak: float
    top: int
    optimizer: Optimizer
    run: Run
    reference: Reference | None
    width: int | None

    @property
    def moving(self) -> Array:
        """The rates up to the last that is not 0."""
        return self.rates[: int(np.flatnonzero(self.rates)[-1]) + 1]


def advise(
    schedule: Schedule,
    optimizer: Optimizer | None = None,
    run: Run | None = None,
    *,
    reference: Reference | None = None,
    width: int | None = None,
) -> tuple[Finding, ...]:
    """What is worth knowing about a schedule before the run, the gravest first.

    Definition: each rule compares a number of the schedule with a threshold.

    - end-missed: the schedule ends after the run, and what it still had to fall is above 1 % of the peak (error);
    - wasted-steps: updates with a rate of 0 (error, or a note for the first update of a warmup);
    - final-rate: the last rate is above 1 % of the peak; what that costs in the tuned `worst_case` at this horizon;
    - cooldown: after a hold of at least half the run, less than 10 % of the updates decay;
    - warmup: Adam's warmup is shorter than ``2 / (1 - beta2)`` updates;
    - memory: how much of the start AdamW's weights keep (warning above 10 %), and its timescale;
    - peak-horizon, peak-batch, peak-width: the peak against that of a reference run: as ``total**-0.5``; as the
      batch size ("sgd") or its square root (Adam); as ``1/width`` for hidden layers (Adam). Warning where it is more
      than twice or less than half as high.

    True for: rules of thumb, each with its source. The costs are those of worst cases of convex problems; nothing
    is known of the model and the data.

    schedule: the schedule; its rates must not be negative.
    optimizer: its settings; AdamW with PyTorch's where not given.
    run: ``total`` is needed (the schedule's length where not given); ``batch_size`` where the reference has one.
    reference: another run with a good peak.
    width: the width of the hidden layers, at least 1.

    Raises `ScheduleError` for rates that are negative or all 0, and where the number of updates is not known.

    >>> from glidepath import Run, warmup_cosine
    >>> for found in advise(warmup_cosine(3e-4, warmup=100, total=10_000, end=3e-5), run=Run(total=10_000)):
    ...     print(f"{found.level}: {found.rule}: {found.message}")
    warning: final-rate: the rate ends at 10 % of the peak: in the worst case 11.1 % more loss is left than with an \
end at 0
    warning: warmup: the warmup takes 100 updates; Adam's memory of squared gradients asks for 2000
    note: wasted-steps: the first update has a rate of 0 and changes nothing
    """
    if not isinstance(schedule, Schedule):
        fail("schedule", "a schedule", schedule)
    known = Run() if run is None else run
    total = schedule.length if known.total is None else known.total
    if total is None or total < 2:
        raise ScheduleError("run.total must be given, at least 2: the schedule does not say how many updates there are")
    rates = np.asarray(schedule(np.arange(total)), dtype=np.float64)
    if not np.isfinite(rates).all() or rates.min() < 0 or rates.max() == 0:
        fail("schedule", "of rates that are finite, not negative and not all 0", schedule)
    layers = None if width is None else whole("width", width, 1)
    settings = Optimizer() if optimizer is None else optimizer
    case = _Case(schedule, rates, float(rates.max()), int(rates.argmax()), settings, known, reference, layers)
    found = [finding for rule in RULES for finding in rule(case)]
    return tuple(sorted(found, key=lambda finding: LEVELS.index(finding.level)))


def _end_missed(case: _Case) -> Iterator[Finding]:
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


def _wasted_steps(case: _Case) -> Iterator[Finding]:
    zeros = int((case.rates == 0).sum())
    if case.rates[0] == 0:
        message = "the first update has a rate of 0 and changes nothing"
        yield Finding("note", "wasted-steps", message, 1.0, "arithmetic")
        zeros -= 1
    if zeros:
        what = "1 update has" if zeros == 1 else f"{zeros} updates have"
        yield Finding("error", "wasted-steps", f"{what} a rate of 0", float(zeros), "arithmetic")


def _final_rate(case: _Case) -> Iterator[Finding]:
    floor = min(float(case.schedule(len(case.rates))), float(case.rates[-1]))
    if floor <= 0.01 * case.peak or (case.rates == 0)[case.top :].any():
        return
    if floor < case.peak:
        after = np.maximum((case.rates[case.top :] - floor) * case.peak / (case.peak - floor), 0.0)
        fallen = np.concatenate([case.rates[: case.top], after[after > 0]])
        against = "with an end at 0"
        better = efficiency(fallen) * math.sqrt((len(case.rates) + 1) / (len(fallen) + 1))
    else:
        against, better = "with the best schedule", 1.0
    cost = efficiency(case.rates) / better - 1
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


def _cooldown(case: _Case) -> Iterator[Finding]:
    held = case.rates >= (1 - 1e-6) * case.peak
    last = int(np.flatnonzero(held)[-1])  # the first update of a cooldown still has the full rate
    share = (len(case.rates) - last) / len(case.rates)
    if held.mean() < 0.5 or last == len(case.rates) - 1 or share >= 0.1:
        return
    cost = efficiency(case.moving) * math.sqrt((len(case.rates) + 1) / (len(case.moving) + 1)) - 1
    yield Finding(
        "warning",
        "cooldown",
        f"the cooldown takes {100 * share:.2g} % of the updates: in the worst case {100 * cost:.1f} % more loss is "
        "left than with the best schedule; 20 % and more is usual",
        share,
        "https://arxiv.org/abs/2405.18392; https://arxiv.org/abs/2310.07831, Theorem 1",
    )


def _warmup(case: _Case) -> Iterator[Finding]:
    wanted = 2 / (1 - case.optimizer.beta2)
    if case.optimizer.name != "sgd" and case.top < 0.98 * wanted:
        yield Finding(
            "warning",
            "warmup",
            f"the warmup takes {case.top} updates; Adam's memory of squared gradients asks for {wanted:.0f}",
            float(case.top),
            "https://arxiv.org/abs/1910.04209",
        )


def _memory(case: _Case) -> Iterator[Finding]:
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


def _peaks(case: _Case) -> Iterator[Finding]:
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
