"""Schedulers that take their factors from a function of the user's."""

from __future__ import annotations

import math
import types
from typing import TYPE_CHECKING, Any

from torch.optim import lr_scheduler as theirs

from ...errors import fail
from .member import Member
from .stepped import Stepped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .ledger import Groups, Ledger

__all__ = ["LambdaLR", "MultiplicativeLR"]


class _Functions(Member):
    """What both have: a function for each group, whose attributes are saved if it is an object."""

    __slots__ = ()
    _is_number = False
    lr_lambdas: list[Callable[[int], float]]

    def _values(self, t: Any) -> list[float]:
        values: list[Any] = [function(t) for function in self.lr_lambdas]
        total = sum(values)
        if type(total) is not float or total - total != 0:  # that of what is not finite is NaN
            values = [float(value) for value in values]
            if not all(map(math.isfinite, values)):
                fail(f"{type(self).__name__}.lr_lambda at step {t}", "a finite number", values)
        return values

    def _applied(self, rates: Sequence[float], starts: Sequence[float]) -> list[float]:
        return [rate * left for rate, left in zip(rates, self._left)]  # noqa: B905  strict is slow

    def _grow(self, groups: Groups) -> bool:
        return len(self.lr_lambdas) == len(groups) and super()._grow(groups)

    def state_dict(self) -> dict[str, Any]:
        """torch's state. Functions are not in it; of an object, its attributes are."""
        kept = self.lr_lambdas
        self.lr_lambdas = [function if hasattr(function, "__dict__") else _nothing for function in kept]
        try:
            return super().state_dict()
        finally:
            self.lr_lambdas = kept

    def _checked(self, state: Any) -> dict[str, Any]:
        checked = super()._checked(state)
        saved = checked.setdefault("lr_lambdas", [None] * len(self.lr_lambdas))
        if len(saved) != len(self.lr_lambdas):
            fail(f"{type(self).__name__}: state['lr_lambdas']", f"a list of {len(self.lr_lambdas)}", saved)
        objects = [isinstance(function, types.FunctionType) for function in self.lr_lambdas]
        for held, is_function in zip(saved, objects, strict=True):
            if held and is_function:
                fail(f"{type(self).__name__}: state['lr_lambdas']", "None for a function", held)
        return checked


def _nothing(_: int) -> float:
    return 1.0


class LambdaLR(_Functions, theirs.LambdaLR):
    """torch's LambdaLR: the base rate times a function of the step."""

    __slots__ = ()
    _is_absolute = True

    def _evaluate(self, t: Any) -> list[float]:
        return self._values(t)

    def _go_on(self, ledger: Ledger) -> None:
        ledger.starts = self._bases()
        Stepped._go_on(self, ledger)  # super() is slow


class MultiplicativeLR(_Functions, theirs.MultiplicativeLR):
    """torch's MultiplicativeLR: at each step, a function of it multiplies the rate."""

    __slots__ = ()

    def _evaluate(self, t: Any) -> list[float]:
        """The product of all factors up to ``t``; from the one before, where that is what is known."""
        known, product = self._place or (0, [1.0] * len(self.lr_lambdas))
        if known > t:
            known, product = 0, [1.0] * len(self.lr_lambdas)
        while known < t:
            known += 1
            values = self._values(known)
            product = [held * value for held, value in zip(product, values)]  # noqa: B905  strict is slow
        self._place = known, product
        return product

    def _load(self, state_dict: Any) -> None:
        restore, self._place = self._kept(), None
        try:
            super()._load(state_dict)
        except Exception:
            restore()
            raise
