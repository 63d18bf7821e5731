"""What advice is given about, and what it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..fields import one_of
from .rates import SMALLEST, Array, how_many, not_negative, one_number, positive

if TYPE_CHECKING:
    from ..schedule import Schedule
    from ..units import Run

__all__ = ["Case", "Finding", "Optimizer", "Reference"]


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    level: "error" (surely not meant), "warning" (likely to cost) or "note".
    rule: its short name.
    message: what was found, with its number and what it means.
    number: the number alone.
    source: where the rule comes from.
    """

    level: str
    rule: str
    message: str
    number: float
    source: str


@dataclass(frozen=True, kw_only=True)
class Optimizer:
    """What the advice needs to know of the optimizer.

    name: "sgd", "adam" or "adamw".
    beta2: Adam's memory of squared gradients; from 0 to 1, the latter excluded.
    weight_decay: AdamW's; at least 0.

    Raises `ScheduleError` for others.
    """

    name: str = "adamw"
    beta2: float = 0.999
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        one_of("Optimizer.name", self.name, "sgd", "adam", "adamw")
        beta2 = one_number("Optimizer.beta2", self.beta2, "from 0 to below 1", lambda x: 0 <= x < 1)
        object.__setattr__(self, "beta2", beta2)
        object.__setattr__(self, "weight_decay", not_negative("Optimizer.weight_decay", self.weight_decay))


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Another run, whose peak is known to be good. All else must be alike, but for what is given on both sides.

    peak: its highest rate; positive.
    total: its updates.
    batch_size: its batch size.
    width: the width of its hidden layers.

    Raises `ScheduleError` for numbers that are not positive.
    """

    peak: float
    total: int | None = None
    batch_size: int | None = None
    width: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "peak", positive("Reference.peak", self.peak))
        for name in ("total", "batch_size", "width"):
            given = getattr(self, name)
            if given is not None:
                object.__setattr__(self, name, how_many(f"Reference.{name}", given, 1))


@dataclass(frozen=True)
class Case:
    """All that the rules are asked about."""

    schedule: Schedule
    rates: Array
    peak: float
    top: int
    optimizer: Optimizer
    run: Run
    reference: Reference | None
    width: int | None

    @property
    def moving(self) -> Array:
        """The rates that change something, after one that does not."""
        return moving(self.rates)


def moving(rates: Array) -> Array:
    """Those of some rates that change something, after one that does not."""
    return np.append(0.0, rates[rates >= SMALLEST])
