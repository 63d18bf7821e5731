"""`step()` of the torch Scheduler: against torch's own schedulers and a loop that only writes the values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.optim import lr_scheduler as theirs

import glidepath
from glidepath.torch import Scheduler
from measure import fastest, table

SIZES = (1, 10, 100, 1000)
TOTAL, WARMUP, PEAK = 1_000_000, 10_000, 3e-4

Task = Callable[[], Any]


class Still(torch.optim.Optimizer):
    """An optimizer whose update does nothing: what is left is the price of the scheduler."""

    def __init__(self, groups: int, tensor: bool) -> None:
        rates = [torch.tensor(PEAK) if tensor else PEAK for _ in range(groups)]
        super().__init__([{"params": [torch.zeros(1)], "lr": rate, "momentum": 0.9} for rate in rates], {})

    def step(self, closure: Any = None) -> None: ...


def torch_cosine(optimizer: Still) -> Any:
    return theirs.CosineAnnealingLR(optimizer, TOTAL)


def torch_sequential(optimizer: Still) -> Any:
    warmup = theirs.LinearLR(optimizer, 1e-3, 1.0, WARMUP)
    return theirs.SequentialLR(optimizer, [warmup, theirs.CosineAnnealingLR(optimizer, TOTAL - WARMUP)], [WARMUP])


def torch_one_cycle(optimizer: Still) -> Any:
    return theirs.OneCycleLR(optimizer, PEAK, TOTAL, cycle_momentum=False)


#: For each of torch's: the schedule that has its values.
SHARED = {
    "CosineAnnealingLR": (torch_cosine, glidepath.Cosine(start=PEAK, end=0.0, steps=TOTAL)),
    "SequentialLR": (torch_sequential, glidepath.warmup_cosine(PEAK, WARMUP, TOTAL, start=PEAK / 1000)),
    "OneCycleLR": (torch_one_cycle, glidepath.one_cycle(PEAK, TOTAL)),
}


def repeated(step: Task, times: int) -> Task:
    def task() -> None:
        for _ in range(times):
            step()

    return task


def microseconds(tasks: dict[str, Task]) -> dict[str, float]:
    """Of one call of each task: the fastest of many rounds, each so short that most are not interrupted."""
    slowest = max(fastest(tasks, rounds=3).values())
    times = max(1, round(1e-3 / slowest))
    found = fastest({name: repeated(step, times) for name, step in tasks.items()}, rounds=100)
    return {name: seconds / times * 1e6 for name, seconds in found.items()}


def ready(make: Callable[[Still], Any], groups: int, tensor: bool, updates: bool = False) -> Task:
    """``step`` of a new scheduler; with updates, after one of its optimizer, as in a training."""
    optimizer = Still(groups, tensor)
    scheduler = make(optimizer)
    optimizer.step()  # torch warns about a scheduler that is stepped before any update
    if not updates:
        return scheduler.step  # type: ignore[no-any-return]

    def update() -> None:
        optimizer.step()
        scheduler.step()

    return update


def bare(groups: int, tensor: bool, functions: list[Callable[[int], float]]) -> Task:
    """What anyone would write by hand: compute the values, and put them into the groups."""
    optimizer, at = Still(groups, tensor), iter(range(10**9))

    def put_one() -> None:
        value = functions[0](next(at))
        for group in optimizer.param_groups:
            group["lr"] = value

    def fill_one() -> None:
        value = functions[0](next(at))
        for group in optimizer.param_groups:
            group["lr"].fill_(value)

    def put() -> None:
        t = next(at)
        for group, function in zip(optimizer.param_groups, functions, strict=True):
            group["lr"] = function(t)

    def fill() -> None:
        t = next(at)
        for group, function in zip(optimizer.param_groups, functions, strict=True):
            group["lr"].fill_(function(t))

    if len(functions) == 1:
        return fill_one if tensor else put_one
    return fill if tensor else put


def row(name: str, groups: int, tasks: dict[str, Task]) -> list[str]:
    us = microseconds(tasks)
    ratios = [f"{us['torch'] / us['ours']:.1f}", f"{us['ours'] / us['bare']:.2f}"]
    return [name, f"{groups:,}", *(f"{us[task]:,.2f}" for task in ("ours", "torch", "bare")), *ratios]


HEAD = [
    "torch's",
    "groups",
    "glidepath, us",
    "torch, us",
    "bare loop, us",
    "torch / glidepath",
    "glidepath / bare loop",
]


def one_schedule(tensor: bool) -> str:
    rows = []
    for name, (make, schedule) in SHARED.items():
        for groups in SIZES:
            tasks = {
                "ours": ready(lambda o, s=schedule: Scheduler(o, lr=s, gate=False), groups, tensor),
                "torch": ready(make, groups, tensor),
                "bare": bare(groups, tensor, [glidepath.compile(schedule)]),
            }
            rows.append(row(name, groups, tasks))
    return table(f"step(), one schedule for all groups, {'tensors' if tensor else 'floats'}", HEAD, rows)


def schedule_each(tensor: bool) -> str:
    """A schedule for each group, against LambdaLR with the same compiled formulas."""
    rows = []
    for groups in SIZES:
        each = {i: glidepath.Cosine(start=1.0, end=i / groups / 2, steps=TOTAL - i) for i in range(groups)}
        functions = [glidepath.compile(schedule) for schedule in each.values()]
        tasks = {
            "ours": ready(lambda o, s=each: Scheduler(o, lr=s, gate=False), groups, tensor),
            "torch": ready(lambda o, f=functions: theirs.LambdaLR(o, f), groups, tensor),
            "bare": bare(groups, tensor, functions),
        }
        rows.append(row("LambdaLR", groups, tasks))
    return table(f"step(), a schedule for each group, {'tensors' if tensor else 'floats'}", HEAD, rows)


def with_updates() -> str:
    """What a scheduler adds to an update: its step, and what it hooks or wraps around ``optimizer.step``."""
    rows = []
    for groups in SIZES:
        still = Still(groups, False)
        tasks = {
            "ours": ready(lambda o: Scheduler(o, lr=SHARED["CosineAnnealingLR"][1]), groups, False, updates=True),
            "torch": ready(torch_cosine, groups, False, updates=True),
            "alone": still.step,
        }
        us = microseconds(tasks)
        ratio = (us["torch"] - us["alone"]) / (us["ours"] - us["alone"])
        rows.append([f"{groups:,}", *(f"{us[name]:,.2f}" for name in ("alone", "ours", "torch")), f"{ratio:.1f}"])
    head = [
        "groups",
        "an empty update, us",
        "with glidepath, us",
        "with CosineAnnealingLR, us",
        "torch / glidepath, added",
    ]
    return table("An update and step(), one schedule, floats", head, rows)


def far() -> str:
    """Going to a step, near and far."""
    scheduler = Scheduler(Still(10, False), lr=SHARED["SequentialLR"][1])
    tasks = {f"{step:,}": lambda step=step: scheduler.set_step(step) for step in (1, 10**9)}
    us = microseconds(tasks)
    return table("set_step(), 10 groups, us", list(us), [[f"{found:.2f}" for found in us.values()]])


def main() -> str:
    shared = [one_schedule(tensor) for tensor in (False, True)]
    each = [schedule_each(tensor) for tensor in (False, True)]
    return "\n".join([*shared, *each, with_updates(), far()])


if __name__ == "__main__":
    print(main())
