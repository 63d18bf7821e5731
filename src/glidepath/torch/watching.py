"""Whether an optimizer has really updated its parameters."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch.optim import Optimizer

__all__ = ["Watch"]

#: After so many calls in a row without an update, something must be wrong: no accumulation is that long.
_SILENCE = 1000

#: After so many in which the parameters have changed all the same, they are updated by another optimizer.
_CHANGES = 20


class Watch:
    """Notices updates: its `after_step` is to be a hook of each optimizer.

    A flag, not a count: several updates between two calls of ``step()``, by several optimizers, are one, and so
    is an update that a tool makes to fill the state of an optimizer before the first.
    """

    def __init__(self, optimizers: Sequence[Optimizer]) -> None:
        self.optimizers = tuple(optimizers)
        self.updated: bool | torch.Tensor = False
        self._calls = self._changes = 0  # since the last update
        self._steps: dict[int, Any] = {}  # what stood in place of a step() when it called a hook
        # The first parameter of each optimizer: how often it was written to tells of an update.
        first = [next((p for group in o.param_groups for p in group["params"]), None) for o in self.optimizers]
        self._first = [p for p in first if p is not None and not p.is_inference()]
        self._versions = [p._version for p in self._first]

    def after_step(self, optimizer: Optimizer, _args: Any, _kwargs: Any) -> None:
        # A gradient scaler calls the step of a fused optimizer on overflow too, and leaves it to skip itself. To
        # read its tensor here would have the update wait for the device.
        overflow = getattr(optimizer, "found_inf", None)
        self.updated = True if overflow is None else self.updated | (overflow == 0)
        self._calls = self._changes = 0
        if not torch.compiler.is_compiling():
            self._versions = [p._version for p in self._first]
            if "step" in vars(optimizer):
                self._steps[id(optimizer)] = vars(optimizer)["step"]

    def has_missed(self) -> bool:
        """Whether there was an update that no hook has told of. To be asked when `updated` is False."""
        before, self._versions = self._versions, [p._version for p in self._first]
        has_changed = before != self._versions
        if has_changed and self._is_bypassed():
            warnings.warn(
                "optimizer.step was replaced by a function that calls no hooks: the parameters have changed, so this "
                "call counts as an update",
                stacklevel=4,
            )
            return True
        self._calls += 1
        self._changes += has_changed
        if self._calls == _SILENCE or (has_changed and self._changes == _CHANGES):
            warnings.warn(
                f"step() was called {self._calls} times in a row without an update of the optimizer, so the schedule "
                "stands still. Is another optimizer being stepped? To simulate a run, use gate=False",
                stacklevel=4,
            )
        return False

    def _is_bypassed(self) -> bool:
        """Whether a function that has never called a hook stands in place of a step()."""
        for optimizer in self.optimizers:
            is_marked = getattr(optimizer.step, "hooked", False)  # by torch
            if not is_marked and vars(optimizer).get("step") is not self._steps.get(id(optimizer)):
                return True
        return False
