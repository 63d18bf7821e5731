"""The ways to go on with a run whose end has moved."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from glidepath import Constant, warmup_constant, warmup_cosine, wsd
from glidepath.theory import bound, optimal, replan, tuned_distance


def closest(value, digits):
    """What a value printed with so many digits may be."""
    return pytest.approx(value, abs=0.5000001 * 10.0**-digits)


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


@pytest.mark.parametrize("cap", [10.0, 1e6])
def test_a_cap_that_never_binds_changes_no_way_on(cap):
    run = wsd(0.008, warmup=0, decay=800, total=4000)
    free = replan(run, 4800, done=3200)
    for mine, theirs in zip(replan(run, 4800, done=3200, cap=cap), free, strict=True):
        assert (mine.name, mine.value) == (theirs.name, pytest.approx(theirs.value, rel=1e-6))


def test_a_run_in_its_warmup_may_go_as_high_as_was_planned():
    run = warmup_cosine(1e-3, warmup=100, total=1000)
    low, high = (replan(run, 998, done=2, **given)[0].value for given in ({"cap": 1e-5}, {}))
    assert high == replan(run, 998, done=2, cap=1e-3)[0].value < low / 10


def test_the_scaled_rate_is_the_best_factor():
    history, norms = np.full(60, 0.02), np.linspace(2.0, 1.0, 100)
    ways = {way.name: way for way in replan(history, 40, D=1.0, G=norms, cap=10.0)}
    best = ways["scaled rate"].schedule(0)

    for factor in np.exp([*np.linspace(-3, 3, 31), *np.linspace(-0.03, 0.03, 31)]):
        rest = wsd(best * factor, warmup=0, decay=20, total=40)(np.arange(40))
        other = bound(np.concatenate([history, rest]), G=norms).value
        assert other >= ways["scaled rate"].value * (1 - 1e-12)


def test_what_was_planned_counts_for_the_cap_where_the_distance_is_given():
    run = warmup_cosine(1e-3, warmup=100, total=1000)
    constant = warmup_constant(1e-3, warmup=100)
    assert replan(run, 50, done=2, D=1.0) == replan(run, 50, done=2, D=1.0, cap=1e-3)
    assert replan(constant, 50, done=2, D=1.0) == replan(constant, 50, done=2, D=1.0, cap=1e-5)
    assert replan(constant, 50, done=2, D=1.0, planned=500) == replan(constant, 50, done=2, D=1.0, cap=1e-3)


def test_a_number_of_numpy_is_one_number():
    run = wsd(0.008, warmup=0, decay=800, total=4000)
    assert replan(run, 100, done=3200, G=np.float64(1.0))[0].value == replan(run, 100, done=3200)[0].value
