"""What can be said about a schedule before anything is trained."""

from __future__ import annotations

import numpy as np

from ..errors import ScheduleError, fail
from ..schedule import Schedule
from ..units import Run
from .case import Case, Finding, Optimizer, Reference
from .horizon import horizon
from .rates import LONGEST, how_many, values_of
from .rules import RULES

__all__ = ["advise"]

LEVELS = ("error", "warning", "note")


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
    - final-rate: the last rate is above 1 % of the peak; what that costs in the tuned `worst_case` at this horizon,
      against the same fall drawn out over the run and down to 0 (or the best schedule, where the rate is not the
      lowest since the peak);
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
    run: ``total`` is needed where the schedule does not come down by the end of its length, which it is taken for;
        ``batch_size`` where the reference has one.
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
    settings = Optimizer() if optimizer is None else optimizer
    known = Run() if run is None else run
    if not isinstance(schedule, Schedule):
        fail("schedule", "a schedule", schedule)
    if not isinstance(settings, Optimizer):
        fail("optimizer", "a glidepath.theory.Optimizer", optimizer)
    if not isinstance(known, Run):
        fail("run", "a glidepath.Run", run)
    if not isinstance(reference, Reference | None):
        fail("reference", "a glidepath.theory.Reference", reference)
    total = horizon(schedule) if known.total is None else known.total
    if total is None:
        raise ScheduleError("schedule has no end: say how many updates the run has, run=Run(total=...)")
    rates = values_of(schedule, how_many("run.total", total, 2, LONGEST))
    if not np.isfinite(rates).all() or rates.min() < 0 or rates.max() == 0:
        fail("schedule", "of rates that are finite, not negative and not all 0", schedule)
    layers = None if width is None else how_many("width", width, 1)
    case = Case(schedule, rates, float(rates.max()), int(rates.argmax()), settings, known, reference, layers)
    found = [finding for rule in RULES for finding in rule(case)]
    return tuple(sorted(found, key=lambda finding: LEVELS.index(finding.level)))
