"""One process of a training under Accelerate: ``accelerated.py FOLDER whole|resumed``. The whole run saves halfway."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch

from glidepath.torch import Scheduler
from torch_trainers import SCHEDULE, Rates, data, meet, network, report

UPDATES, SAVED, ACCUMULATED = 12, 6, 2


class Rows(torch.utils.data.Dataset[Any]):
    """As many rows as the whole run takes from this process and the other."""

    def __init__(self) -> None:
        self.x, self.y = data(rows=UPDATES * ACCUMULATED * 2 * 4)

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        return self.x[index], self.y[index]


def main(folder: Path, part: str) -> None:
    from accelerate import Accelerator

    meet()
    accelerator = Accelerator(cpu=True, gradient_accumulation_steps=ACCUMULATED)
    model = network()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1.0)
    used, scheduler = Rates(optimizer), Scheduler(optimizer, lr=SCHEDULE)
    batches = torch.utils.data.DataLoader(Rows(), batch_size=4)
    model, optimizer, batches, stepped = accelerator.prepare(model, optimizer, batches, scheduler)
    calls = count_calls(scheduler)
    start = 0
    if part == "resumed":
        accelerator.load_state(folder / "state")
        batches, start = accelerator.skip_first_batches(batches, SAVED * ACCUMULATED), SAVED
    for number, (x, y) in enumerate(batches, start * ACCUMULATED):
        if part == "whole" and number == SAVED * ACCUMULATED:
            accelerator.save_state(folder / "state")
        with accelerator.accumulate(model):
            accelerator.backward(torch.nn.functional.mse_loss(model(x), y))
            optimizer.step()
            stepped.step()
            optimizer.zero_grad()
    weights = {name: weight.tolist() for name, weight in accelerator.unwrap_model(model).state_dict().items()}
    found = {"rates": used, "step": scheduler.last_epoch, "calls": len(calls), "weights": weights}
    report("accelerated", folder, **found, processes=accelerator.num_processes, kind=type(stepped).__name__)
    accelerator.end_training()


def count_calls(scheduler: Scheduler) -> list[None]:
    """Note each call of ``step``: Accelerate calls it once for each process."""
    calls: list[None] = []
    step = scheduler.step

    def noted(*args: Any, **kwargs: Any) -> None:
        calls.append(None)
        step(*args, **kwargs)

    scheduler.step = noted  # type: ignore[method-assign]
    return calls


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
