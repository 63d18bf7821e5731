"""Run optax's own test files, those in its wheel, in a process of their own with `optax_plugin`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple


class Result(NamedTuple):
    """How many tests passed, failed (errors included) and skipped themselves, and what pytest printed."""

    passed: int
    failed: int
    skipped: int
    output: str


def run(*modules: str) -> Result:
    """The tests of some modules of optax, such as ``"optax.schedules._join_test"``, with glidepath's functions."""
    options = ["-p", "optax_plugin", "-p", "no:cacheprovider", "-c", os.devnull, "-v", "--tb=short"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--pyargs", *modules],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    summary = done.stdout.rstrip().rsplit("\n", 1)[-1]
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|errors?|skipped)", summary)}
    failed = counts.get("failed", 0) + counts.get("error", 0) + counts.get("errors", 0)
    return Result(counts.get("passed", 0), failed, counts.get("skipped", 0), done.stdout + done.stderr)
