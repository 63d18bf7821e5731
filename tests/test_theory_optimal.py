"""The schedules with the smallest bound, against general optimisers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize

from glidepath import Linear, load
from glidepath.theory import best_scale, bound, optimal, refine


def closest(value, digits):
    """What a value printed with so many digits may be."""
    return pytest.approx(value, abs=0.5000001 * 10.0**-digits)


@pytest.mark.parametrize(
    ("steps", "value"),
    [
        (2, 0.91017972),
        (10, 0.57801295),
        (60, 0.25737277),
        (100, 0.20011436),
        (400, 0.10018730),
        (4000, 0.03163780),
        (40_000, 0.01000076),
    ],
)
def test_the_smallest_bounds_are_known(steps, value):
    assert bound(optimal(steps), steps).value == closest(value, 8)


def test_the_smallest_bound_of_100_steps_is_known_to_the_last_digits():
    assert bound(optimal(100), 100).value == pytest.approx(0.20011435821107343, abs=1e-14)


def search(steps, norms=1.0, distance=1.0, before=(), highest=math.inf, seed=0, iterations=4000):
    """The smallest bound that a general optimiser finds from a random start."""
    left = steps - len(before)
    start = np.random.default_rng(seed).normal(-1, 1, left) - math.log(steps) / 2
    top = min(math.log(highest), 50.0)

    def value(logs):
        rates = np.exp(logs)
        full = np.concatenate([before, rates])
        to_come = np.append(np.cumsum(full[::-1])[::-1], 0.0)
        shares = full[:-1] / to_come[1:-1]
        squares = np.broadcast_to(norms, steps) ** 2
        found = distance**2 / to_come[0] + squares[:-1] @ (full[:-1] * shares) + squares[-1] * full[-1]
        slope = 2 * np.append(shares, 0.5) * squares
        slope[1:] -= np.cumsum(shares**2 * squares[:-1])
        return found / 2, (slope - (distance / to_come[0]) ** 2)[len(before) :] * rates / 2

    found = minimize(
        value,
        np.minimum(start, top - 0.1),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-40.0, top)] * left,
        options={"maxiter": iterations, "maxfun": 10**6, "ftol": 1e-17, "gtol": 1e-13},
    )
    return float(found.fun)


@pytest.mark.parametrize("seed", range(10))
def test_no_general_optimiser_finds_a_smaller_bound(seed):
    best = bound(optimal(100), 100).value

    assert best * (1 - 1e-12) <= search(100, seed=seed) <= best * (1 + 1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_smallest_for_any_norms_as_well(seed):
    norms = np.exp(np.random.default_rng(seed).normal(0, 0.7, 40))
    best = bound(optimal(40, G=norms, D=3.0), 40, G=norms, D=3.0).value

    assert best * (1 - 1e-12) <= search(40, norms, 3.0, seed=seed) <= best * (1 + 1e-6)


@pytest.mark.parametrize(
    ("cap", "value", "hold"),
    [
        (0.040, 0.100359, 87),
        (0.030, 0.102159, 187),
        (0.025, 0.104978, 239),
        (0.020, 0.110941, 289),
        (0.015, 0.123929, 333),
    ],
)
def test_the_best_under_a_cap_holds_it_and_then_falls(cap, value, hold):
    best = optimal(400, cap=cap)
    rates = best(np.arange(400))

    assert bound(best, 400).value == closest(value, 6)
    assert (rates == cap).sum() == hold
    assert (rates[:hold] == cap).all()
    assert (np.diff(rates[hold:-1]) < 0).all()  # the last rate moves no weights that the bound speaks of


@pytest.mark.parametrize("seed", range(3))
def test_under_a_cap_and_after_a_fixed_start_it_is_the_smallest(seed):
    random = np.random.default_rng(seed)
    norms, before = random.uniform(0.5, 2, 30), random.uniform(0.05, 0.5, 8)
    for cap in (None, 0.08):
        best = optimal(30, G=norms, fixed=before, cap=cap)
        found = search(30, norms, before=before, highest=cap or math.inf, seed=seed)

        assert best(np.arange(8)) == pytest.approx(before, rel=1e-15)
        assert max(best.values[8:]) <= (cap or math.inf)
        assert bound(best, 30, G=norms).value <= found * (1 + 1e-9)
        assert bound(best, 30, G=norms).value >= found * (1 - 1e-6)


@pytest.mark.parametrize("cap", [None, 0.12])
def test_a_warmup_rises_in_a_line_and_the_rest_is_the_best_after_it(cap):
    best = optimal(50, warmup=9, cap=cap)
    rates = best(np.arange(50))

    assert rates[:9] == pytest.approx(rates[9] * np.arange(1, 10) / 10, rel=1e-12)
    # Given its first ten rates, no other rest is better; and no other peak.
    assert bound(best, 50).value == pytest.approx(bound(optimal(50, fixed=rates[:10], cap=cap), 50).value, rel=1e-9)
    for factor in (0.98, 1.02):
        if cap is None or rates[9] * factor <= cap:
            other = optimal(50, fixed=rates[:10] * factor, cap=cap)
            assert bound(other, 50).value > bound(best, 50).value * (1 + 1e-7)


@pytest.mark.parametrize("cap", [None, 0.03, 0.012])
def test_after_a_long_warmup_it_is_the_best_of_its_peak_and_of_all_peaks(cap):
    steps, warmup = 3000, 300
    best = optimal(steps, warmup=warmup, cap=cap)
    rates = best(np.arange(steps))
    value = bound(best, steps).value

    for factor in (0.99, 1.0, 1.01):
        if cap is None or rates[warmup] * factor <= cap * (1 + 1e-12):
            other = optimal(steps, fixed=rates[: warmup + 1] * factor, cap=cap)
            assert value <= bound(other, steps).value * (1 + 1e-7)


def test_a_cap_far_below_all_that_is_wanted_is_held():
    assert set(optimal(50, cap=0.1, G=1e-50, D=1e50).values) == {0.1}
    assert set(optimal(50, cap=1e-9, warmup=0).values) == {1e-9}


def test_norms_far_apart_leave_no_rate_at_zero():
    assert min(optimal(4, G=[1e12, 1.0, 1e12, 1.0]).values) > 0


def test_a_single_rate_that_is_left_is_the_cap_where_more_would_be_better():
    assert optimal(14, fixed=np.full(13, 0.01), cap=0.02)(13) == 0.02


def test_a_cap_in_a_long_run_is_as_good_as_the_best_hold():
    steps, cap = 3000, 0.008
    best = bound(optimal(steps, cap=cap), steps).value
    ways = [optimal(steps, fixed=np.full(hold, cap)) for hold in range(2000, 3000, 50)]
    allowed = [bound(way, steps).value for way in ways if max(way.values) <= cap]

    assert best == pytest.approx(min(allowed), rel=1e-4)
    assert best < min(allowed)


def test_the_best_schedule_can_be_printed_saved_and_read_back():
    from glidepath import Piecewise, from_json

    best = optimal(20)

    assert isinstance(best, Piecewise)
    assert from_json(best.to_json()) == best
    assert eval(repr(best)) == best


@pytest.mark.parametrize("steps", [2001, 50_000])
def test_a_long_schedule_is_saved_and_is_as_good_as_the_best(steps, tmp_path, monkeypatch):
    cap = 1.2 / steps**0.5
    best = optimal(steps, cap=cap)
    best.dump(tmp_path / "best.yaml")
    assert load(tmp_path / "best.yaml") == best
    monkeypatch.setattr("glidepath.theory.from_rates.MANY", steps)
    exact = np.array(optimal(steps, cap=cap).values)
    assert np.max(np.abs(best(np.arange(steps)) / exact - 1)) <= 1.001e-6
    assert bound(best, steps).value == pytest.approx(bound(exact, steps).value, rel=1e-7)


# Gradient norms -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("smoothing", [0.0, 0.05, 0.5])
def test_equal_norms_call_for_the_straight_line(smoothing):
    line = Linear(start=0.3, end=0.0, steps=100)(np.arange(100))

    assert refine(np.full(100, 7.0), peak=0.3, smoothing=smoothing)(np.arange(100)) == pytest.approx(line, rel=1e-13)


def test_refining_is_the_formula():
    norms = [3.0, 1.0, 2.0, 0.5]
    w = [1 / 9, 1.0, 1 / 4, 4.0]
    rates = np.array([w[0] * (w[1] + w[2] + 2 * w[3]), w[1] * (w[2] + 2 * w[3]), w[2] * 2 * w[3], w[3] * w[3]])

    assert refine(norms, smoothing=0).values == pytest.approx(rates / rates.max(), rel=1e-14)


def test_a_single_outlier_is_smoothed_away():
    norms = np.full(100, 2.0)
    norms[40] = 500.0

    assert refine(norms) == refine(np.full(100, 2.0))
    assert refine(norms, smoothing=0.0) != refine(np.full(100, 2.0))


def test_refining_comes_near_the_best_bound():
    norms = np.exp(np.linspace(1, -1, 500) ** 2)
    found = best_scale(refine(norms, smoothing=0.0), 500, G=norms).value

    assert found == pytest.approx(bound(optimal(500, G=norms), 500, G=norms).value, rel=0.01)
    assert found < best_scale(Linear(start=1.0, end=0.0, steps=500), 500, G=norms).value
