"""Schedulers that go up and down between rates of their own, with the momentum the other way round."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

from torch.optim import lr_scheduler as theirs

from ...compiled import compile
from ...compose import Minimum, Product, Repeat
from ...compose.pace import Pace
from ...errors import ScheduleError, fail
from ...schedules import Cosine, Linear, Triangle
from .base import Member, plain, steps
from .growth import powers
from .ledger import mixed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch.optim import Optimizer

    from ...schedule import Schedule

__all__ = ["CyclicLR", "OneCycleLR"]


class _Between(Member):
    """What both have: the rates lie between two of its own, for each group, and so do momenta."""

    __slots__ = ()
    _is_absolute = True
    _rank = 0

    cycle_momentum: bool
    use_beta1: bool

    def _sides(self) -> tuple[list[float], list[float]]:
        """The rates of the groups where all is left, and where nothing is."""
        raise NotImplementedError

    def _momenta(self) -> tuple[list[float], list[float]]:
        """The momenta likewise."""
        raise NotImplementedError

    def _applied(self, rates: Sequence[float], starts: Sequence[float], trial: bool) -> list[float]:
        own = mixed(*self._sides(), self._left)
        if rates is starts:
            return own
        bases = self._bases()
        return [r * (x / base if base else 1.0) for r, x, base in zip(rates, own, bases, strict=True)]

    def _put(self, ledger: Any) -> None:
        if len(ledger.groups) != len(self.base_lrs):
            self._check_groups(self.base_lrs)
        super()._put(ledger)
        if self.cycle_momentum:
            momenta = mixed(*self._momenta(), self._left)
            if self.use_beta1:
                for group, momentum in zip(ledger.groups, momenta, strict=True):
                    group["betas"] = (momentum, *group["betas"][1:])
            else:
                for group, momentum in zip(ledger.groups, momenta, strict=True):
                    group["momentum"] = momentum


class CyclicLR(_Between, theirs.CyclicLR):
    """torch's CyclicLR: straight lines from ``base_lr`` to ``max_lr`` and back, in cycles."""

    __slots__ = ()
    _made_of = ("total_size", "step_ratio", "mode", "gamma")

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: Any = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: Any = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float = 0.8,
        max_momentum: float = 0.9,
        last_epoch: int = -1,
    ) -> None:
        steps("CyclicLR.step_size_up", step_size_up, 1)
        if step_size_down is not None:
            steps("CyclicLR.step_size_down", step_size_down, 1)
        super().__init__(
            optimizer,
            base_lr,
            max_lr,
            step_size_up,
            step_size_down,
            mode,
            gamma,
            scale_fn,
            scale_mode,
            cycle_momentum,
            base_momentum,
            max_momentum,
            last_epoch,
        )
        # torch's first value knows nothing of base_lr yet.
        if self._is_own and self._ledger is not None:
            self._put(self._ledger)

    def _sides(self) -> tuple[list[float], list[float]]:
        return [float(high) for high in self.max_lrs], self._bases()

    def _momenta(self) -> tuple[list[float], list[float]]:
        return self.base_momentums, self.max_momentums

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
            gamma = plain("CyclicLR.gamma", self.gamma, "a finite number of at least 0", lambda x: x >= 0)
            cycles = Product(parts=(cycles, powers(gamma)))
        return compile(cycles)

    def _evaluate(self, t: Any) -> float:
        left: float = super()._evaluate(t)
        if self._scale_fn_custom is None:
            return left
        asked = math.floor(1 + t / self.total_size) if self.scale_mode == "cycle" else t
        return left * float(self._scale_fn_custom(asked))

    def _checked(self, state: Any) -> dict[str, Any]:
        checked = super()._checked(state)
        saved = checked.setdefault("_scale_fn_custom", None)
        if saved and not hasattr(self._scale_fn_custom, "__dict__"):
            fail("CyclicLR.scale_fn", "the object whose attributes the state has", self._scale_fn_custom)
        return checked


class OneCycleLR(_Between, theirs.OneCycleLR):
    """torch's OneCycleLR: up to ``max_lr``, and down far below where it began, where it stays."""

    __slots__ = ("_phase",)
    _phase: int

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Any = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        for name, factor in (("div_factor", div_factor), ("final_div_factor", final_div_factor)):
            plain(f"OneCycleLR.{name}", factor, "a positive finite number", lambda x: x > 0)
        groups = getattr(optimizer, "param_groups", [])
        if last_epoch != -1 and groups:
            self._complete(groups, max_lr, div_factor, final_div_factor, base_momentum, max_momentum)
        super().__init__(
            optimizer,
            max_lr,
            total_steps,
            epochs,
            steps_per_epoch,
            pct_start,
            anneal_strategy,
            cycle_momentum,
            base_momentum,
            max_momentum,
            div_factor,
            final_div_factor,
            three_phase,
            last_epoch,
        )

    @staticmethod
    def _complete(groups: Any, peak: Any, div: float, final: float, low: Any, high: Any) -> None:
        """Note in the groups of a fresh optimizer what those of a loaded one have."""
        for index, group in enumerate(groups):
            if "initial_lr" not in group or "max_lr" in group:
                continue
            mine = [x[index] if isinstance(x, list | tuple) else x for x in (peak, low, high)]
            group["max_lr"], group["base_momentum"], group["max_momentum"] = mine
            group["initial_lr"] = group["max_lr"] / div
            group["min_lr"] = group["initial_lr"] / final

    def _key(self) -> tuple[Any, ...]:
        # A legacy state has the function in place of its name.
        shape = getattr(self, "_anneal_func_type", None)
        return shape, self.total_steps, tuple(phase["end_step"] for phase in self._schedule_phases)

    def _make(self) -> Callable[[float], float]:
        shape = getattr(self, "_anneal_func_type", None)
        if shape is None:
            shape = "linear" if getattr(self, "anneal_func", None) is self._annealing_linear else "cos"
        kind = Linear if shape == "linear" else Cosine
        ends = [plain("OneCycleLR: the end of a phase", phase["end_step"]) for phase in self._schedule_phases]
        curves = []
        for start, end in zip([0.0, *ends[:-1]], ends, strict=True):
            whole = end - start
            fall = kind(start=1.0, end=0.0, steps=1)
            # A phase without length is at its end.
            curves.append(compile(Pace(schedule=fall, start=start, span=whole)) if whole > 0 else _no_length)
        self._place = ends, curves
        return _no_length

    def _evaluate(self, t: Any) -> float:
        super()._evaluate(t)
        if t > self.total_steps:
            raise ValueError(f"Tried to step {t} times. The specified number of total steps is {self.total_steps}")
        t = min(t, self.total_steps - 1)
        ends, curves = self._place
        phase = next((i for i, end in enumerate(ends) if t <= end), len(ends) - 1)
        self._phase = phase
        left: float = curves[phase](t)
        return left

    def _sides(self) -> tuple[list[float], list[float]]:
        return self._column("start_lr"), self._column("end_lr")

    def _momenta(self) -> tuple[list[float], list[float]]:
        return self._column("start_momentum"), self._column("end_momentum")

    def _column(self, side: str) -> list[float]:
        key = self._schedule_phases[self._phase][side]  # type: ignore[literal-required]
        try:
            return [float(group[key]) for group in self.optimizer.param_groups]
        except KeyError:
            raise ScheduleError(f"OneCycleLR: a parameter group has no {key}: make a new scheduler") from None

    def _hyperparameters(self) -> dict[str, Any]:
        return {}

    def _checked(self, state: Any) -> dict[str, Any]:
        checked = super()._checked(state)
        saved = checked.get("total_steps", self.total_steps)
        if saved != self.total_steps:
            # The run is as long as the configuration says: whoever changes it wants that.
            text = f"OneCycleLR: the state was saved with total_steps {saved}; {self.total_steps}, as given, is kept"
            warnings.warn(text, UserWarning, stacklevel=5)
            for key in ("total_steps", "_schedule_phases"):
                checked.pop(key, None)
        return checked


def _no_length(_: float) -> float:
    return 0.0
