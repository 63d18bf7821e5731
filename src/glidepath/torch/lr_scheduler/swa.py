"""The scheduler of stochastic weight averaging, which takes over from the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch.optim import swa_utils

from ...compiled import compile
from ...schedules import Constant, Cosine, Linear
from .arguments import check_rates, steps
from .ledger import mixed
from .member import Member

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .ledger import Groups

__all__ = ["SWALR"]


class SWALR(Member, swa_utils.SWALR):
    """torch's SWALR: from whatever rates the others have led to, to ``swa_lr`` in ``anneal_epochs`` steps."""

    __slots__ = ()
    _made_of = ("anneal_epochs", "_anneal_strategy")
    _rank = 2
    _is_number = False

    def _prepare(self, given: dict[str, Any]) -> None:
        check_rates("SWALR.swa_lr", given["swa_lr"])

    def _make(self) -> Callable[[float], float]:
        kind = Linear if self._anneal_strategy == "linear" else Cosine
        length = steps("SWALR.anneal_epochs", self.anneal_epochs)
        return compile(kind(start=1.0, end=0.0, steps=length) if length else Constant(value=0.0))

    def _applied(self, rates: Sequence[float], starts: Sequence[float]) -> list[float]:
        ends = [float(group["swa_lr"]) for group in self.optimizer.param_groups]
        return mixed(rates, ends, self._left)

    def _grow(self, groups: Groups) -> bool:
        return all("swa_lr" in group for group in groups) and super()._grow(groups)
