"""braintools with the schedulers of this room: ``from glidepath import braintools``.

`optim` holds them, and beside them everything else of the real ``braintools.optim``; every other name here is
that of the real ``braintools``. `scheduler` makes a scheduler of any core schedule.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

if find_spec("braintools") is None:
    raise ModuleNotFoundError(
        'glidepath.braintools needs braintools: pip install "glidepath[braintools]"', name="braintools"
    )

import braintools as _theirs

from . import optim as optim
from .combine import ChainedScheduler as ChainedScheduler, SequentialLR as SequentialLR
from .cycles import (
    CosineAnnealingWarmRestarts as CosineAnnealingWarmRestarts,
    CyclicLR as CyclicLR,
    OneCycleLR as OneCycleLR,
)
from .decay import (
    CosineAnnealingLR as CosineAnnealingLR,
    ExponentialDecayLR as ExponentialDecayLR,
    ExponentialLR as ExponentialLR,
    PolynomialLR as PolynomialLR,
    StepLR as StepLR,
)
from .plateau import ReduceLROnPlateau as ReduceLROnPlateau
from .steps import (
    ConstantLR as ConstantLR,
    MultiStepLR as MultiStepLR,
    PiecewiseConstantSchedule as PiecewiseConstantSchedule,
)
from .warmup import (
    LinearLR as LinearLR,
    WarmupCosineSchedule as WarmupCosineSchedule,
    WarmupScheduler as WarmupScheduler,
)
from .wrap import scheduler as scheduler

if TYPE_CHECKING:
    from typing import Any

# For ``from glidepath.braintools.metric import ...``, as for attributes; `optim` is a module of ours.
for _name, _module in list(sys.modules.items()):
    if _name.startswith("braintools.") and not _name.startswith("braintools.optim"):
        sys.modules.setdefault(f"glidepath.{_name}", _module)


def __getattr__(name: str) -> Any:
    return getattr(_theirs, name)


def __dir__() -> list[str]:
    return sorted({*dir(_theirs), *globals()})
