"""Loss laws: their formulas one by one, published fits, and what is done with fitted laws."""

from __future__ import annotations

import math
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from glidepath import Constant, Cosine, Exponential, Join, Linear, ScheduleError, warmup_cosine, wsd
from glidepath.theory import LAWS, Curve, Forecast, Functional, Momentum, MultiPower, OmegaPower, fit

DATA = Path(__file__).parent / "data" / "multipower"
PEAK = 3e-4
NAMES = ("L0", "A", "alpha", "B", "C", "beta", "gamma")

#: The published parameters by the size of the model, in millions, and R2, MAE, RMSE, mean and worst relative error.
PUBLISHED = {
    25: (
        (3.04045406, 0.52468604, 0.50786857, 363.78751622, 2.06560812, 0.58279013, 0.64142257),
        ("0.9988", "0.00376", "0.00465", "0.00110", "0.00409"),
    ),
    100: (
        (2.6514477, 0.60115152, 0.45295811, 437.9464276, 2.13245612, 0.59785199, 0.65523644),
        ("0.9983", "0.00435", "0.00592", "0.00142", "0.00583"),
    ),
    400: (
        (2.37474466, 0.65421216, 0.42878731, 523.42464371, 2.02462735, 0.59350493, 0.63472457),
        ("0.9978", "0.00484", "0.00730", "0.00168", "0.00995"),
    ),
}


def warmed_up(then):
    """The warmup of those runs: from 0 in 2159 steps, so that update 2159 has the peak already."""
    return Join(parts=(Linear(start=0.0, end=PEAK, steps=2159), then), boundaries=(2160,))


def held(until, then):
    return warmed_up(Join(parts=(Constant(PEAK), then), boundaries=(until - 2160,)))


SCHEDULES = {
    "constant_24000": warmed_up(Constant(PEAK)),
    "constant_72000": warmed_up(Constant(PEAK)),
    "cosine_24000": warmed_up(Cosine(start=PEAK, end=PEAK / 10, steps=24_000 - 2160)),
    "cosine_72000": warmed_up(Cosine(start=PEAK, end=PEAK / 10, steps=72_000 - 2160)),
    "wsd_20000_24000": held(20_000, Exponential(start=PEAK, rate=0.1, steps=4000, end=PEAK / 10)),
    "wsdld_20000_24000": held(20_000, Linear(start=PEAK, end=PEAK / 10, steps=4000)),
    "wsdcon_3": held(8000, Constant(3e-5)),
    "wsdcon_9": held(8000, Constant(9e-5)),
    "wsdcon_18": held(8000, Constant(18e-5)),
}
TRAINED_ON = ("cosine_24000", "constant_24000", "wsdcon_9")
HELD_OUT = tuple(name for name in SCHEDULES if name not in TRAINED_ON)


@cache
def measured(size, name):
    return np.loadtxt(DATA / str(size) / f"{name}.csv", delimiter=",", skiprows=1).T


def metrics(law, size):
    """The means over the held-out curves of R2, MAE, RMSE, and the mean and worst relative error."""
    found = []
    for name in HELD_OUT:
        steps, _, losses = measured(size, name)
        error = law.curve(SCHEDULES[name], int(steps[-1]) + 1, at=steps.astype(int)) - losses
        found.append(
            (
                1 - (error**2).sum() / ((losses - losses.mean()) ** 2).sum(),
                abs(error).mean(),
                math.sqrt((error**2).mean()),
                (abs(error) / losses).mean(),
                (abs(error) / losses).max(),
            )
        )
    return np.mean(found, axis=0)


# Published ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_schedules_are_those_of_the_published_runs(name):
    for size in PUBLISHED:
        steps, rates, _ = measured(size, name)

        assert SCHEDULES[name](steps.astype(int)) == pytest.approx(rates, rel=1e-12)


@pytest.mark.parametrize("size", PUBLISHED)
def test_published_parameters_give_the_published_errors_to_every_digit(size):
    parameters, expected = PUBLISHED[size]
    law = MultiPower(**dict(zip(NAMES, parameters, strict=True)))

    for value, printed in zip(metrics(law, size), expected, strict=True):
        assert f"{value:.{len(printed) - 2}f}" == printed


@pytest.mark.parametrize("size", PUBLISHED)
def test_four_numbers_fitted_to_three_curves_predict_the_other_six(size):
    curves = []
    for name in TRAINED_ON:
        steps, _, losses = measured(size, name)
        curves.append(Curve(SCHEDULES[name], steps, losses))

    (law,) = fit(curves, law="omega-power").laws

    assert metrics(law, size)[0] >= 0.995


# The formulas -------------------------------------------------------------------------------------------------

RATES = np.concatenate([np.linspace(0.2, 1.0, 30), np.full(150, 1.0), np.linspace(1.0, 0.1, 80), np.full(40, 0.1)])
LOWEST, SIZE, ALPHA, EFFECT = 2.0, 3.0, 0.4, 0.01


def omega(rates, t):
    noise = sum(rates[k] ** 2 / math.fsum(rates[k + 1 : t + 1]) for k in range(t))
    return (rates[t] + noise) / 2


def momentum(rates, t, decay):
    m = total = 0.0
    for k in range(1, t + 1):
        m = decay * m + rates[k - 1] - rates[k]
        total += m
    return -total


def functional(rates, t, c, gamma):
    return sum(rates[k] ** 2 * (1 + c * math.fsum(rates[k + 1 : t + 1])) ** -gamma for k in range(t + 1))


def multi_power(rates, t, C, beta, gamma):
    return -sum(
        (rates[k - 1] - rates[k]) * (1 - (1 + C * rates[k] ** -gamma * math.fsum(rates[k : t + 1])) ** -beta)
        for k in range(1, t + 1)
    )


FORMULAS = {
    OmegaPower: (omega, {}),
    Momentum: (momentum, {"decay": 0.97}),
    Functional: (functional, {"c": 0.8, "gamma": 1.3}),
    MultiPower: (multi_power, {"C": 0.5, "beta": 0.6, "gamma": 0.7}),
}


@pytest.mark.parametrize("kind", FORMULAS)
def test_a_law_is_its_formula(kind):
    formula, shape = FORMULAS[kind]
    law = kind(L0=LOWEST, A=SIZE, alpha=ALPHA, B=EFFECT, **shape)
    curve = law.curve(RATES)

    for t in [0, 1, 29, 30, 128, 180, 259, 299]:
        expected = LOWEST + SIZE * math.fsum(RATES[: t + 1]) ** -ALPHA + EFFECT * formula(RATES, t, **shape)
        assert curve[t] == pytest.approx(expected, rel=1e-12)
        assert t < 1 or law.predict(RATES, t + 1) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("kind", FORMULAS)
def test_a_zero_at_the_start_of_a_warmup_is_part_of_the_formula(kind):
    formula, shape = FORMULAS[kind]
    law = kind(L0=LOWEST, A=SIZE, alpha=ALPHA, B=EFFECT, **shape)
    rates = np.append(0.0, RATES)
    curve = law.curve(rates)
    moving = rates if kind in (Momentum, MultiPower) else rates[1:]  # the others do not see what does not move

    assert curve[0] == math.inf
    for t in [1, 2, 150, 300]:
        effect = formula(moving, t - len(rates) + len(moving), **shape)
        expected = LOWEST + SIZE * math.fsum(rates[: t + 1]) ** -ALPHA + EFFECT * effect
        assert curve[t] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("kind", FORMULAS)
def test_decay_lowers_the_prediction(kind):
    law = kind(L0=LOWEST, A=SIZE, alpha=ALPHA, B=0.1, **FORMULAS[kind][1])

    decayed = law.predict(wsd(1.0, warmup=0, decay=100, total=500), 500)

    assert decayed < law.predict(Constant(1.0), 500)


# Fits ---------------------------------------------------------------------------------------------------------

TRUTHS = {
    "omega-power": OmegaPower(L0=2.5, A=0.6, alpha=0.5, B=90.0),
    "momentum": Momentum(L0=2.5, A=0.6, alpha=0.5, B=2.0, decay=0.99),
    "functional": Functional(L0=2.5, A=0.6, alpha=0.5, B=4e4, c=5e3, gamma=1.2),
    "multi-power": MultiPower(L0=2.5, A=0.6, alpha=0.5, B=400.0, C=1.5, beta=0.6, gamma=0.6),
}
TOTAL = 2000
RUNS = {
    "constant": Constant(PEAK),
    "cosine": warmup_cosine(PEAK, warmup=100, total=TOTAL, end=PEAK / 10),
    "step": Join(parts=(Constant(PEAK), Constant(9e-5)), boundaries=(800,)),
}
CANDIDATES = {
    "linear": Linear(start=PEAK, end=0.0, steps=TOTAL),
    "wsd": wsd(PEAK, warmup=0, decay=400, total=TOTAL),
    "low": Constant(PEAK / 3),
    "cosine": Cosine(start=PEAK, end=0.0, steps=TOTAL),
}


@cache
def curves_of(name):
    steps = np.arange(120, TOTAL, 40)
    truth = TRUTHS[name]
    return tuple(Curve(run, steps, truth.curve(run, TOTAL, at=steps)) for run in RUNS.values())


@pytest.mark.parametrize("name", ["omega-power", "momentum", "functional"])
def test_a_law_is_found_again_from_its_own_curves(name):
    (law,) = fit(curves_of(name), law=name).laws

    for candidate in CANDIDATES.values():
        assert law.predict(candidate, TOTAL) == pytest.approx(TRUTHS[name].predict(candidate, TOTAL), rel=3e-4)


def test_the_law_with_the_most_numbers_predicts_what_it_was_fitted_to():
    # Its shape is not determined by three curves; its predictions near them are.
    (law,) = fit(curves_of("multi-power"), law="multi-power").laws

    for candidate in CANDIDATES.values():
        expected = TRUTHS["multi-power"].predict(candidate, TOTAL)
        assert law.predict(candidate, TOTAL) == pytest.approx(expected, rel=2e-3)


def test_a_few_wrong_points_do_not_move_a_fit():
    curves = list(curves_of("omega-power"))
    losses = np.array(curves[1].losses)
    losses[::9] *= 1.05
    curves[1] = Curve(curves[1].schedule, curves[1].steps, losses)

    (law,) = fit(curves, law="omega-power").laws

    truth = TRUTHS["omega-power"]
    assert law.predict(CANDIDATES["wsd"], TOTAL) == pytest.approx(truth.predict(CANDIDATES["wsd"], TOTAL), rel=1e-3)


def test_a_law_prints_as_the_call_that_makes_it():
    for law in TRUTHS.values():
        assert eval(repr(law)) == law


# Forecasts ----------------------------------------------------------------------------------------------------


def test_a_forecast_is_the_mean_of_its_laws_with_their_spread():
    laws = (TRUTHS["omega-power"], TRUTHS["functional"])
    forecast = Forecast(laws)
    values = [law.predict(CANDIDATES["wsd"], TOTAL) for law in laws]

    found = forecast.predict(CANDIDATES["wsd"], TOTAL)

    assert float(found) == found.value == sum(values) / 2
    assert found.spread == max(values) - min(values)
    assert found.laws == {"omega-power": values[0], "functional": values[1]}
    assert Forecast(laws[:1]).predict(CANDIDATES["wsd"], TOTAL).spread is None


def test_a_forecast_keeps_no_list_that_could_change():
    laws = [TRUTHS["omega-power"]]
    forecast = Forecast(laws)
    laws.append(TRUTHS["functional"])

    assert forecast.laws == (TRUTHS["omega-power"],)
    assert hash(forecast) == hash(Forecast(forecast.laws))


def test_candidates_come_in_the_order_of_their_predictions():
    forecast = Forecast(tuple(TRUTHS.values()))

    choices = forecast.choose(CANDIDATES, TOTAL)

    values = {name: forecast.predict(schedule, TOTAL).value for name, schedule in CANDIDATES.items()}
    assert [choice.name for choice in choices] == sorted(values, key=values.get)
    assert [choice.prediction.value for choice in choices] == sorted(values.values())
    assert all(choice.schedule is CANDIDATES[choice.name] for choice in choices)


@pytest.mark.parametrize("warmup", [0, 200])
def test_an_optimised_schedule_beats_the_usual_ones_and_never_rises(warmup):
    forecast = Forecast((TRUTHS["multi-power"],))

    best = forecast.optimise(TOTAL, PEAK, warmup=warmup, knots=10)

    rates = best.schedule(np.arange(TOTAL))
    usual = [wsd(PEAK, warmup=warmup, decay=decay, total=TOTAL) for decay in (200, 400, 800, 1800)]
    assert float(best.prediction) == float(forecast.predict(best.schedule, TOTAL))
    assert float(best.prediction) < min(float(forecast.predict(schedule, TOTAL)) for schedule in usual)
    assert rates[warmup] == rates.max() == PEAK
    assert (np.diff(rates[warmup:]) <= 0).all()
    assert rates[:warmup] == pytest.approx(PEAK * np.arange(warmup) / max(warmup, 1))


# Bad input ----------------------------------------------------------------------------------------------------

GOOD = {"steps": [5, 10], "losses": [3.0, 2.5]}


def test_all_asks_every_law_that_there_are_points_for():
    assert set(LAWS) == {"omega-power", "momentum", "functional", "multi-power"}
    few = Curve(Constant(PEAK), range(8), np.linspace(3, 2, 8))

    assert [law.title for law in fit(few).laws] == ["omega-power"]


@pytest.mark.parametrize(
    ("law", "given", "words"),
    [
        (Momentum, {"decay": 1.0}, "Momentum.decay must be below 1, got 1.0"),
        (Momentum, {"decay": 0.0}, "Momentum.decay must be a positive finite number, got 0.0"),
        (Functional, {"gamma": 0.0, "c": 1.0}, "Functional.gamma must be a positive finite number"),
        (OmegaPower, {"L0": np.array([1.0, 2.0])}, "OmegaPower.L0 must be a non-negative finite number"),
    ],
)
def test_a_number_that_a_law_has_no_meaning_for_is_refused(law, given, words):
    with pytest.raises(ScheduleError, match=re.escape(words)):
        law(**{"L0": 1.0, "A": 1.0, "alpha": 1.0, "B": 1.0} | given)
