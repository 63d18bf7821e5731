"""What the tests of trainers share: one schedule, a small model, and the rates that its updates really used."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from glidepath import Schedule, warmup_cosine

if TYPE_CHECKING:
    from collections.abc import Sequence

#: One schedule for all trainers. Its values differ from step to step, so that one step more or less shows.
WARMUP, TOTAL, PEAK, END = 5, 40, 0.05, 0.001
SCHEDULE = warmup_cosine(PEAK, warmup=WARMUP, total=TOTAL, start=0.002, end=END)


def rates(updates: int, start: int = 0, schedule: Schedule = SCHEDULE) -> list[float]:
    """The rates that updates ``start`` to ``start + updates`` must use."""
    return [schedule(step) for step in range(start, start + updates)]


def by_hand(step: int) -> float:
    """The closed form of ``SCHEDULE``, written out once more."""
    if step < WARMUP:
        return 0.002 + (PEAK - 0.002) * step / WARMUP
    return END + (PEAK - END) * 0.5 * (1.0 + math.cos(math.pi * (step - WARMUP) / (TOTAL - WARMUP)))


class Rates(list[Any]):
    """The rate of the first group at every update of an optimizer that changed its parameters, seen from inside it.

    A hook that runs before each update keeps the rate; an update of a fused optimizer that found an infinite
    gradient changes nothing, and does not count.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, key: str = "lr") -> None:
        super().__init__()
        self.key = key
        optimizer.register_step_pre_hook(self.before)

    def before(self, optimizer: torch.optim.Optimizer, args: Any, kwargs: Any) -> None:
        found_inf = getattr(optimizer, "found_inf", None)
        if found_inf is None or not found_inf.item():
            value = optimizer.param_groups[0][self.key]
            self.append(float(value) if isinstance(value, torch.Tensor) else value)


def network(seed: int = 0) -> nn.Module:
    """Two layers, from the same numbers every time."""
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))


def layers(model: nn.Module) -> list[dict[str, Any]]:
    """The parameter groups of its optimizer: the last layer learns at a tenth of the rate."""
    return [{"params": list(model[0].parameters())}, {"params": list(model[2].parameters()), "lr_scale": 0.1}]


def data(rows: int = 8, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """A line with noise."""
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, 4, generator=draw)
    return x, x.sum(1, keepdim=True) + 0.1 * torch.randn(rows, 1, generator=draw)


def loss_of(model: nn.Module, rows: slice = slice(None), batch: int = 0) -> torch.Tensor:
    """The loss of a model on some rows of one batch."""
    dtype = next(model.parameters()).dtype
    x, y = (part.to(dtype) for part in data(seed=batch + 1))
    return nn.functional.mse_loss(model(x[rows]), y[rows])


def train(model: nn.Module, optimizer: torch.optim.Optimizer, scheduler: Any, updates: int) -> None:
    """The plain loop."""
    for _ in range(updates):
        optimizer.zero_grad()
        loss_of(model).backward()
        optimizer.step()
        scheduler.step()


def processes(
    script: str, folder: Path, *words: str, ignored: Sequence[str] = (), count: int = 2, timeout: float = 300.0
) -> list[dict[str, Any]]:
    """Run one script of tests/distributed as several processes, and read what each of them reports.

    They meet in a file of ``folder``, so no port has to be guessed. None outlives this call. Their warnings are
    errors, but for those that are to be ignored.
    """
    file = Path(__file__).parent / "distributed" / f"{script}.py"
    warnings = ["-Werror", *(f"-Wignore:{message}" for message in ignored)]
    command = [sys.executable, *warnings, str(file), str(folder)]
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    shared = {
        **os.environ,
        "PYTHONPATH": path,
        "OMP_NUM_THREADS": "1",
        "MEETING": f"file://{folder / '-'.join(['meeting', script, *words])}",
        "GLOO_SOCKET_IFNAME": "lo0" if sys.platform == "darwin" else "lo",
        "WORLD_SIZE": str(count),
        "LOCAL_WORLD_SIZE": str(count),
    }
    logs = [folder / f"{script}-{rank}.log" for rank in range(count)]
    running: list[subprocess.Popen[bytes]] = []
    try:
        for rank, log in enumerate(logs):
            environment = {**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)}
            with log.open("wb") as out:
                running.append(subprocess.Popen([*command, *words], env=environment, stdout=out, stderr=out))
        codes = wait(running, timeout)
    finally:
        for process in running:
            process.kill()
            process.wait()
    assert codes == [0] * count, "\n".join(f"{log.name}:\n{log.read_text()}" for log in logs)
    return [json.loads((folder / f"{script}-{rank}.json").read_text()) for rank in range(count)]


def wait(running: Sequence[subprocess.Popen[bytes]], timeout: float) -> list[int | None]:
    """The exit codes, once all have ended, or one has failed (the others would wait for it), or time is up."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        codes = [process.poll() for process in running]
        if all(code == 0 for code in codes) or any(codes):
            return codes
        time.sleep(0.05)
    return [process.poll() for process in running]


def report(script: str, folder: Path, **found: Any) -> None:
    """Called in a process: leave what it found where the test reads it."""
    (folder / f"{script}-{os.environ['RANK']}.json").write_text(json.dumps(found))


def meet() -> int:
    """Called in a process: join the others, and say which one this is."""
    rank, count = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    torch.distributed.init_process_group("gloo", init_method=os.environ["MEETING"], rank=rank, world_size=count)
    return rank
