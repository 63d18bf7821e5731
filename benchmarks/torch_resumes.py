"""Random saves and resumes of the torch Scheduler: every number in the optimizer must be what its schedule says.

All kinds, save steps, orders of building and loading, policies, dtypes and setups of parameter groups, as
`tests/resumes.py` draws them: ``python benchmarks/torch_resumes.py [resumes] [processes] [seed]``.
"""

from __future__ import annotations

import sys
from collections import deque
from multiprocessing import get_context
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from resumes import campaign

#: Resumes between two lines of progress.
BATCH = 1000


def batch(seed: str) -> tuple[int, list[str]]:
    torch.set_num_threads(1)
    return campaign(seed, BATCH)


def main(resumes: int = 1_000_000, processes: int = 2, seed: int = 0) -> None:
    """Make them, and print how many are wrong."""
    made, wrong = 0, 0
    examples: deque[str] = deque(maxlen=20)
    with get_context("spawn").Pool(processes) as pool:
        for done, found in pool.imap_unordered(batch, (f"{seed}/{i}" for i in range(-(-resumes // BATCH)))):
            made, wrong = made + done, wrong + len(found)
            examples.extend(found)
            print(f"\r{made:,} resumes: {wrong} wrong", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print("\n".join(examples))
    print(f"{made:,} resumes, seed {seed}: {wrong} wrong")
    if wrong:
        sys.exit(1)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
