"""Warmup, stable, decay, as ``optimus_dl.modules.lr_scheduler.wsd_scheduler`` has it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ScheduleError, fail
from ..fields import one_of
from .base import BaseLRSchedulerConfig
from .checks import finite, finites
from .configured import ConfiguredLR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["WSDScheduler", "WSDSchedulerConfig"]


@dataclass
class WSDSchedulerConfig(BaseLRSchedulerConfig):
    """How a `WSDScheduler` is configured. Factors multiply the base rate of each group.

    final_lr_factor: the factor at the end of the run.
    warmup_steps: steps of the warmup, 0 for none.
    warmup_steps_fraction: as a share of the run's iterations, where ``warmup_steps`` is None. It is cut to whole
        steps.
    init_div_factor: the warmup starts at 1 / ``init_div_factor``, which is not 0.
    fract_decay: the share of the iterations that the decay takes, cut to whole steps.
    decay_type: "linear", "linear_pw", "exp", "cosine", "miror_cosine", "square" or "sqrt".
    sqrt_power: the power of "sqrt", non-negative.
    linear_pw_subdivisions: the factors between start and end of "linear_pw", at equal distances.
    cooldown_start_lr_factor: the factor at which the decay starts.
    """

    final_lr_factor: float = 0.0
    warmup_steps: int | None = 300
    warmup_steps_fraction: float | None = None
    init_div_factor: int = 100
    fract_decay: float = 0.1
    decay_type: str = "linear"
    sqrt_power: float = 0.5
    linear_pw_subdivisions: list[float] | None = None
    cooldown_start_lr_factor: float = 1.0


class _NoWarmup(ScheduleError, AssertionError):
    """optimus_dl asserts here."""


class WSDScheduler(ConfiguredLR):
    """A linear warmup, a constant stretch and a decay at the end, by the name ``wsd``.

    Definition: with ``A = int(fract_decay * iterations)`` and ``H = iterations - A``, the base rates times
    ``k/warmup_steps + (1 - k/warmup_steps) / init_div_factor`` at the steps ``k`` before ``warmup_steps``, then 1
    before ``H``, then ``decay((k - H) / A)`` before ``iterations``, then ``final_lr_factor``. With
    ``S = cooldown_start_lr_factor`` and ``F = final_lr_factor`` the decays are:

    - linear: ``F + (S - F) * (1 - p)``
    - square: ``F + (S - F) * (1 - p**2)``; sqrt: ``F + (S - F) * (1 - p**sqrt_power)``
    - cosine: ``F + (S - F) * (1 + cos(pi * p)) / 2``; miror_cosine: twice linear less cosine
    - exp: ``F**p``; linear_pw: straight lines through ``S``, the subdivisions and ``F``

    cfg, optimizer, iterations, strict: as for `ConfiguredLR`.

    Source: Hu et al. 2024, https://arxiv.org/abs/2404.06395; the decays of
    https://github.com/epfml/schedules-and-scaling.

    >>> import torch
    >>> optimizer = torch.optim.SGD(torch.nn.Linear(1, 1).parameters(), lr=0.5)
    >>> scheduler = WSDScheduler(WSDSchedulerConfig(warmup_steps=0, fract_decay=0.5), optimizer, iterations=4)
    >>> for _ in range(3):
    ...     scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    _config = WSDSchedulerConfig
    _saved = (
        "iterations",
        "final_lr_factor",
        "warmup_steps",
        "init_div_factor",
        "fract_decay",
        "decay_type",
        "sqrt_power",
        "linear_pw_subdivisions",
        "cooldown_start_lr_factor",
        "n_anneal_steps",
        "n_hold",
    )

    iterations: int
    final_lr_factor: float
    warmup_steps: float
    init_div_factor: float
    fract_decay: float
    decay_type: str
    sqrt_power: float
    linear_pw_subdivisions: list[float]
    cooldown_start_lr_factor: float
    n_anneal_steps: int
    n_hold: int

    def _attributes(self, settings: dict[str, Any], iterations: int) -> dict[str, Any]:
        steps, share = settings["warmup_steps"], settings["warmup_steps_fraction"]
        if share is not None:
            share = finite("WSDScheduler.warmup_steps_fraction", share)
        if steps is None:
            if share is None:
                raise _NoWarmup("Either warmup_steps or warmup_steps_fraction must be specified")
            steps = int(share * iterations)
        decay = int(finite("WSDScheduler.fract_decay", settings["fract_decay"]) * iterations)
        phases = {"warmup_steps": steps, "n_anneal_steps": decay, "n_hold": iterations - decay}
        return self._restored({**settings, **phases, "iterations": iterations})

    def _restored(self, state: Any) -> dict[str, Any]:
        name, made = type(self).__name__, {}
        for key in self._saved:
            where = f"{name}.{key}"
            if key == "decay_type":
                made[key] = one_of(where, state[key], *_DECAYS)
            elif key == "linear_pw_subdivisions":
                made[key] = [] if state[key] is None else finites(where, state[key])
            else:
                made[key] = finite(where, state[key])
        if made["init_div_factor"] == 0 and made["warmup_steps"] > 0:
            fail(f"{name}.init_div_factor", "a number other than 0", made["init_div_factor"])
        if made["decay_type"] == "sqrt" and made["sqrt_power"] < 0:
            fail(f"{name}.sqrt_power", "non-negative", made["sqrt_power"])
        if made["decay_type"] == "exp" and made["final_lr_factor"] < 0:
            fail(f"{name}.final_lr_factor", "non-negative where decay_type is 'exp'", made["final_lr_factor"])
        if made["n_anneal_steps"] == 0 and made["n_hold"] < made["iterations"]:
            fail(f"{name}.n_anneal_steps", "other than 0 where the decay begins before the end", 0)
        return made

    def _findings(self, settings: dict[str, Any], iterations: int) -> Iterator[str]:
        yield from self._ignored(settings)
        if self.warmup_steps < 0:
            yield f"WSDScheduler.warmup_steps = {self.warmup_steps!r} has no effect: write 0 for no warmup"
        if self.warmup_steps > self.n_hold:
            yield (
                f"WSDScheduler.warmup_steps = {self.warmup_steps!r} is longer than the {self.n_hold} steps before the "
                f"decay in a run of {iterations}, so that the rate jumps: make it shorter, or say it as "
                "warmup_steps_fraction with warmup_steps: null"
            )
        if self.fract_decay > 0 and self.n_anneal_steps == 0:
            yield (
                f"WSDScheduler.fract_decay = {self.fract_decay!r} of {iterations} iterations is less than a step, so "
                "that the rate jumps at the end: make it larger"
            )
        if self.decay_type == "exp" and self.final_lr_factor == 0 and self.n_anneal_steps > 0:
            yield (
                "WSDScheduler.final_lr_factor = 0 makes an 'exp' decay fall to 0 within a step: give a positive one, "
                "such as 0.01"
            )

    def _ignored(self, settings: dict[str, Any]) -> Iterator[str]:
        share = settings["warmup_steps_fraction"]
        if share is not None and settings["warmup_steps"] is not None:
            yield (
                f"WSDScheduler.warmup_steps_fraction = {share!r} has no effect beside warmup_steps = "
                f"{self.warmup_steps!r}: set warmup_steps: null"
            )
        takers = {
            "sqrt_power": self.decay_type == "sqrt",
            "linear_pw_subdivisions": self.decay_type == "linear_pw",
            "cooldown_start_lr_factor": self.decay_type != "exp",
        }
        for key, is_used in takers.items():
            held = getattr(self, key)
            if not is_used and held not in (getattr(WSDSchedulerConfig, key), []):
                yield f"WSDScheduler.{key} = {held!r} has no effect where decay_type is {self.decay_type!r}: remove it"

    def get_lr(self) -> list[float]:
        """The rates at the present step."""
        factor = self._get_lr_factor(self._step_count)
        return [base_lr * factor for base_lr in self.base_lrs]

    def _get_lr_factor(self, step: int) -> float:
        if step < self.warmup_steps:
            done = step / self.warmup_steps
            return done + (1 - done) / self.init_div_factor
        if step < self.n_hold:
            return 1.0
        if step < self.iterations:
            return _DECAYS[self.decay_type](self, (step - self.n_hold) / self.n_anneal_steps)
        return self.final_lr_factor


# Not the shapes of `glidepath.schedules`: a run that is switched over must see the same bits, and these hang on the
# order of the operations. ``p`` is the progress of the decay, from 0 to 1.


def _between(s: WSDScheduler, left: float) -> float:
    """The factor where a share ``left`` of the way to the end is left."""
    return s.final_lr_factor + (s.cooldown_start_lr_factor - s.final_lr_factor) * left


def _cosine(s: WSDScheduler, p: float) -> float:
    span = s.cooldown_start_lr_factor - s.final_lr_factor
    return s.final_lr_factor + span * (1 + math.cos(math.pi * p)) * 0.5


def _piecewise(s: WSDScheduler, p: float) -> float:
    points = [s.cooldown_start_lr_factor, *s.linear_pw_subdivisions, s.final_lr_factor]
    width = 1 / (len(points) - 1)
    index = min(math.floor(p / width), len(points) - 2)
    left, right = points[index], points[index + 1]
    return left + (right - left) * ((p - width * index) / width)


_DECAYS: dict[str, Callable[[WSDScheduler, float], float]] = {
    "linear": lambda s, p: _between(s, 1 - p),
    "linear_pw": _piecewise,
    "exp": lambda s, p: s.final_lr_factor**p,
    "cosine": _cosine,
    "miror_cosine": lambda s, p: _between(s, 1 - p) * 2 - _cosine(s, p),
    "square": lambda s, p: _between(s, 1 - p**2),
    "sqrt": lambda s, p: _between(s, 1 - p**s.sqrt_power),
}
