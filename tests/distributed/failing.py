"""One process of two: the second fails, while the first waits for it, and says who it is."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path


def main(folder: Path) -> None:
    if os.environ["RANK"] == "1":
        while not (folder / "waiting").exists():
            time.sleep(0.01)
        sys.exit("no more of this")
    (folder / "waiting").write_text(str(os.getpid()))
    time.sleep(600)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
