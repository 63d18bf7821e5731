"""``braintools.optim`` with the schedulers of this room; everything else in it is braintools' own."""

from __future__ import annotations

from typing import Any

import braintools.optim as _theirs
from braintools.optim import Lamb

from .combine import ChainedScheduler, SequentialLR
from .cycles import CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR
from .decay import CosineAnnealingLR, ExponentialDecayLR, ExponentialLR, PolynomialLR, StepLR
from .plateau import ReduceLROnPlateau
from .steps import ConstantLR, MultiStepLR, PiecewiseConstantSchedule
from .warmup import LinearLR, WarmupCosineSchedule, WarmupScheduler
from .wrap import scheduler as scheduler

#: The schedulers that braintools has too.
SCHEDULERS = (
    StepLR,
    MultiStepLR,
    ExponentialLR,
    ExponentialDecayLR,
    CosineAnnealingLR,
    PolynomialLR,
    WarmupScheduler,
    CyclicLR,
    OneCycleLR,
    ReduceLROnPlateau,
    LinearLR,
    ConstantLR,
    ChainedScheduler,
    SequentialLR,
    CosineAnnealingWarmRestarts,
    WarmupCosineSchedule,
    PiecewiseConstantSchedule,
)

LAMB = Lamb  #: The name that is used beside `Lamb` where braintools documents its schedulers.

__all__ = list(dict.fromkeys([*_theirs.__all__, "LAMB", "scheduler"]))


def __getattr__(name: str) -> Any:
    return getattr(_theirs, name)


def __dir__() -> list[str]:
    return sorted({*dir(_theirs), *globals()})
