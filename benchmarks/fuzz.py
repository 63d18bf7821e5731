"""Fuzz the reader of specifications for some minutes: ``python benchmarks/fuzz.py [minutes] [seed]``.

Whatever it is given, as data, text or bytes, it must give a schedule or a ScheduleError, within ten seconds and a
gigabyte. `tests/spec_fuzz.py` draws what is given.
"""

from __future__ import annotations

import resource
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from hypothesis import HealthCheck, Phase, given, seed as seeded, settings, strategies as st

from spec_fuzz import CASES, outcome

#: Examples that are drawn with one seed.
BATCH = 500

#: Seconds after which reading counts as hanging.
PATIENCE = 10


def batch(case: str, seed: int, counts: Counter[str]) -> float:
    """Draw and read some. Returns the longest that one took, in seconds."""
    slowest = 0.0

    @seeded(seed)
    @settings(
        max_examples=BATCH,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def read(data: Any) -> None:
        nonlocal slowest
        drawn = data.draw(CASES[case][0])
        signal.alarm(PATIENCE)
        start = time.perf_counter()
        counts[outcome(case, drawn)] += 1
        slowest = max(slowest, time.perf_counter() - start)
        signal.alarm(0)

    read()
    return slowest


def main(minutes: float = 1.0, seed: int = 0) -> str:
    """Fuzz, and say what was read."""

    def hangs(*_: object) -> None:
        raise TimeoutError(f"no answer in {PATIENCE} seconds")

    signal.signal(signal.SIGALRM, hangs)
    resource.setrlimit(resource.RLIMIT_AS, (2**30 + 2**29, 2**30 + 2**29))
    until = time.monotonic() + 60 * minutes
    counts: dict[str, Counter[str]] = {case: Counter() for case in CASES}
    slowest = dict.fromkeys(CASES, 0.0)
    while time.monotonic() < until:
        for case in CASES:
            slowest[case] = max(slowest[case], batch(case, seed, counts[case]))
        seed += 1
    lines = [
        f"{case}: {sum(count.values()):,} given, {count['read']:,} read, {count['refused']:,} refused, "
        f"the slowest in {1000 * slowest[case]:.0f} ms"
        for case, count in counts.items()
    ]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return "\n".join([*lines, f"{minutes:g} minutes, seeds up to {seed}, at most {peak:.0f} MiB, no mistake"])


if __name__ == "__main__":
    print(main(*map(float, sys.argv[1:2]), *map(int, sys.argv[2:3])))
