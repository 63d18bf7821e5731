"""`glidepath.torch.lr_scheduler` against `torch.optim.lr_scheduler`: the same classes, the price of a step.

``python benchmarks/torch_lr_scheduler.py differences 1000`` compares that many random configurations of each class
with torch's instead, and prints the largest difference.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.optim import lr_scheduler as theirs

from glidepath.torch import lr_scheduler as ours
from measure import fastest, table

SIZES = (1, 10, 100, 1000)
TOTAL = 1_000_000


class Still(torch.optim.Optimizer):
    """An optimizer whose update does nothing."""

    def __init__(self, groups: int, tensor: bool) -> None:
        rates = [0.1 + i / 1000 for i in range(groups)]
        made = [{"params": [torch.zeros(1)], "lr": torch.tensor(r) if tensor else r, "momentum": 0.9} for r in rates]
        super().__init__(made, {"momentum": 0.9})

    def step(self, closure: Any = None) -> None: ...


def _chain(room: Any, o: Still) -> Any:
    return room.ChainedScheduler([room.LinearLR(o, 0.1, 1.0, TOTAL), room.ExponentialLR(o, 0.9999999)])


MAKES: dict[str, Callable[[Any, Still], Any]] = {
    "StepLR": lambda room, o: room.StepLR(o, 100_000),
    "MultiStepLR": lambda room, o: room.MultiStepLR(o, [100_000, 200_000]),
    "ConstantLR": lambda room, o: room.ConstantLR(o, 0.5, TOTAL),
    "LinearLR": lambda room, o: room.LinearLR(o, 0.1, 1.0, TOTAL),
    "ExponentialLR": lambda room, o: room.ExponentialLR(o, 0.9999999),
    "PolynomialLR": lambda room, o: room.PolynomialLR(o, TOTAL, 2.0),
    "CosineAnnealingLR": lambda room, o: room.CosineAnnealingLR(o, TOTAL, 1e-4),
    "WarmRestarts": lambda room, o: room.CosineAnnealingWarmRestarts(o, 1000, 2),
    "CyclicLR": lambda room, o: room.CyclicLR(o, 0.01, 0.1),
    "OneCycleLR": lambda room, o: room.OneCycleLR(o, 0.1, TOTAL),
    "SequentialLR": lambda room, o: room.SequentialLR(
        o, [room.LinearLR(o, 0.1, 1.0, 10), room.CosineAnnealingLR(o, TOTAL)], [10]
    ),
    "ChainedScheduler": _chain,
    "LambdaLR": lambda room, o: room.LambdaLR(o, lambda t: 0.9999999**t),
    "MultiplicativeLR": lambda room, o: room.MultiplicativeLR(o, lambda t: 0.9999999),
    "ReduceLROnPlateau": lambda room, o: room.ReduceLROnPlateau(o),
}


def _task(make: Callable[[Any, Still], Any], room: Any, groups: int, tensor: bool, times: int) -> Callable[[], None]:
    optimizer = Still(groups, tensor)
    scheduler = make(room, optimizer)
    optimizer.step()
    arguments = (1.0,) if isinstance(scheduler, theirs.ReduceLROnPlateau) else ()

    def task() -> None:
        for _ in range(times):
            scheduler.step(*arguments)

    return task


def steps(tensor: bool, sizes: tuple[int, ...]) -> str:
    rows = []
    for name, make in MAKES.items():
        row = [name]
        for groups in sizes:
            times = max(2, (40 if tensor else 600) // groups)
            rooms = {"ours": ours, "torch": theirs}
            tasks = {key: _task(make, room, groups, tensor, times) for key, room in rooms.items()}
            us = {key: seconds / times * 1e6 for key, seconds in fastest(tasks).items()}
            row.append(f"{us['ours']:,.1f} / {us['torch']:,.1f} ({us['torch'] / us['ours']:.1f})")
        rows.append(row)
    head = ["class", *(f"{groups} groups" if groups > 1 else "1 group" for groups in sizes)]
    title = f"step(), {'tensors' if tensor else 'floats'}: glidepath / torch in us (torch / glidepath)"
    return table(title, head, rows)


def differences(count: int) -> str:
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from torch_lr_scheduler_samples import NAMES, difference

    rows = []
    for name in NAMES:
        worst, where, seed = max((*difference(name, seed), seed) for seed in range(count))
        rows.append([name, f"{worst:.1e}", f"{seed}: {where}"])
    return table(f"{count:,} random configurations, 300 steps", ["class", "largest difference", "seed: where"], rows)


def main() -> str:
    return "\n".join([steps(False, SIZES), steps(True, SIZES[:3])])


if __name__ == "__main__":
    print(differences(int(sys.argv[2])) if sys.argv[1:2] == ["differences"] else main())
