"""Constructors that leave the optimizer as it was if they refuse what they are given."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from .arguments import copied
from .ledger import ledgers

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["intact"]


@contextmanager
def intact(optimizer: Any) -> Iterator[None]:
    """What torch's constructors do to an optimizer before they raise is undone."""
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
    groups = [(group, dict(group), copied(group.get("lr"))) for group in optimizer.param_groups]
    step, ledger = optimizer.step, ledgers.get(optimizer)
    kept = None if ledger is None else ledger.kept()
    try:
        yield
    except BaseException:
        for group, before, rate in groups:
            group.clear()
            group.update(before)
            if isinstance(rate, torch.Tensor):
                group["lr"].copy_(rate)
        if optimizer.step != step:
            del optimizer.step
            if optimizer.step != step:
                optimizer.step = step  # type: ignore[method-assign]
        if ledger is None:
            ledgers.pop(optimizer, None)
        else:
            ledger.restore(kept)
        raise
