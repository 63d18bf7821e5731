"""The scheduler of one cycle: up, and down far below where it began."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch.optim import lr_scheduler as theirs

from ...compiled import compile
from ...compose.pace import Pace
from ...schedules import Cosine, Linear
from .arguments import check_rates, plain, warn
from .stepped import Stepped
from .valued import Between

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .ledger import Groups

__all__ = ["OneCycleLR"]


class OneCycleLR(Between, theirs.OneCycleLR):
    """torch's OneCycleLR: up to ``max_lr``, and down far below where it began, where it stays."""

    __slots__ = ("_phase",)
    _made_of = ("total_steps", "_schedule_phases")
    _phase: int

    def _prepare(self, given: dict[str, Any]) -> None:
        for name in ("max_lr", "base_momentum", "max_momentum"):
            check_rates(f"OneCycleLR.{name}", given[name])
        for name in ("div_factor", "final_div_factor"):
            plain(f"OneCycleLR.{name}", given[name], "a positive finite number", lambda x: x > 0)
        if given["last_epoch"] != -1:
            self._complete(**given)

    @staticmethod
    def _complete(
        optimizer: Any,
        max_lr: Any,
        div_factor: Any,
        final_div_factor: Any,
        base_momentum: Any,
        max_momentum: Any,
        **_: Any,
    ) -> None:
        """Note in the groups of a fresh optimizer what those of a loaded one have."""
        for index, group in enumerate(optimizer.param_groups):
            peak, low, high = (
                x[index] if isinstance(x, list | tuple) else x for x in (max_lr, base_momentum, max_momentum)
            )
            if "initial_lr" in group and "max_lr" not in group:
                group.update(max_lr=peak, base_momentum=low, max_momentum=high, initial_lr=peak / div_factor)
                group["min_lr"] = group["initial_lr"] / final_div_factor
            elif group.get("max_lr", peak) != peak:
                warn(f"OneCycleLR: group {index} goes on with max_lr {group['max_lr']}; {peak}, as given, is not used")

    def _make(self) -> Callable[[float], tuple[int, float]]:
        # Older states have the function in place of its name.
        shape = getattr(self, "_anneal_func_type", None) or self.anneal_func  # type: ignore[attr-defined]
        is_linear = shape == "linear" or shape is self._annealing_linear
        fall = (Linear if is_linear else Cosine)(start=1.0, end=0.0, steps=1)
        ends = [plain("OneCycleLR: the end of a phase", phase["end_step"]) for phase in self._schedule_phases]
        curves = [
            # A phase without length is at its end.
            compile(Pace(schedule=fall, start=start, span=end - start)) if end > start else _no_length
            for start, end in zip([0.0, *ends[:-1]], ends, strict=True)
        ]

        def left(t: float) -> tuple[int, float]:
            phase = 0
            while t > ends[phase]:
                phase += 1
            return phase, curves[phase](t)

        return left

    def _evaluate(self, t: Any) -> float:
        total = self.total_steps
        if t > total:
            raise ValueError(f"Tried to step {t} times. The specified number of total steps is {total}")
        # super() is slow.
        self._phase, left = Stepped._evaluate(self, t if t < total else total - 1)
        return left  # type: ignore[no-any-return]

    def _own(self, starts: Sequence[float]) -> list[float]:
        phase, left = self._schedule_phases[self._phase], self._left
        first, last = phase["start_lr"], phase["end_lr"]
        rates = []
        for group in self.optimizer.param_groups:
            low = group[last]
            rate = low + (group[first] - low) * left
            rates.append(rate if type(rate) is float else float(rate))
        return rates

    def _write_momenta(self, groups: Groups) -> None:
        phase, left, use_beta1 = self._schedule_phases[self._phase], self._left, self.use_beta1
        first, last = phase["start_momentum"], phase["end_momentum"]
        for group in groups:
            low = group[last]
            momentum = low + (group[first] - low) * left
            if use_beta1:
                group["betas"] = (momentum, *group["betas"][1:])
            else:
                group["momentum"] = momentum

    def _grow(self, groups: Groups) -> bool:
        return all("max_lr" in group for group in groups) and super()._grow(groups)

    def _hyperparameters(self) -> dict[str, Any]:
        return {}

    def _checked(self, state: Any) -> dict[str, Any]:
        checked = super()._checked(state)
        saved = checked.get("total_steps", self.total_steps)
        if saved != self.total_steps:
            # The run is as long as the configuration says: whoever changes it wants that.
            warn(f"OneCycleLR: the state was saved with total_steps {saved}; {self.total_steps}, as given, is kept")
            for key in ("total_steps", "_schedule_phases"):
                checked.pop(key, None)
        return checked


def _no_length(_: float) -> float:
    return 0.0
