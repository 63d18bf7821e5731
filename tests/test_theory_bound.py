"""The bound of a schedule and the schedules with the smallest one, against direct sums and general optimisers."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.optimize import minimize

from glidepath import Constant, Cosine, Linear, ScheduleError, load, warmup_cosine, wsd
from glidepath.theory import best_scale, bound, bound_curve, optimal, refine, replan, tuned_distance

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


# The best schedule --------------------------------------------------------------------------------------------


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


def test_a_single_rate_that_is_left_is_the_cap_where_more_would_be_better():
    assert optimal(14, fixed=np.full(13, 0.01), cap=0.02)(13) == 0.02


def test_the_largest_and_smallest_numbers_overflow_nothing():
    for rates in ([1e50] * 3, [1e-50] * 3, [1e-50, 1e50], [1e50, 1e-50]):
        for norm, distance in product((1e-50, 1e50), repeat=2):
            found = bound(rates, G=norm, D=distance).value
            assert math.isfinite(found)
            assert bound_curve(rates, G=norm, D=distance)[-1] == pytest.approx(found)
            assert math.isfinite(best_scale(rates, G=norm, D=distance).value)


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


# Going on -----------------------------------------------------------------------------------------------------

RATE = 0.008118293826424062


@pytest.mark.parametrize(
    ("total", "same", "scaled", "longer", "best", "scratch"),
    [
        (6000, 0.028490, (0.625, 0.026742), (2625, 0.026448), 0.026237, 0.025829),
        (8000, 0.025628, (0.525, 0.023090), (5072, 0.022518), 0.022488, 0.022367),
        (16000, 0.021335, (0.375, 0.016636), (12800, 0.016185), 0.015862, 0.015814),
    ],
)
def test_the_ways_to_go_on_have_the_known_values(total, same, scaled, longer, best, scratch):
    left = total - 3200
    ways = {way.name: way for way in replan(np.full(3200, RATE), left, D=1.0)}
    held = np.full(3200, RATE)
    rate_scaled = wsd(scaled[0] * RATE, warmup=0, decay=total // 5, total=left)(np.arange(left))
    decayed = wsd(RATE, warmup=0, decay=longer[0], total=total)

    assert ways["optimal"].value == closest(best, 6)
    assert ways["same rate"].value == closest(same, 6)
    assert bound(np.concatenate([held, rate_scaled])).value == closest(scaled[1], 6)
    assert bound(decayed, total).value == pytest.approx(longer[1], abs=1.1e-6)
    assert bound(optimal(total), total).value == closest(scratch, 6)
    # What is found in the families is the best of them: as good as those, where they go on from this history.
    assert ways["scaled rate"].value <= scaled[1]
    if longer[0] <= left:
        assert ways["longer cooldown"].value <= longer[1] + 5e-7
    assert [way.value for way in ways.values()] == sorted(way.value for way in ways.values())
    assert next(iter(ways)) == "optimal"


def test_each_way_says_the_bound_of_the_whole_run():
    history = np.full(50, 0.05)
    for way in replan(history, 70, D=1.0):
        rates = np.concatenate([history, way.schedule(np.arange(70))])

        assert way.value == pytest.approx(bound(rates).value, rel=1e-12)
        assert way.schedule(np.arange(70)).max() <= 0.05


@given(st.integers(1, 30), st.integers(2, 30), st.floats(-3, 2), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_nothing_that_the_cap_allows_beats_the_optimal_way(done, left, scale, seed):
    random = np.random.default_rng(seed)
    history = math.exp(scale) * random.uniform(0.1, 1, done)
    ways = replan(history, left, D=1.0)
    best = min(way.value for way in ways if way.name == "optimal")
    other = history.max() * random.uniform(0, 1, left)

    assert best <= ways[0].value * (1 + 1e-9)
    assert best <= bound(np.concatenate([history, other])).value * (1 + 1e-9)


def test_a_schedule_says_what_it_was_tuned_for():
    run = wsd(0.02, warmup=0, decay=200, total=1000)
    distance = tuned_distance(run, 1000)

    assert replan(run, 700, done=800) == replan(run(np.arange(800)), 700, D=distance)
    assert replan(Constant(0.02), 700, done=800, planned=1000)[0].value == pytest.approx(
        replan(np.full(800, 0.02), 700, D=tuned_distance(Constant(0.02), 1000))[0].value
    )


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


# Bad input ----------------------------------------------------------------------------------------------------

FALLING = Linear(start=0.1, end=0.0, steps=10)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bound(FALLING, 11), r"the rate of schedule at step 10 must be a positive finite number .*, got 0\.0"),
        (lambda: bound([0.1, -0.2, 0.1]), r"the rate of schedule at step 1 .* got -0\.2"),
        (lambda: bound([0.1, math.nan]), r"the rate of schedule at step 1 .* got nan"),
        (lambda: bound([0.1, math.inf]), r"the rate of schedule at step 1 .* got inf"),
        (lambda: bound([0.0, 0.1, 0.0, 0.1]), r"at step 2 .* got 0\.0"),
        (lambda: bound([0.0, 0.0]), r"at step 1 .* got 0\.0"),
        (lambda: bound([0.0, 0.1, 1e-60]), r"the rate of schedule at step 2 must be from 1e-50 to 1e\+50, got 1e-60"),
        (lambda: bound([0.1, 1e60]), r"the rate of schedule at step 1 must be from 1e-50 to 1e\+50, got 1e\+60"),
        (lambda: bound(FALLING, 2, G=[1.0, 1e60]), r"G\[1\] must be from 1e-50 to 1e\+50, got 1e\+60"),
        (lambda: bound(FALLING, 2, D=1e60), r"D must be from 1e-50 to 1e\+50, got 1e\+60"),
        (lambda: bound([0.1]), r"steps must be a whole number of at least 2, got 1"),
        (lambda: bound(FALLING, 1), r"steps must be a whole number of at least 2, got 1"),
        (lambda: bound(FALLING), r"steps must be given with a schedule"),
        (lambda: bound(FALLING, 5.0), r"steps must be a whole number"),
        (lambda: bound([0.1, 0.2], 3), r"schedule must be .* at least 3 rates, got '2 rates'"),
        (lambda: bound("0.1"), r"schedule must be a schedule or a sequence of rates, got '0.1'"),
        (lambda: bound([True, True]), r"schedule must be a schedule or a sequence of rates"),
        (lambda: bound([[0.1], [0.2]]), r"schedule must be a schedule or a sequence of rates"),
        (lambda: bound([[0.1], [0.2, 0.3]]), r"schedule must be a schedule or a sequence of rates"),
        (lambda: bound(FALLING, 5, G=0.0), r"G must be a positive finite number, got 0\.0"),
        (lambda: bound(FALLING, 5, G=[1.0, 2.0]), r"G must be one number, or 5 of them"),
        (lambda: bound(FALLING, 2, G=[1.0, -2.0]), r"G\[1\] must be a positive finite number, got -2\.0"),
        (lambda: bound(FALLING, 5, G="much"), r"G must be"),
        (lambda: bound(FALLING, 5, D=-1.0), r"D must be a positive finite number, got -1\.0"),
        (lambda: bound_curve([0.1, 0.0]), r"at step 1 .* got 0\.0"),
        (lambda: best_scale([0.1, 0.0]), r"at step 1 .* got 0\.0"),
        (lambda: tuned_distance([0.1, 0.0]), r"at step 1 .* got 0\.0"),
        (lambda: optimal(1), r"steps must be a whole number of at least 2, got 1"),
        (lambda: optimal(5, cap=0.0), r"cap must be a positive finite number, got 0\.0"),
        (lambda: optimal(5, warmup=4), r"warmup must be less than steps - 1 \(4\), got 4"),
        (lambda: optimal(5, warmup=-1), r"warmup must be a whole number of at least 0, got -1"),
        (lambda: optimal(5, fixed=[0.1] * 5), r"fixed must be less than the 5 steps, got 5 rates"),
        (lambda: optimal(5, fixed=[0.1], warmup=2), r"fixed and warmup cannot both be given"),
        (lambda: optimal(5, fixed=[math.nan]), r"the rate of fixed at step 0 .* got nan"),
        (lambda: replan([0.1], 1, D=1.0), r"remaining must be a whole number of at least 2, got 1"),
        (lambda: replan([], 5, D=1.0), r"steps must be a whole number of at least 1, got 0"),
        (lambda: replan([0.1], 5), r"D must be given with rates"),
        (lambda: replan([0.1], 5, D=0.0), r"D must be a positive finite number, got 0\.0"),
        (lambda: replan([0.1, -0.1], 5, D=1.0), r"the rate of history at step 1 .* got -0\.1"),
        (lambda: replan([0.1], 5, D=1.0, done=1), r"done must not be given with rates"),
        (lambda: replan(FALLING, 5), r"done must be given with a schedule"),
        (lambda: replan(Constant(0.1), 5, done=3), r"planned must be given where the schedule has no end"),
        (lambda: replan(FALLING, 5, done=8, planned=5), r"planned must be at least the 8 updates that are done, got 5"),
        (lambda: replan([0.1], 5, D=1.0, cap=-1.0), r"cap must be a positive finite number"),
        (lambda: replan([0.1], 5, D=1.0, cooldown=1.5), r"cooldown must be above 0 and at most 1"),
        (lambda: refine([1.0]), r"gradient_norms must be those of at least 2 updates, got 1"),
        (lambda: refine([1.0, 0.0]), r"gradient_norms\[1\] must be a positive finite number, got 0\.0"),
        (lambda: refine([1.0, math.nan]), r"gradient_norms\[1\] must be a positive finite number, got nan"),
        (lambda: refine(2.0), r"gradient_norms must be a sequence"),
        (lambda: refine([1.0, 1.0], smoothing=0.6), r"smoothing must be a share of the run from 0 to 0.5"),
        (lambda: refine([1.0, 1.0], power=0.0), r"power must be a positive finite number"),
        (lambda: refine([1.0, 1.0], peak=-1.0), r"peak must be a positive finite number"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_bad_input_is_refused_by_name(call, message):
    with pytest.raises(ScheduleError, match=message):
        call()


@pytest.mark.parametrize("cap", [10.0, 1e6])
def test_a_cap_that_never_binds_changes_no_way_on(cap):
    run = wsd(0.008, warmup=0, decay=800, total=4000)
    free = replan(run, 4800, done=3200)
    for mine, theirs in zip(replan(run, 4800, done=3200, cap=cap), free, strict=True):
        assert (mine.name, mine.value) == (theirs.name, pytest.approx(theirs.value, rel=1e-6))


@pytest.mark.parametrize("steps", [2001, 50_000])
def test_a_long_schedule_is_saved_and_is_as_good_as_the_best(steps, tmp_path, monkeypatch):
    cap = 1.2 / steps**0.5
    best = optimal(steps, cap=cap)
    best.dump(tmp_path / "best.yaml")
    assert load(tmp_path / "best.yaml") == best
    monkeypatch.setattr("glidepath.theory.rates.MANY", steps)
    exact = np.array(optimal(steps, cap=cap).values)
    assert np.max(np.abs(best(np.arange(steps)) / exact - 1)) <= 1.001e-6
    assert bound(best, steps).value == pytest.approx(bound(exact, steps).value, rel=1e-7)


def test_a_run_in_its_warmup_may_go_as_high_as_was_planned():
    run = warmup_cosine(1e-3, warmup=100, total=1000)
    low, high = (replan(run, 998, done=2, **given)[0].value for given in ({"cap": 1e-5}, {}))
    assert high == replan(run, 998, done=2, cap=1e-3)[0].value < low / 10


def test_a_number_of_numpy_is_one_number():
    run = wsd(0.008, warmup=0, decay=800, total=4000)
    assert replan(run, 100, done=3200, G=np.float64(1.0))[0].value == replan(run, 100, done=3200)[0].value
