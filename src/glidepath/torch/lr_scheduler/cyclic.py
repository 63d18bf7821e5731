"""The scheduler that goes up and down in cycles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from torch.optim import lr_scheduler as theirs

from ...compiled import compile
from ...compose import Minimum, Product, Repeat
from ...compose.pace import Pace
from ...compose.powers import powers
from ...errors import fail
from ...fields import one_of
from ...schedules import Linear, Triangle
from .arguments import check_rates, plain, rate, steps
from .ledger import mixed
from .stepped import Stepped
from .valued import Between

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...schedule import Schedule
    from .ledger import Groups

__all__ = ["CyclicLR"]


class CyclicLR(Between, theirs.CyclicLR):
    """torch's CyclicLR: straight lines from ``base_lr`` to ``max_lr`` and back, in cycles."""

    __slots__ = ()
    _made_of = ("total_size", "step_ratio", "mode", "gamma")

    def _prepare(self, given: dict[str, Any]) -> None:
        for name in ("base_lr", "max_lr", "base_momentum", "max_momentum"):
            check_rates(f"CyclicLR.{name}", given[name])
        for name in ("step_size_up", "step_size_down"):
            if given[name] is not None:
                steps(f"CyclicLR.{name}", given[name], 1)
        one_of("CyclicLR.scale_mode", given["scale_mode"], "cycle", "iterations")

    def _finish(self) -> None:
        """torch's first value knows nothing of ``base_lr`` yet."""
        self._based = [], []
        if self._ledger is not None:
            self._put(self._ledger)

    def _own(self, starts: Sequence[float]) -> list[float]:
        rates = mixed(self.max_lrs, self._bases(), self._left)
        return rates if type(sum(rates)) is float else [float(rate) for rate in rates]

    def _write_momenta(self, groups: Groups) -> None:
        left, use_beta1 = self._left, self.use_beta1
        for group, low, high in zip(groups, self.base_momentums, self.max_momentums):  # noqa: B905  strict is slow
            momentum = high + (low - high) * left
            if use_beta1:
                group["betas"] = (momentum, *group["betas"][1:])
            else:
                group["momentum"] = momentum

    def _make(self) -> Callable[[float], float]:
        total = steps("CyclicLR.total_size", self.total_size, 1)
        up = plain("CyclicLR.step_ratio", self.step_ratio, "above 0 and below 1", lambda x: 0 < x < 1) * total
        if type(total) is int and abs(up - round(up)) < 1e-9 * total:
            triangle: Schedule = Triangle(low=0.0, high=1.0, up=round(up), down=total - round(up))
        else:
            rise = Pace(schedule=Linear(start=0.0, end=1.0, steps=1), start=0.0, span=up / total)
            fall = Pace(schedule=Linear(start=1.0, end=0.0, steps=1), start=up / total, span=1 - up / total)
            triangle = Minimum(parts=(rise, fall))
        period = total if isinstance(triangle, Triangle) else 1
        own = self._scale_fn_custom is None
        scale = 0.5 if own and self.mode == "triangular2" else 1.0
        cycles: Schedule = Repeat(body=triangle, period=period, scale=scale)
        if not isinstance(triangle, Triangle):
            cycles = Pace(schedule=cycles, start=0.0, span=total)
        if own and self.mode == "exp_range":
            cycles = Product(parts=(cycles, powers(1.0, rate("CyclicLR.gamma", self.gamma))))
        return compile(cycles)

    def _evaluate(self, t: Any) -> float:
        left: float = Stepped._evaluate(self, t)  # super() is slow
        if self._scale_fn_custom is None:
            return left
        asked = math.floor(1 + t / self.total_size) if self.scale_mode == "cycle" else t
        scale = float(self._scale_fn_custom(asked))
        if not math.isfinite(scale):
            fail(f"CyclicLR.scale_fn({asked})", "a finite number", scale)
        return left * scale

    def _checked(self, state: Any) -> dict[str, Any]:
        checked = super()._checked(state)
        saved = checked.setdefault("_scale_fn_custom", None)
        if saved and not hasattr(self._scale_fn_custom, "__dict__"):
            fail("CyclicLR.scale_fn", "the object whose attributes the state has", self._scale_fn_custom)
        return checked
