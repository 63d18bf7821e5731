"""Schedulers that rise and fall, once or again and again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from braintools.optim import OptimState

from ..compose import Join, Repeat
from ..compose.pace import Pace
from ..errors import ScheduleError, fail
from ..fields import one_of
from ..jax import concrete
from ..schedules import Constant, Cosine, Custom, Linear, Triangle
from .arguments import finite, of_group, positive, rates, whole
from .base import Scheduler
from .decay import exponential

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..schedule import Schedule

__all__ = ["CosineAnnealingWarmRestarts", "CyclicLR", "OneCycleLR"]


class CyclicLR(Scheduler):
    """Straight lines up to a maximum and down again, in cycles.

    Definition: ``base_lr + (max_lr - base_lr) * scale * tri(t)``, where ``tri`` goes from 0 to 1 in
    ``step_size_up`` and back in ``step_size_down`` steps, again and again: `glidepath.Repeat` of
    `glidepath.Triangle`. The scale is 1 for "triangular", halves with every cycle for "triangular2", is
    ``gamma**t`` for "exp_range", and otherwise ``scale_fn`` of the number of the cycle (from 1) or of ``t``.

    base_lr, max_lr: any finite numbers, or lists with one for each group.
    step_size_up, step_size_down: steps, at least 1; down as many as up where not given.
    mode: "triangular", "triangular2" or "exp_range"; nothing where ``scale_fn`` is given.
    gamma: a positive number.
    scale_fn: a function of one number, which may be traced.
    scale_mode: "cycle" or "iterations": what ``scale_fn`` is called with.
    last_epoch: the step to start at; 0 and -1 are the start.

    >>> scheduler = CyclicLR(base_lr=0.0, max_lr=1.0, step_size_up=4, step_size_down=8)
    >>> for step in (2, 4, 8, 12, 16):
    ...     scheduler.step(step)
    ...     print(scheduler.get_lr())
    [0.5]
    [1.0]
    [0.5]
    [0.0]
    [1.0]
    """

    made_of = ("max_lrs", "step_size_up", "step_size_down", "mode", "gamma", "scale_fn", "scale_mode")

    def __init__(
        self,
        base_lr: Any = 1e-3,
        max_lr: Any = 1e-2,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[Any], Any] | None = None,
        scale_mode: str = "cycle",
        last_epoch: int = 0,
    ) -> None:
        base_lrs = rates("CyclicLR.base_lr", base_lr)
        self.max_lrs = rates("CyclicLR.max_lr", max_lr, groups=len(base_lrs) if len(base_lrs) > 1 else None)
        self.step_size_up = whole("CyclicLR.step_size_up", step_size_up, 1)
        down = step_size_up if step_size_down is None else step_size_down
        self.step_size_down = whole("CyclicLR.step_size_down", down, 1)
        self.mode = one_of("CyclicLR.mode", mode, "triangular", "triangular2", "exp_range")
        self.gamma = positive("CyclicLR.gamma", gamma)
        if scale_fn is not None and not callable(scale_fn):
            fail("CyclicLR.scale_fn", "callable", scale_fn)
        self.scale_fn = scale_fn
        self.scale_mode = one_of("CyclicLR.scale_mode", scale_mode, "cycle", "iterations")
        super().__init__(base_lrs * (len(self.max_lrs) if len(base_lrs) == 1 else 1), last_epoch)

    def curve(self, base_lr: float, group: int) -> Schedule:
        high = of_group(self.max_lrs, group)
        period = self.step_size_up + self.step_size_down
        if self.scale_fn is None and self.mode == "triangular":
            return Repeat(body=self._triangle(base_lr, high), period=period)
        if self.scale_fn is None and self.mode == "triangular2":
            return Repeat(body=self._triangle(0.0, high - base_lr), period=period, scale=0.5) + base_lr
        if self.scale_fn is None:
            height = exponential(high - base_lr, self.gamma)
        else:
            height = Custom(function=self._scale) * (high - base_lr)
        return Repeat(body=self._triangle(0.0, 1.0), period=period) * height + base_lr

    def _triangle(self, low: float, high: float) -> Schedule:
        return Triangle(low=low, high=high, up=self.step_size_up, down=self.step_size_down)

    def _scale(self, t: Any) -> Any:
        """``scale_fn`` of what it asks for."""
        assert self.scale_fn is not None
        cycle = 1.0 + t // (self.step_size_up + self.step_size_down)
        return self.scale_fn(cycle if self.scale_mode == "cycle" else t)


class OneCycleLR(Scheduler):
    """One straight rise to a maximum, and one long fall far below the start.

    Definition: `glidepath.Linear` from ``max_lr / div_factor`` to ``max_lr`` in ``pct_start * total_steps``
    steps, then `glidepath.Cosine` (or `glidepath.Linear`) to ``max_lr / final_div_factor`` at
    ``total_steps``. The number of steps of the rise need not be whole.

    max_lr: any finite number, or a list with one for each group.
    total_steps: at least 1; ``epochs * steps_per_epoch``, each at least 1, where not given.
    pct_start: the share of the rise, above 0 and below 1.
    anneal_strategy: "cos" or "linear", for the fall.
    div_factor, final_div_factor: positive.
    last_epoch: the step to start at; 0 and -1 are the start.

    >>> scheduler = OneCycleLR(max_lr=1.0, total_steps=100)
    >>> for step in (0, 30, 100):
    ...     scheduler.step(step)
    ...     print(scheduler.get_lr())
    [0.04]
    [1.0]
    [0.0001]
    """

    made_of = ("max_lrs", "total_steps", "pct_start", "anneal_strategy", "div_factor", "final_div_factor")

    def __init__(
        self,
        max_lr: Any = 1e-2,
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        last_epoch: int = 0,
    ) -> None:
        self.max_lrs = rates("OneCycleLR.max_lr", max_lr)
        if total_steps is not None:
            self.total_steps = whole("OneCycleLR.total_steps", total_steps, 1)
        elif epochs is None or steps_per_epoch is None:
            raise ScheduleError("OneCycleLR.total_steps must be given, or both epochs and steps_per_epoch")
        else:
            steps = whole("OneCycleLR.steps_per_epoch", steps_per_epoch, 1)
            self.total_steps = whole("OneCycleLR.epochs", epochs, 1) * steps
        self.pct_start = finite("OneCycleLR.pct_start", pct_start, "above 0 and below 1", lambda x: 0 < x < 1)
        self.anneal_strategy = one_of("OneCycleLR.anneal_strategy", anneal_strategy, "cos", "linear")
        self.div_factor = positive("OneCycleLR.div_factor", div_factor)
        self.final_div_factor = positive("OneCycleLR.final_div_factor", final_div_factor)
        super().__init__([high / self.div_factor for high in self.max_lrs], last_epoch)

    @property
    def min_lrs(self) -> list[float]:
        """The last learning rate of each group."""
        return [high / self.final_div_factor for high in self.max_lrs]

    def curve(self, base_lr: float, group: int) -> Schedule:
        low, high = of_group(self.min_lrs, group), of_group(self.max_lrs, group)
        rise = self.pct_start * self.total_steps
        boundary = math.floor(rise) + 1
        # The fall is drawn from its end backwards: the steps that are left are a whole number.
        shape = Cosine if self.anneal_strategy == "cos" else Linear
        up = Pace(schedule=Linear(start=base_lr, end=high, steps=1), start=0.0, span=rise)
        fall = shape(start=low, end=high, steps=1)
        down = Pace(schedule=fall, start=float(self.total_steps - boundary), span=rise - self.total_steps)
        return Join(parts=(up, down), boundaries=(boundary,))


class CosineAnnealingWarmRestarts(Scheduler):
    """Half cosines down, again and again, each longer than the one before by a factor.

    Definition: `glidepath.Repeat` of the `glidepath.Cosine` from ``base_lr`` to ``eta_min`` in ``T_0``
    epochs, stretched by ``T_mult``.

    base_lr: any finite number, or a list with one for each group.
    T_0: epochs of the first cycle, at least 1.
    T_mult: how many times as long the next cycle is; a whole number, at least 1.
    eta_min: any finite number.
    last_epoch: the epoch to start at; 0 and -1 are the start.

    T_cur, T_i: epochs since the last restart, and of the cycle.

    >>> scheduler = CosineAnnealingWarmRestarts(base_lr=0.1, T_0=10, T_mult=2)
    >>> scheduler.step(20)
    >>> scheduler.T_cur.value, scheduler.T_i.value, round(scheduler.get_lr()[0], 12)
    (10, 20, 0.05)
    """

    made_of = ("T_0", "T_mult", "eta_min")

    def __init__(
        self, base_lr: Any = 1e-3, T_0: int = 10, T_mult: int = 1, eta_min: float = 0, last_epoch: int = 0
    ) -> None:
        self.T_0 = whole("CosineAnnealingWarmRestarts.T_0", T_0, 1)
        self.T_mult = whole("CosineAnnealingWarmRestarts.T_mult", T_mult, 1)
        self.eta_min = finite("CosineAnnealingWarmRestarts.eta_min", eta_min)
        super().__init__(base_lr, last_epoch)

    def curve(self, base_lr: float, group: int) -> Schedule:
        return self._repeated(Cosine(start=base_lr, end=self.eta_min, steps=self.T_0))

    def _repeated(self, body: Schedule, scale: int = 1) -> Repeat:
        # 2**53 - 1 is the last step there is: no cycle begins after it.
        times = 1 + math.ceil(53 / math.log2(scale)) if scale > 1 else None
        return Repeat(body=body, period=self.T_0, times=times, stretch=self.T_mult, scale=scale)

    @property
    def T_cur(self) -> OptimState:
        """How many epochs ago the cycle began, as a state to read."""
        return self._read(Linear(start=0.0, end=self.T_0, steps=self.T_0))

    @property
    def T_i(self) -> OptimState:
        """How many epochs the cycle takes, as a state to read."""
        return self._read(Constant(value=self.T_0))

    def _read(self, body: Schedule) -> OptimState:
        epochs = self._repeated(body, scale=self.T_mult)(concrete(self.last_epoch.value))
        # Whole numbers in all but the values that a broken epoch asks for.
        return OptimState(int(epochs) if isinstance(epochs, float) and epochs.is_integer() else epochs)

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "T_cur": self.T_cur.value, "T_i": self.T_i.value}
