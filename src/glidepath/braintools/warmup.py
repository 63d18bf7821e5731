"""Schedulers that rise to the base learning rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..compose import Join
from ..schedules import Constant, Cosine, Linear
from .arguments import finite, whole
from .base import Scheduler

if TYPE_CHECKING:
    from ..schedule import Schedule

__all__ = ["LinearLR", "WarmupCosineSchedule", "WarmupScheduler"]


def _line(start: float, end: float, steps: int) -> Schedule:
    """`Linear`, or its end where it has no length."""
    return Linear(start=start, end=end, steps=steps) if steps else Constant(value=end)


class LinearLR(Scheduler):
    """A straight line between two multiples of the base learning rate.

    Definition: `glidepath.Linear` from ``base_lr * start_factor`` to ``base_lr * end_factor`` in
    ``total_iters`` epochs.

    base_lr: any finite number, or a list with one for each group.
    start_factor, end_factor: any finite numbers.
    total_iters: epochs, at least 0; with 0 it is at its end from the start.
    last_epoch: the epoch to start at; 0 and -1 are the start.

    >>> scheduler = LinearLR(base_lr=0.1, start_factor=0.5, total_iters=4)
    >>> scheduler.get_lr()
    [0.05]
    >>> scheduler.step(4)
    >>> scheduler.get_lr()
    [0.1]
    """

    made_of = ("start_factor", "end_factor", "total_iters")

    def __init__(
        self,
        base_lr: Any = 1e-3,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = 0,
    ) -> None:
        self.start_factor = finite("LinearLR.start_factor", start_factor)
        self.end_factor = finite("LinearLR.end_factor", end_factor)
        self.total_iters = whole("LinearLR.total_iters", total_iters, 0)
        super().__init__(base_lr, last_epoch)

    def curve(self, base_lr: float, group: int) -> Schedule:
        return _line(base_lr * self.start_factor, base_lr * self.end_factor, self.total_iters)


class WarmupScheduler(Scheduler):
    """A straight line to the base learning rate.

    Definition: `glidepath.Linear` from ``warmup_start_lr`` to ``base_lr`` in ``warmup_epochs``.

    base_lr: any finite number, or a list with one for each group.
    warmup_epochs: at least 0.
    warmup_start_lr: any finite number.
    last_epoch: the epoch to start at; 0 and -1 are the start.

    >>> scheduler = WarmupScheduler(base_lr=0.1, warmup_epochs=4)
    >>> scheduler.step(2)
    >>> scheduler.get_lr()
    [0.05]
    """

    made_of = ("warmup_epochs", "warmup_start_lr")

    def __init__(
        self, base_lr: Any = 1e-3, warmup_epochs: int = 5, warmup_start_lr: float = 0.0, last_epoch: int = 0
    ) -> None:
        self.warmup_epochs = whole("WarmupScheduler.warmup_epochs", warmup_epochs, 0)
        self.warmup_start_lr = finite("WarmupScheduler.warmup_start_lr", warmup_start_lr)
        super().__init__(base_lr, last_epoch)

    def curve(self, base_lr: float, group: int) -> Schedule:
        return _line(self.warmup_start_lr, base_lr, self.warmup_epochs)


class WarmupCosineSchedule(Scheduler):
    """A straight line to the base learning rate, then half a cosine down.

    Definition: `glidepath.Linear` from ``warmup_start_lr`` to ``base_lr`` in ``warmup_steps``, then
    `glidepath.Cosine` to ``eta_min`` at ``total_steps``, or one step after the warmup where that is earlier.

    base_lr: any finite number, or a list with one for each group.
    warmup_steps: at least 0.
    total_steps: at least 1.
    warmup_start_lr, eta_min: any finite numbers.
    last_epoch: the step to start at; 0 and -1 are the start.

    >>> scheduler = WarmupCosineSchedule(base_lr=0.1, warmup_steps=10, total_steps=100)
    >>> for step in (5, 10, 100):
    ...     scheduler.step(step)
    ...     print(scheduler.get_lr())
    [0.05]
    [0.1]
    [0.0]
    """

    made_of = ("warmup_steps", "total_steps", "warmup_start_lr", "eta_min")

    def __init__(
        self,
        base_lr: Any = 1e-3,
        warmup_steps: int = 1000,
        total_steps: int = 10000,
        warmup_start_lr: float = 0.0,
        eta_min: float = 0.0,
        last_epoch: int = 0,
    ) -> None:
        name = "WarmupCosineSchedule"
        self.warmup_steps = whole(f"{name}.warmup_steps", warmup_steps, 0)
        self.total_steps = whole(f"{name}.total_steps", total_steps, 1)
        self.warmup_start_lr = finite(f"{name}.warmup_start_lr", warmup_start_lr)
        self.eta_min = finite(f"{name}.eta_min", eta_min)
        super().__init__(base_lr, last_epoch)

    def curve(self, base_lr: float, group: int) -> Schedule:
        down = Cosine(start=base_lr, end=self.eta_min, steps=max(self.total_steps - self.warmup_steps, 1))
        if self.warmup_steps == 0:
            return down
        up = Linear(start=self.warmup_start_lr, end=base_lr, steps=self.warmup_steps)
        return Join(parts=(up, down), boundaries=(self.warmup_steps,))
