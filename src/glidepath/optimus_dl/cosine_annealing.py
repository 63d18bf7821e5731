"""Half a cosine from the base rate down, as ``optimus_dl.modules.lr_scheduler.cosine_annealing`` has it."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ScheduleError, fail
from .base import BaseLRSchedulerConfig
from .checks import finite, whole
from .configured import ConfiguredLR

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CosineAnnealingLR", "CosineAnnealingLRConfig"]


@dataclass
class CosineAnnealingLRConfig(BaseLRSchedulerConfig):
    """How a `CosineAnnealingLR` is configured.

    T_max: without effect: the cosine takes the iterations of the run.
    eta_min: the lowest rate, a finite number.
    last_epoch: the last step that is done, -1 for none.
    """

    T_max: int = 1000
    eta_min: float = 0.0
    last_epoch: int = -1


class CosineAnnealingLR(ConfiguredLR):
    """Half a cosine from the base rate of each group to ``eta_min``, by the name ``cosine_annealing``.

    Definition: ``eta_min + (base_lr - eta_min) * (1 + cos(pi * step / iterations)) / 2``. Past ``iterations``
    it rises again, with a warning (`glidepath.Cosine` holds its end).

    cfg, optimizer, iterations, strict: as for `ConfiguredLR`.

    Source: Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983, for one period.

    >>> import torch
    >>> optimizer = torch.optim.SGD(torch.nn.Linear(1, 1).parameters(), lr=0.5)
    >>> scheduler = CosineAnnealingLR(CosineAnnealingLRConfig(), optimizer, iterations=4)
    >>> scheduler.step(); scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    _config = CosineAnnealingLRConfig
    _saved = ("T_max", "eta_min")

    T_max: int
    eta_min: float

    def _attributes(self, settings: dict[str, Any], iterations: int) -> dict[str, Any]:
        finite(f"{type(self).__name__}.T_max", settings["T_max"])
        last = whole(f"{type(self).__name__}.last_epoch", settings["last_epoch"], -1)
        return self._restored({**settings, "T_max": iterations}) | {"_step_count": last + 1}

    def _restored(self, state: Any) -> dict[str, Any]:
        name, horizon = type(self).__name__, finite(f"{type(self).__name__}.T_max", state["T_max"])
        if horizon <= 0:
            fail(f"{name}.T_max", "positive", horizon)
        return {"T_max": horizon, "eta_min": finite(f"{name}.eta_min", state["eta_min"])}

    def _findings(self, settings: dict[str, Any], iterations: int) -> Iterator[str]:
        given = settings["T_max"]
        if given not in (CosineAnnealingLRConfig.T_max, iterations):  # the default says nothing
            yield (
                f"CosineAnnealingLR.T_max = {given!r} has no effect, the cosine takes the run's {iterations} "
                "iterations: remove it, or use glidepath.Cosine, which has steps of its own"
            )

    def get_lr(self) -> list[float]:
        """The rates at the present step."""
        # Not `glidepath.Cosine`: a run that is switched over must see the same bits, and these hang on the order
        # of the operations.
        lowest, cosine = self.eta_min, math.cos(math.pi * self._step_count / self.T_max)
        return [lowest + (base_lr - lowest) * (1 + cosine) / 2 for base_lr in self.base_lrs]

    def step(self) -> None:
        """Count a step and write its rates. The first one past the end warns, or raises where strict."""
        if self._step_count == self.T_max:
            text = (
                f"CosineAnnealingLR rises again past its {self.T_max} steps: stop there, or use glidepath.Cosine, "
                "which holds its last value"
            )
            if self._is_strict:
                raise ScheduleError(text)
            warnings.warn(text, UserWarning, stacklevel=2)
        super().step()
