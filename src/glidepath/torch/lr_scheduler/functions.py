"""Schedulers that take their factors from a function of the user's."""

from __future__ import annotations

import math
import types
from typing import TYPE_CHECKING, Any

from torch.optim import lr_scheduler as theirs

from ...errors import fail
from .base import Member

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LambdaLR", "MultiplicativeLR"]


class _Functions(Member):
    """What both have: a function for each group, whose attributes are saved if it is an object."""

    __slots__ = ()
    lr_lambdas: list[Callable[[int], float]]

    def _key(self) -> tuple[Any, ...]:
        return ()

    def _values(self, t: Any) -> list[float]:
        if len(self.lr_lambdas) != len(self.optimizer.param_groups):
            self._check_groups(self.lr_lambdas)
        values: list[Any] = [function(t) for function in self.lr_lambdas]
        total = sum(values)
        if type(total) is not float:
            values = [float(value) for value in values]
            total = sum(values)
        if not math.isfinite(total):
            fail(f"{type(self).__name__}.lr_lambda at step {t}", "a finite number", values)
        return values

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


class MultiplicativeLR(_Functions, theirs.MultiplicativeLR):
    """torch's MultiplicativeLR: at each step, a function of it multiplies the rate."""

    __slots__ = ()

    def _evaluate(self, t: Any) -> list[float]:
        """The product of all factors up to ``t``; from the one before, where that is what is known."""
        if self._place is not None and self._place[0] == t:
            known: list[float] = self._place[1]
            return known
        first, product = 1, [1.0] * len(self.lr_lambdas)
        if self._place is not None and self._place[0] < t:
            first, product = self._place[0] + 1, self._place[1]
        for k in range(first, t + 1):
            product = [held * value for held, value in zip(product, self._values(k), strict=True)]
        self._place = t, product
        return product

    def _load(self, state_dict: Any) -> list[float]:
        kept, self._place = self._place, None
        try:
            return super()._load(state_dict)
        except Exception:
            self._place = kept
            raise
