"""A straight line up to a rate that then holds, as ``optimus_dl.modules.lr_scheduler.linear_warmup`` has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ScheduleError
from .base import BaseLRSchedulerConfig
from .checks import finite, finites
from .configured import ConfiguredLR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["LinearWarmupLR", "LinearWarmupLRConfig"]


@dataclass
class LinearWarmupLRConfig(BaseLRSchedulerConfig):
    """How a `LinearWarmupLR` is configured.

    warmup_steps: steps of the line, 0 for none.
    warmup_percent: as a share of the run's iterations (0.05 is 5 %), where ``warmup_steps`` is None. It is cut to
        whole steps.
    target_lr: the rate that is reached; that of the group where it is None, and also where it is 0.
    start_lr: the rate at step 0.
    """

    warmup_steps: int | None = None
    warmup_percent: float | None = 0.05
    target_lr: float | None = None
    start_lr: float = 0.0


class LinearWarmupLR(ConfiguredLR):
    """A straight line to the target rate, which then holds, by the name ``linear_warmup``.

    Definition: ``start_lr + (target_lr - start_lr) * (step / warmup_steps)`` up to ``warmup_steps``, then
    ``target_lr``.

    cfg, optimizer, iterations, strict: as for `ConfiguredLR`.

    >>> import torch
    >>> optimizer = torch.optim.SGD(torch.nn.Linear(1, 1).parameters(), lr=0.5)
    >>> scheduler = LinearWarmupLR(LinearWarmupLRConfig(warmup_percent=0.02), optimizer, iterations=100)
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    _config = LinearWarmupLRConfig
    _saved = ("warmup_steps", "start_lr", "target_lrs")

    warmup_steps: float
    start_lr: float
    target_lrs: list[float]

    def _attributes(self, settings: dict[str, Any], iterations: int) -> dict[str, Any]:
        steps, percent, target = (settings[key] for key in ("warmup_steps", "warmup_percent", "target_lr"))
        if percent is not None:
            percent = finite("LinearWarmupLR.warmup_percent", percent)
        if steps is None:
            if percent is None:
                raise ScheduleError("Either warmup_steps or warmup_percent must be set")
            steps = int(iterations * percent)
        if target is not None:
            target = finite("LinearWarmupLR.target_lr", target)
        targets = [target or base_lr for base_lr in self.base_lrs]
        return self._restored({"warmup_steps": steps, "start_lr": settings["start_lr"], "target_lrs": targets})

    def _restored(self, state: Any) -> dict[str, Any]:
        name = type(self).__name__
        targets = finites(f"{name}.target_lrs", state["target_lrs"])
        if len(targets) != len(self.base_lrs):
            raise ScheduleError(f"{name}.target_lrs has {len(targets)} rates for {len(self.base_lrs)} parameter groups")
        return {
            "warmup_steps": finite(f"{name}.warmup_steps", state["warmup_steps"]),
            "start_lr": finite(f"{name}.start_lr", state["start_lr"]),
            "target_lrs": targets,
        }

    def _compared(self, state: Mapping[str, Any]) -> dict[str, Any]:
        # Targets that are those of the groups were not configured, and an optimizer that goes on has others.
        own = state["target_lrs"] == state["base_lrs"]
        return super()._compared(state) | ({"target_lrs": "those of the groups"} if own else {})

    def _findings(self, settings: dict[str, Any], iterations: int) -> Iterator[str]:
        percent = settings["warmup_percent"]
        if settings["warmup_steps"] is not None and percent not in (None, LinearWarmupLRConfig.warmup_percent):
            yield (
                f"LinearWarmupLR.warmup_percent = {percent!r} has no effect beside warmup_steps = "
                f"{self.warmup_steps!r}: set one of them to null"
            )
        if settings["target_lr"] == 0 and settings["target_lr"] is not None:
            yield (
                f"LinearWarmupLR.target_lr = {settings['target_lr']!r} has no effect, the target is that of each "
                "group: use glidepath.Linear, which may end at 0"
            )
        if self.warmup_steps < 0:
            yield f"LinearWarmupLR.warmup_steps = {self.warmup_steps!r} has no effect: write 0 for no warmup"
        if self.warmup_steps > iterations:
            yield (
                f"LinearWarmupLR.warmup_steps = {self.warmup_steps!r} is longer than the run of {iterations} "
                "iterations, which ends below the target: make it shorter"
            )

    def get_lr(self) -> list[float]:
        """The rates at the present step."""
        step, start = self._step_count, self.start_lr
        if self.warmup_steps == 0 or step > self.warmup_steps:
            return list(self.target_lrs)
        # Not `glidepath.Linear`, which multiplies before it divides: a run that is switched over must see the
        # same bits.
        share = step / self.warmup_steps
        return [start + (target - start) * share for target in self.target_lrs]
