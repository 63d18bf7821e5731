"""The registry of schedulers, with those of this room in it: optimus_dl's three names, and ``glidepath.<name>``."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ..recipes import RECIPES
from ..schedule import KINDS, on_kind
from .base import BaseLRScheduler
from .cosine_annealing import CosineAnnealingLR, CosineAnnealingLRConfig
from .linear_warmup import LinearWarmupLR, LinearWarmupLRConfig
from .registry import IS_INSIDE, make_registry
from .schedule import PREFIX, ScheduleLR, ScheduleLRConfig
from .wsd_scheduler import WSDScheduler, WSDSchedulerConfig

if TYPE_CHECKING:
    from ..schedule import Schedule

__all__ = ["build_lr_scheduler", "register_lr_scheduler"]


def _base() -> type:
    """What every scheduler in the registry is an instance of: optimus_dl's base class, where it has one of its own."""
    if not IS_INSIDE:
        return BaseLRScheduler
    # All of its schedulers are registered first, also where this runs while optimus_dl is being imported: a name
    # that is taken would be an error there, here it is given over.
    for name in ("base", "cosine_annealing", "linear_warmup", "wsd_scheduler"):
        import_module(f"optimus_dl.modules.lr_scheduler.{name}")
    module = import_module("optimus_dl.modules.lr_scheduler.base")
    theirs: type = getattr(module, "BaseLRScheduler", BaseLRScheduler)
    if theirs is not BaseLRScheduler:
        theirs.register(BaseLRScheduler)  # type: ignore[attr-defined]
    return theirs


_registry, register_lr_scheduler, build_lr_scheduler = make_registry("lr_scheduler", _base())


def _enter(name: str, scheduler: type, config: type) -> None:
    """Register a scheduler, in the place of optimus_dl's own of that name."""
    held = _registry.get(name)
    if held is not None and held[0].__module__.startswith("optimus_dl."):
        del _registry[name]
    if name not in _registry:
        register_lr_scheduler(name, config)(scheduler)


def _enter_kind(kind: type[Schedule]) -> None:
    if KINDS.get(kind.__name__) is kind:  # not `Custom`: data cannot name what it wraps
        _enter(f"{PREFIX}{kind.__name__}", ScheduleLR, ScheduleLRConfig)


_enter("cosine_annealing", CosineAnnealingLR, CosineAnnealingLRConfig)
_enter("linear_warmup", LinearWarmupLR, LinearWarmupLRConfig)
_enter("wsd", WSDScheduler, WSDSchedulerConfig)
for _name in RECIPES:
    _enter(f"{PREFIX}{_name}", ScheduleLR, ScheduleLRConfig)
on_kind(_enter_kind)
