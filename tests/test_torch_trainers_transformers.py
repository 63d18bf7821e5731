"""The Trainer of transformers, with a tiny language model of random weights."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import torch

from glidepath.torch import Scheduler
from torch_trainers import SCHEDULE, Rates, rates

if TYPE_CHECKING:
    from pathlib import Path

ROWS, BATCH = 48, 4


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))


def model() -> Any:
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    sizes = {"n_embd": 8, "n_layer": 1, "n_head": 2, "n_positions": 8, "vocab_size": 16}
    return GPT2LMHeadModel(GPT2Config(**sizes, bos_token_id=0, eos_token_id=0, resid_pdrop=0.0, embd_pdrop=0.0))


def rows() -> list[dict[str, torch.Tensor]]:
    draw = torch.Generator().manual_seed(1)
    tokens = torch.randint(0, 16, (ROWS, 8), generator=draw)
    return [{"input_ids": row, "labels": row} for row in tokens]


def trainer(folder: Path, **options: Any) -> tuple[Any, Rates]:
    from transformers import Trainer, TrainingArguments

    chosen = {"save_strategy": "no", "logging_steps": 1, "num_train_epochs": 1, **options}
    quiet = {"report_to": [], "disable_tqdm": True, "use_cpu": True, "dataloader_pin_memory": False}
    arguments = TrainingArguments(folder, per_device_train_batch_size=BATCH, **quiet, **chosen)
    trained = model()
    optimizer = torch.optim.AdamW(trained.parameters(), lr=1.0)
    used, scheduler = Rates(optimizer), Scheduler(optimizer, lr=SCHEDULE)
    return Trainer(trained, arguments, train_dataset=rows(), optimizers=(optimizer, scheduler)), used


def logged(run: Any) -> list[float]:
    return [row["learning_rate"] for row in run.state.log_history if "learning_rate" in row]


def test_every_update_uses_and_logs_the_rate_of_its_step(tmp_path: Path) -> None:
    run, used = trainer(tmp_path)
    run.train()

    assert used == rates(12)
    assert logged(run) == rates(12)
    assert run.lr_scheduler.last_epoch == 12


def test_accumulated_batches_are_one_step(tmp_path: Path) -> None:
    run, used = trainer(tmp_path, gradient_accumulation_steps=3, num_train_epochs=2)
    run.train()

    assert used == rates(8)
    assert run.lr_scheduler.last_epoch == 8


def test_a_run_resumed_from_a_checkpoint_goes_on_with_the_rates_and_weights_of_an_unbroken_one(tmp_path: Path) -> None:
    whole, whole_used = trainer(tmp_path, save_strategy="steps", save_steps=7)
    whole.train()
    resumed, used = trainer(tmp_path)
    resumed.train(resume_from_checkpoint=str(tmp_path / "checkpoint-7"))

    assert whole_used == rates(12)
    assert used == rates(5, start=7)
    assert resumed.lr_scheduler.last_epoch == 12
    for a, b in zip(whole.model.parameters(), resumed.model.parameters(), strict=True):
        assert torch.equal(a, b)
    state = torch.load(tmp_path / "checkpoint-7/scheduler.pt", weights_only=True)
    assert json.loads(json.dumps(state)) == state


def test_a_scheduler_made_where_the_trainer_makes_its_own_is_exact_too(tmp_path: Path) -> None:
    from transformers import Trainer, TrainingArguments

    class Scheduled(Trainer):
        def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
            if self.lr_scheduler is None:
                optimizer = optimizer or self.optimizer
                self.planned = num_training_steps
                self.used = Rates(getattr(optimizer, "optimizer", optimizer))
                self.lr_scheduler = Scheduler(optimizer, lr=SCHEDULE)
            return self.lr_scheduler

    quiet = {"report_to": [], "disable_tqdm": True, "use_cpu": True, "dataloader_pin_memory": False}
    arguments = TrainingArguments(tmp_path, num_train_epochs=1, save_strategy="no", **quiet)
    run = Scheduled(model(), arguments, train_dataset=rows())
    run.train()

    assert run.planned == 6
    assert run.used == rates(6)
    assert run.optimizer.param_groups[1]["lr"] == SCHEDULE(6)
