"""Schedulers that draw half cosines."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from torch.optim import lr_scheduler as theirs

from ...compiled import compile
from ...compose import Join, Repeat
from ...compose.pace import Pace
from ...errors import fail
from ...schedules import Cosine
from .base import Member, plain, steps
from .ledger import ledger_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...schedule import Schedule

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]


def _down_and_up(steps: int) -> Schedule:
    """Down and up again, without end: past its ``T_max``, torch's cosine rises."""
    down, up = Cosine(start=1.0, end=0.0, steps=steps), Cosine(start=0.0, end=1.0, steps=steps)
    return Repeat(body=Join(parts=(down, up), boundaries=(steps,)), period=2 * steps)


class CosineAnnealingLR(Member, theirs.CosineAnnealingLR):
    """torch's CosineAnnealingLR: half a cosine down to ``eta_min`` in ``T_max`` steps, then up again."""

    __slots__ = ("_end",)
    _made_of = ("T_max", "eta_min")
    _rank = 0
    _end: float

    def _make(self) -> Callable[[float], float]:
        length = steps("CosineAnnealingLR.T_max", self.T_max, 1)
        self._end = plain("CosineAnnealingLR.eta_min", self.eta_min)
        whole = type(length) is int
        return compile(_down_and_up(length) if whole else Pace(schedule=_down_and_up(1), start=0.0, span=length))

    def _ends(self) -> float:
        return self._end


class CosineAnnealingWarmRestarts(Member, theirs.CosineAnnealingWarmRestarts):
    """torch's CosineAnnealingWarmRestarts: cosines down to ``eta_min``, each ``T_mult`` times as long as the last.

    ``T_cur`` is the step of the cycle, ``T_i`` its length. They are counted in whole numbers.
    """

    __slots__ = ("_end",)
    _made_of = ("T_i", "eta_min")
    _is_absolute = True
    _rank = 0
    _end: float

    def _make(self) -> Callable[[float], float]:
        self._end = plain("CosineAnnealingWarmRestarts.eta_min", self.eta_min)
        length = steps("CosineAnnealingWarmRestarts.T_i", self.T_i, 1)
        if type(length) is not int:
            fail("CosineAnnealingWarmRestarts.T_i", "a whole number", self.T_i)
        return compile(Cosine(start=1.0, end=0.0, steps=length))

    def _ends(self) -> float:
        return self._end

    def _hyperparameters(self) -> dict[str, Any]:
        return {name: vars(self)[name] for name in ("T_0", "T_mult", "eta_min")}

    def _evaluate(self, t: Any) -> float:
        left: float = super()._evaluate(self.T_cur)
        return left

    def _move_to(self, t: Any) -> None:
        super()._move_to(t)
        self.T_cur, self.T_i = max(t, 0), self.T_0
        if self.T_mult == 1:
            self.T_cur %= self.T_0
        while self.T_cur >= self.T_i:
            self.T_cur -= self.T_i
            self.T_i *= self.T_mult

    def step(self, epoch: Any = None) -> None:
        """Go to the next epoch, or to ``epoch``, which may be broken: ``epoch + batch / batches``."""
        if not self._is_own:
            super().step(epoch)
        elif epoch is None:
            self._update_lr()
        elif not 0 <= epoch < math.inf:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        else:
            self._update_lr(epoch)

    def _update_lr(self, epoch: Any = None) -> None:
        before = self.last_epoch, self.T_cur, self.T_i
        if epoch is not None or self._is_initial:
            t = self.last_epoch + 1 if epoch is None else epoch
            self._move_to(t)
            self.last_epoch = before[0]
        elif self._ledger is None:
            self._begin_again()
            self._advance()
        else:
            self._advance()
        try:
            super()._update_lr(epoch)
        except Exception:
            self.last_epoch, self.T_cur, self.T_i = before
            raise
        self.last_epoch = math.floor(self.last_epoch)

    def _begin_again(self) -> None:
        """Come into force where it stands."""
        ledger = ledger_of(self.optimizer)
        ledger.notice(self.optimizer.param_groups)
        self._left = self._evaluate(self.last_epoch)
        self._join(ledger)

    def _advance(self) -> None:
        self.T_cur += 1
        if self.T_cur >= self.T_i:
            self.T_cur %= self.T_i
            self.T_i *= self.T_mult
