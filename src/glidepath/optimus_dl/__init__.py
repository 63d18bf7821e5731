"""The schedulers of optimus_dl: in place of ``optimus_dl.modules.lr_scheduler``, or without optimus_dl.

Where optimus_dl is installed, its registry and its configurations are used, and its three schedulers in the
registry are replaced by those of this room, which give the same numbers. Every kind and recipe of this library is
in the registry too, as ``glidepath.<name>``.

- `base` is what the page of optimus_dl documents; `configured` adds configurations, and what is strict.
- `cosine_annealing`, `linear_warmup`, `wsd_scheduler` are optimus_dl's three; `schedule` is any schedule of ours.
- `registry` finds optimus_dl's registry or makes its `standalone` stand-in; `registered` enters all names.
- `configs` and `checks` read configurations of any make, and refuse what cannot be right.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

_HOMES = {
    "base": ("BaseLRScheduler", "BaseLRSchedulerConfig"),
    "cosine_annealing": ("CosineAnnealingLR", "CosineAnnealingLRConfig"),
    "linear_warmup": ("LinearWarmupLR", "LinearWarmupLRConfig"),
    "registered": ("build_lr_scheduler", "register_lr_scheduler"),
    "registry": ("RegistryConfig", "RegistryConfigStrict", "make_registry"),
    "schedule": ("ScheduleLR", "ScheduleLRConfig"),
    "wsd_scheduler": ("WSDScheduler", "WSDSchedulerConfig"),
}

__all__ = sorted(name for names in _HOMES.values() for name in names)


def __getattr__(name: str) -> Any:
    # To import optimus_dl may import modules that ask for names from here, of which none is there yet.
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f".{home}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


if "optimus_dl" not in sys.modules and find_spec("optimus_dl") is not None:
    import_module("optimus_dl")

from .base import BaseLRScheduler as BaseLRScheduler, BaseLRSchedulerConfig as BaseLRSchedulerConfig  # noqa: E402
from .cosine_annealing import (  # noqa: E402
    CosineAnnealingLR as CosineAnnealingLR,
    CosineAnnealingLRConfig as CosineAnnealingLRConfig,
)
from .linear_warmup import (  # noqa: E402
    LinearWarmupLR as LinearWarmupLR,
    LinearWarmupLRConfig as LinearWarmupLRConfig,
)
from .registered import (  # noqa: E402
    build_lr_scheduler as build_lr_scheduler,
    register_lr_scheduler as register_lr_scheduler,
)
from .registry import (  # noqa: E402
    RegistryConfig as RegistryConfig,
    RegistryConfigStrict as RegistryConfigStrict,
    make_registry as make_registry,
)
from .schedule import ScheduleLR as ScheduleLR, ScheduleLRConfig as ScheduleLRConfig  # noqa: E402
from .wsd_scheduler import WSDScheduler as WSDScheduler, WSDSchedulerConfig as WSDSchedulerConfig  # noqa: E402
