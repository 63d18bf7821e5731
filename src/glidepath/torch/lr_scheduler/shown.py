"""The rates that a scheduler shows: those of its last step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.optim import lr_scheduler as theirs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch.optim import Optimizer

__all__ = ["Shown", "as_held"]


class Shown(theirs.LRScheduler):
    """Keeps its last rates as plain numbers. Tensors are made of them when somebody asks, not at each step."""

    __slots__ = ()

    def get_last_lr(self) -> list[Any]:
        """The rates after the last step: copies."""
        return as_held(self.optimizer, self._last_lr)


def as_held(optimizer: Optimizer, rates: Sequence[Any]) -> list[Any]:
    """Rates as their groups hold them: as numbers, or in new tensors."""
    held = [group["lr"] for group in optimizer.param_groups]
    return [
        torch.full_like(has, float(rate)) if isinstance(has, torch.Tensor) else rate
        for has, rate in zip(held, rates, strict=False)
    ]
