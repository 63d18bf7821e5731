"""Random configurations of optimus_dl's schedulers, and their formulas, term by term as optimus_dl 0.2.6 has them."""

from __future__ import annotations

import random
import warnings
from contextlib import contextmanager
from math import cos, floor, pi
from typing import TYPE_CHECKING, Any

import glidepath.optimus_dl as room

if TYPE_CHECKING:
    from collections.abc import Iterator

CLASSES = {
    "cosine_annealing": (room.CosineAnnealingLR, room.CosineAnnealingLRConfig),
    "linear_warmup": (room.LinearWarmupLR, room.LinearWarmupLRConfig),
    "wsd": (room.WSDScheduler, room.WSDSchedulerConfig),
}
DECAYS = ("linear", "linear_pw", "exp", "cosine", "miror_cosine", "square", "sqrt")


class Optimizer:
    """As much of an optimizer as a scheduler looks at."""

    def __init__(self, rates: list[float]) -> None:
        self.param_groups: list[dict[str, Any]] = [{"lr": rate} for rate in rates]

    @property
    def rates(self) -> list[Any]:
        return [group["lr"] for group in self.param_groups]


@contextmanager
def quiet() -> Iterator[None]:
    """Without warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def made(scheduler: type, config: Any, rates: list[float], iterations: int) -> Any:
    """A scheduler of an optimizer of its own, without its warnings."""
    with quiet():
        return scheduler(config, Optimizer(rates), iterations)


def draw(seed: int | str) -> tuple[str, dict[str, Any], int, list[float]]:
    """A scheduler's name, its settings, the iterations of a run, and the rates of the groups."""
    r = random.Random(seed)
    name = r.choice(["cosine_annealing", "linear_warmup", "wsd", "wsd", "wsd"])
    iterations = r.choice([1, 2, 3, r.randint(1, 50), r.randint(1, 10_000), r.randint(1, 2**40)])
    rates = [_number(r) for _ in range(r.choice([1, 1, 2, 5]))]
    settings = {key: x for key, x in _settings(r, name, iterations).items() if r.random() < 0.7}
    if name != "cosine_annealing" and settings.get("warmup_steps", 0) is None:
        share = "warmup_percent" if name == "linear_warmup" else "warmup_steps_fraction"
        settings[share] = _share(r)
    return name, settings, iterations, rates


def _settings(r: random.Random, name: str, iterations: int) -> dict[str, Any]:
    if name == "cosine_annealing":
        return {"T_max": r.randint(1, 9999), "eta_min": _number(r), "last_epoch": r.randint(-1, 2 * iterations)}
    warmup = r.choice([None, 0, 1, r.randint(0, 3 * iterations), iterations])
    if name == "linear_warmup":
        shares = {"warmup_percent": _share(r), "target_lr": r.choice([None, 0.0, _number(r)])}
        return {"warmup_steps": warmup, "start_lr": _number(r) * r.choice([0, 1, -1]), **shares}
    kind = r.choice(DECAYS)
    return {
        "final_lr_factor": abs(_number(r)) * r.choice([0, 1, 1 if kind == "exp" else -1]),
        "warmup_steps": warmup,
        "warmup_steps_fraction": _share(r),
        "init_div_factor": r.choice([1, 100, r.randint(1, 10**6), -3, 2.5]),
        "fract_decay": _share(r),
        "decay_type": kind,
        "sqrt_power": r.choice([0.5, 1, 2, 0, r.random() * 5]),
        "linear_pw_subdivisions": r.choice([None, [], [_number(r) for _ in range(r.randint(1, 9))]]),
        "cooldown_start_lr_factor": r.choice([1.0, 1, 0.5, _number(r)]),
    }


def _number(r: random.Random) -> float:
    return r.choice([1, 0.1, 3e-4, 1e-3, r.random(), 10 ** r.uniform(-12, 3)])


def _share(r: random.Random) -> float:
    return r.choice([0, 0.05, 0.1, 0.29, 1, r.random(), 1 + r.random(), -r.random()])


def steps(seed: int | str, iterations: int, scheduler: Any) -> list[int]:
    """Steps to look at: around every bend, past the end, and at random."""
    r = random.Random(f"steps {seed}")
    bends = [0, iterations, *(int(getattr(scheduler, name, 0)) for name in ("warmup_steps", "n_hold"))]
    near = [max(bend + offset, 0) for bend in bends for offset in (-1, 0, 1)]
    return [*near, *(r.randint(0, 2 * iterations + 2) for _ in range(20))]


# The formulas -----------------------------------------------------------------------------------------------------


def expected(name: str, settings: dict[str, Any], iterations: int, rates: list[float], k: int) -> list[float]:
    """The rates at step ``k``."""
    if name == "cosine_annealing":
        e = settings.get("eta_min", 0.0)
        return [e + ((b - e) * (1 + cos((pi * k) / iterations))) / 2 for b in rates]
    if name == "linear_warmup":
        w, s, g = settings.get("warmup_steps"), settings.get("start_lr", 0.0), settings.get("target_lr")
        w = int(iterations * settings.get("warmup_percent", 0.05)) if w is None else w
        goals = [g or b for b in rates]
        return goals if w == 0 or k > w else [s + (goal - s) * (k / w) for goal in goals]
    factor = _wsd(settings, iterations, k)
    return [b * factor for b in rates]


def _wsd(settings: dict[str, Any], n: int, k: int) -> float:
    w = settings.get("warmup_steps", 300)
    w = int(settings["warmup_steps_fraction"] * n) if w is None else w
    a = int(settings.get("fract_decay", 0.1) * n)
    final, start = settings.get("final_lr_factor", 0.0), settings.get("cooldown_start_lr_factor", 1.0)
    if k < w:
        return (k / w) + (1 - k / w) / settings.get("init_div_factor", 100)
    if k < n - a:
        return 1.0
    if k >= n:
        return final
    kind, p = settings.get("decay_type", "linear"), (k - (n - a)) / a
    if kind == "exp":
        return final**p
    if kind == "linear_pw":
        through = [start, *(settings.get("linear_pw_subdivisions") or []), final]
        width = 1 / (len(through) - 1)
        i = min(floor(p / width), len(through) - 2)
        return through[i] + (through[i + 1] - through[i]) * ((p - width * i) / width)
    straight, wave = final + (start - final) * (1 - p), final + ((start - final) * (1 + cos(pi * p))) * 0.5
    return {
        "linear": straight,
        "cosine": wave,
        "miror_cosine": straight * 2 - wave,
        "square": final + (start - final) * (1 - p**2),
        "sqrt": final + (start - final) * (1 - p ** settings.get("sqrt_power", 0.5)),
    }[kind]
