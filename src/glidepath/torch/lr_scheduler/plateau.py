"""The scheduler that goes by a metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from torch.optim import lr_scheduler as theirs

from ...errors import ScheduleError, fail
from ...plateau import Plateau, PlateauState
from .base import copied, signature_of
from .ledger import Ledger, ledger_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(theirs.ReduceLROnPlateau):
    """torch's ReduceLROnPlateau: what it has lowered is a factor of its own among those of other schedulers.

    A relative threshold is a share of the size of the best metric, so that it means the same for one below 0.
    """

    __slots__ = ("_factors", "_machine")

    __signature__ = signature_of(theirs.ReduceLROnPlateau)

    _rank = 1
    _factors: list[float]
    _machine: Plateau | None

    def __new__(cls, *_: Any, **__: Any) -> Self:
        made = super().__new__(cls)
        made._factors, made._machine = [], None
        return made

    def __init_subclass__(cls) -> None:
        cls.__signature__ = signature_of(cls)

    def _applied(self, rates: Sequence[float], starts: Sequence[float], trial: bool) -> list[float]:
        return [rate * factor for rate, factor in zip(rates, self._padded(len(rates)), strict=True)]

    def _padded(self, count: int) -> list[float]:
        self._factors += [1.0] * (count - len(self._factors))
        return self._factors

    # Metrics --------------------------------------------------------------------------------------------------

    def _init_is_better(self, mode: Any, threshold: float, threshold_mode: Any) -> None:
        self._machine = Plateau(
            mode=mode,
            factor=float(self.factor),
            patience=self.patience,
            threshold=float(threshold),
            threshold_mode=threshold_mode,
            cooldown=self.cooldown,
        )
        super()._init_is_better(mode, threshold, threshold_mode)

    def step(self, metrics: Any, epoch: Any = None) -> None:  # type: ignore[override]
        """Take a metric into account."""
        if epoch is not None:
            super().step(metrics, epoch)
            return
        current = float(metrics)
        self.last_epoch += 1
        if self._is_better(current, self.best):
            self.best, self.num_bad_epochs = current, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce_lr(self.last_epoch)
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        held = [group["lr"] for group in self.optimizer.param_groups]
        is_plain = all(type(rate) is float for rate in held)
        self._last_lr = held if is_plain else [copied(rate) for rate in held]

    def _is_better(self, a: Any, best: Any) -> bool:
        if self.threshold_mode == "abs" or best >= 0:
            return bool(theirs.ReduceLROnPlateau._is_better(self, a, best))  # type: ignore[no-untyped-call]
        # torch's rule takes a metric below 0 that gets worse for one that gets better.
        assert self._machine is not None
        is_first = best == self.mode_worse
        state = PlateauState(best=0.0 if is_first else best, best_at=0 if is_first else 1, seen=1)
        return bool(self._machine.update(state, float(a)).best_at == 2)

    def _reduce_lr(self, epoch: Any) -> None:
        ledger = ledger_of(self.optimizer)
        ledger.notice(self.optimizer.param_groups)
        before = ledger.rates_held()
        super()._reduce_lr(epoch)
        self._lower(ledger, before, ledger.rates_held())

    def _lower(self, ledger: Ledger, before: list[float], after: list[float]) -> None:
        """Enter the change of the rates as a factor."""
        factors = self._padded(len(before))
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            factors[index] *= new / old if old else 1.0
        ledger.enter(self)
        ledger.write(after)

    # State ----------------------------------------------------------------------------------------------------

    def get_last_lr(self) -> list[Any]:
        """The rates after the last step: copies."""
        return [copied(rate) for rate in self._last_lr]

    def state_dict(self) -> dict[str, Any]:
        """torch's state, with copies of its lists."""
        state = super().state_dict()
        return {**state, "min_lrs": list(self.min_lrs), "_last_lr": self.get_last_lr()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a state of this class or of torch's, and write its rates to the optimizer.

        Raises `ScheduleError`, and changes nothing, for what cannot be such a state.
        """
        if not hasattr(state_dict, "keys"):
            fail("ReduceLROnPlateau: the state", "a dictionary", state_dict)
        before, count = dict(vars(self)), len(self.optimizer.param_groups)
        last = state_dict.get("_last_lr")
        if last is not None and len(last) != count:
            fail("ReduceLROnPlateau: state['_last_lr']", f"a list with {count} entries, one for each group", last)
        strange = [key for key in state_dict if key not in before and key != "verbose"]
        if strange:
            raise ScheduleError(f"ReduceLROnPlateau: the state is of another class: it has {strange!r}")
        try:
            super().load_state_dict(dict(state_dict))
        except Exception:
            vars(self).update(before)
            raise
        ledger = ledger_of(self.optimizer)
        if not ledger.notice(self.optimizer.param_groups) and last is not None:
            self._lower(ledger, ledger.rates_held(), [float(rate) for rate in last])

    def __getstate__(self) -> dict[str, Any]:
        return dict(vars(self))

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._init_is_better(self.mode, self.threshold, self.threshold_mode)
