"""Schedulers that lead to rates of their own, and do not only scale what they find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .member import Member
from .stepped import Stepped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .ledger import Groups, Ledger

__all__ = ["Between", "Valued"]


class Valued(Member):
    """One whose rates stand first in the product. Where another's do, its own count as a factor of its base."""

    __slots__ = ()
    _rank = 0

    def _own(self, starts: Sequence[float]) -> list[float]:
        """Its rates, where the groups start from given ones."""
        raise NotImplementedError

    def _applied(self, rates: Sequence[float], starts: Sequence[float]) -> list[float]:
        if rates is starts:
            return self._own(starts)
        bases = self._bases()
        own = self._own(bases)
        return [rate * (x / base if base else 1.0) for rate, x, base in zip(rates, own, bases, strict=True)]


class Between(Valued):
    """One whose rates lie between two of its own, for each group, and whose momenta do so the other way round."""

    __slots__ = ()
    _is_absolute = True

    _is_number = False

    cycle_momentum: bool
    use_beta1: bool

    def _put(self, ledger: Ledger) -> None:
        Stepped._put(self, ledger)
        if self.cycle_momentum:
            self._write_momenta(ledger.groups)

    def _go_on(self, ledger: Ledger) -> None:
        Stepped._go_on(self, ledger)  # super() is slow
        if self.cycle_momentum:
            self._write_momenta(ledger.groups)

    def _write_momenta(self, groups: Groups) -> None:
        """Write the momenta, or the first of the betas."""
        raise NotImplementedError

    def _grow(self, groups: Groups) -> bool:
        return len(self.base_lrs) == len(groups)
