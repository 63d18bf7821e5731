"""How the benchmarks measure: the fastest of several rounds, the things compared taken in turn."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any


def fastest(tasks: Mapping[str, Callable[[], Any]], rounds: int = 9) -> dict[str, float]:
    """Seconds of each task: its minimum over the rounds. In every round all tasks run, one after the other."""
    best = dict.fromkeys(tasks, float("inf"))
    for _ in range(rounds):
        for name, task in tasks.items():
            start = time.perf_counter()
            task()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def table(title: str, head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = ["", f"### {title}", "", "| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])
