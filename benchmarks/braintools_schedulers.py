"""The schedulers of glidepath.braintools against those of braintools: eager steps, jitted training steps, tracing.

``python benchmarks/braintools_schedulers.py --resumes 1000`` draws random resumes of every class instead, each
through JSON in a new object, and counts those that do not go on as the run that was not interrupted.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import brainstate
import braintools.optim as theirs
import jax
import jax.numpy as jnp

import glidepath.braintools.optim as ours
from measure import fastest, table

#: For every class, how one is made of the classes of a module.
MAKERS: dict[str, Callable[[Any], Any]] = {
    "StepLR": lambda o: o.StepLR(0.1, step_size=30),
    "MultiStepLR": lambda o: o.MultiStepLR(0.1, milestones=[300, 600]),
    "ExponentialLR": lambda o: o.ExponentialLR(0.1, gamma=0.99),
    "ExponentialDecayLR": lambda o: o.ExponentialDecayLR(0.1, decay_steps=100),
    "CosineAnnealingLR": lambda o: o.CosineAnnealingLR(0.1, T_max=1000),
    "PolynomialLR": lambda o: o.PolynomialLR(0.1, total_iters=1000, power=2.0),
    "WarmupScheduler": lambda o: o.WarmupScheduler(0.1, warmup_epochs=100),
    "CyclicLR": lambda o: o.CyclicLR(0.01, 0.1, step_size_up=50),
    "OneCycleLR": lambda o: o.OneCycleLR(0.1, total_steps=1000),
    "ReduceLROnPlateau": lambda o: o.ReduceLROnPlateau(0.1),
    "LinearLR": lambda o: o.LinearLR(0.1, total_iters=100),
    "ConstantLR": lambda o: o.ConstantLR(0.1, total_iters=100),
    "ChainedScheduler": lambda o: o.ChainedScheduler([o.LinearLR(0.1), o.ExponentialLR(0.1)]),
    "SequentialLR": lambda o: o.SequentialLR([o.LinearLR(0.1), o.ExponentialLR(0.1)], milestones=[5]),
    "CosineAnnealingWarmRestarts": lambda o: o.CosineAnnealingWarmRestarts(0.1, T_0=10, T_mult=2),
    "WarmupCosineSchedule": lambda o: o.WarmupCosineSchedule(0.1, warmup_steps=100, total_steps=1000),
    "PiecewiseConstantSchedule": lambda o: o.PiecewiseConstantSchedule(0.1),
}
SIDES = {"ours": ours, "theirs": theirs}


def moved(scheduler: Any, loss: Any) -> None:
    """One step, with a metric for the scheduler that wants one."""
    if hasattr(scheduler, "num_bad_epochs"):
        scheduler.step(loss)
    else:
        scheduler.step()


def trained(scheduler: Any) -> tuple[Any, Any, Any]:
    """The scheduler, an optimizer that it drives, and its weight."""
    weight = brainstate.ParamState(jnp.zeros((8, 8)))
    optimizer = theirs.SGD(lr=scheduler, momentum=0.9)
    optimizer.register_trainable_weights({"weight": weight})
    return scheduler, optimizer, weight


def jitted(scheduler: Any, optimizer: Any, weight: Any) -> Callable[[Any], Any]:
    @brainstate.transform.jit
    def train(loss: Any) -> Any:
        optimizer.step({"weight": jnp.cos(weight.value)})
        moved(scheduler, loss)
        return weight.value

    return train


def eager_steps(name: str) -> dict[str, float]:
    """Seconds of one step outside of jit."""
    tasks, times, kept = {}, {}, []
    for side, module in SIDES.items():
        scheduler, *driven = trained(MAKERS[name](module))
        kept.append(driven)
        step = partial(moved, scheduler, 1.0)
        step()
        times[side] = max(1, min(20, int(2e-3 / fastest({"one": step}, rounds=3)["one"])))
        tasks[side] = partial(_repeated, step, times[side])
    rounds = 3 if 1 in times.values() else 60
    return {side: seconds / times[side] for side, seconds in fastest(tasks, rounds).items()}


def _repeated(step: Callable[[], Any], times: int) -> None:
    for _ in range(times):
        step()


def jitted_steps(name: str) -> dict[str, float | None]:
    """Seconds of one training step inside of jit; None where it cannot be traced."""
    tasks: dict[str, Callable[[], Any]] = {}
    loss = jnp.asarray(1.0)
    for side, module in SIDES.items():
        train = jitted(*trained(MAKERS[name](module)))
        try:
            train(loss), train(loss)
        except jax.errors.ConcretizationTypeError:
            continue
        tasks[side] = lambda train=train: [train(loss) for _ in range(50)][-1].block_until_ready()
    seconds: dict[str, float | None] = {side: t / 50 for side, t in fastest(tasks, rounds=15).items()}
    return {**dict.fromkeys(SIDES), **seconds}


def traces(name: str) -> dict[str, float | None]:
    """Seconds of the first two calls of a jitted step: tracing and compiling, once or twice."""
    best: dict[str, float | None] = dict.fromkeys(SIDES)
    loss = jnp.asarray(1.0)
    for _ in range(3):
        for side, module in SIDES.items():
            train = jitted(*trained(MAKERS[name](module)))
            jax.clear_caches()
            start = time.perf_counter()
            try:
                train(loss), train(loss)
            except jax.errors.ConcretizationTypeError:
                continue
            best[side] = min(best[side] or float("inf"), time.perf_counter() - start)
    return best


def main() -> str:
    rows = []
    for name in MAKERS:
        row = [name]
        for measured, unit, digits in ((eager_steps, 1e6, 0), (jitted_steps, 1e6, 0), (traces, 1e3, 0)):
            seconds = measured(name)
            us, them = seconds["ours"], seconds["theirs"]
            assert us is not None
            row += [f"{us * unit:,.{digits}f}", "fails" if them is None else f"{them * unit:,.{digits}f}"]
            row += ["-" if them is None else f"{us / them:.3f}"]
        rows.append(row)
    head = ["class"]
    for what in ("eager step, µs", "jitted training step, µs", "trace and compile, ms"):
        head += [what, "braintools", "ratio"]
    return table("The schedulers of braintools", head, rows)


def resumes(count: int, seed: int = 0) -> str:
    """How many of so many random resumes of every class go wrong."""
    rows = []
    for name, make in MAKERS.items():
        draw, wrong = random.Random(seed), 0
        losses = [draw.random() / (1 + k) for k in range(2000)]
        straight, states, rates = make(ours), [], []
        for loss in losses:
            states.append(json.dumps(straight.state_dict(), allow_nan=False))
            rates.append(straight.get_last_lr())
            moved(straight, loss)
        for _ in range(count):
            saved, ahead = draw.randrange(1900), draw.randrange(100)
            resumed = make(ours)
            resumed.load_state_dict(json.loads(states[saved]))
            right = resumed.get_last_lr() == rates[saved]
            for loss in losses[saved : saved + ahead]:
                moved(resumed, loss)
            wrong += not (right and resumed.get_last_lr() == rates[saved + ahead])
        rows.append([name, f"{count:,}", f"{wrong:,}"])
    return table("Random resumes", ["class", "resumes", "wrong"], rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resumes", type=int, default=0)
    wanted = parser.parse_args().resumes
    print(resumes(wanted) if wanted else main())
