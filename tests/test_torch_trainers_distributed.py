"""Two processes train one model, save one checkpoint, and one process goes on with it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
import torch
import torch.distributed.checkpoint as dcp
from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict

from glidepath.torch import Scheduler
from torch_trainers import SCHEDULE, Rates, layers, loss_of, network, processes, rates

if TYPE_CHECKING:
    from pathlib import Path

# What loading says where there are no other processes, and that is meant.
pytestmark = pytest.mark.filterwarnings("ignore:torch.distributed is disabled, unavailable or uninit:UserWarning")

IGNORED = ["`torch.jit."]  # deprecated: said by torch of itself, where it imports its own optimizers

UPDATES, SAVED = 12, 6
KINDS = ["ddp", "zero", "fsdp", "fsdp-tensor"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """Where the processes saved, and what each of them found."""
    folder = tmp_path_factory.mktemp("trained")
    for kind in KINDS:
        (folder / kind).mkdir()
    return folder, processes("training", folder, *KINDS, ignored=IGNORED)


def load(kind: str, folder: Path, model: Any, optimizer: torch.optim.Optimizer, scheduler: Scheduler) -> None:
    """What two processes saved, into the one that this is."""
    if kind == "zero":
        state: dict[str, Any] = {"model": model.state_dict(), "scheduler": scheduler}
        dcp.load(state, checkpoint_id=folder / "checkpoint", no_dist=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(torch.load(folder / "optimizer.pt", weights_only=True))
        return
    weights, moments = get_state_dict(model, optimizer)
    state = {"model": weights, "optimizer": moments, "scheduler": scheduler}
    dcp.load(state, checkpoint_id=folder / "checkpoint", no_dist=True)
    set_state_dict(model, optimizer, model_state_dict=state["model"], optim_state_dict=state["optimizer"])


@pytest.mark.parametrize("kind", KINDS)
def test_every_process_uses_the_rate_of_its_step(kind: str, trained: Any) -> None:
    first, second = (each[kind] for each in trained[1])
    scales = [1.0] if kind == "zero" else [1.0, 0.1]

    assert first["rates"] == rates(UPDATES)
    assert first["step"] == UPDATES
    assert first["last"] == [SCHEDULE(UPDATES) * scale for scale in scales]
    assert first == second


@pytest.mark.parametrize("kind", KINDS)
def test_one_process_goes_on_from_what_two_have_saved(kind: str, trained: Any) -> None:
    folder, found = trained
    model = network(seed=5)
    rate = torch.tensor(1.0, dtype=torch.float64) if kind == "fsdp-tensor" else 1.0
    optimizer = torch.optim.AdamW(model.parameters() if kind == "zero" else layers(model), lr=rate)
    scheduler = Scheduler(optimizer, lr=SCHEDULE)
    load(kind, folder / kind, model, optimizer, scheduler)
    scheduler.step()  # nothing was updated since: to prepare a load, torch makes an update that is none
    assert scheduler.last_epoch == SAVED
    used = Rates(optimizer)
    for update in range(SAVED, UPDATES):
        optimizer.zero_grad()
        loss_of(model, batch=update).backward()
        optimizer.step()
        scheduler.step()

    assert used == rates(UPDATES - SAVED, start=SAVED)
    for name, weight in model.state_dict().items():
        torch.testing.assert_close(weight, torch.tensor(found[0][kind]["weights"][name]), rtol=1e-4, atol=1e-6)


def test_a_process_that_fails_is_reported_and_ends_the_one_that_waits_for_it(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="no more of this"):
        processes("failing", tmp_path)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "waiting").read_text()), 0)
