"""The theory room: what its figures are, how long they take, and how both compare with what is published.

Run it from this directory: ``python theory.py``. It takes a few minutes on one core.
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from glidepath import Constant, Cosine, Exponential, Join, Linear, Schedule, wsd
from glidepath.theory import (
    LAWS,
    Curve,
    Forecast,
    MultiPower,
    best_scale,
    bound,
    bound_curve,
    efficiency,
    fit,
    optimal,
    replan,
    worst_case,
)
from measure import table

DATA = Path(__file__).parents[1] / "tests" / "data"
PEAK = 3e-4

#: Published numbers of the multi-power law, by millions of parameters: L0 A alpha B C beta gamma.
PUBLISHED = {
    25: (3.04045406, 0.52468604, 0.50786857, 363.78751622, 2.06560812, 0.58279013, 0.64142257),
    100: (2.6514477, 0.60115152, 0.45295811, 437.9464276, 2.13245612, 0.59785199, 0.65523644),
    400: (2.37474466, 0.65421216, 0.42878731, 523.42464371, 2.02462735, 0.59350493, 0.63472457),
}


def seconds(task: Any) -> tuple[Any, float]:
    """What a task gives, and the time that the processor spent on it."""
    start = time.process_time()
    found = task()
    return found, time.process_time() - start


def double_sum(rates: np.ndarray, upto: int) -> float:
    """The bound for the first ``upto`` updates, as it was published, in NumPy."""
    e = rates[:upto]
    total, squares, noise = e.sum(), (e**2)[::-1].cumsum()[::-1], e[::-1].cumsum()[::-1]
    return float((1 + squares[0]) / (2 * total) + (e[:-1] / noise[1:] * squares[:-1] / noise[:-1]).sum() / 2)


# Sizes and times ----------------------------------------------------------------------------------------------


def growth() -> str:
    """One horizon and all horizons, for longer and longer runs."""
    rows, times = [], {}
    for steps in (10**4, 10**5, 10**6):
        rates = Cosine(start=0.1, end=0.0, steps=steps)(np.arange(steps))
        one, t_one = min((seconds(lambda r=rates: bound(r)) for _ in range(3)), key=lambda pair: pair[1])
        curve, t_curve = seconds(lambda r=rates: bound_curve(r))
        value, t_worst = seconds(lambda r=rates: worst_case(r))
        sample = np.unique(np.linspace(2, steps, 12).astype(int))
        values, t_direct = seconds(lambda r=rates, s=sample: [double_sum(r, int(t)) for t in s])
        # The direct curve is one such sum for every horizon: measured in full where it ends soon, else extrapolated.
        direct, estimated = t_direct / len(sample) * steps, steps > 10**4
        if not estimated:
            _, direct = seconds(lambda r=rates, n=steps: [double_sum(r, t) for t in range(1, n + 1)])
        exact = [bound(rates[:t]).value for t in sample]
        times[steps] = (t_one, t_curve, t_worst)
        rows.append(
            [
                f"{steps:,}",
                f"{t_one * 1e3:.2f} ms",
                f"{t_curve:.3f} s",
                f"{'about ' if estimated else ''}{direct:,.1f} s",
                f"{direct / t_curve:,.0f}",
                f"{t_worst:.3f} s",
                f"{max(abs(curve[t - 1] / e - 1) for t, e in zip(sample, exact, strict=True)):.1e}",
                f"{max(abs(v / e - 1) for v, e in zip(values, exact, strict=True)):.1e}",
            ]
        )
        assert one.value > value
    exponents = [math.log(times[10**6][i] / times[10**4][i]) / math.log(100) for i in range(3)]
    rows.append(
        ["growth exponent", f"{exponents[0]:.2f}", f"{exponents[1]:.2f}", "", "", f"{exponents[2]:.2f}", "", ""]
    )
    head = [
        "steps",
        "bound",
        "curve",
        "curve, direct sums",
        "direct / curve",
        "worst case",
        "curve off by",
        "direct off by",
    ]
    return table("The bound for one horizon and for all (cosine)", head, rows)


# Figures ------------------------------------------------------------------------------------------------------


def worst_cases() -> str:
    """The published solutions of semidefinite programs, and the long straight line."""
    k = np.arange(61)
    shapes = {
        "constant": np.append(np.ones(60), 0.0),
        "linear": 1 - k / 60,
        "cosine": (1 + np.cos(np.pi * k / 60)) / 2,
        "sqrt": 1 / np.sqrt(k + 1),
        "wsd": np.minimum(1.0, (60 - k) / 12),
    }
    rows = []
    for name, shape in shapes.items():
        rates = shape * best_scale(shape[:60]).factor
        values = json.loads((DATA / "pepit" / f"pepit_{name}.json").read_text())
        ours = {t: worst_case(rates[1 : int(t)]) if int(t) > 2 else 1.0 for t in values}
        rows.append([name, str(len(values)), f"{max(abs(ours[t] / v - 1) for t, v in values.items()):.2e}"])
    line = Linear(start=1.0, end=0.0, steps=999_999)
    value, spent = seconds(lambda: worst_case(line, 999_999, tuned=True))
    rows.append([f"linear, 999,999 updates, against 1/1000, in {spent:.2f} s", "1", f"{abs(value * 1000 - 1):.2e}"])
    return table("Worst cases against published values", ["schedule", "values", "largest relative difference"], rows)


def smallest() -> str:
    """The smallest bounds, free and under caps."""
    rows = []
    for steps in (2, 10, 60, 100, 400, 4000, 40_000, 400_000):
        best, spent = seconds(lambda n=steps: optimal(n))
        value = bound(best, steps).value
        line = best_scale(Linear(start=1.0, end=0.0, steps=steps), steps).value
        rows.append(
            [
                f"{steps:,}",
                "",
                f"{value:.17g}",
                f"{math.sqrt(steps) * value:.6f}",
                f"{line / value:.5f}",
                f"{spent:.3f} s",
            ]
        )
    for cap in (0.040, 0.030, 0.025, 0.020, 0.015):
        best, spent = seconds(lambda c=cap: optimal(400, cap=c))
        hold = sum(value == cap for value in best.values)
        value = bound(best, 400).value
        rows.append(["400", f"{cap} (held {hold})", f"{value:.6f}", f"{20 * value:.6f}", "", f"{spent:.3f} s"])
    head = ["steps", "cap", "smallest bound", "times sqrt(steps)", "line / smallest", "time"]
    return table("The smallest bounds, G = D = 1", head, rows)


def going_on() -> str:
    """A run of 3200 updates whose end moves."""
    rate, rows = 0.008118293826424062, []
    for total in (6000, 8000, 16_000):
        ways, spent = seconds(lambda n=total: replan(np.full(3200, rate), n - 3200, D=1.0))
        values = {way.name: way.value for way in ways}
        scratch = bound(optimal(total), total).value
        names = ("same rate", "scaled rate", "longer cooldown", "optimal")
        rows.append([f"{total:,}", *(f"{values[name]:.6f}" for name in names), f"{scratch:.6f}", f"{spent:.2f} s"])
    head = ["total", "same rate", "scaled rate", "longer cooldown", "optimal", "best from the start", "time"]
    return table("Going on after 3,200 updates of a run of 4,000", head, rows)


# Loss laws ----------------------------------------------------------------------------------------------------


def warmed_up(then: Schedule) -> Schedule:
    return Join(parts=(Linear(start=0.0, end=PEAK, steps=2159), then), boundaries=(2160,))


def held(until: int, then: Schedule) -> Schedule:
    return warmed_up(Join(parts=(Constant(PEAK), then), boundaries=(until - 2160,)))


RUNS = {
    "cosine_24000": warmed_up(Cosine(start=PEAK, end=PEAK / 10, steps=24_000 - 2160)),
    "constant_24000": warmed_up(Constant(PEAK)),
    "wsdcon_9": held(8000, Constant(9e-5)),
    "constant_72000": warmed_up(Constant(PEAK)),
    "cosine_72000": warmed_up(Cosine(start=PEAK, end=PEAK / 10, steps=72_000 - 2160)),
    "wsd_20000_24000": held(20_000, Exponential(start=PEAK, rate=0.1, steps=4000, end=PEAK / 10)),
    "wsdld_20000_24000": held(20_000, Linear(start=PEAK, end=PEAK / 10, steps=4000)),
    "wsdcon_3": held(8000, Constant(3e-5)),
    "wsdcon_18": held(8000, Constant(18e-5)),
}
TRAINED_ON = tuple(RUNS)[:3]


def measured(size: int, name: str) -> Curve:
    steps, _, losses = np.loadtxt(DATA / "multipower" / str(size) / f"{name}.csv", delimiter=",", skiprows=1).T
    return Curve(RUNS[name], steps, losses)


def errors(law: Any, size: int) -> list[float]:
    """The means over the held-out curves of R2, MAE, RMSE, and the mean and worst relative error."""
    found = []
    for name in tuple(RUNS)[3:]:
        curve = measured(size, name)
        error = law.curve(curve.rates, at=curve.at) - curve.values
        r2 = 1 - (error**2).sum() / ((curve.values - curve.values.mean()) ** 2).sum()
        shares = abs(error) / curve.values
        found.append([r2, abs(error).mean(), math.sqrt((error**2).mean()), shares.mean(), shares.max()])
    return [float(x) for x in np.mean(found, axis=0)]


def laws() -> str:
    """Published parameters, and our fits to the same three curves, on the six others of each size."""
    rows = []
    for size, numbers in PUBLISHED.items():
        names = ("L0", "A", "alpha", "B", "C", "beta", "gamma")
        law = MultiPower(**dict(zip(names, numbers, strict=True)))
        rows.append([f"{size}M", "multi-power, published", *(f"{x:.5f}" for x in errors(law, size)), ""])
        for name in LAWS:
            curves = [measured(size, run) for run in TRAINED_ON]
            forecast, spent = seconds(lambda n=name, c=curves: fit(c, law=n))
            rows.append([f"{size}M", name, *(f"{x:.5f}" for x in errors(forecast.laws[0], size)), f"{spent:.2f} s"])
    head = ["size", "law", "R2", "MAE", "RMSE", "mean rel.", "worst rel.", "fit"]
    return table("Loss laws fitted to 3 curves, on 6 held-out curves", head, rows)


def optimised() -> str:
    """The schedules that the published laws call for, against what their authors' search reached."""
    rows = []
    for size, reached in ((25, 3.149677), (100, 2.794137), (400, 2.533219)):
        names = ("L0", "A", "alpha", "B", "C", "beta", "gamma")
        law = MultiPower(**dict(zip(names, PUBLISHED[size], strict=True)))
        best, spent = seconds(lambda x=law: Forecast((x,)).optimise(24_000, PEAK, warmup=2160))
        # Their search leaves the rises of the warmup out of the law, ours has them in: take them out for comparison.
        rates = best.schedule(np.arange(24_000))
        left, rises = rates[::-1].cumsum()[::-1], rates[1:2161] - rates[:2160]
        felt = 1 - (1 + law.C * rates[1:2161] ** -law.gamma * left[1:2161]) ** -law.beta
        value = best.prediction.value - law.B * float(rises @ felt)
        rows.append([f"{size}M", f"{value:.6f}", f"{reached:.6f}", f"{value - reached:+.6f}", f"{spent:.1f} s"])
    return table("Optimised schedules, predicted final loss", ["size", "ours", "published", "difference", "time"], rows)


def main() -> str:
    shapes = {"linear": Linear(start=1.0, end=0.0, steps=10_000), "cosine": Cosine(start=1.0, end=0.0, steps=10_000)}
    shapes |= {f"wsd {c} %": wsd(1.0, warmup=0, decay=100 * c, total=10_000) for c in (50, 20, 10)}
    shapes |= {"constant": Constant(1.0)}
    rows = [[name, f"{efficiency(schedule, 10_000):.5f}"] for name, schedule in shapes.items()]
    prices = table("Efficiency, 10,000 updates", ["schedule", "worst case / best possible"], rows)
    return "\n".join([growth(), worst_cases(), prices, smallest(), going_on(), laws(), optimised()])


if __name__ == "__main__":
    sys.stdout.write(main() + "\n")
