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
from .arguments import plain, steps
from .ledger import mixed
from .stepped import Stepped
from .valued import Valued

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...schedule import Schedule
    from .ledger import Ledger

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]


class _Cosine(Valued):
    """What both have: the rates go to ``eta_min``."""

    __slots__ = ()

    def _own(self, starts: Sequence[float]) -> list[float]:
        return mixed(starts, [self._end or 0.0] * len(starts), self._left)


def _down_and_up(steps: int) -> Schedule:
    """Down and up again, without end: past its ``T_max``, torch's cosine rises."""
    down, up = Cosine(start=1.0, end=0.0, steps=steps), Cosine(start=0.0, end=1.0, steps=steps)
    return Repeat(body=Join(parts=(down, up), boundaries=(steps,)), period=2 * steps)


class CosineAnnealingLR(_Cosine, theirs.CosineAnnealingLR):
    """torch's CosineAnnealingLR: half a cosine down to ``eta_min`` in ``T_max`` steps, then up again."""

    __slots__ = ()
    _made_of = ("T_max", "eta_min")

    def _make(self) -> Callable[[float], float]:
        length = steps("CosineAnnealingLR.T_max", self.T_max, 1)
        self._end = plain("CosineAnnealingLR.eta_min", self.eta_min)
        whole = type(length) is int
        return compile(_down_and_up(length) if whole else Pace(schedule=_down_and_up(1), start=0.0, span=length))


class CosineAnnealingWarmRestarts(_Cosine, theirs.CosineAnnealingWarmRestarts):
    """torch's CosineAnnealingWarmRestarts: cosines down to ``eta_min``, each ``T_mult`` times as long as the last.

    ``T_cur`` is the step of the cycle, ``T_i`` its length. They follow from the epoch, counted in whole numbers.
    """

    __slots__ = ()
    _made_of = ("T_0", "T_mult", "eta_min")
    _is_absolute = True

    def _make(self) -> Callable[[float], float]:
        for name in ("T_0", "T_mult"):
            where = f"CosineAnnealingWarmRestarts.{name}"
            if type(steps(where, getattr(self, name), 1)) is not int:
                fail(where, "a whole number", getattr(self, name))
        self._end = plain("CosineAnnealingWarmRestarts.eta_min", self.eta_min)
        return compile(Cosine(start=1.0, end=0.0, steps=1))

    def _evaluate(self, t: Any) -> float:
        self._place = step, length = self._cycle(t)
        left: float = Stepped._evaluate(self, step / length)  # super() is slow
        return left

    def _cycle(self, t: Any) -> tuple[Any, int]:
        """The step of the cycle, and its length."""
        step, length, ratio = t, self.T_0, self.T_mult
        if ratio == 1:
            return step % length, length
        while step >= length:
            step -= length
            length *= ratio
        return step, length

    def _now(self) -> Any:
        return self.last_epoch + self.T_cur % 1

    def _go_on(self, ledger: Ledger) -> None:
        ledger.starts = self._bases()
        Stepped._go_on(self, ledger)
        self.T_cur, self.T_i = self._place

    def _stand_at(self, t: Any) -> None:
        self.last_epoch = math.floor(t)
        self.T_cur, self.T_i = self._cycle(max(t, 0))

    def step(self, epoch: Any = None) -> None:
        """Go to the next epoch, or to ``epoch``, which may be broken: ``epoch + batch / batches``."""
        if not self._is_own:
            super().step(epoch)
        elif epoch is None and self._ledger is not None:
            self._go_on(self._ledger)
        elif epoch is None or 0 <= epoch < math.inf:
            self._update_lr(epoch)
        else:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
