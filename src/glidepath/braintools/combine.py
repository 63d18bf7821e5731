"""Schedulers made of schedulers. They move their parts; the values are those of core schedules of their own."""

from __future__ import annotations

import warnings
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
from braintools.optim import LRScheduler

from ..arrays import is_number
from ..compose import Join, Product, Shift
from ..errors import ScheduleError, fail
from ..jax import concrete
from ..schedules import Constant
from .arguments import ascending, items, of_group
from .base import Scheduler
from .plateau import ReduceLROnPlateau

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..schedule import Schedule

__all__ = ["ChainedScheduler", "SequentialLR"]


def _parts(where: str, schedulers: Any) -> list[Scheduler]:
    """The schedulers that another is made of, checked."""
    given = items(where, schedulers, "a list of schedulers")
    if not given:
        fail(where, "a list of at least one scheduler", schedulers)
    for i, part in enumerate(given):
        if not isinstance(part, LRScheduler):
            raise TypeError(f"{where}[{i}] must be an LRScheduler, got {type(part)}")
        if not isinstance(part, Scheduler):
            fail(f"{where}[{i}]", "one of glidepath.braintools, or scheduler(glidepath.Custom(function=...))", part)
        if isinstance(part, ReduceLROnPlateau):
            fail(f"{where}[{i}]", "a scheduler of the epoch alone, which ReduceLROnPlateau is not", part)
        if type(part).get_lr is not Scheduler.get_lr:
            fail(f"{where}[{i}]", "a scheduler whose class defines curve, and not get_lr", part)
    return given


def _base_lrs(parts: list[Scheduler]) -> list[float]:
    """Those of the first part, for as many groups as the part with the most has."""
    groups = range(max(len(part.base_lrs) for part in parts))
    return [of_group(parts[0].base_lrs, group) for group in groups]


class _Combined(Scheduler):
    """What is common to both: the parts move, are saved and are loaded with the whole."""

    schedulers: list[Scheduler]

    def _clocks(self, epoch: Any) -> list[Any]:
        """The epoch of every part."""
        raise NotImplementedError

    def _move(self, epoch: Any) -> None:
        super()._move(epoch)
        for part, clock in zip(self.schedulers, self._clocks(epoch), strict=True):
            part.step(clock)

    def _made_from(self) -> Any:
        return super()._made_from(), [(part.curves(), tuple(part.base_lrs)) for part in self.schedulers]

    def _scaled(self, curve: Schedule, base_lr: float, group: int) -> Schedule:
        """A curve made for the base learning rate of the first part, for another one."""
        factor = self._factor(base_lr, of_group(self.schedulers[0].base_lrs, group))
        return curve if factor == 1 else curve * factor

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "schedulers": [part.state_dict() for part in self.schedulers]}

    def _checked(self, state_dict: Any, where: str) -> dict[str, Any]:
        checked = super()._checked(state_dict, where)
        path = f"{where}: state['schedulers']"
        held = items(path, checked.get("schedulers"), "a list of states")
        if len(held) != len(self.schedulers):
            raise ScheduleError(f"{path} must be the states of {len(self.schedulers)} schedulers, got {len(held)}")
        pairs = enumerate(zip(self.schedulers, held, strict=True))
        checked["schedulers"] = [part._checked(one, f"{where}.schedulers[{i}]") for i, (part, one) in pairs]
        for group, base_lr in enumerate(checked["base_lrs"]):
            self._factor(base_lr, of_group(checked["schedulers"][0]["base_lrs"], group))
        return checked

    def _restore(self, checked: dict[str, Any]) -> None:
        for part, one in zip(self.schedulers, checked["schedulers"], strict=True):
            part._restore(one)
        super()._restore(checked)


class ChainedScheduler(_Combined):
    """Schedulers that work at the same time: the product of their factors.

    Definition: ``base_lr`` of the first, times ``lr(t) / base_lr`` of each: `glidepath.Product`.

    schedulers: at least one. Where their base learning rates differ, there is a warning that names them. A
        part that is at a later epoch than the first stays ahead of it.

    Raises `TypeError` for what is not a scheduler.

    >>> from glidepath.braintools import ExponentialLR, LinearLR, StepLR
    >>> warmup = LinearLR(base_lr=0.1, start_factor=0.5, total_iters=4)
    >>> scheduler = ChainedScheduler([warmup, StepLR(base_lr=0.1, step_size=8, gamma=0.5)])
    >>> for epoch in (0, 4, 8):
    ...     scheduler.step(epoch)
    ...     print(scheduler.get_lr())
    [0.05]
    [0.1]
    [0.05]
    """

    made_of = ("schedulers",)

    def __init__(self, schedulers: Sequence[LRScheduler]) -> None:
        self.schedulers = _parts("ChainedScheduler.schedulers", schedulers)
        bases = _base_lrs(self.schedulers)
        if any(of_group(part.base_lrs, i) != base for part in self.schedulers for i, base in enumerate(bases)):
            named = ", ".join(f"{type(part).__name__} {part.base_lrs}" for part in self.schedulers)
            what = "starts from the base learning rates of its first scheduler, but they differ"
            warnings.warn(f"ChainedScheduler {what}: {named}", stacklevel=2)
        self._ahead = _ahead([concrete(part.last_epoch.value) for part in self.schedulers])
        super().__init__(bases, self.schedulers[0].last_epoch.value)

    def _made_from(self) -> Any:
        return super()._made_from(), tuple(self._ahead)

    def _clocks(self, epoch: Any) -> list[Any]:
        return [epoch + ahead for ahead in self._ahead]

    def curve(self, base_lr: float, group: int) -> Schedule:
        factors: list[Schedule] = []
        for part, ahead in zip(self.schedulers, self._ahead, strict=True):
            curve, base = of_group(part.curves(), group), of_group(part.base_lrs, group)
            if base == 0:
                return self._scaled(Constant(value=0.0), base_lr, group)
            if ahead:
                curve = Shift(schedule=curve, steps=-ahead)
            factors.append(Product(parts=(curve, Constant(value=1 / base))) if factors else curve)
        return self._scaled(Product(parts=tuple(factors)), base_lr, group)

    def _restore(self, checked: dict[str, Any]) -> None:
        self._ahead = _ahead([one["last_epoch"] for one in checked["schedulers"]])
        super()._restore(checked)


def _ahead(epochs: list[Any]) -> list[Any]:
    """By how many epochs each part is ahead of the first."""
    return [epoch - epochs[0] for epoch in epochs]


class SequentialLR(_Combined):
    """Schedulers one after the other, each on its own clock.

    Definition: `glidepath.Join` of their schedules at the milestones. A milestone belongs to the later one.

    schedulers: at least one.
    milestones: epochs in strictly ascending order, each at least 1; one fewer than schedulers.
    last_epoch: the epoch to start at; 0 and -1 are the start. The epochs of the parts follow from it.

    current_scheduler_idx: the number of the scheduler in use.

    Raises `TypeError` for what is not a scheduler, and `ScheduleError` where the counts do not match: of
    schedulers and milestones, or of the groups that the schedulers have base learning rates for.

    >>> from glidepath.braintools import ExponentialLR, LinearLR, StepLR
    >>> warmup = LinearLR(base_lr=0.1, start_factor=0.5, total_iters=4)
    >>> scheduler = SequentialLR([warmup, ExponentialLR(base_lr=0.1, gamma=0.5)], milestones=[4])
    >>> for epoch in (0, 4, 5):
    ...     scheduler.step(epoch)
    ...     print(scheduler.get_lr(), scheduler.current_scheduler_idx)
    [0.05] 0
    [0.1] 1
    [0.05] 1
    """

    made_of = ("schedulers", "milestones")

    def __init__(self, schedulers: Sequence[LRScheduler], milestones: Sequence[int], last_epoch: int = 0) -> None:
        self.schedulers = _parts("SequentialLR.schedulers", schedulers)
        self.milestones = ascending("SequentialLR.milestones", milestones)
        if len(self.schedulers) != len(self.milestones) + 1:
            raise ScheduleError(
                f"SequentialLR.milestones must be one fewer than its {len(self.schedulers)} schedulers, "
                f"got {len(self.milestones)} milestones"
            )
        base_lrs = _base_lrs(self.schedulers)
        for i, part in enumerate(self.schedulers):
            if len(part.base_lrs) != len(base_lrs):
                where = f"SequentialLR.schedulers[{i}].base_lrs"
                fail(where, f"a list of {len(base_lrs)} numbers, one for each group", part.base_lrs)
        super().__init__(base_lrs, last_epoch)
        self._move(self.last_epoch.value)

    @property
    def n_schedulers(self) -> int:
        """How many schedulers there are."""
        return len(self.schedulers)

    @property
    def current_scheduler_idx(self) -> Any:
        """The number of the scheduler in use."""
        epoch = concrete(self.last_epoch.value)
        if is_number(epoch):
            return bisect_right(self.milestones, epoch)
        return jnp.searchsorted(jnp.asarray(self.milestones), epoch, side="right")

    def _clocks(self, epoch: Any) -> list[Any]:
        starts, ends = [0, *self.milestones], [*self.milestones, None]
        return [_held_between(epoch, start, end) - start for start, end in zip(starts, ends, strict=True)]

    def curve(self, base_lr: float, group: int) -> Schedule:
        curves = tuple(of_group(part.curves(), group) for part in self.schedulers)
        joined = Join(parts=curves, boundaries=tuple(self.milestones)) if self.milestones else curves[0]
        return self._scaled(joined, base_lr, group)

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "current_scheduler_idx": int(self.current_scheduler_idx)}


def _held_between(epoch: Any, first: int, end: int | None) -> Any:
    """An epoch, held at those that a part has: from ``first`` to the one before ``end``."""
    if is_number(epoch):
        return max(first, epoch if end is None else min(epoch, end - 1))
    return jnp.clip(epoch, first, None if end is None else end - 1)
