"""Lightning's automatic optimisation, with the scheduler stepped at every batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from glidepath import Plateau
from glidepath.torch import Scheduler
from torch_trainers import SCHEDULE, Rates, data, network, rates

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers which may be a bottleneck"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec.*is deprecated"),
]


def module(driven: dict[str, Any], interval: str = "step", metrics: tuple[float, ...] = ()) -> Any:
    """A model of Lightning's kind, with one scheduler, and the rates of its updates in ``used``."""
    import lightning

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.network = network()

        def training_step(self, batch: Any, index: int) -> torch.Tensor:
            x, y = batch
            return torch.nn.functional.mse_loss(self.network(x), y)

        def on_train_epoch_end(self) -> None:
            if metrics:
                self.lr_schedulers().step(metric=metrics[self.current_epoch])

        def configure_optimizers(self) -> Any:
            optimizer = torch.optim.AdamW(self.parameters(), lr=1.0)
            self.used = Rates(optimizer)
            self.planned = int(self.trainer.estimated_stepping_batches)
            scheduler = Scheduler(optimizer, **driven)
            return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": interval}}

    return Module()


def batches() -> Any:
    return torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*data(rows=24)), batch_size=4)


def trainer(folder: Path, epochs: int, **options: Any) -> Any:
    import lightning

    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu", "devices": 1}
    chosen = {"logger": False, "enable_checkpointing": False, **options}
    return lightning.Trainer(max_epochs=epochs, default_root_dir=folder, **quiet, **chosen)


def test_every_update_uses_the_rate_of_its_step(tmp_path: Path) -> None:
    model = module({"lr": SCHEDULE})
    trainer(tmp_path, epochs=3).fit(model, batches())

    assert model.used == rates(18)
    assert model.lr_schedulers().last_epoch == 18


def test_accumulated_batches_are_one_step(tmp_path: Path) -> None:
    model = module({"lr": SCHEDULE})
    trainer(tmp_path, epochs=3, accumulate_grad_batches=4).fit(model, batches())

    assert model.planned == 6
    assert model.used == rates(6)  # of an epoch of six batches: one update after four, one at the end
    assert model.lr_schedulers().last_epoch == 6


def test_an_epoch_is_one_step_where_lightning_is_not_told_otherwise(tmp_path: Path) -> None:
    model = module({"lr": SCHEDULE}, interval="epoch")
    trainer(tmp_path, epochs=3).fit(model, batches())

    assert model.used == [SCHEDULE(epoch) for epoch in range(3) for _ in range(6)]


def test_a_metric_at_the_end_of_an_epoch_lowers_the_rates_that_follow(tmp_path: Path) -> None:
    plateau = Plateau(factor=0.5, patience=0)
    model = module({"lr": SCHEDULE, "plateau": plateau}, metrics=(3.0, 4.0, 2.0))
    trainer(tmp_path, epochs=3).fit(model, batches())

    assert model.used == rates(12) + [0.5 * rate for rate in rates(6, start=12)]


def test_a_run_resumed_from_a_checkpoint_goes_on_with_the_rates_and_weights_of_an_unbroken_one(tmp_path: Path) -> None:
    whole = module({"lr": SCHEDULE})
    trainer(tmp_path, epochs=4).fit(whole, batches())
    first = trainer(tmp_path, epochs=2)
    first.fit(module({"lr": SCHEDULE}), batches())
    first.save_checkpoint(tmp_path / "half.ckpt")
    second = module({"lr": SCHEDULE})
    trainer(tmp_path, epochs=4).fit(second, batches(), ckpt_path=tmp_path / "half.ckpt")

    assert second.used == rates(12, start=12)
    for a, b in zip(whole.parameters(), second.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_run_resumed_with_another_schedule_is_refused(tmp_path: Path) -> None:
    first = trainer(tmp_path, epochs=1)
    first.fit(module({"lr": SCHEDULE}), batches())
    first.save_checkpoint(tmp_path / "half.ckpt")
    with pytest.raises(ValueError, match="lr"):
        trainer(tmp_path, epochs=2).fit(module({"lr": SCHEDULE * 0.5}), batches(), ckpt_path=tmp_path / "half.ckpt")


def test_the_monitor_logs_the_rate_of_each_update(tmp_path: Path) -> None:
    from lightning.pytorch.callbacks import LearningRateMonitor
    from lightning.pytorch.loggers import CSVLogger

    logger = CSVLogger(tmp_path, flush_logs_every_n_steps=1)
    monitor = LearningRateMonitor(logging_interval="step")
    model = module({"lr": SCHEDULE})
    trainer(tmp_path, epochs=2, logger=logger, callbacks=[monitor], log_every_n_steps=1).fit(model, batches())
    lines = (tmp_path / "lightning_logs/version_0/metrics.csv").read_text().splitlines()
    column = lines[0].split(",").index("lr-AdamW")

    assert [float(line.split(",")[column]) for line in lines[1:]] == model.used == rates(12)
