"""Print every figure of docs/benchmarks.md: `python benchmarks/run.py [name ...]`."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from datetime import date
from importlib.metadata import version

NAMES = (
    "imports",
    "look",
    "calls",
    "tables",
    "joins",
    "torch_scheduler",
    "torch_lr_scheduler",
    "optax_schedules",
    "optax_injection",
    "braintools_schedulers",
    "theory",
    "designer",
)


def main(names: list[str]) -> None:
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("numpy", "jax", "optax", "braintools", "scipy", "torch")
    )
    print(f"{date.today()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores, ", end="")
    print(f"Python {platform.python_version()}, {packages}")
    for name in names or NAMES:
        print(importlib.import_module(name).main(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
