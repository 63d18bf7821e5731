"""Schedulers made of schedulers. Their children stand in one ledger, and only those whose turn it is are in force."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from torch.optim import lr_scheduler as theirs

from ...errors import ScheduleError, fail, show
from ...fields import number
from . import children
from .arguments import as_dict, warn
from .intact import intact
from .ledger import ledger_of
from .shown import Shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch.optim import Optimizer

__all__ = ["ChainedScheduler", "SequentialLR"]


class _Composite(Shown):
    """What both have: children of one optimizer, and states that hold theirs."""

    _schedulers: Any
    _last_lr: list[Any]

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

    def _leave(self) -> None:
        """Be in force no longer."""
        for child in self._schedulers:
            children.leave(child)

    def _begin(self, t: int) -> None:
        """Come into force at a step, from the base rates."""
        raise NotImplementedError

    def _stand_at(self, t: int) -> None:
        """Stand at a step, without effect."""
        raise NotImplementedError

    def _settle(self, last: list[float]) -> None:
        """Put a loaded state in force."""
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """torch's state: its own entries, and the states of the children."""
        state = {key: held for key, held in vars(self).items() if key not in ("optimizer", "_schedulers")}
        state["_last_lr"] = self.get_last_lr()
        if "_milestones" in state:
            state["_milestones"] = list(state["_milestones"])
        return {**state, "_schedulers": [child.state_dict() for child in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a state of this class or of torch's, and write its rates to the optimizer.

        Raises `ScheduleError`, and changes nothing, for one that is not of such children.
        """
        self._load(state_dict)
        self._settle(self._last_lr)

    def _load(self, state_dict: Any) -> None:
        """Take over a state, with no effect on the optimizer."""
        state, restore = self._checked(state_dict), self._kept()
        last = state.pop("_last_lr", None)
        try:
            for child, held in zip(self._schedulers, state.pop("_schedulers"), strict=True):
                children.load(child, held)
            vars(self).update(state)
            if last is not None:
                self._last_lr = [float(rate) for rate in last]
        except Exception:
            restore()
            raise

    def _kept(self) -> Callable[[], None]:
        """What puts the scheduler and its children back to where they are now."""
        attributes, kept = dict(vars(self)), [children.kept(child) for child in self._schedulers]

        def restore() -> None:
            vars(self).update(attributes)
            for restore_child in kept:
                restore_child()

        return restore

    def _checked(self, given: Any) -> dict[str, Any]:
        """A copy of a state that may be one of this class, of as many children."""
        name, state = type(self).__name__, as_dict(self, given)
        mine = set(vars(self)) - {"optimizer"}
        strange = [key for key in state if key not in mine and key != "verbose"]
        missing = [key for key in sorted(mine) if key not in state and key != "_last_lr"]
        if strange or missing:
            what = f"has {strange}" if strange else f"lacks {missing}"
            raise ScheduleError(f"{name}: the state is of another class: it {what}")
        if len(state["_schedulers"]) != len(self._schedulers):
            found = len(state["_schedulers"])
            raise ScheduleError(f"{name}: the state must be of {len(self._schedulers)} schedulers, got {found}")
        return state


def _check_milestones(milestones: Sequence[Any]) -> None:
    for milestone in milestones:
        number("SequentialLR.milestones: each", milestone, "a non-negative integer", lambda x: x >= 0, int)
    if list(milestones) != sorted(milestones):
        fail("SequentialLR.milestones", "in ascending order", milestones)


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
        _check_milestones(milestones)
        self._schedulers = schedulers
        self._milestones = milestones
        self.optimizer = optimizer
        with intact(optimizer):
            self._take_over(is_fresh=last_epoch < 0)
            self._begin(last_epoch + 1)

    def _take_over(self, is_fresh: bool) -> None:
        """Undo what the children did when they were made; a fresh sequence ends what an earlier run left in force."""
        ledger = ledger_of(self.optimizer)
        for other in ledger.active():
            if is_fresh and other._has_moved:
                other._leave()
        self._leave()
        for child in children.leaves(self):
            children.undo(child)
        ledger.refresh(self.optimizer.param_groups)
        ledger.write([float(group["initial_lr"]) for group in self.optimizer.param_groups])

    def _turn(self, t: int) -> tuple[int, int]:
        """Whose turn it is, and since when."""
        index = bisect_right(self._milestones, t)
        return index, self._milestones[index - 1] if index else 0

    def _begin(self, t: int) -> None:
        self._leave()
        turn, since = self._turn(t)
        starts = [0, *self._milestones]
        for index, child in enumerate(self._schedulers):
            if index != turn:
                children.stand_at(child, self._milestones[index] - 1 - starts[index] if index < turn else -1)
        self.last_epoch = t
        children.begin(self._schedulers[turn], t - since)
        self._last_lr = children.rates(self._schedulers[turn])

    def _stand_at(self, t: int) -> None:
        self.last_epoch = t

    def step(self) -> None:  # type: ignore[override]
        """Step the scheduler whose turn it is; at its milestone, put it in force in place of the one before."""
        t, milestones = self.last_epoch + 1, self._milestones
        turn = bisect_right(milestones, t)
        child = self._schedulers[turn]
        if turn and milestones[turn - 1] == t:
            self._leave()
            children.begin(child, 0)
        else:
            child.step()
        self.last_epoch = t
        self._last_lr = children.rates(child)

    def _checked(self, given: Any) -> dict[str, Any]:
        state: dict[str, Any] = super()._checked(given)
        saved = state["_milestones"]
        if len(saved) != len(self._milestones):
            fail("SequentialLR: state['_milestones']", f"a list of {len(self._milestones)}", saved)
        _check_milestones(saved)
        if list(saved) != list(self._milestones):
            warn(f"SequentialLR: the state's milestones replace those given: {show(self._milestones)} -> {show(saved)}")
        return state

    def _settle(self, last: list[float]) -> None:
        turn, _ = self._turn(self.last_epoch)
        for index, child in enumerate(self._schedulers):
            if index != turn:
                children.leave(child)
        children.settle(self._schedulers[turn], last)


class ChainedScheduler(_Composite, theirs.ChainedScheduler):
    """torch's ChainedScheduler: several schedulers at once, whose factors multiply."""

    def __init__(self, schedulers: Sequence[Any], optimizer: Optimizer | None = None) -> None:
        self._check_children(schedulers, optimizer)
        self._schedulers = schedulers
        self.optimizer = optimizer or schedulers[0].optimizer
        self._last_lr = [float(group["lr"]) for group in self.optimizer.param_groups]

    def step(self) -> None:  # type: ignore[override]
        """Step all of them."""
        for child in self._schedulers:
            child.step()
        self._last_lr = children.rates(self._schedulers[-1])

    def _begin(self, t: int) -> None:
        for child in self._schedulers:
            children.begin(child, t)
        self._last_lr = children.rates(self._schedulers[-1])

    def _stand_at(self, t: int) -> None:
        for child in self._schedulers:
            children.stand_at(child, t)

    def _settle(self, last: list[float]) -> None:
        for child in self._schedulers:
            children.settle(child, last)
