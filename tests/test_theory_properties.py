"""What holds for every schedule: units, orders and limits that follow from the definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from glidepath import Constant, Cosine, Join, Linear, Piecewise, Run, ScheduleError, warmup_cosine, wsd
from glidepath.theory import (
    Functional,
    Momentum,
    MultiPower,
    OmegaPower,
    Optimizer,
    advise,
    best_scale,
    bound,
    bound_curve,
    efficiency,
    optimal,
    refine,
    replan,
    tuned_distance,
    worst_case,
)

LOGS = st.lists(st.floats(-5, 5), min_size=2, max_size=30)
PAIRS = st.lists(st.tuples(st.floats(-4, 4), st.floats(-2, 2)), min_size=2, max_size=20)
SIZE = st.floats(-5, 5).map(math.exp)

few = settings(max_examples=30, deadline=None)


# The bounds ---------------------------------------------------------------------------------------------------


@given(PAIRS, SIZE, SIZE)
@few
def test_the_norm_and_the_distance_are_the_units_of_the_bounds(pairs, norm, distance):
    rates, norms = np.exp(np.array(pairs).T)
    scaled = rates * distance / norm

    for value in (lambda *given: bound(*given).value, worst_case, lambda *given: best_scale(*given).value):
        expected = norm * distance * value(rates, None, norms, 1.0)
        assert value(scaled, None, norm * norms, distance) == pytest.approx(expected, rel=1e-6)
    expected = tuned_distance(rates, None, norms) * distance
    assert tuned_distance(scaled, None, norm * norms) == pytest.approx(expected, rel=1e-9)


@given(PAIRS, st.floats(0, 2))
@few
def test_larger_norms_and_a_longer_way_never_lower_a_bound(pairs, log):
    rates, norms = np.exp(np.array(pairs).T)
    larger = norms * np.exp(np.linspace(0, log, len(norms)))

    for value in (lambda *given: bound(*given).value, worst_case):
        assert value(rates, None, norms, 1.0) <= value(rates, None, larger, 1.0) * (1 + 1e-6)
        assert value(rates, None, norms, 1.0) <= value(rates, None, norms, math.exp(log)) * (1 + 1e-6)
    assert worst_case(rates, None, norms) <= worst_case(rates, None, float(norms.max())) * (1 + 1e-6)


@given(LOGS, st.integers(1, 29))
@few
def test_the_curve_of_the_start_of_a_run_is_the_start_of_its_curve(logs, length):
    rates = np.exp(logs)
    length = min(max(length, 2), len(rates))

    assert bound_curve(rates[:length]) == pytest.approx(bound_curve(rates)[:length], rel=1e-10)


@given(LOGS)
@few
def test_the_best_factor_is_never_worse_than_none(logs):
    rates = np.exp(logs)

    assert worst_case(rates, tuned=True) <= worst_case(rates) * (1 + 1e-12)
    assert best_scale(rates).value <= bound(rates).value * (1 + 1e-12)
    assert efficiency(rates) >= 1 - 1e-12


@given(LOGS, SIZE)
@few
def test_no_worst_case_is_more_than_the_whole_slope_with_steps_small_enough(logs, distance):
    """A run that moves by little has the loss of its start, at most ``G * D``."""
    rates = np.exp(logs)

    assert worst_case(rates * 1e-9 * distance / rates.sum(), D=distance) <= distance * (1 + 1e-9)
    assert worst_case(rates, D=distance, tuned=True) <= distance * (1 + 1e-12)


# The best schedules -------------------------------------------------------------------------------------------


@given(PAIRS, st.floats(-3, 1), st.integers(0, 10**6))
@few
def test_no_schedule_within_a_cap_is_better_than_the_best(pairs, log, seed):
    logs, norms = np.array(pairs).T
    norms, cap, steps = np.exp(norms), math.exp(log), len(logs)
    best = bound(optimal(steps, G=norms, cap=cap), steps, norms).value

    for rates in (np.minimum(np.exp(logs), cap), cap * np.random.default_rng(seed).uniform(0, 1, steps)):
        assert best <= bound(rates, None, norms).value * (1 + 1e-8)
    assert bound(optimal(steps, G=norms), steps, norms).value <= best * (1 + 1e-8)
    assert best <= bound(optimal(steps, G=norms, cap=cap / 2), steps, norms).value * (1 + 1e-8)


@given(st.integers(2, 40), SIZE, SIZE)
@few
def test_the_best_schedule_of_a_longer_run_is_better_and_needs_no_factor(steps, norm, distance):
    best = optimal(steps, G=norm, D=distance)

    assert best_scale(best, steps, norm, distance).factor == pytest.approx(1, rel=1e-12)
    longer = bound(optimal(steps + 1, G=norm, D=distance), steps + 1, norm, distance)
    assert longer.value < bound(best, steps, norm, distance).value


@given(st.integers(0, 20), st.integers(3, 30), st.floats(-3, 1))
@few
def test_a_warmup_has_its_price(warmup, more, log):
    steps, cap = warmup + more, math.exp(log)
    free, warm = optimal(steps, cap=cap), optimal(steps, cap=cap, warmup=warmup)

    assert bound(free, steps).value <= bound(warm, steps).value * (1 + 1e-8)
    assert max(warm.values) <= cap


@given(LOGS, st.integers(2, 30), st.floats(-2, 2))
@few
def test_the_best_way_on_is_no_worse_under_a_higher_cap(logs, left, log):
    history = np.exp(logs)
    cap = history.max() * math.exp(log)
    low, high = (replan(history, left, D=1.0, cap=x)[0].value for x in (cap, 2 * cap))

    assert high <= low * (1 + 1e-8)


@given(LOGS, SIZE)
@few
def test_refining_reads_the_shape_of_the_norms_alone(logs, factor):
    norms = np.exp(logs)

    assert refine(norms * factor).values == pytest.approx(refine(norms).values, rel=1e-6, abs=1e-300)
    assert max(refine(norms, peak=0.3).values) == pytest.approx(0.3)


# The laws -----------------------------------------------------------------------------------------------------

LAWS = (
    OmegaPower(L0=2.0, A=1.0, alpha=0.5, B=1.0),
    Momentum(L0=2.0, A=1.0, alpha=0.5, B=1.0, decay=0.9),
    Functional(L0=2.0, A=1.0, alpha=0.5, B=1.0, c=2.0, gamma=1.2),
    MultiPower(L0=2.0, A=1.0, alpha=0.5, B=1.0, C=2.0, beta=0.5, gamma=0.5),
)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.title)
@given(logs=LOGS)
@few
def test_a_prediction_is_linear_in_the_floor_and_the_sizes(law, logs):
    rates = np.exp(logs)
    others = {name: getattr(law, name) for name in law.shape}
    parts = [type(law)(**{"L0": 0.0, "A": 0.0, "B": 0.0} | {name: 1.0} | others) for name in ("L0", "A", "B")]

    expected = sum(size * part.curve(rates) for size, part in zip((law.L0, law.A, law.B), parts, strict=True))
    assert law.curve(rates) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.title)
@given(logs=LOGS, length=st.integers(2, 29))
@few
def test_a_prediction_knows_nothing_of_what_comes_later(law, logs, length):
    rates = np.exp(logs)
    length = min(length, len(rates))

    assert law.predict(rates, length) == pytest.approx(law.curve(rates)[length - 1], rel=1e-10)


# Advice -------------------------------------------------------------------------------------------------------

RATE = st.floats(1e-5, 1.0)
LENGTH = st.integers(2, 200)


@st.composite
def schedules(draw):
    a, b, c, n, m = draw(RATE), draw(RATE), draw(RATE), draw(LENGTH), draw(LENGTH)
    kinds = [
        Constant(a),
        Linear(start=a, end=draw(st.sampled_from([0.0, b])), steps=n),
        Cosine(start=a, end=draw(st.sampled_from([0.0, b])), steps=n),
        Piecewise(boundaries=(n, n + m), values=(a, b, draw(st.sampled_from([0.0, c])))),
        warmup_cosine(a, warmup=n, total=n + m, end=min(a, b)),
        wsd(a, warmup=n, decay=m, total=n + m + 50),
        Join(parts=(Linear(start=a, end=0.0, steps=n), wsd(b, warmup=n, decay=m, total=n + m)), boundaries=(n + 3,)),
        Join(parts=(Linear(start=0.0, end=a, steps=n), Cosine(start=b, end=0.0, steps=m)), boundaries=(n,)),
    ]
    return draw(st.sampled_from(kinds))


@given(schedules(), st.none() | LENGTH, st.sampled_from(["sgd", "adam", "adamw"]), st.sampled_from([0.0, 0.1, 5.0]))
@settings(max_examples=150, deadline=None)
def test_every_schedule_is_advised_or_asked_how_long_it_is(schedule, total, name, decay):
    try:
        findings = advise(schedule, Optimizer(name=name, weight_decay=decay), Run(total=total))
    except ScheduleError as error:
        findings, asked = (), str(error)
    else:
        asked = ""
    levels = [("error", "warning", "note").index(finding.level) for finding in findings]

    assert not asked or (total is None and "has no end" in asked)
    assert levels == sorted(levels)
    assert all(math.isfinite(finding.number) and "nan" not in finding.message for finding in findings)
    assert all(finding.number > 0 for finding in findings if finding.rule == "final-rate")
