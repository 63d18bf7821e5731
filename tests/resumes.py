"""Random runs of the torch Scheduler that are saved and resumed, and what each learning rate then must be.

A `Case` draws a setup, a save step, an order of loading and a policy, runs them, and compares every driven number
with the formula of the schedule at that step. `benchmarks/torch_resumes.py` runs a million of them.
"""

from __future__ import annotations

import copy
import json
import random
from dataclasses import dataclass, replace

import torch

import glidepath
from glidepath.torch import Scheduler
from samples import SAMPLES

POLICIES = ("strict", "config", "checkpoint", "rebase")

#: What is done, one after the other: Build the scheduler, load the Optimizer's state, load the Scheduler's state.
ORDERS = ("BOS", "BSO", "OBS", "BS")


def _never_negative(schedule):
    probes = [*range(700), *(2**i + j for i in range(10, 31) for j in (-1, 0, 1))]
    return schedule if min(map(schedule, probes)) >= 0 else glidepath.Clip(schedule=schedule, low=0.0)


POOL = [_never_negative(schedule) for schedule in SAMPLES.values()]

#: What each optimizer has, and how its groups begin.
OPTIMIZERS = {
    torch.optim.SGD: {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01},
    torch.optim.AdamW: {"lr": 0.3, "betas": (0.8, 0.9), "weight_decay": 0.02},
}


@dataclass(frozen=True)
class Setup:
    """What a program says: its optimizers, and what its scheduler drives.

    scales: the ``lr_scale`` of each parameter group.
    first: how many of the groups the first optimizer has; a second one has the others, if there are any.
    tensor: the dtype of learning rates, None for floats.
    driven: for each key, schedules for all groups, by index of some, or for each element of a tuple.
    """

    kind: type
    scales: tuple[float, ...]
    first: int
    tensor: torch.dtype | None
    relative: bool
    driven: dict[str, object]
    plateau: glidepath.Plateau | None

    def build(self):
        """New optimizers, as the program makes them."""
        given = OPTIMIZERS[self.kind]
        rates = [given["lr"] / (1 + i) for i in range(len(self.scales))]
        held = [rate if self.tensor is None else torch.tensor(rate, dtype=self.tensor) for rate in rates]
        groups = [
            {"params": [torch.zeros(1)], "lr": rate, **({"lr_scale": scale} if scale != 1 else {})}
            for rate, scale in zip(held, self.scales, strict=True)
        ]
        parts = [part for part in (groups[: self.first], groups[self.first :]) if part]
        return [self.kind(part, **given | {"lr": held[0]}) for part in parts]

    def schedule(self, optimizers, resume):
        given = optimizers if len(optimizers) > 1 else optimizers[0]
        options = {"relative": self.relative, "plateau": self.plateau}
        return Scheduler(given, **options, gate=False, resume=resume, **self.driven)

    def expected(self, t, factor):
        """What every driven number is at step ``t`` of the setup's own clock: ``{(group, key, element): value}``.

        factor: that of the plateau.
        """
        found = {}
        for key, followed in self.driven.items():
            by_group = followed if isinstance(followed, dict) else dict.fromkeys(range(len(self.scales)), followed)
            for group, schedules in by_group.items():
                start = self._start(key, group)
                if isinstance(schedules, tuple):
                    for i, schedule in enumerate(schedules):
                        if schedule is not None:
                            found[group, key, i] = schedule(t) * (start[i] if self.relative else 1.0)
                else:
                    value = schedules(t) * (factor if key == "lr" else 1.0)
                    scale = (self.scales[group] if key == "lr" else 1.0) * (start if self.relative else 1.0)
                    found[group, key, None] = self._rounded(key, value * scale)
        return found

    def _start(self, key, group):
        start = OPTIMIZERS[self.kind][key]
        return self._rounded(key, start / (1 + group)) if key == "lr" else start

    def _rounded(self, key, x):
        return x if self.tensor is None or key != "lr" else torch.tensor(x, dtype=self.tensor).item()


def held(optimizers, keys):
    """The numbers of some keys in the parameter groups, in the form of `Setup.expected`."""
    groups = [group for optimizer in optimizers for group in optimizer.param_groups]
    return {
        (group, key, i): float(groups[group][key] if i is None else groups[group][key][i]) for group, key, i in keys
    }


# Drawn --------------------------------------------------------------------------------------------------------


def draw_setup(rng):
    groups = rng.choice((1, 1, 2, 3))
    made = Setup(
        kind=rng.choice(list(OPTIMIZERS)),
        scales=tuple(rng.choice((1.0, 1.0, 0.5, 0.1)) for _ in range(groups)),
        first=rng.choice((groups, groups, max(1, groups - 1))),
        tensor=rng.choice((None, None, torch.float32, torch.float64)),
        relative=rng.random() < 0.3,
        driven={},
        plateau=None,
    )
    return redraw(rng, made)


def redraw(rng, setup):
    """The same optimizers, driven in another way."""
    plateau = glidepath.Plateau(factor=0.5, patience=rng.randrange(2)) if rng.random() < 0.4 else None
    return replace(setup, driven=draw_driven(rng, setup), plateau=plateau)


def draw_driven(rng, setup):
    """Schedules for the learning rate, and often for something else."""
    driven = {"lr": _for_groups(rng, len(setup.scales))}
    if rng.random() < 0.3:
        driven["weight_decay"] = _for_groups(rng, len(setup.scales))
    if rng.random() < 0.2:
        if setup.kind is torch.optim.SGD:
            driven["momentum"] = rng.choice(POOL)
        else:
            driven["betas"] = rng.choice([(rng.choice(POOL), None), (rng.choice(POOL), rng.choice(POOL))])
    return driven


def _for_groups(rng, groups):
    if rng.random() < 0.7:
        return rng.choice(POOL)
    return {i: rng.choice(POOL) for i in sorted(rng.sample(range(groups), rng.randint(1, groups)))}


def draw_step(rng, setup):
    """A step: small, near the end of what is driven, somewhere in it, or far out."""
    followed = setup.driven["lr"]
    end = (next(iter(followed.values())) if isinstance(followed, dict) else followed).length or 1000
    kind = rng.random()
    if kind < 0.2:
        return rng.randrange(12)
    if kind < 0.5:
        return rng.randrange(2 * end + 2)
    if kind < 0.8:
        return max(0, end + rng.randint(-3, 3))
    return int(2 ** rng.uniform(0, 50))


def through_json(state):
    return json.loads(json.dumps(state, allow_nan=False))


# Run ----------------------------------------------------------------------------------------------------------


class Mismatch(AssertionError):
    """A number in an optimizer is not what its schedule says."""


def run(rng):
    """Draw one run, save and resume it up to three times, and compare all numbers on the way. Returns how often."""
    setup = draw_setup(rng)
    optimizers = setup.build()
    scheduler = setup.schedule(optimizers, "strict")
    step, starts = draw_step(rng, setup), [0]
    _advance(rng, scheduler, step)
    metric = _measure(rng, setup, scheduler, None)
    check(optimizers, setup, step, metric, "before the save")
    resumes = rng.choice((1, 1, 2, 3))
    for _ in range(resumes):
        states = [o.state_dict() for o in optimizers], through_json(scheduler.state_dict())
        if rng.random() < 0.5:  # the run that was saved goes on, and must not touch what it has saved
            scheduler.step(n=1)
        policy, order = rng.choice(POLICIES), rng.choice(ORDERS)
        mine = setup if policy == "strict" or rng.random() < 0.2 else redraw(rng, setup)
        optimizers, scheduler = resume(mine, states, policy, order)
        if policy == "config":
            starts = [0]
        if policy == "rebase" and mine != setup:
            starts, metric = [*starts, step], None
        setup = setup if policy == "checkpoint" else mine
        metric = None if setup.plateau is None else metric
        what = f"{policy}, {order}, saved at {step}"
        check(optimizers, setup, step - starts[-1], metric, what)
        found = [segment["start"] for segment in json.loads(scheduler.state_dict()["segments"])]
        if found != starts:
            raise Mismatch(f"{what}: configurations begin at {found}, wanted {starts}")
        for _ in range(rng.choice((0, 1, 2))):
            metric = _measure(rng, setup, scheduler, metric)
            n = rng.choice((1, 1, 1, 7))
            scheduler.step(n=n)
            step += n
            check(optimizers, setup, step - starts[-1], metric, what + f", gone on to {step}")
    return resumes


def resume(setup, states, policy, order):
    """New optimizers and a new scheduler, with the states loaded in some order."""
    optimizers, scheduler = setup.build(), None
    for action in order:
        if action == "B":
            scheduler = setup.schedule(optimizers, policy)
        elif action == "O":
            for optimizer, state in zip(optimizers, states[0], strict=True):
                optimizer.load_state_dict(copy.deepcopy(state))
        else:
            scheduler.load_state_dict(copy.deepcopy(states[1]))
    return optimizers, scheduler


def _advance(rng, scheduler, step):
    how = rng.random()
    if how < 0.5:
        scheduler.set_step(step)
    elif step <= 20:
        for _ in range(step):
            scheduler.step()
    elif step:
        half = rng.randrange(1, step)
        scheduler.step(n=half)
        scheduler.step(n=step - half)


def _measure(rng, setup, scheduler, metric):
    """Tell the scheduler of some metrics, if it has a plateau. Returns the state that the plateau must have."""
    if setup.plateau is None:
        return None
    metric = setup.plateau.init() if metric is None else metric
    for _ in range(rng.randrange(4)):
        loss = rng.choice((0.5, 1.0, 2.0))
        scheduler.step(metric=loss)
        metric = setup.plateau.update(metric, loss)
    return metric


def check(optimizers, setup, t, metric, what):
    wanted = setup.expected(t, 1.0 if metric is None else metric.factor)
    found = held(optimizers, wanted)
    if found != wanted:
        wrong = {key: (found[key], wanted[key]) for key in wanted if found[key] != wanted[key]}
        raise Mismatch(f"{what}, {setup}: {wrong} (found, wanted)")


def campaign(seed, count):
    """How many resumes were made, at least ``count``, and what was wrong in them."""
    made, wrong, number = 0, [], 0
    while made < count:
        try:
            made += run(random.Random(f"{seed}/{number}"))
        except Exception as error:
            made += 1
            wrong.append(f"run {seed}/{number}: {type(error).__name__}: {error}")
        number += 1
    return made, wrong
