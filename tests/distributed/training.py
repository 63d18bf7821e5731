"""One process of data-parallel trainings: ``training.py FOLDER KIND...``. Each is saved after half of its updates."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import torch
import torch.distributed.checkpoint as dcp
from torch import nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict, get_optimizer_state_dict

from glidepath.torch import Scheduler
from torch_trainers import SCHEDULE, Rates, layers, loss_of, meet, network, report

UPDATES = 12


def parallel(kind: str) -> tuple[nn.Module, torch.optim.Optimizer, torch.optim.Optimizer]:
    """A model on all processes, its optimizer, and the one inside it that makes the updates."""
    model = network()
    if kind.startswith("fsdp"):
        from torch.distributed.fsdp import fully_shard

        mesh = torch.distributed.device_mesh.init_device_mesh("cpu", (torch.distributed.get_world_size(),))
        for layer in (model[0], model[2], model):
            fully_shard(layer, mesh=mesh)
        rate = torch.tensor(1.0, dtype=torch.float64) if kind == "fsdp-tensor" else 1.0
        optimizer = torch.optim.AdamW(layers(model), lr=rate)
        return model, optimizer, optimizer
    replica = nn.parallel.DistributedDataParallel(model)
    if kind == "zero":
        from torch.distributed.optim import ZeroRedundancyOptimizer

        sharded = ZeroRedundancyOptimizer(model.parameters(), torch.optim.AdamW, lr=1.0)
        return replica, sharded, sharded.optim
    optimizer = torch.optim.AdamW(layers(model), lr=1.0)
    return replica, optimizer, optimizer


def save(kind: str, model: nn.Module, optimizer: Any, scheduler: Scheduler, folder: Path) -> None:
    """All processes write one checkpoint. What is sharded stays so on the disk."""
    if kind == "zero":  # which gathers its state in one process, and has no other way to save it
        optimizer.consolidate_state_dict(to=0)
        if torch.distributed.get_rank() == 0:
            torch.save(optimizer.state_dict(), folder / "optimizer.pt")
        state: dict[str, Any] = {}
    else:
        state = {"optimizer": get_optimizer_state_dict(model, optimizer)}
    state |= {"model": get_model_state_dict(model), "scheduler": scheduler}
    dcp.save(state, checkpoint_id=folder / "checkpoint")


def train(kind: str, folder: Path) -> dict[str, Any]:
    model, optimizer, inner = parallel(kind)
    used, scheduler = Rates(inner), Scheduler(optimizer, lr=SCHEDULE)
    rank = torch.distributed.get_rank()
    mine = slice(rank * 4, rank * 4 + 4)  # of the eight rows of a batch
    for update in range(UPDATES):
        if update == UPDATES // 2:
            save(kind, model, optimizer, scheduler, folder)
        optimizer.zero_grad()
        loss_of(model, rows=mine, batch=update).backward()
        optimizer.step()
        scheduler.step()
        scheduler.step()  # a second call, as trainers make them for each process
    options = StateDictOptions(full_state_dict=True)
    weights = {name: weight.tolist() for name, weight in get_model_state_dict(model, options=options).items()}
    return {"rates": used, "step": scheduler.last_epoch, "last": scheduler.get_last_lr(), "weights": weights}


def main(folder: Path, kinds: list[str]) -> None:
    meet()
    report("training", folder, **{kind: train(kind, folder / kind) for kind in kinds})
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
