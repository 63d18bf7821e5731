"""The examples, as processes: killed at random points, they go on as if nothing had been."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import glidepath
from glidepath.lab import checkpoint

EXAMPLES = Path(__file__).parent.parent / "examples"
SCHEDULE = EXAMPLES / "schedule.yaml"

#: Updates of a run: enough that a signal sent in its first half comes before its end.
STEPS = {"numpy": 1200, "jax": 1500, "torch": 600}


class Example:
    """One example, its folder and the command that starts it and goes on with it."""

    def __init__(self, library: str, folder: Path, steps: int | None = None) -> None:
        self.steps = STEPS[library] if steps is None else steps
        folder.mkdir(exist_ok=True)
        self.checkpoint, self.log = folder / "run.ckpt", folder / "log.csv"
        script = EXAMPLES / f"train_{library}.py"
        files = ["--checkpoint", str(self.checkpoint), "--log", str(self.log)]
        self.command = [sys.executable, str(script), str(SCHEDULE), f"--steps={self.steps}", "--every=20", *files]

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def interrupt(self, how: signal.Signals, after: int) -> subprocess.CompletedProcess[str]:
        """Start it, and send the signal at some moment after ``after`` updates are in the checkpoint."""
        process = self.start()
        while self.done() < after:
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.02))
        process.send_signal(how)
        return finished(process)

    def done(self) -> int:
        """The updates that the checkpoint holds. It can be read while it is being written."""
        return int(checkpoint.load(self.checkpoint)[0]["step"]) if self.checkpoint.exists() else 0

    def logged(self) -> list[tuple[int, float, float]]:
        rows = [line.split(",") for line in self.log.read_text().splitlines()]
        return [(int(step), float(rate), float(loss)) for step, rate, loss in rows]


def finished(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.mark.parametrize(
    ("library", "kills"),
    [("numpy", 4), ("jax", 1), ("torch", 1)],
)
def test_an_example_killed_at_random_points_goes_on_with_the_rates_and_losses_of_an_unbroken_run(
    library: str, kills: int, tmp_path: Path
) -> None:
    unbroken, broken = Example(library, tmp_path / "unbroken"), Example(library, tmp_path / "broken")
    beside = unbroken.start()
    for after in sorted(random.sample(range(1, broken.steps // 2), kills)):
        assert broken.interrupt(signal.SIGKILL, after).returncode == -signal.SIGKILL
        assert after <= broken.done() < broken.steps
    ended = finished(broken.start())
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(f"Done: {broken.steps} updates, last loss ")

    assert finished(beside).returncode == 0
    assert broken.log.read_bytes() == unbroken.log.read_bytes()
    assert broken.checkpoint.read_bytes() == unbroken.checkpoint.read_bytes()
    schedule = glidepath.load(SCHEDULE, run=glidepath.Run(total=broken.steps))
    steps, rates, _ = zip(*broken.logged(), strict=True)
    assert steps == tuple(range(broken.steps))
    exact = [schedule(k) for k in steps]
    # JAX computes in float32: half a unit in the last place of the peak, and what the formula may lose.
    assert list(rates) == (pytest.approx(exact, rel=4.8e-7 + 2**-24, abs=0) if library == "jax" else exact)


def test_an_example_stopped_with_ctrl_c_saves_says_how_to_go_on_and_does(tmp_path: Path) -> None:
    unbroken, broken = Example("numpy", tmp_path / "unbroken"), Example("numpy", tmp_path / "broken")
    beside = unbroken.start()
    stopped = broken.interrupt(signal.SIGINT, after=100)
    assert stopped.returncode == 0, stopped.stderr
    assert stopped.stdout == (
        f"Stopped after {broken.done()} of {broken.steps} updates. The same command goes on from there.\n"
    )
    assert 100 <= broken.done() < broken.steps
    assert finished(broken.start()).returncode == 0
    assert finished(beside).returncode == 0
    assert broken.log.read_bytes() == unbroken.log.read_bytes()


def test_an_example_refuses_the_checkpoint_of_another_schedule_and_says_what_differs(tmp_path: Path) -> None:
    assert finished(Example("numpy", tmp_path, steps=100).start()).returncode == 0
    longer = Example("numpy", tmp_path, steps=200)
    before = longer.checkpoint.read_bytes()
    refused = finished(longer.start())
    assert refused.returncode == 1
    assert "schedule.parts[0].steps: 5 in the checkpoint, 10 now" in refused.stderr
    assert longer.checkpoint.read_bytes() == before


def test_an_example_that_is_done_stays_done(tmp_path: Path) -> None:
    example = Example("numpy", tmp_path, steps=40)
    first = finished(example.start())
    log = example.log.read_bytes()
    assert finished(example.start()).stdout == first.stdout
    assert example.log.read_bytes() == log
