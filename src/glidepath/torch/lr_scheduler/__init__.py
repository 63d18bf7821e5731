"""The schedulers of ``torch.optim.lr_scheduler``, in closed form: switch by the import line alone.

Every class has torch's name, constructor, attributes and state keys, is a subclass of torch's, and exchanges
checkpoints with it. `SWALR` of ``torch.optim.swa_utils`` is here too.

>>> import torch
>>> from glidepath.torch import lr_scheduler
>>> optimizer = torch.optim.SGD(torch.nn.Linear(1, 1).parameters(), lr=1.0)
>>> warmup = lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)
>>> decay = lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
>>> scheduler = lr_scheduler.SequentialLR(optimizer, [warmup, decay], milestones=[2])
>>> for _ in range(4):
...     print(scheduler.get_last_lr())
...     optimizer.step()
...     scheduler.step()
[0.5]
[0.75]
[1.0]
[0.5]
"""

from torch.optim.lr_scheduler import LRScheduler as LRScheduler, _LRScheduler as _LRScheduler

from .composite import ChainedScheduler as ChainedScheduler, SequentialLR as SequentialLR
from .cosine import (
    CosineAnnealingLR as CosineAnnealingLR,
    CosineAnnealingWarmRestarts as CosineAnnealingWarmRestarts,
)
from .cyclic import CyclicLR as CyclicLR
from .decay import (
    ConstantLR as ConstantLR,
    ExponentialLR as ExponentialLR,
    LinearLR as LinearLR,
    MultiStepLR as MultiStepLR,
    PolynomialLR as PolynomialLR,
    StepLR as StepLR,
)
from .functions import LambdaLR as LambdaLR, MultiplicativeLR as MultiplicativeLR
from .onecycle import OneCycleLR as OneCycleLR
from .plateau import ReduceLROnPlateau as ReduceLROnPlateau
from .swa import SWALR as SWALR

__all__ = [
    "SWALR",
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]
