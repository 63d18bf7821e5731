"""The command line as a process, against `python -c "import click"`, and pictures of a schedule of 100 phases."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from glidepath import Cosine, Join, Linear, dump
from glidepath.phases import phases, sample
from glidepath.plot import curve, picture
from measure import fastest, table

TOTAL = 10**9
PHASES = 100


def long() -> Join:
    """A schedule of a hundred phases over a thousand million steps."""
    steps = TOTAL // PHASES
    kinds = (Linear, Cosine)
    parts = tuple(kinds[i % 2](start=1e-3 / (1 + i), end=1e-4, steps=steps) for i in range(PHASES))
    return Join(parts=parts, boundaries=tuple(range(steps, TOTAL, steps)))


def processes() -> str:
    # Installed packages are compiled once; some environments switch that off.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {"COLUMNS": "120"}

    def run(*words: str) -> None:
        subprocess.run([sys.executable, *words], check=True, capture_output=True, env=environment)

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "long.yaml"
        dump(long(), file)
        tasks = {
            'python -c "import click"': lambda: run("-c", "import click"),
            "glidepath --help": lambda: run("-m", "glidepath", "--help"),
            "glidepath show, 3 phases": lambda: run(
                "-m", "glidepath", "show", "wsd", "peak=3e-4", "warmup=5%", "decay=20%", "total=100k"
            ),
            "glidepath show, 100 phases over 1e9 steps": lambda: run("-m", "glidepath", "show", str(file)),
        }
        seconds = fastest(tasks, rounds=20)
    base = seconds['python -c "import click"']
    rows = [[name, f"{s * 1e3:.0f} ms", f"{s / base:.2f}"] for name, s in seconds.items()]
    return table("The command line, wall time of a process", ["command", "time", "/ import click"], rows)


def pictures() -> str:
    schedule = long()
    steps = list(range(0, TOTAL, TOTAL // 1000))
    schedule(0)  # compiled once
    tasks = {
        "1,000 calls with a number": lambda: [schedule(step) for step in steps],
        "phases": lambda: phases(schedule, TOTAL),
        "steps to draw": lambda: sample(schedule, TOTAL, 400),
        "preview, 120 columns": lambda: schedule.preview(width=120),
        "_repr_html_": lambda: schedule._repr_html_(),
        "SVG": lambda: picture({"lr": {"": curve(schedule)}}, ".svg"),
    }
    seconds = fastest(tasks)
    base = seconds["1,000 calls with a number"]
    rows = [[name, f"{s * 1e3:.1f} ms", f"{s / base:.1f}"] for name, s in seconds.items()]
    return table("100 phases over 1e9 steps", ["what", "time", "/ 1,000 calls"], rows)


def main() -> str:
    return processes() + "\n" + pictures()


if __name__ == "__main__":
    print(main())
