"""Schedulers that fall from the base learning rate."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ..compose import Clip, Shift
from ..compose.powers import powers
from ..fields import true_or_false
from ..schedules import Constant, Cosine, Polynomial
from ..schedules.power import LARGEST_FLOAT32
from .arguments import finite, non_negative, positive, whole
from .base import Scheduler

if TYPE_CHECKING:
    from ..schedule import Schedule

__all__ = ["CosineAnnealingLR", "ExponentialDecayLR", "ExponentialLR", "PolynomialLR", "StepLR"]


#: `Exponential` for any rate. Under JAX a rate is a float32.
exponential = partial(powers, largest=LARGEST_FLOAT32)


class StepLR(Scheduler):
    """A factor every ``step_size`` epochs.

    Definition: ``base_lr * gamma**floor(t / step_size)``: `glidepath.Exponential` with a staircase.

    base_lr: any finite number, or a list with one for each group.
    step_size: epochs, at least 1.
    gamma: the factor, non-negative.
    last_epoch: the epoch to start at; 0 and -1 are the start.

    >>> scheduler = StepLR(base_lr=0.1, step_size=30, gamma=0.5)
    >>> scheduler.step(60)
    >>> scheduler.get_lr()
    [0.025]
    """

    made_of = ("step_size", "gamma")

    def __init__(self, base_lr: Any = 1e-3, step_size: int = 30, gamma: float = 0.1, last_epoch: int = 0) -> None:
        self.step_size = whole("StepLR.step_size", step_size, 1)
        self.gamma = non_negative("StepLR.gamma", gamma)
        super().__init__(base_lr, last_epoch)

    def curve(self, base_lr: float, group: int) -> Schedule:
        return exponential(base_lr, self.gamma, self.step_size, staircase=True)


class ExponentialLR(Scheduler):
    """A factor every epoch.

    Definition: ``base_lr * gamma**t``: `glidepath.Exponential`.

    base_lr: any finite number, or a list with one for each group.
    gamma: the factor, above 0 and at most 1.
    last_epoch: the epoch to start at; 0 and -1 are the start.

    >>> scheduler = ExponentialLR(base_lr=0.1, gamma=0.5)
    >>> scheduler.step()
    >>> scheduler.get_lr()
    [0.05]
    """

    made_of = ("gamma",)

    def __init__(self, base_lr: Any = 1e-3, gamma: float = 0.95, last_epoch: int = 0) -> None:
        self.gamma = finite("ExponentialLR.gamma", gamma, "above 0 and at most 1", lambda x: 0 < x <= 1)
        super().__init__(base_lr, last_epoch)

    def curve(self, base_lr: float, group: int) -> Schedule:
        return exponential(base_lr, self.gamma)


class ExponentialDecayLR(Scheduler):
    """A factor every ``decay_steps``, with a start, a staircase and a bound.

    Definition: ``base_lr * decay_rate**(max(t - transition_begin, 0) / decay_steps)``, the exponent rounded
    down where ``staircase`` holds, and at least ``end_value`` (at most, for a rate of 1 or more).

    base_lr: any finite number, or a list with one for each group.
    decay_steps: how many steps one factor takes, at least 1.
    decay_rate: the factor, positive.
    transition_begin: steps before the decay, at least 0.
    staircase: whether the values change at multiples of ``decay_steps`` only.
    end_value: the bound; none where not given.
    last_epoch: the epoch to start at; 0 and -1 are the start.

    >>> scheduler = ExponentialDecayLR(base_lr=0.1, decay_steps=10, decay_rate=0.5, end_value=0.04)
    >>> scheduler.step(10)
    >>> scheduler.get_lr()
    [0.05]
    >>> scheduler.step(20)
    >>> scheduler.get_lr()
    [0.04]
    """

    made_of = ("decay_steps", "decay_rate", "transition_begin", "staircase", "end_value")

    def __init__(
        self,
        base_lr: Any = 1e-3,
        decay_steps: int = 1000,
        decay_rate: float = 0.96,
        transition_begin: int = 0,
        staircase: bool = False,
        end_value: float | None = None,
        last_epoch: int = 0,
    ) -> None:
        name = "ExponentialDecayLR"
        self.decay_steps = whole(f"{name}.decay_steps", decay_steps, 1)
        self.decay_rate = positive(f"{name}.decay_rate", decay_rate)
        self.transition_begin = whole(f"{name}.transition_begin", transition_begin, 0)
        self.staircase = true_or_false(f"{name}.staircase", staircase)
        self.end_value = None if end_value is None else finite(f"{name}.end_value", end_value)
        super().__init__(base_lr, last_epoch)

    def curve(self, base_lr: float, group: int) -> Schedule:
        decay = exponential(base_lr, self.decay_rate, self.decay_steps, self.staircase)
        if self.transition_begin:
            decay = Shift(schedule=decay, steps=self.transition_begin)
        if self.end_value is None:
            return decay
        if self.decay_rate < 1:
            return Clip(schedule=decay, low=self.end_value)
        return Clip(schedule=decay, high=self.end_value)


class CosineAnnealingLR(Scheduler):
    """Half a cosine down; afterwards the last value holds.

    Definition: `glidepath.Cosine` from ``base_lr`` to ``eta_min`` in ``T_max`` epochs.

    base_lr: any finite number, or a list with one for each group.
    T_max: epochs, at least 1.
    eta_min: the last value, any finite number.
    last_epoch: the epoch to start at; 0 and -1 are the start.

    >>> scheduler = CosineAnnealingLR(base_lr=0.1, T_max=10)
    >>> scheduler.step(10)
    >>> scheduler.get_lr()
    [0.0]
    """

    made_of = ("T_max", "eta_min")

    def __init__(self, base_lr: Any = 1e-3, T_max: int = 50, eta_min: float = 0, last_epoch: int = 0) -> None:
        self.T_max = whole("CosineAnnealingLR.T_max", T_max, 1)
        self.eta_min = finite("CosineAnnealingLR.eta_min", eta_min)
        super().__init__(base_lr, last_epoch)

    def curve(self, base_lr: float, group: int) -> Schedule:
        return Cosine(start=base_lr, end=self.eta_min, steps=self.T_max)


class PolynomialLR(Scheduler):
    """A power of the epochs that are left; afterwards 0.

    Definition: ``base_lr * (1 - min(t, total_iters) / total_iters)**power``: `glidepath.Polynomial`.

    base_lr: any finite number, or a list with one for each group.
    total_iters: epochs, at least 1.
    power: non-negative; 0 is a constant.
    last_epoch: the epoch to start at; 0 and -1 are the start.

    >>> scheduler = PolynomialLR(base_lr=0.1, total_iters=10, power=2.0)
    >>> scheduler.step(5)
    >>> scheduler.get_lr()
    [0.025]
    """

    made_of = ("total_iters", "power")

    def __init__(self, base_lr: Any = 1e-3, total_iters: int = 5, power: float = 1.0, last_epoch: int = 0) -> None:
        self.total_iters = whole("PolynomialLR.total_iters", total_iters, 1)
        self.power = non_negative("PolynomialLR.power", power)
        super().__init__(base_lr, last_epoch)

    def curve(self, base_lr: float, group: int) -> Schedule:
        if self.power == 0:
            return Constant(value=base_lr)
        return Polynomial(start=base_lr, end=0.0, steps=self.total_iters, power=self.power)
