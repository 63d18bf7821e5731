"""The scheduler that goes by a metric."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from braintools.optim import OptimState

from ..arrays import is_number
from ..fields import one_of
from ..jax import concrete
from ..plateau import Plateau, PlateauState
from .arguments import finite, non_negative, of_group, rates, single, whole
from .base import Scheduler, held

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(Scheduler):
    """Lower the learning rates by a factor when a metric has stopped getting better.

    Definition: after more than ``patience`` metrics in a row that are not better than the best by more than
    the threshold, each rate becomes ``max(rate * factor, min_lr)``, unless that changes it by no more than
    ``eps``; the next ``cooldown`` metrics do not count. `glidepath.plateau.Plateau` decides.

    base_lr, min_lr: finite numbers, or lists with one for each group; ``min_lr`` non-negative.
    mode: whether a good metric is small ("min") or large ("max").
    factor: at least 0 and below 1.
    patience, cooldown: metrics, at least 0.
    threshold, eps: non-negative.
    threshold_mode: "rel" (a share of the best) or "abs".
    last_epoch: the epoch to start at; 0 and -1 are the start.

    best, num_bad_epochs, cooldown_counter: as states to read.

    >>> scheduler = ReduceLROnPlateau(base_lr=0.1, factor=0.5, patience=1)
    >>> for loss in (3.0, 2.0, 2.5, 2.2):
    ...     scheduler.step(loss)
    >>> scheduler.get_lr(), scheduler.best.value
    ([0.05], 2.0)
    """

    made_of = ("mode", "factor", "patience", "threshold", "threshold_mode", "cooldown", "min_lrs", "eps")
    _states = ("last_epoch", "_current_lrs", "_metrics")

    def __init__(
        self,
        base_lr: Any = 1e-3,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: Any = 0,
        eps: float = 1e-8,
        last_epoch: int = 0,
    ) -> None:
        name = "ReduceLROnPlateau"
        base_lrs = rates(f"{name}.base_lr", base_lr)
        self.mode = one_of(f"{name}.mode", mode, "min", "max")
        self.factor = finite(f"{name}.factor", factor, "at least 0 and below 1", lambda x: 0 <= x < 1)
        self.patience = whole(f"{name}.patience", patience, 0)
        self.threshold = non_negative(f"{name}.threshold", threshold)
        self.threshold_mode = one_of(f"{name}.threshold_mode", threshold_mode, "rel", "abs")
        self.cooldown = whole(f"{name}.cooldown", cooldown, 0)
        self.min_lrs = rates(f"{name}.min_lr", min_lr, groups=len(base_lrs) if len(base_lrs) > 1 else None)
        for least in self.min_lrs:
            non_negative(f"{name}.min_lr", least)
        self.eps = non_negative(f"{name}.eps", eps)
        super().__init__(base_lrs * (len(self.min_lrs) if len(base_lrs) == 1 else 1), last_epoch)
        self._metrics: Any = OptimState(_noted(PlateauState()))

    # What a step does -----------------------------------------------------------------------------------------

    def get_lr(self) -> list[Any]:
        """The learning rates that the metrics so far have led to."""
        return self.get_last_lr()

    def step(self, metric: Any, epoch: Any = None) -> None:  # type: ignore[override, unused-ignore]
        """Take a metric into account, and go to the next epoch, or to ``epoch``.

        metric: a number; it may be traced. One that is not finite is not good.
        """
        target = self._target(epoch)
        decides, *lowers = self._machines()
        state = decides.update(self._state(), single("metric", metric, "a number"))
        self._metrics.value = _noted(state)
        self._move(target)
        current = enumerate(map(concrete, self._current_lrs.value))
        if is_number(state.factor):
            self._hold([lowers[group].reduce(rate) if state.factor < 1 else rate for group, rate in current])
        else:
            self._hold([jnp.where(state.factor < 1, lowers[group].reduce(rate), rate) for group, rate in current])

    def _machines(self) -> tuple[Plateau, ...]:
        """The one that decides, and for each group the one that lowers its learning rate."""
        made_from = self._made_from()
        if self._made[0] != made_from:
            decides = Plateau(
                mode=self.mode,
                factor=self.factor,
                patience=self.patience,
                threshold=self.threshold,
                threshold_mode=self.threshold_mode,
                cooldown=self.cooldown,
            )
            floors = [of_group(self.min_lrs, group) for group in range(len(self.base_lrs))]
            lowers = [Plateau(factor=self.factor, floor=floor, eps=self.eps) for floor in floors]
            self._made = made_from, (decides, *lowers)
        return self._made[1]

    def _rate(self, base_lr: float, group: int) -> Any:
        return base_lr

    # What is known of the metrics -----------------------------------------------------------------------------

    def _state(self) -> PlateauState:
        """The state of the machine. Its factor is 1 at every step: the learning rates are what is lowered."""
        return PlateauState._make((1.0, *map(concrete, self._metrics.value)))

    @property
    def best(self) -> OptimState:
        """The best metric; infinite before there is one."""
        state, none = self._state(), math.inf if self.mode == "min" else -math.inf
        if is_number(state.best_at):
            return OptimState(state.best if state.best_at else none)
        return OptimState(jnp.where(state.best_at > 0, state.best, none))

    @property
    def num_bad_epochs(self) -> OptimState:
        """How many metrics in a row were not good."""
        return OptimState(self._state().bad)

    @property
    def cooldown_counter(self) -> OptimState:
        """How many metrics more will not count."""
        return OptimState(self._state().cooldown)

    # State ----------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        state = self._state()
        return {
            **super().state_dict(),
            "best": state.best if state.best_at else None,  # JSON has no infinity
            "num_bad_epochs": state.bad,
            "cooldown_counter": state.cooldown,
        }

    def _checked(self, state_dict: Any, where: str) -> dict[str, Any]:
        checked = super()._checked(state_dict, where)
        best = concrete(checked.get("best"))
        best = None if best in (None, math.inf, -math.inf) else finite(f"{where}: state['best']", best)
        counts = [whole(f"{where}: state[{name!r}]", checked.get(name, 0), 0) for name in _COUNTS]
        seen = 0 if best is None else 1
        checked["metrics"] = PlateauState._make((1.0, 0.0 if best is None else best, seen, *counts, seen))
        return checked

    def _restore(self, checked: dict[str, Any]) -> None:
        self._metrics.value = _noted(checked["metrics"])
        super()._restore(checked)


_COUNTS = ("num_bad_epochs", "cooldown_counter")


def _noted(state: PlateauState) -> tuple[Any, ...]:
    """What is kept of a state: all but the factor. Each number has a type of its own for JAX, as rates do."""
    _, best, *counts = state
    whole = [n.astype(int) if isinstance(n, jax.Array) else np.int64(n) for n in counts]
    return (held(best), *whole)
