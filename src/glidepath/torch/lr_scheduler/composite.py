"""Schedulers made of schedulers. Their children stand in one ledger, and only those whose turn it is are in force."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

import torch
from torch.optim import lr_scheduler as theirs

from ...errors import ScheduleError, fail
from ...fields import number
from .base import Member

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch.optim import Optimizer

__all__ = ["ChainedScheduler", "SequentialLR"]


class _Composite(theirs.LRScheduler):
    """What both have: children of one optimizer, and states that hold theirs."""

    _schedulers: Any

    def _check_children(self, children: Sequence[Any], optimizer: Any) -> None:
        name = type(self).__name__
        if len(children) < 1:
            raise ValueError(f"{name} expects at least one scheduler, but got no scheduler.")
        for index, child in enumerate(children):
            if not hasattr(child, "optimizer"):
                raise TypeError(f"{name} at index {index} should have `optimizer` as its attribute.")
            if isinstance(child, theirs.ReduceLROnPlateau):
                raise ValueError(
                    f"{name} does not support `ReduceLROnPlateau` scheduler, whose step() takes a metric, "
                    f"but got one at index {index} in the given schedulers sequence."
                )
            if (children[0].optimizer if optimizer is None else optimizer) is not child.optimizer:
                raise ValueError(
                    f"{name} expects all schedulers to belong to the same optimizer, but got scheduler "
                    f"{type(child).__name__} at index {index} has {child.optimizer}, which is different."
                )

    def _begin(self, t: int) -> None:
        """Come into force at a step, from the base rates."""
        raise NotImplementedError

    def _move_to(self, t: int) -> None:
        """Stand at a step, without effect."""
        raise NotImplementedError

    def _leave(self) -> None:
        """Be in force no longer."""
        for child in self._schedulers:
            leave(child)

    def _rates(self) -> list[Any]:
        held = [group["lr"] for group in self.optimizer.param_groups]
        return [rate.clone() if isinstance(rate, torch.Tensor) else rate for rate in held]

    def get_last_lr(self) -> list[Any]:
        """The rates after the last step: copies."""
        return [rate.clone() if isinstance(rate, torch.Tensor) else rate for rate in self._last_lr]

    def state_dict(self) -> dict[str, Any]:
        """torch's state: its own entries, and the states of the children."""
        state = {key: held for key, held in vars(self).items() if key not in ("optimizer", "_schedulers")}
        state["_last_lr"] = self.get_last_lr()
        if "_milestones" in state:
            state["_milestones"] = list(state["_milestones"])
        return {**state, "_schedulers": [child.state_dict() for child in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a state of this class or of torch's, and write its rates to the optimizer.

        Raises `ScheduleError`, and changes nothing, for one of other children or of other milestones.
        """
        self._settle(self._load(state_dict))

    def _load(self, state_dict: Any) -> list[Any]:
        state, before = self._checked(state_dict), [child.state_dict() for child in self._schedulers]
        loaded = 0
        try:
            for child, held in zip(self._schedulers, state.pop("_schedulers"), strict=True):
                load(child, held)
                loaded += 1
        except Exception:
            for child, held in zip(self._schedulers[:loaded], before, strict=False):
                load(child, held)
            raise
        vars(self).update(state)
        last: list[Any] = self._last_lr
        return last

    def _checked(self, state: Any) -> dict[str, Any]:
        name = type(self).__name__
        if not hasattr(state, "keys"):
            fail(f"{name}: the state", "a dictionary", state)
        made: dict[str, Any] = dict(state)
        if "_schedulers" not in made or len(made["_schedulers"]) != len(self._schedulers):
            found = len(made["_schedulers"]) if "_schedulers" in made else "none"
            raise ScheduleError(f"{name}: the state must be of {len(self._schedulers)} schedulers, got {found}")
        return made

    def _settle(self, last: Any) -> None:
        """Put a loaded state in force."""
        raise NotImplementedError


class SequentialLR(_Composite, theirs.SequentialLR):
    """torch's SequentialLR: one scheduler after the other, each on its own clock from its milestone."""

    def __init__(
        self, optimizer: Optimizer, schedulers: list[Any], milestones: list[int], last_epoch: int = -1
    ) -> None:
        self._check_children(schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers provided to be one more than the number of "
                f"milestone points, but got number of schedulers {len(schedulers)} and the number of milestones "
                f"to be equal to {len(milestones)}"
            )
        for milestone in milestones:
            number("SequentialLR.milestones: each", milestone, "a non-negative integer", lambda x: x >= 0, int)
        if list(milestones) != sorted(milestones):
            fail("SequentialLR.milestones", "in ascending order", milestones)
        self._schedulers = schedulers
        self._milestones = milestones
        self.optimizer = optimizer
        for child in _leaves(self):
            if not isinstance(child, Member):
                child.last_epoch -= 1
        self._leave()
        for group in optimizer.param_groups:
            if isinstance(group["lr"], torch.Tensor):
                group["lr"].fill_(float(group["initial_lr"]))
            else:
                group["lr"] = group["initial_lr"]
        self._begin(last_epoch + 1)

    def _turn(self, t: int) -> tuple[int, int]:
        """Whose turn it is, and since when."""
        index = bisect_right(self._milestones, t)
        return index, self._milestones[index - 1] if index else 0

    def _begin(self, t: int) -> None:
        self._leave()
        index, since = self._turn(t)
        for other, child in enumerate(self._schedulers):
            if other != index:
                until = self._milestones[other] if other < index else 0
                move_to(child, until - 1 - (self._milestones[other - 1] if 0 < other < index else 0))
        self.last_epoch = t
        begin(self._schedulers[index], t - since)
        self._last_lr = self._schedulers[index].get_last_lr()

    def _move_to(self, t: int) -> None:
        self.last_epoch = t

    def step(self) -> None:  # type: ignore[override]
        """Step the scheduler whose turn it is; at its milestone, put it in force in place of the one before."""
        t = self.last_epoch + 1
        index, since = self._turn(t)
        child = self._schedulers[index]
        if index and since == t:
            for other in self._schedulers:
                leave(other)
            begin(child, 0)
        else:
            child.step()
        self.last_epoch = t
        self._last_lr = child.get_last_lr()

    def _checked(self, state: Any) -> dict[str, Any]:
        made: dict[str, Any] = super()._checked(state)
        saved = made.get("_milestones", self._milestones)
        if len(saved) != len(self._milestones):
            fail("SequentialLR: state['_milestones']", f"a list of {len(self._milestones)}", saved)
        return made

    def _settle(self, last: Any) -> None:
        index, _ = self._turn(self.last_epoch)
        for other, child in enumerate(self._schedulers):
            if other != index:
                leave(child)
        settle(self._schedulers[index], last)


class ChainedScheduler(_Composite, theirs.ChainedScheduler):
    """torch's ChainedScheduler: several schedulers at once, whose factors multiply."""

    def __init__(self, schedulers: Sequence[Any], optimizer: Optimizer | None = None) -> None:
        self._check_children(schedulers, optimizer)
        self._schedulers = schedulers
        self.optimizer = optimizer or schedulers[0].optimizer
        self._last_lr = self._rates()

    def step(self) -> None:  # type: ignore[override]
        """Step all of them."""
        for child in self._schedulers:
            child.step()
        self._last_lr = child.get_last_lr()

    def _begin(self, t: int) -> None:
        for child in self._schedulers:
            begin(child, t)
        self._last_lr = self._rates()

    def _move_to(self, t: int) -> None:
        for child in self._schedulers:
            move_to(child, t)

    def _settle(self, last: Any) -> None:
        for child in self._schedulers:
            settle(child, last)


# Children, of this room or not --------------------------------------------------------------------------------


def _leaves(scheduler: Any) -> Iterator[Any]:
    if hasattr(scheduler, "_schedulers"):
        for child in scheduler._schedulers:
            yield from _leaves(child)
    else:
        yield scheduler


def leave(child: Any) -> None:
    if isinstance(child, Member | _Composite):
        child._leave()


def move_to(child: Any, t: int) -> None:
    if isinstance(child, Member | _Composite):
        child._move_to(t)


def begin(child: Any, t: int) -> None:
    if isinstance(child, Member | _Composite) and not (isinstance(child, Member) and not child._is_own):
        child._begin(t)
    else:
        child._update_lr(t)


def load(child: Any, state: Any) -> None:
    if isinstance(child, Member | _Composite):
        child._load(state)
    else:
        child.load_state_dict(state)


def settle(child: Any, last: Any) -> None:
    if isinstance(child, Member):
        child._settle([float(rate) for rate in last])
    elif isinstance(child, _Composite):
        child._settle(last)
