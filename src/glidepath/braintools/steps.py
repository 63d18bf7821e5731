"""Schedulers that are constant between given epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..compose import Piecewise
from ..errors import ScheduleError
from ..schedules import Constant
from .arguments import ascending, finite, items, non_negative, whole
from .base import Scheduler
from .decay import exponential

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..schedule import Schedule

__all__ = ["ConstantLR", "MultiStepLR", "PiecewiseConstantSchedule"]


def _levels(boundaries: Sequence[int], values: Sequence[float]) -> Schedule:
    """`Piecewise`, or a constant where there is no boundary."""
    if not boundaries:
        return Constant(value=values[0])
    return Piecewise(boundaries=tuple(boundaries), values=tuple(values))


class MultiStepLR(Scheduler):
    """A factor at each of some epochs.

    Definition: ``base_lr * gamma**n``, where ``n`` is how many of the milestones are at most ``t``.

    base_lr: any finite number, or a list with one for each group.
    milestones: epochs in strictly ascending order, each at least 1; there may be none.
    gamma: the factor, non-negative.
    last_epoch: the epoch to start at; 0 and -1 are the start.

    >>> scheduler = MultiStepLR(base_lr=0.1, milestones=[30, 80], gamma=0.5)
    >>> scheduler.step(80)
    >>> scheduler.get_lr()
    [0.025]
    """

    made_of = ("milestones", "gamma")

    def __init__(
        self,
        base_lr: Any = 1e-3,
        milestones: Sequence[int] = (30, 60, 90),
        gamma: float = 0.1,
        last_epoch: int = 0,
    ) -> None:
        self.milestones = ascending("MultiStepLR.milestones", milestones)
        self.gamma = non_negative("MultiStepLR.gamma", gamma)
        super().__init__(base_lr, last_epoch)

    def curve(self, base_lr: float, group: int) -> Schedule:
        level = exponential(base_lr, self.gamma)
        return _levels(self.milestones, [level(passed) for passed in range(len(self.milestones) + 1)])


class ConstantLR(Scheduler):
    """A factor until a given epoch, and the base learning rate from there on.

    Definition: ``base_lr * factor`` for ``t < total_iters``, then ``base_lr``.

    base_lr: any finite number, or a list with one for each group.
    factor: any finite number.
    total_iters: epochs, at least 0.
    last_epoch: the epoch to start at; 0 and -1 are the start.

    >>> scheduler = ConstantLR(base_lr=0.1, factor=0.5, total_iters=4)
    >>> scheduler.get_lr()
    [0.05]
    >>> scheduler.step(4)
    >>> scheduler.get_lr()
    [0.1]
    """

    made_of = ("factor", "total_iters")

    def __init__(self, base_lr: Any = 1e-3, factor: float = 1 / 3, total_iters: int = 5, last_epoch: int = 0) -> None:
        self.factor = finite("ConstantLR.factor", factor)
        self.total_iters = whole("ConstantLR.total_iters", total_iters, 0)
        super().__init__(base_lr, last_epoch)

    def curve(self, base_lr: float, group: int) -> Schedule:
        if self.total_iters == 0:
            return Constant(value=base_lr)
        return _levels([self.total_iters], [base_lr * self.factor, base_lr])


class PiecewiseConstantSchedule(Scheduler):
    """The base learning rate times one of some values, by the interval that the step falls in.

    Definition: ``base_lr * values[n]``, where ``n`` is how many of the boundaries are at most ``t``.

    base_lr: any finite number, or a list with one for each group.
    boundaries: steps in strictly ascending order, each at least 1; [1000, 2000] where not given.
    values: finite numbers, one more than there are boundaries; [1.0, 0.1, 0.01] where not given.
    last_epoch: the step to start at; 0 and -1 are the start.

    Raises `ScheduleError` where the counts do not match.

    >>> scheduler = PiecewiseConstantSchedule(base_lr=0.5, boundaries=[30, 60], values=[1.0, 0.5, 0.25])
    >>> scheduler.step(30)
    >>> scheduler.get_lr()
    [0.25]
    """

    made_of = ("boundaries", "values")

    def __init__(
        self,
        base_lr: Any = 1e-3,
        boundaries: Sequence[int] | None = None,
        values: Sequence[float] | None = None,
        last_epoch: int = 0,
    ) -> None:
        name = "PiecewiseConstantSchedule"
        self.boundaries = ascending(f"{name}.boundaries", [1000, 2000] if boundaries is None else boundaries)
        given = items(f"{name}.values", [1.0, 0.1, 0.01] if values is None else values, "a list of numbers")
        self.values = [finite(f"{name}.values[{i}]", value) for i, value in enumerate(given)]
        if len(self.values) != len(self.boundaries) + 1:
            raise ScheduleError(
                f"{name}.values must be one more than its {len(self.boundaries)} boundaries, "
                f"got {len(self.values)} values"
            )
        super().__init__(base_lr, last_epoch)

    def curve(self, base_lr: float, group: int) -> Schedule:
        return _levels(self.boundaries, [base_lr * value for value in self.values])
