"""The base class of schedulers, as ``optimus_dl.modules.lr_scheduler.base`` documents it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..arrays import library
from ..errors import ScheduleError, fail
from .checks import finites, need, plain, whole
from .registry import RegistryConfig

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch.optim import Optimizer

__all__ = ["BaseLRScheduler", "BaseLRSchedulerConfig"]


@dataclass
class BaseLRSchedulerConfig(RegistryConfig):
    """The base of configurations of schedulers. Unknown keys may stand in it beside its fields."""


class BaseLRScheduler(ABC):
    """A scheduler of learning rates: one count of steps, and a method that says the rates of a step.

    A subclass defines `get_lr`, and calls `set` at the end of its constructor, which writes the first rates.

    optimizer: anything with ``param_groups``, each a dict with the key ``"lr"``.
    base_lrs: the rate that each group has when the scheduler is made, a number also where the group has a tensor.

    Source: https://github.com/alexdremov/optimus-dl, ``optimus_dl/modules/lr_scheduler/base.py``.

    >>> import torch
    >>> class Halving(BaseLRScheduler):
    ...     def __init__(self, optimizer):
    ...         super().__init__(optimizer)
    ...         self.set()
    ...     def get_lr(self):
    ...         return [base_lr * 0.5**self.last_epoch for base_lr in self.base_lrs]
    >>> scheduler = Halving(torch.optim.SGD(torch.nn.Linear(1, 1).parameters(), lr=0.5))
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    def __init__(self, optimizer: Optimizer, **kwargs: Any) -> None:
        """Note the rates of the optimizer, and write nothing. Other arguments are ignored."""
        self.optimizer = optimizer
        self._step_count = 0
        self.base_lrs = [plain(group["lr"]) for group in optimizer.param_groups]

    @abstractmethod
    def get_lr(self) -> list[float]:
        """The rates at the present step, one for each parameter group."""

    def step(self) -> None:
        """Count a step and write its rates; call it after each update of the optimizer."""
        self._step_count += 1
        try:
            self.set()
        except BaseException:
            self._step_count -= 1
            raise

    def set(self) -> None:
        """Write the rates of the present step: tensors are filled in place, numbers replaced.

        Raises `ScheduleError`, and writes nothing, where there is not one rate for each parameter group.
        """
        groups, given = self.optimizer.param_groups, self.get_lr()
        if not isinstance(given, Iterable):
            fail(f"the rates of {type(self).__name__}.get_lr", "a list", given)
        rates = list(given)
        if len(rates) != len(groups):
            raise ScheduleError(
                f"{type(self).__name__}.get_lr must give a rate for each of the {len(groups)} parameter groups, got "
                f"{len(rates)} (for groups that were added since it was made, make a new scheduler)"
            )
        tensors = []
        for group, rate in zip(groups, rates, strict=True):
            held = group["lr"]
            if type(held) is float or library(held) != "torch" or not held.is_floating_point():
                group["lr"] = rate  # into a tensor of integers, a rate would be cut
            else:
                tensors.append((group, rate))
        if tensors:
            _fill(tensors, getattr(self.optimizer, "defaults", {}).get("lr"))

    def get_last_lr(self) -> list[float]:
        """The rates that the optimizer holds, which its next update uses."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """The count of steps and the base rates, as plain data."""
        return {"step_count": self._step_count, "base_lrs": list(self.base_lrs)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take the count and the base rates from a state, and write nothing: call `set` for that.

        Raises `ScheduleError`, and changes nothing, for a state without one of them (a `KeyError` too), for one of
        another number of parameter groups, and for what is no number.
        """
        name = f"{type(self).__name__}.load_state_dict"
        need(name, state_dict, "step_count", "base_lrs")
        step_count = whole(f"{name}: step_count", state_dict["step_count"], 0)
        base_lrs = finites(f"{name}: base_lrs", state_dict["base_lrs"])
        if len(base_lrs) != len(self.optimizer.param_groups):
            raise ScheduleError(
                f"{name}: the state is of {len(base_lrs)} parameter groups, the optimizer has "
                f"{len(self.optimizer.param_groups)}"
            )
        self._step_count, self.base_lrs = step_count, base_lrs

    @property
    def last_epoch(self) -> int:
        """The count of steps, by the name that PyTorch's schedulers have for it."""
        return self._step_count

    def __repr__(self) -> str:
        held = ", ".join(f"{name}={held!r}" for name, held in BaseLRScheduler.state_dict(self).items())
        return f"{type(self).__name__}({held})"


def _fill(tensors: Sequence[tuple[dict[str, Any], Any]], default: Any) -> None:
    # One tensor may be the rate of several groups, and of those to come: each gets its own before it is filled.
    taken = {id(default)}
    for group, rate in tensors:
        held = group["lr"]
        if id(held) in taken:
            held = group["lr"] = held.clone()
        taken.add(id(held))
        held.detach().fill_(rate)
