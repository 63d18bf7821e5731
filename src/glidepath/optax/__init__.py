"""optax, with schedules that can be printed, compared, saved and traced: ``import glidepath.optax as optax``.

The schedule functions and hyperparameter injection are ours; every other name is optax's own.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

if find_spec("optax") is None:
    raise ModuleNotFoundError('glidepath.optax needs optax: pip install "glidepath[optax]"', name="optax")

import optax as _theirs

from .. import jax as _jax  # noqa: F401  schedules are pytrees from here on
from . import schedules as schedules
from .accumulation import MultiSteps as MultiSteps
from .inject import (
    InjectHyperparamsState as InjectHyperparamsState,
    InjectStatefulHyperparamsState as InjectStatefulHyperparamsState,
    WrappedSchedule as WrappedSchedule,
    current_hyperparams as current_hyperparams,
    inject_hyperparams as inject_hyperparams,
    inject_stateful_hyperparams as inject_stateful_hyperparams,
)
from .schedules import (
    constant_schedule as constant_schedule,
    cosine_decay_schedule as cosine_decay_schedule,
    cosine_onecycle_schedule as cosine_onecycle_schedule,
    exponential_decay as exponential_decay,
    join_schedules as join_schedules,
    linear_onecycle_schedule as linear_onecycle_schedule,
    linear_schedule as linear_schedule,
    piecewise_constant_schedule as piecewise_constant_schedule,
    piecewise_interpolate_schedule as piecewise_interpolate_schedule,
    polynomial_schedule as polynomial_schedule,
    sgdr_schedule as sgdr_schedule,
    warmup_constant_schedule as warmup_constant_schedule,
    warmup_cosine_decay_schedule as warmup_cosine_decay_schedule,
    warmup_exponential_decay_schedule as warmup_exponential_decay_schedule,
)

if TYPE_CHECKING:
    from optax import *  # noqa: F403
else:
    __all__ = sorted({*_theirs.__all__, *schedules.__all__, "current_hyperparams"})

# For ``from glidepath.optax.contrib import muon``, as for attributes; `schedules` is a module of ours.
for _name, _module in vars(_theirs).items():
    if isinstance(_module, ModuleType) and _module.__name__ == f"optax.{_name}" and _name != "_src":
        sys.modules.setdefault(f"{__name__}.{_name}", _module)


def __getattr__(name: str) -> Any:
    return getattr(_theirs, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(_theirs)})
