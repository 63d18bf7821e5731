"""The Hydra example as processes: killed, it goes on as if nothing had been; its schedule is switched by a word."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from glidepath import Cosine, Run, Schedule, sgdr, warmup_cosine, wsd
from glidepath.lab import checkpoint
from glidepath.optimus_dl import build_lr_scheduler
from hydra import compose, initialize_config_dir
from optimus_dl_samples import Optimizer

EXAMPLE = Path(__file__).parent.parent / "examples" / "hydra" / "train.py"


def start(folder: Path, *overrides: str, steps: int) -> subprocess.Popen[str]:
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-W", "error", str(EXAMPLE), f"steps={steps}", "every=10", "log=log.csv", *overrides]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def done(folder: Path) -> int:
    """The updates that the checkpoint holds. It can be read while it is being written."""
    path = folder / "hydra.ckpt"
    return int(checkpoint.load(path)[0]["lr_scheduler"]["step_count"]) if path.exists() else 0


def rates(folder: Path) -> list[float]:
    return [float(line.split(",")[1]) for line in (folder / "log.csv").read_text().splitlines()]


def test_a_killed_run_goes_on_with_the_rates_and_losses_of_an_unbroken_one(tmp_path: Path) -> None:
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    beside = start(unbroken, steps=300)
    process = start(broken, steps=300)
    while done(broken) < 100:
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert finished(process)[0] == -signal.SIGKILL
    assert 100 <= done(broken) < 300
    code, out, err = finished(start(broken, steps=300))

    assert code == 0, err
    assert out.startswith("Done: 300 updates, last loss ")
    assert finished(beside)[0] == 0
    assert (broken / "log.csv").read_bytes() == (unbroken / "log.csv").read_bytes()
    assert (broken / "hydra.ckpt").read_bytes() == (unbroken / "hydra.ckpt").read_bytes()
    assert sorted(path.name for path in unbroken.iterdir()) == ["hydra.ckpt", "log.csv"]


def test_the_schedule_is_switched_on_the_command_line_and_refuses_the_checkpoint_of_another(tmp_path: Path) -> None:
    switched = ["lr_scheduler=sgdr", "lr_scheduler.period=25%", "lr_scheduler.stretch=1"]
    code, _, err = finished(start(tmp_path, *switched, steps=20))
    assert code == 0, err
    factor = sgdr(1.0, period=Run(total=20).steps("25%"))
    assert rates(tmp_path) == [0.3 * factor(k) for k in range(20)]

    before = (tmp_path / "hydra.ckpt").read_bytes()
    code, _, err = finished(start(tmp_path, *switched, "+lr_scheduler.scale=0.5", steps=20))
    assert code == 1
    assert "schedule.scale: not given in the checkpoint, 0.5 here" in err
    assert (tmp_path / "hydra.ckpt").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("warmup_cosine", warmup_cosine(0.3, warmup=5, total=100)),
        ("sgdr", sgdr(0.3, period=10, stretch=2)),
        ("cosine_annealing", Cosine(start=0.3, end=0.0, steps=100)),
        ("wsd", wsd(0.3, warmup=5, decay=20, total=100, shape="sqrt", start=0.003)),
        ("joined", wsd(0.3, warmup=5, decay=20, total=100, shape="sqrt")),
    ],
)
def test_each_configuration_of_the_example_draws_its_curve(name: str, same: Schedule) -> None:
    with initialize_config_dir(str(EXAMPLE.parent / "conf"), version_base="1.3"):
        cfg = compose("config", [f"lr_scheduler={name}"])
    optimizer = Optimizer([cfg.optimizer.lr])
    scheduler = build_lr_scheduler(cfg.lr_scheduler, optimizer=optimizer, iterations=100, strict=True)
    for k in range(100):
        assert optimizer.rates == pytest.approx([same(k)], rel=1e-12, abs=0)
        scheduler.step()


def test_every_configuration_of_the_example_is_tested() -> None:
    files = {path.stem for path in (EXAMPLE.parent / "conf" / "lr_scheduler").iterdir()}

    assert files == {"warmup_cosine", "sgdr", "cosine_annealing", "wsd", "joined"}
