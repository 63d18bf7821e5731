"""The scheduler that goes by a metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch.optim import lr_scheduler as theirs

from ...errors import ScheduleError, fail
from ...plateau import Plateau, PlateauState
from .arguments import as_dict, check_rates, rate
from .ledger import Ledger, ledger_of
from .shown import Shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch.optim import Optimizer

    from .ledger import Groups

__all__ = ["ReduceLROnPlateau"]

_is_better_in_torch: Any = theirs.ReduceLROnPlateau._is_better


class ReduceLROnPlateau(Shown, theirs.ReduceLROnPlateau):
    """torch's ReduceLROnPlateau: what it has lowered is a factor of its own among those of other schedulers.

    A relative threshold is a share of the size of the best metric, so that it means the same for one below 0.
    """

    __slots__ = ("_factors", "_ledger", "_machine")

    _rank = 1
    _end = None
    _left = None
    _factors: list[float]
    _ledger: Ledger | None
    _machine: Plateau
    _last_lr: list[Any]

    def __init__(
        self,
        optimizer: Optimizer,
        mode: Any = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: Any = "rel",
        cooldown: int = 0,
        min_lr: list[float] | float = 0,
        eps: float = 1e-8,
    ) -> None:
        check_rates("ReduceLROnPlateau.min_lr", min_lr)
        rate("ReduceLROnPlateau.eps", eps)
        self._factors, self._ledger = [], None
        super().__init__(optimizer, mode, factor, patience, threshold, threshold_mode, cooldown, min_lr, eps)

    # Its place in the ledger ----------------------------------------------------------------------------------

    @property
    def _has_moved(self) -> bool:
        return self.last_epoch > 0

    def _applied(self, rates: Sequence[float], starts: Sequence[float]) -> list[float]:
        return [rate * factor for rate, factor in zip(rates, self._padded(len(rates)), strict=True)]

    def _padded(self, count: int) -> list[float]:
        self._factors += [1.0] * (count - len(self._factors))
        return self._factors

    def _grow(self, groups: Groups) -> bool:
        return True

    def _leave(self) -> None:
        """Be in force no longer: what was lowered is so no more."""
        if self._ledger is not None:
            self._ledger.leave(self)
        self._factors = []

    def _lower(self, ledger: Ledger, after: list[float]) -> None:
        """Enter the change of the rates as a factor, and write them."""
        factors = self._padded(len(after))
        for index, (old, new) in enumerate(zip(ledger.rates, after, strict=True)):
            factors[index] *= new / old if old else 1.0
        self._ledger = ledger
        ledger.enter(self)
        ledger.write(after)

    def _look(self) -> Ledger:
        """The ledger, with what the groups hold."""
        ledger = self._ledger
        if ledger is None:
            ledger = self._ledger = ledger_of(self.optimizer)
        ledger.refresh(self.optimizer.param_groups)
        return ledger

    # Metrics --------------------------------------------------------------------------------------------------

    def _init_is_better(self, mode: Any, threshold: float, threshold_mode: Any) -> None:
        try:
            self._machine = Plateau(
                mode=mode,
                factor=float(self.factor),
                patience=self.patience,
                threshold=float(threshold),
                threshold_mode=threshold_mode,
                cooldown=self.cooldown,
            )
        except ScheduleError as error:
            raise ScheduleError(f"ReduceLROn{error}") from None  # the message begins with the name of the class
        super()._init_is_better(mode, threshold, threshold_mode)

    def step(self, metrics: Any, epoch: Any = None) -> None:  # type: ignore[override]
        """Take a metric into account."""
        if epoch is not None:
            super().step(metrics, epoch)
            return
        current, best = float(metrics), self.best
        self.last_epoch += 1
        if best >= 0 or self.threshold_mode == "abs":
            is_better = _is_better_in_torch(self, current, best)
        else:
            is_better = self._is_better(current, best)
        if is_better:
            self.best, self.num_bad_epochs = current, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce_lr(self.last_epoch)
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        groups, last, known = self.optimizer.param_groups, self._last_lr, 0
        if len(groups) == len(last):
            for group in groups:
                if group["lr"] is not last[known]:
                    break
                known += 1
        if known < len(groups):
            self._last_lr = self._look().rates

    def _is_better(self, a: Any, best: Any) -> bool:
        if best >= 0 or self.threshold_mode == "abs":
            return bool(_is_better_in_torch(self, a, best))
        # torch's rule takes a metric below 0 that gets worse for one that gets better.
        is_first = best == self.mode_worse
        state = PlateauState(best=0.0 if is_first else best, best_at=0 if is_first else 1, seen=1)
        return bool(self._machine.update(state, float(a)).best_at == 2)

    def _reduce_lr(self, epoch: Any) -> None:
        ledger = self._look()
        super()._reduce_lr(epoch)
        self._lower(ledger, [float(group["lr"]) for group in self.optimizer.param_groups])

    # State ----------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """torch's state, with copies of its lists."""
        return {**super().state_dict(), "min_lrs": list(self.min_lrs), "_last_lr": self.get_last_lr()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a state of this class or of torch's, and write its rates to the optimizer.

        Raises `ScheduleError`, and changes nothing, for what cannot be such a state.
        """
        state, before, count = as_dict(self, state_dict), dict(vars(self)), len(self.optimizer.param_groups)
        last = state.pop("_last_lr", None)
        if last is not None and len(last) != count:
            fail("ReduceLROnPlateau: state['_last_lr']", f"a list with {count} entries, one for each group", last)
        strange = [key for key in state if key not in before and key != "verbose"]
        if strange:
            raise ScheduleError(f"ReduceLROnPlateau: the state is of another class: it has {strange!r}")
        try:
            super().load_state_dict(state)
            if last is not None:
                self._last_lr = [float(rate) for rate in last]
        except Exception:
            vars(self).update(before)
            raise
        ledger = ledger_of(self.optimizer)
        is_loaded = not ledger.is_current(self.optimizer.param_groups)
        ledger.refresh(self.optimizer.param_groups)
        if last is not None and not is_loaded:
            self._lower(ledger, self._last_lr)

    def __getstate__(self) -> dict[str, Any]:
        return vars(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._factors, self._ledger = [], None
        self._init_is_better(self.mode, self.threshold, self.threshold_mode)
