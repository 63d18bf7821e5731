"""What the theory says of schedules before training, against what they reach on the lab's text task.

Every shape is trained with every peak and seed; its result is the best mean over the seeds, so that peaks are tuned.
"""

from __future__ import annotations

import sys

import numpy as np
from scipy.stats import spearmanr

from glidepath import Constant, Cosine, Linear, Piecewise, Polynomial, PowerLaw, Rex, Schedule, Sqrt, wsd
from glidepath.lab import Settings, compare, training
from glidepath.theory import Curve, Forecast, best_scale, efficiency, fit
from measure import table

STEPS, SEEDS = 1500, 3
PEAKS = tuple(0.025 * 2 ** (i / 2) for i in range(7))

SHAPES: dict[str, Schedule] = {
    "constant": Constant(1.0),
    "1/sqrt": PowerLaw(peak=1.0, timescale=50, power=0.5),
    "steps x0.1": Piecewise(boundaries=(750, 1125), values=(1.0, 0.1, 0.01)),
    "wsd 5 %": wsd(1.0, warmup=0, decay=75, total=STEPS),
    "wsd 10 %": wsd(1.0, warmup=0, decay=150, total=STEPS),
    "wsd 20 %": wsd(1.0, warmup=0, decay=300, total=STEPS),
    "wsd 20 % sqrt": wsd(1.0, warmup=0, decay=300, total=STEPS, shape="sqrt"),
    "wsd 50 %": wsd(1.0, warmup=0, decay=750, total=STEPS),
    "linear": Linear(start=1.0, end=0.0, steps=STEPS),
    "linear to 10 %": Linear(start=1.0, end=0.1, steps=STEPS),
    "cosine": Cosine(start=1.0, end=0.0, steps=STEPS),
    "cosine to 10 %": Cosine(start=1.0, end=0.1, steps=STEPS),
    "1-sqrt": Sqrt(start=1.0, end=0.0, steps=STEPS),
    "square": Polynomial(start=1.0, end=0.0, steps=STEPS, power=2.0),
    "rex": Rex(start=1.0, end=0.0, steps=STEPS),
}

#: Three runs whose curves the laws are fitted to.
TRAINED_ON = {
    "constant": Constant(0.1),
    "cosine": Cosine(start=0.1, end=0.01, steps=STEPS),
    "step": Piecewise(boundaries=(600,), values=(0.1, 0.03)),
}


def curve(schedule: Schedule) -> Curve:
    """The validation losses on the way, the mean over the seeds."""
    steps, losses = list(range(99, STEPS, 50)), []
    for seed in range(SEEDS):
        run = training("numpy", schedule, Settings(steps=STEPS), seed)
        losses.append([])
        for step in steps:
            run.run(step + 1 - run.step)
            losses[-1].append(run.validation_loss())
    return Curve(schedule, steps, np.mean(losses, axis=0))


def forecast() -> Forecast:
    return fit([curve(schedule) for schedule in TRAINED_ON.values()], law=["omega-power", "momentum", "functional"])


def main() -> str:
    trials = {f"{name}@{i}": shape * peak for name, shape in SHAPES.items() for i, peak in enumerate(PEAKS)}
    found = compare(trials, seeds=SEEDS, settings=Settings(steps=STEPS), progress=False, jobs=1)
    losses = {row.name: row.mean for row in found.rows}
    laws = forecast()
    rows, columns = [], []
    for name, shape in SHAPES.items():
        real, best = min((losses[f"{name}@{i}"] or np.inf, i) for i in range(len(PEAKS)))
        predicted = laws.predict(shape * PEAKS[best], STEPS)
        columns.append([real, efficiency(shape, STEPS), best_scale(shape, STEPS).value, *predicted.laws.values()])
        rows.append([name, f"{PEAKS[best]:.3f}", *(f"{x:.4f}" for x in columns[-1])])
    order = np.argsort([column[0] for column in columns])
    values = np.array(columns)
    ranks = [float(spearmanr(values[:, 0], values[:, i]).statistic) for i in range(1, values.shape[1])]
    rows = [rows[i] for i in order] + [["rank correlation with the real loss", "", "", *(f"{r:.3f}" for r in ranks)]]
    head = ["shape", "best peak", "real loss", "efficiency", "tuned bound", *(law.title for law in laws.laws)]
    return table(f"Predicted and real: {len(SHAPES)} shapes, {len(PEAKS)} peaks, {SEEDS} seeds", head, rows)


if __name__ == "__main__":
    sys.stdout.write(main() + "\n")
