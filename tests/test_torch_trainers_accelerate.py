"""Accelerate with two processes, which calls ``step`` twice for each update, and with a gradient scaler."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from glidepath.torch import Scheduler
from torch_trainers import SCHEDULE, Rates, loss_of, network, processes, rates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UPDATES, SAVED = 12, 6


def test_two_processes_use_the_rate_of_each_step_and_resume_where_they_were(tmp_path: Path) -> None:
    whole = processes("accelerated", tmp_path, "whole")
    resumed = processes("accelerated", tmp_path, "resumed")

    for each in whole:
        assert (each["kind"], each["processes"]) == ("AcceleratedScheduler", 2)
        assert each["calls"] == 2 * UPDATES
        assert each["rates"] == rates(UPDATES)
        assert each["step"] == UPDATES
        assert each["weights"] == whole[0]["weights"]
    for each in resumed:
        assert each["rates"] == rates(UPDATES - SAVED, start=SAVED)
        assert each["step"] == UPDATES
        assert each["weights"] == whole[0]["weights"]


@pytest.fixture
def one_process() -> Iterator[None]:
    """What Accelerate keeps about this process, and nothing of it left behind."""
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState

    Accelerator(cpu=True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.mark.usefixtures("one_process")
@pytest.mark.parametrize("fused", [False, True], ids=["plain", "fused"])
def test_updates_that_its_scaler_skips_do_not_count_while_it_replaces_the_step_of_the_optimizer(fused: bool) -> None:
    from accelerate.optimizer import AcceleratedOptimizer
    from accelerate.scheduler import AcceleratedScheduler

    model = network()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0, fused=fused)
    used, scheduler = Rates(optimizer), Scheduler(optimizer, lr=SCHEDULE)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)
    wrapped = AcceleratedOptimizer(optimizer, scaler=scaler)
    stepped = AcceleratedScheduler(scheduler, wrapped)
    overflows = {0, 1, 5, 6}
    for step in range(UPDATES):
        wrapped.zero_grad()
        scaler.scale(loss_of(model) * (float("inf") if step in overflows else 1.0)).backward()
        wrapped.step()
        stepped.step()
        with torch.no_grad():
            for parameter in model.parameters():  # as averages are swapped in and out: no update
                parameter.copy_(parameter.clone())
        scheduler.step()

    assert "step" in vars(optimizer)
    assert used == rates(UPDATES - len(overflows))
    assert scheduler.last_epoch == UPDATES - len(overflows)
