"""The bound of a schedule, against direct sums and closed forms."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from glidepath import Constant, Cosine, Linear, warmup_cosine, wsd
from glidepath.theory import best_scale, bound, bound_curve, tuned_distance

LOGS = st.lists(st.floats(-6, 6), min_size=2, max_size=60)


def direct(rates, norms=1.0, distance=1.0):
    """The bound as it was published, by double sums."""
    rates = [float(rate) for rate in rates]
    noise = [(rate * norm) ** 2 for rate, norm in zip(rates, np.broadcast_to(norms, len(rates)), strict=True)]
    total, last = math.fsum(rates), len(rates) - 1
    found = (distance**2 + math.fsum(noise)) / (2 * total)
    for k in range(last):
        found += rates[k] / math.fsum(rates[k + 1 :]) * math.fsum(noise[k:]) / math.fsum(rates[k:]) / 2
    return found


def harmonic(n):
    return math.fsum(1 / k for k in range(1, n + 1))


def closest(value, digits):
    """What a value printed with so many digits may be."""
    return pytest.approx(value, abs=0.5000001 * 10.0**-digits)


# The bound ----------------------------------------------------------------------------------------------------


@given(LOGS, st.floats(0.01, 100), st.floats(0.01, 100))
@settings(max_examples=100, deadline=None)
def test_the_bound_is_that_of_the_published_double_sum(logs, norm, distance):
    rates = np.exp(logs)

    assert bound(rates, G=norm, D=distance).value == pytest.approx(direct(rates, norm, distance), rel=1e-10)


@given(st.lists(st.tuples(st.floats(-4, 4), st.floats(-2, 2)), min_size=2, max_size=60))
@settings(max_examples=100, deadline=None)
def test_the_bound_takes_a_norm_for_each_update(pairs):
    rates, norms = np.exp(np.array(pairs).T)

    assert bound(rates, G=norms).value == pytest.approx(direct(rates, norms), rel=1e-10)


@pytest.mark.parametrize("steps", [2, 10, 400])
def test_a_constant_and_a_straight_line_have_the_closed_forms(steps):
    constant, line = best_scale(Constant(1.0), steps), best_scale(Linear(start=1.0, end=0.0, steps=steps), steps)
    below = 1 + harmonic(steps - 1)

    assert constant.value == pytest.approx(math.sqrt(below / steps), rel=1e-12)
    assert constant.factor == pytest.approx(1 / math.sqrt(steps * below), rel=1e-12)
    assert line.value == pytest.approx(
        2 * math.sqrt((steps - 0.5 + harmonic(steps - 1)) / (steps * (steps + 1))), rel=1e-12
    )


@pytest.mark.parametrize(
    ("schedule", "factor", "value"),
    [
        pytest.param(wsd(1.0, warmup=0, decay=80, total=400), 0.025374, 0.109323, id="wsd"),
        pytest.param(wsd(1.0, warmup=0, decay=80, total=400, shape="sqrt"), 0.026846, 0.107288, id="wsd sqrt"),
        pytest.param(Linear(start=1.0, end=0.0, steps=400), 0.049563, 0.100630, id="linear"),
        pytest.param(Cosine(start=1.0, end=0.0, steps=400), 0.048242, 0.103386, id="cosine"),
        pytest.param(Constant(1.0), 0.018176, 0.137545, id="constant"),
    ],
)
def test_the_tuned_bounds_are_those_that_were_published(schedule, factor, value):
    found = best_scale(schedule, 400)

    assert found.factor == closest(factor, 6)
    assert found.value == closest(value, 6)


@given(LOGS, st.floats(-2, 2))
@settings(max_examples=50, deadline=None)
def test_no_other_factor_has_a_smaller_bound_than_the_best(logs, other):
    rates = np.exp(logs)
    best = best_scale(rates)

    assert bound(rates * best.factor).value == pytest.approx(best.value, rel=1e-12)
    assert bound(rates * best.factor * math.exp(other)).value >= best.value * (1 - 1e-12)


def test_a_bound_is_the_sum_of_its_two_terms_which_scale():
    rates = np.linspace(1.0, 0.1, 30)
    one, three = bound(rates), bound(3 * rates)

    assert float(one) == one.value == one.distance + one.noise
    assert (three.distance, three.noise) == pytest.approx((one.distance / 3, 3 * one.noise))


@given(LOGS, st.floats(0.1, 10))
@settings(max_examples=30, deadline=None)
def test_the_tuned_distance_leaves_nothing_to_scale(logs, norm):
    rates = np.exp(logs)

    assert best_scale(rates, G=norm, D=tuned_distance(rates, G=norm)).factor == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_the_curve_has_the_bound_of_every_horizon(seed):
    random = np.random.default_rng(seed)
    rates, norms = np.exp(random.normal(0, 2, 700)), random.uniform(0.1, 3, 700)
    curve = bound_curve(rates, G=norms, D=2.0)

    for t in [1, 2, 127, 128, 129, 130, 256, 257, 500, 699, 700]:
        assert curve[t - 1] == pytest.approx(direct(rates[:t], norms[:t], 2.0), rel=1e-10)


@pytest.mark.parametrize(
    "schedule",
    [
        pytest.param(Cosine(start=0.1, end=0.0, steps=16_000), id="cosine"),
        pytest.param(wsd(0.1, warmup=500, decay=3000, total=16_000, start=1e-9), id="wsd"),
        pytest.param(Constant(1e-5), id="constant"),
    ],
)
def test_the_curve_is_accurate_where_tiny_rates_follow_large_sums(schedule):
    curve = bound_curve(schedule, 16_000)

    for t in [*range(100, 16_000, 1577), 15_999, 16_000]:
        assert curve[t - 1] == pytest.approx(bound(schedule, t).value, rel=1e-10)


def test_a_warmup_may_begin_at_zero():
    schedule = warmup_cosine(0.1, warmup=10, total=100)
    curve = bound_curve(schedule, 100)

    assert curve[0] == math.inf
    assert curve[-1] == pytest.approx(bound(schedule, 100).value, rel=1e-12)
    assert bound(schedule, 100).value == pytest.approx(direct(schedule(np.arange(1, 100))), rel=1e-12)


def test_the_largest_and_smallest_numbers_overflow_nothing():
    for rates in ([1e50] * 3, [1e-50] * 3, [1e-50, 1e50], [1e50, 1e-50]):
        for norm, distance in product((1e-50, 1e50), repeat=2):
            found = bound(rates, G=norm, D=distance).value
            assert math.isfinite(found)
            assert bound_curve(rates, G=norm, D=distance)[-1] == pytest.approx(found)
            best = best_scale(rates, G=norm, D=distance)
            assert 0 < best.factor < math.inf
            assert math.isfinite(best.value)
