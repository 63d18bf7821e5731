"""Draw the picture of the README: `python docs/pictures.py`."""

from __future__ import annotations

from pathlib import Path

import glidepath
from glidepath.svg import chart

STEPS = 1000
SHOWN = {
    "wsd": glidepath.wsd(0.1, warmup=50, decay=300, total=STEPS),
    "warmup_cosine": glidepath.warmup_cosine(0.1, warmup=50, total=STEPS),
    "one_cycle": glidepath.one_cycle(0.1, total=STEPS),
    "sgdr": glidepath.sgdr(0.1, period=143, stretch=2),
    "rex": glidepath.rex(0.1, total=STEPS),
}


def main() -> None:
    curves = {name: [(step, schedule(step)) for step in range(0, STEPS + 1, 2)] for name, schedule in SHOWN.items()}
    picture = chart(curves, title="learning rate", width=760, height=300)
    Path(__file__).with_name("schedules.svg").write_text(picture + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
