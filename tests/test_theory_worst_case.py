"""The worst case of a schedule, against published solutions, closed forms and searches."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from glidepath import Linear, warmup_linear
from glidepath.theory import best_scale, bound, efficiency, worst_case

DATA = Path(__file__).parent / "data" / "pepit"

LOGS = st.lists(st.floats(-5, 5), min_size=2, max_size=40)


def closest(value, digits):
    """What a value printed with so many digits may be."""
    return pytest.approx(value, abs=0.5000001 * 10.0**-digits)


def half_cosine(x):
    return (1 + math.cos(math.pi * x)) / 2


def cooldown(share, shape=lambda x: 1 - x):
    return lambda x: 1.0 if x <= 1 - share else shape((x - (1 - share)) / share)


#: Shapes as functions of ``t/T``, and what they cost at T = 60, 400, 4000 and 40000, with a straight line as 1.
SHAPES = {
    "linear": (lambda x: 1 - x, 1.0, 1.0, 1.0, 1.0),
    "1-sqrt": (lambda x: 1 - math.sqrt(x), 1.00644, 1.00690, 1.00699, 1.00700),
    "rex": (lambda x: (1 - x) / (1 - x / 2), 1.00846, 1.00841, 1.00840, 1.00840),
    "5% warmup": (lambda x: min(x / 0.05, (1 - x) / 0.95), 1.00481, 1.00793, 1.00849, 1.00855),
    "cosine": (half_cosine, 1.03121, 1.03027, 1.03010, 1.03009),
    "square": (lambda x: (1 - x) ** 2, 1.06166, 1.06082, 1.06068, 1.06066),
    "wsd 50%": (cooldown(0.5), 1.01603, 1.01626, 1.01630, 1.01630),
    "wsd 50% sqrt": (cooldown(0.5, lambda x: 1 - math.sqrt(x)), 1.01385, 1.01340, 1.01336, 1.01336),
    "wsd 30%": (cooldown(0.3), 1.04803, 1.04804, 1.04805, 1.04805),
    "wsd 20%": (cooldown(0.2), 1.08044, 1.07986, 1.07978, 1.07977),
    "wsd 20% sqrt": (cooldown(0.2, lambda x: 1 - math.sqrt(x)), 1.06531, 1.06318, 1.06299, 1.06297),
    "wsd 10%": (cooldown(0.1), 1.14438, 1.14118, 1.14074, 1.14069),
    "wsd 10% sqrt": (cooldown(0.1, lambda x: 1 - math.sqrt(x)), 1.12807, 1.12086, 1.12020, 1.12015),
    "wsd 5%": (cooldown(0.05), 1.21669, 1.20654, 1.20521, 1.20508),
    "cosine to 10%": (lambda x: 0.1 + 0.9 * half_cosine(x), 1.03586, 1.07808, 1.12623, 1.17189),
    "linear to 10%": (lambda x: 1 - 0.9 * x, 1.04159, 1.08096, 1.12868, 1.17427),
    "steps": (lambda x: 0.1 ** ((x >= 0.5) + (x >= 0.75)), 1.26724, 1.24906, 1.25039, 1.25447),
    "constant": (lambda x: 1.0, 1.36392, 1.53367, 1.71283, 1.87364),
}


@pytest.mark.parametrize("steps", [60, 400, 4000, 40_000])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_price_of_a_shape_is_the_known_one(shape, steps):
    formula, *prices = SHAPES[shape]
    rates = [formula(t / steps) for t in range(1, steps)]

    assert efficiency(rates) == closest(prices[[60, 400, 4000, 40_000].index(steps)], 5)


@pytest.mark.parametrize("steps", [60, 400, 4000, 40_000])
def test_the_price_of_a_slow_fall_without_end_is_the_known_one(steps):
    price = {60: 1.19250, 400: 1.31547, 4000: 1.45987, 40_000: 1.59663}[steps]

    assert efficiency(np.arange(1, steps) ** -0.5) == closest(price, 5)


# Published values ---------------------------------------------------------------------------------------------


def published(name):
    """The schedule of a file, for 60 steps with 0 as the value 61, and its values by the number of the iterate."""
    k = np.arange(61)
    shape = {
        "constant": np.append(np.ones(60), 0.0),
        "linear": 1 - k / 60,
        "cosine": (1 + np.cos(np.pi * k / 60)) / 2,
        "sqrt": 1 / np.sqrt(k + 1),
        "wsd": np.minimum(1.0, (60 - k) / 12),
    }[name]
    rates = shape * best_scale(shape[:60]).factor
    return rates, json.loads((DATA / f"pepit_{name}.json").read_text())


@pytest.mark.parametrize("name", ["constant", "linear", "cosine", "sqrt", "wsd"])
def test_the_worst_case_is_that_of_the_semidefinite_programs(name):
    rates, values = published(name)

    assert len(values) == 13
    assert values.pop("1") == pytest.approx(1.0, rel=1e-5)  # before any update, D * G is left
    for iterate, value in values.items():
        assert worst_case(rates[1 : int(iterate)]) == pytest.approx(value, rel=1e-5)


# Closed forms -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [2, 99, 999_999])
def test_a_straight_line_to_zero_reaches_the_best_there_is(steps):
    line = Linear(start=1.0, end=0.0, steps=steps)

    assert worst_case(line, steps, tuned=True) * math.sqrt(steps + 1) == pytest.approx(1.0, rel=1e-9)
    assert efficiency(line, steps) == pytest.approx(1.0, rel=1e-9)


def test_a_straight_line_needs_no_factor_where_its_height_is_right():
    steps, norm, distance = 300, 2.5, 0.4
    height = distance / norm / math.sqrt(steps + 1) * steps / (steps + 1)

    value = worst_case(Linear(start=height, end=0.0, steps=steps), steps, G=norm, D=distance)

    assert value == pytest.approx(distance * norm / math.sqrt(steps + 1), rel=1e-12)


@given(st.floats(-8, 8), st.floats(0.1, 10), st.floats(0.1, 10))
@settings(deadline=None)
def test_a_single_update_has_the_closed_form(log, norm, distance):
    rate = math.exp(log)
    large = rate * norm >= distance / 4
    value = distance**2 / (8 * rate) + rate * norm**2 if large else distance * norm - rate * norm**2

    assert worst_case([0.0, rate], G=norm, D=distance) == pytest.approx(value, rel=1e-12)


def searched(rates, norms, distance, tuned=False):
    """The smallest bound of the theorem over all of its weights, by a search for the one free number on a fine grid."""
    found = math.inf
    norms = np.broadcast_to(norms, len(rates))
    y = np.exp(np.linspace(-12, 12, 200_001))
    noise = (y * norms[-1]) ** 2
    for rate, norm in zip(rates[::-1], norms[::-1], strict=True):
        noise += (rate * norm / y) ** 2
        y = y + rate / y
    found = distance * np.sqrt(noise) / y if tuned else (distance**2 / y**2 + noise) / 2
    return float(found.min())


@given(LOGS, st.floats(0.1, 10), st.booleans())
@settings(max_examples=60, deadline=None)
def test_one_pass_finds_the_smallest_bound(logs, distance, tuned):
    rates = np.exp(logs)
    value = worst_case(rates, D=distance, tuned=tuned)

    assert value <= searched(rates, 1.0, distance, tuned) * (1 + 1e-12)
    assert value >= searched(rates, 1.0, distance, tuned) * (1 - 1e-6)


@given(st.lists(st.tuples(st.floats(-4, 4), st.floats(-1.5, 1.5)), min_size=2, max_size=20), st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_norm_for_each_update_is_searched_as_well(pairs, tuned):
    rates, norms = np.exp(np.array(pairs).T)

    assert worst_case(rates, G=norms, tuned=tuned) == pytest.approx(searched(rates, norms, 1.0, tuned), rel=1e-5)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("tuned", [False, True])
def test_norms_and_rates_of_all_sizes_are_searched_as_well(seed, tuned):
    random = np.random.default_rng(seed)
    rates, norms = np.exp(random.normal(0, 6, 5)), np.exp(random.normal(0, 8, 5))
    y = np.exp(np.linspace(-60, 60, 200_001))
    noise = (y * norms[-1]) ** 2
    for rate, norm in zip(rates[::-1], norms[::-1], strict=True):
        noise += (rate * norm / y) ** 2
        y = y + rate / y
    smallest = (np.sqrt(noise) / y if tuned else (1 / y**2 + noise) / 2).min()

    assert worst_case(rates, G=norms, tuned=tuned) == pytest.approx(smallest, rel=1e-5)


def test_the_best_factor_may_be_one_near_zero():
    # Then the loss of the start is left, at most the last norm times the distance.
    assert worst_case([1.0, 1.0], G=[1e20, 1.0], D=3.0, tuned=True) == pytest.approx(3.0, rel=1e-12)


@given(LOGS, st.floats(0.1, 10))
@settings(max_examples=40, deadline=None)
def test_equal_norms_are_one_norm(logs, norm):
    rates = np.exp(logs)

    for tuned in (False, True):
        one = worst_case(rates, G=norm, tuned=tuned)
        assert worst_case(rates, G=np.full(len(rates), norm), tuned=tuned) == pytest.approx(one, rel=1e-7)


@given(st.lists(st.floats(-2, 2), min_size=2, max_size=6), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_no_convex_problem_is_worse(logs, seed):
    """Functions ``max(a_i . x + b_i)`` with slopes of norm 1 are convex and 1-Lipschitz; 0 is a solution."""
    rates, random = np.exp(logs), np.random.default_rng(seed)
    slopes = random.normal(size=(6, 3))
    slopes /= np.linalg.norm(slopes, axis=1, keepdims=True)
    slopes[-1] = -slopes[:-1].sum(axis=0) / max(1.0, np.linalg.norm(slopes[:-1].sum(axis=0)))
    start = random.normal(size=3)
    x = start / np.linalg.norm(start)
    for rate in rates:
        x = x - rate * slopes[np.argmax(slopes @ x)]

    assert np.max(slopes @ x) <= worst_case(rates) * (1 + 1e-12)


@given(LOGS, st.floats(0.1, 10))
@settings(max_examples=40, deadline=None)
def test_a_slope_is_that_bad_where_the_way_is_long(logs, norm):
    """On ``norm * abs(x)``, from a start that is not reached, every update takes ``rate * norm**2`` off."""
    rates = np.exp(logs)
    distance = 2 * norm * rates.sum() * len(rates)

    left = norm * (distance - norm * rates.sum())

    assert worst_case(rates, G=norm, D=distance) == pytest.approx(left, rel=1e-9)


# What it does not depend on -----------------------------------------------------------------------------------


@given(LOGS, st.floats(-4, 4))
@settings(max_examples=40, deadline=None)
def test_a_factor_changes_the_worst_case_and_not_the_efficiency(logs, log):
    rates = np.exp(logs)
    scaled = rates * math.exp(log)

    assert efficiency(scaled) == pytest.approx(efficiency(rates), rel=1e-9)
    assert worst_case(scaled, tuned=True) == pytest.approx(worst_case(rates, tuned=True), rel=1e-9)
    assert worst_case(scaled) >= worst_case(rates, tuned=True) * (1 - 1e-9)


@given(LOGS, st.floats(0.1, 10), st.floats(0.1, 10))
@settings(max_examples=40, deadline=None)
def test_only_the_units_change_with_the_norm_and_the_distance(logs, norm, distance):
    rates = np.exp(logs)
    same = rates * norm / distance

    assert worst_case(rates, G=norm, D=distance) == pytest.approx(norm * distance * worst_case(same), rel=1e-9)


@given(LOGS)
@settings(max_examples=40, deadline=None)
def test_the_exact_worst_case_is_below_the_bound(logs):
    # The bound speaks of the weights before its last update.
    rates = np.exp(logs)

    assert len(rates) < 3 or worst_case(rates[:-1]) <= bound(rates).value * (1 + 1e-12)


@given(LOGS)
@settings(max_examples=40, deadline=None)
def test_no_shape_is_better_than_a_straight_line(logs):
    assert efficiency(np.exp(logs)) >= 1 - 1e-12


def test_an_update_at_zero_is_counted_and_changes_nothing():
    schedule = warmup_linear(0.1, warmup=10, total=100)
    moving = schedule(np.arange(1, 100))

    assert worst_case(schedule, 100) == worst_case(moving)
    assert efficiency(schedule, 100) == pytest.approx(efficiency(moving) * math.sqrt(101 / 100), rel=1e-12)
