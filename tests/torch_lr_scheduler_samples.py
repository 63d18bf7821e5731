"""Random configurations of torch's schedulers, as pairs of one of torch's and one of ours that must agree."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch.optim import lr_scheduler as theirs, swa_utils

from glidepath.torch import lr_scheduler as ours

Make = Callable[[Any, torch.optim.Optimizer], Any]


def optimizer(rates: list[float], dtype: torch.dtype | None = None, kind: type = torch.optim.SGD) -> Any:
    groups = [
        {
            "params": [torch.nn.Parameter(torch.zeros(1))],
            "lr": rate if dtype is None else torch.tensor(rate, dtype=dtype),
        }
        for rate in rates
    ]
    return kind(groups, lr=0.1)


def step_lr(r: random.Random, n: int) -> dict[str, Any]:
    return {"step_size": r.randint(1, 80), "gamma": r.choice([r.uniform(0.1, 1.0), 1.0, r.uniform(1.0, 1.2)])}


def multi_step_lr(r: random.Random, n: int) -> dict[str, Any]:
    return {"milestones": [r.randint(0, 320) for _ in range(r.randint(0, 8))], "gamma": r.uniform(0.1, 1.1)}


def constant_lr(r: random.Random, n: int) -> dict[str, Any]:
    return {"factor": r.uniform(0.01, 1.0), "total_iters": r.randint(1, 320)}


def linear_lr(r: random.Random, n: int) -> dict[str, Any]:
    end = r.choice([0.0, 1.0, r.random()])
    return {"start_factor": r.uniform(0.01, 1.0), "end_factor": end, "total_iters": r.randint(1, 320)}


def exponential_lr(r: random.Random, n: int) -> dict[str, Any]:
    return {"gamma": r.uniform(0.9, 1.02)}


def polynomial_lr(r: random.Random, n: int) -> dict[str, Any]:
    return {"total_iters": r.randint(1, 320), "power": r.choice([1.0, 2.0, 0.5, r.uniform(0.0, 4.0)])}


def cosine_annealing_lr(r: random.Random, n: int) -> dict[str, Any]:
    return {"T_max": r.randint(1, 320), "eta_min": r.choice([0.0, r.uniform(0.0, 0.5)])}


def warm_restarts(r: random.Random, n: int) -> dict[str, Any]:
    return {"T_0": r.randint(1, 60), "T_mult": r.randint(1, 4), "eta_min": r.choice([0.0, r.uniform(0.0, 0.1)])}


def cyclic_lr(r: random.Random, n: int) -> dict[str, Any]:
    low = r.uniform(0.01, 0.5)
    each = r.random() < 0.3
    found = {
        "base_lr": [low * (i + 1) for i in range(n)] if each else low,
        "max_lr": [low * (i + 2) for i in range(n)] if each else low + r.random(),
        "step_size_up": r.choice([r.randint(1, 80), r.uniform(1.0, 40.0)]),
        "step_size_down": r.choice([None, r.randint(1, 80)]),
        "mode": r.choice(["triangular", "triangular2", "exp_range"]),
        "gamma": r.uniform(0.98, 1.0),
        "cycle_momentum": r.random() < 0.7,
    }
    if r.random() < 0.2:
        return {**found, "scale_fn": lambda x: 1 / (1 + x), "scale_mode": r.choice(["cycle", "iterations"])}
    return found


def one_cycle_lr(r: random.Random, n: int) -> dict[str, Any]:
    total, three = r.randint(302, 500), r.random() < 0.3
    return {
        "max_lr": [r.uniform(0.1, 2.0) for _ in range(n)] if r.random() < 0.3 else r.uniform(0.1, 2.0),
        "total_steps": total,
        "pct_start": r.uniform(0.05, 0.45),
        "anneal_strategy": r.choice(["cos", "linear"]),
        "cycle_momentum": r.random() < 0.7,
        "div_factor": r.uniform(2.0, 50.0),
        "final_div_factor": r.choice([1.0, 10.0, 1e4]),
        "three_phase": three,
    }


def swa_lr(r: random.Random, n: int) -> dict[str, Any]:
    return {
        "swa_lr": [r.random() for _ in range(n)] if r.random() < 0.3 else r.random(),
        "anneal_epochs": r.randint(0, 200),
        "anneal_strategy": r.choice(["cos", "linear"]),
    }


def plateau(r: random.Random, n: int) -> dict[str, Any]:
    return {
        "mode": r.choice(["min", "max"]),
        "factor": r.uniform(0.1, 0.9),
        "patience": r.randint(0, 5),
        "threshold": r.choice([0.0, 1e-4, 0.1]),
        "threshold_mode": r.choice(["rel", "abs"]),
        "cooldown": r.randint(0, 4),
        "min_lr": r.choice([0, 0.01, [0.001 * (i + 1) for i in range(n)]]),
        "eps": r.choice([0.0, 1e-8, 1e-3]),
    }


def lambda_lr(r: random.Random, n: int) -> dict[str, Any]:
    rate = r.uniform(0.9, 1.0)
    functions = [lambda t, k=k: rate**t / (1 + k * t) for k in range(n)]
    return {"lr_lambda": functions if r.random() < 0.5 else functions[0]}


def multiplicative_lr(r: random.Random, n: int) -> dict[str, Any]:
    rate = r.uniform(0.95, 1.0)
    return {"lr_lambda": lambda t: rate + 0.05 * (t % 2)}


ARGUMENTS: dict[str, Callable[[random.Random, int], dict[str, Any]]] = {
    "StepLR": step_lr,
    "MultiStepLR": multi_step_lr,
    "ConstantLR": constant_lr,
    "LinearLR": linear_lr,
    "ExponentialLR": exponential_lr,
    "PolynomialLR": polynomial_lr,
    "CosineAnnealingLR": cosine_annealing_lr,
    "CosineAnnealingWarmRestarts": warm_restarts,
    "CyclicLR": cyclic_lr,
    "OneCycleLR": one_cycle_lr,
    "LambdaLR": lambda_lr,
    "MultiplicativeLR": multiplicative_lr,
    "ReduceLROnPlateau": plateau,
    "SWALR": swa_lr,
}

#: Those that multiply truly in torch's chains as well, while none of them is at zero or past an end.
FACTORS = ["StepLR", "MultiStepLR", "ConstantLR", "ExponentialLR", "MultiplicativeLR"]


def make(room: Any, name: str, driven: Any, given: dict[str, Any]) -> Any:
    kind = swa_utils.SWALR if room is theirs and name == "SWALR" else getattr(room, name)
    return kind(driven, **given)


def sequential(r: random.Random, n: int) -> Make:
    """A factory of a SequentialLR of simple schedulers."""
    names = [r.choice(["ConstantLR", "LinearLR", "StepLR", "ExponentialLR", "CosineAnnealingLR"]) for _ in range(3)]
    given = [ARGUMENTS[name](r, n) for name in names]
    for kw in given:
        if "T_max" in kw:  # torch's recursion loses digits in the valley of a cosine
            kw["T_max"] += 300
    milestones = sorted(r.sample(range(1, 250), 2))

    def build(room: Any, driven: Any) -> Any:
        members = [make(room, name, driven, kw) for name, kw in zip(names, given, strict=True)]
        return room.SequentialLR(driven, members, milestones)

    return build


def chained(r: random.Random, n: int) -> Make:
    """A factory of a ChainedScheduler of factors."""
    names = r.sample(FACTORS, 2)
    given = [ARGUMENTS[name](r, n) for name in names]

    def build(room: Any, driven: Any) -> Any:
        return room.ChainedScheduler([make(room, name, driven, kw) for name, kw in zip(names, given, strict=True)])

    return build


NAMES = [*ARGUMENTS, "SequentialLR", "ChainedScheduler"]


def factory(name: str, r: random.Random, n: int) -> Make:
    if name == "SequentialLR":
        return sequential(r, n)
    if name == "ChainedScheduler":
        return chained(r, n)
    given = ARGUMENTS[name](r, n)
    return lambda room, driven: make(room, name, driven, given)


def difference(name: str, seed: int, steps: int = 300, dtype: torch.dtype | None = None) -> tuple[float, str]:
    """The largest relative difference of rates and momenta between torch's scheduler and ours, and where it is.

    Relative to the value of torch, with what the rounding of ``1 + cos`` amounts to at the largest rate let pass.
    Past the valley of a cosine torch's recursion has lost digits, so there torch's own closed form is compared.
    """
    r = random.Random(f"{name} {seed}")
    n = r.choice([1, 2, 5])
    rates = [r.uniform(0.01, 2.0) for _ in range(n)]
    build = factory(name, r, n)
    metrics = [r.random() for _ in range(steps)]
    worst, where = 0.0, ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        a, b = optimizer(rates, dtype), optimizer(rates, dtype)
        peer, mine = build(theirs, a), build(ours, b)
        for k in range(steps):
            closed = peer._get_closed_form_lr() if name == "CosineAnnealingLR" else [x["lr"] for x in a.param_groups]
            for i, (x, y) in enumerate(zip(a.param_groups, b.param_groups, strict=True)):
                top = max(1.0, float(x["initial_lr"]) if "initial_lr" in x else 1.0)
                for key in ("lr", "momentum"):
                    wanted, got = float(closed[i] if key == "lr" else x[key]), float(y[key])
                    excess = abs(wanted - got) - 2e-15 * top
                    found = excess / abs(wanted) if wanted else max(excess, 0.0)
                    if found > worst:
                        worst, where = found, f"{key} of group {i} at step {k}: {wanted!r}, {got!r}"
            arguments = (metrics[k],) if name == "ReduceLROnPlateau" else ()
            a.step()
            b.step()
            peer.step(*arguments)
            mine.step(*arguments)
    return worst, where
