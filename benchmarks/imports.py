"""What `import glidepath` costs, in a fresh process, against `import dataclasses, json`."""

from __future__ import annotations

import os
import subprocess
import sys

from measure import table

CODE = "import time; a = time.process_time(); import {}; print(time.process_time() - a)"


def seconds(modules: str) -> float:
    command = [sys.executable, "-c", CODE.format(modules)]
    # Installed packages are compiled once; some environments switch that off.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return float(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def main() -> str:
    ours, base = [], []
    for _ in range(25):
        ours.append(seconds("glidepath"))
        base.append(seconds("dataclasses, json"))
    a, b = min(ours), min(base)
    row = [f"{b * 1e3:.1f} ms", f"{a * 1e3:.1f} ms", f"{a / b:.2f}"]
    return table("Import, CPU time in a fresh process", ["dataclasses + json", "glidepath", "ratio"], [row])


if __name__ == "__main__":
    print(main())
