"""Decay as averaging, as a growing batch and as forgetting; and what advice is given before a run."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from glidepath import (
    Constant,
    Cosine,
    Exponential,
    Join,
    Linear,
    Piecewise,
    Run,
    ScheduleError,
    warmup_constant,
    warmup_cosine,
    wsd,
)
from glidepath.theory import (
    Optimizer,
    Reference,
    advise,
    batch_growth,
    efficiency,
    from_averaging,
    optimal,
    to_averaging,
    weight_memory,
)

FALLS = st.lists(st.floats(0, 2), min_size=1, max_size=30)


def closest(value, digits):
    """What a value printed with so many digits may be."""
    return pytest.approx(value, abs=0.5000001 * 10.0**-digits)


def falling(falls):
    return 0.1 * np.exp(-np.cumsum([0.0, *falls]))


# Averaging ----------------------------------------------------------------------------------------------------


@given(FALLS, st.integers(0, 99))
@settings(max_examples=50, deadline=None)
def test_the_average_of_a_constant_run_is_where_the_decay_ends(falls, seed):
    rates = falling(falls)
    gradients = np.random.default_rng(seed).normal(size=(len(rates), 3))
    iterates = np.concatenate([np.zeros((1, 3)), -rates[0] * np.cumsum(gradients, axis=0)])

    weights = to_averaging(rates)

    assert weights.sum() == pytest.approx(1.0)
    assert (weights >= 0).all()
    assert weights @ iterates == pytest.approx(-rates @ gradients, abs=1e-12)


@given(FALLS)
@settings(max_examples=50, deadline=None)
def test_averaging_and_back_is_the_same_decay(falls):
    rates = falling(falls)

    assert from_averaging(to_averaging(rates), rates[0])(np.arange(len(rates))) == pytest.approx(rates, rel=1e-9)


def test_the_mean_of_the_last_iterates_is_a_linear_cooldown():
    weights = [0.0] * 81 + [1.0] * 20

    rates = from_averaging(weights, 0.3)(np.arange(100))

    # The first of the averaged iterates comes before the cooldown's first update, which is still at the full rate.
    assert rates == pytest.approx(wsd(0.3, warmup=0, decay=20, total=100)(np.arange(100)), rel=1e-12)


def test_weights_of_any_size_are_shares():
    huge = from_averaging([0, 1e308, 1e308, 2e307], 0.1)

    assert huge.values == pytest.approx(from_averaging([0, 5, 5, 1], 0.1).values, rel=1e-12)


# Batches ------------------------------------------------------------------------------------------------------


@given(FALLS, st.integers(1, 64), st.sampled_from(["sgd", "adam"]), st.sampled_from([None, 64, 500]))
@settings(max_examples=50, deadline=None)
def test_a_growing_batch_uses_the_same_data_and_never_a_higher_rate(falls, batch, optimizer, largest):
    rates = falling(falls)

    grown = batch_growth(rates, batch=batch, optimizer=optimizer, largest=largest)

    assert grown.batches.sum() == batch * len(rates)
    assert grown.batches.min() >= 1
    assert grown.batches.max() <= (largest or math.inf)
    assert len(grown.batches) == len(grown.rates) <= len(rates)
    assert grown.rates.max() <= rates.max() * (1 + 1e-9)


def test_the_batch_grows_as_the_rate_falls_and_the_rate_by_rule():
    schedule = Piecewise(boundaries=(4, 8), values=(0.4, 0.1, 0.025))

    sgd = batch_growth(schedule, 24, batch=8)
    adam = batch_growth(schedule, 24, batch=8, optimizer="adam")

    assert sgd.batches.tolist() == adam.batches.tolist() == [8] * 4 + [32] + [128]
    assert sgd.rates == pytest.approx([0.4] * 6)
    assert adam.rates == pytest.approx([0.4] * 4 + [0.2] + [0.1])


def test_a_largest_batch_leaves_the_rest_to_the_rate():
    schedule = Piecewise(boundaries=(2,), values=(0.4, 0.1))

    sgd = batch_growth(schedule, 6, batch=8, largest=16)

    assert sgd.batches.tolist() == [8, 8, 16, 16]
    assert sgd.rates == pytest.approx([0.4, 0.4, 0.2, 0.2])


def test_a_warmup_stays_as_it_is():
    schedule = warmup_constant(0.1, warmup=5, start=0.01)

    grown = batch_growth(schedule, 20, batch=4)

    assert grown.batches.tolist() == [4] * 20
    assert grown.rates == pytest.approx(schedule(np.arange(20)))


# Weight decay -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "start", "last"),
    [
        pytest.param(Constant(3e-3), 0.0498, 0.2592, id="constant"),
        pytest.param(Linear(start=3e-3, end=0.0, steps=10_000), 0.2231, 0.0149, id="linear"),
        pytest.param(Cosine(start=3e-3, end=3e-4, steps=10_000), 0.1920, 0.0317, id="cosine to 10%"),
        pytest.param(wsd(3e-3, warmup=0, decay=2000, total=10_000), 0.0672, 0.0723, id="wsd"),
    ],
)
def test_what_weight_decay_forgets_is_known(schedule, start, last):
    memory = weight_memory(schedule, 10_000, weight_decay=0.1)

    assert memory.start == closest(start, 4)
    assert memory.updates[-1000:].sum() == closest(last, 4)


@given(FALLS, st.floats(0.001, 9))
@settings(max_examples=50, deadline=None)
def test_the_shares_are_those_of_the_weights_of_adamw(falls, decay):
    rates = falling(falls)
    updates = np.random.default_rng(0).normal(size=len(rates))
    x = 3.0
    for rate, update in zip(rates, updates, strict=True):
        x = (1 - rate * decay) * x + rate * update

    memory = weight_memory(rates, weight_decay=decay)

    assert memory.start + memory.updates.sum() == pytest.approx(1.0)
    assert memory.start * 3.0 + memory.updates @ updates / decay == pytest.approx(x, abs=1e-9)


# Advice -------------------------------------------------------------------------------------------------------


def found(schedule, *, total=10_000, optimizer=None, **more):
    """The findings by rule; a rule may speak once."""
    optimizer = optimizer or Optimizer(name="sgd")
    findings = advise(schedule, optimizer, Run(total=total, batch_size=more.pop("batch_size", None)), **more)
    assert len({finding.rule for finding in findings}) == len(findings)
    assert all(finding.source and f"{finding.message}" for finding in findings)
    return {finding.rule: finding for finding in findings}


GOOD = Linear(start=0.1, end=0.0, steps=10_000)


def test_there_is_nothing_to_say_about_a_straight_line_to_zero():
    assert advise(GOOD, Optimizer(name="sgd"), Run(total=10_000)) == ()


def test_a_floor_costs_what_the_worst_case_says():
    to_floor = found(Cosine(start=0.1, end=0.01, steps=10_000))["final-rate"]
    cost = efficiency(Cosine(start=0.1, end=0.01, steps=10_000), 10_000)
    cost /= efficiency(Cosine(start=0.1, end=0.0, steps=10_000), 10_000)

    assert to_floor.level == "warning"
    assert to_floor.number == pytest.approx(cost - 1, rel=1e-6)
    assert "10 % of the peak" in to_floor.message
    assert f"{100 * (cost - 1):.1f} % more" in to_floor.message


def test_a_floor_costs_more_in_a_longer_run():
    totals = (60, 1000, 10_000)
    costs = [found(Linear(start=0.1, end=0.01, steps=n), total=n)["final-rate"].number for n in totals]

    assert costs == sorted(costs)


@pytest.mark.parametrize("kind", [Cosine, Linear])
def test_a_floor_that_is_held_is_compared_with_a_fall_to_zero_over_the_whole_run(kind):
    held, whole = kind(start=0.1, end=0.01, steps=80), kind(start=0.1, end=0.0, steps=100)
    finding = found(held, total=100)["final-rate"]

    assert finding.number == pytest.approx(efficiency(held, 100) / efficiency(whole, 100) - 1, abs=3e-4)
    assert finding.message.endswith("with an end at 0")


def test_a_floor_that_was_undercut_before_is_compared_with_the_best_schedule():
    schedule = Piecewise(boundaries=(50, 90), values=(0.1, 0.01, 0.05))
    finding = found(schedule, total=100)["final-rate"]

    assert finding.number == pytest.approx(efficiency(schedule, 100) - 1, rel=1e-12)
    assert finding.message.endswith("with the best schedule")


def test_a_rate_that_never_falls_is_compared_with_the_best_schedule():
    constant = found(Constant(0.1))["final-rate"]

    assert constant.number == pytest.approx(efficiency(Constant(0.1), 10_000) - 1)


def test_updates_at_zero_are_wasted():
    wasted = found(Linear(start=0.1, end=0.0, steps=9_990))["wasted-steps"]

    assert (wasted.level, wasted.number) == ("error", 10.0)
    assert wasted.message == "10 updates have a rate of 0"


def test_the_first_update_of_a_warmup_from_zero_is_a_note():
    assert found(warmup_cosine(0.1, warmup=10, total=10_000))["wasted-steps"].level == "note"


def test_a_run_that_stops_before_its_schedule_is_an_error():
    missed = found(GOOD, total=8000)["end-missed"]

    assert (missed.level, missed.number) == ("error", 2000.0)
    assert "0.02 then" in missed.message


def test_a_schedule_that_has_fallen_all_the_way_before_its_end_is_none():
    slow = Exponential(start=0.1, rate=1e-30, steps=10_000, end=1e-12)

    assert "end-missed" not in found(slow, total=9000)


@pytest.mark.parametrize(("decay", "says"), [(500, True), (999, True), (1000, False), (3000, False)])
def test_a_short_cooldown_after_a_long_hold_is_a_warning(decay, says):
    findings = found(wsd(0.1, warmup=0, decay=decay, total=10_000))

    assert ("cooldown" in findings) == says


@pytest.mark.parametrize(
    ("beta2", "warmup", "says"), [(0.999, 1900, True), (0.999, 2000, False), (0.95, 39, True), (0.95, 40, False)]
)
def test_a_warmup_is_measured_by_the_memory_of_adam(beta2, warmup, says):
    schedule = warmup_cosine(0.1, warmup=warmup, total=10_000)

    assert ("warmup" in found(schedule, optimizer=Optimizer(name="adam", beta2=beta2))) == says
    assert "warmup" not in found(schedule)


def test_weights_that_keep_their_start_are_a_warning():
    schedule = Linear(start=3e-3, end=0.0, steps=10_000)
    kept = found(schedule, optimizer=Optimizer(weight_decay=0.1, beta2=0.0))["memory"]
    long = found(schedule, optimizer=Optimizer(weight_decay=0.5, beta2=0.0))["memory"]

    assert (kept.level, kept.number) == ("warning", closest(0.2231, 4))
    assert "3.33e+03 updates" in kept.message
    assert long.level == "note"
    assert "memory" not in found(schedule, optimizer=Optimizer(name="adam", weight_decay=0.1))
    assert found(schedule, optimizer=Optimizer(weight_decay=400.0))["memory"].level == "error"


def test_a_peak_is_compared_with_that_of_a_reference_run():
    longer = found(GOOD, reference=Reference(peak=0.2, total=2500))
    sgd = found(GOOD, reference=Reference(peak=0.2, batch_size=64), batch_size=256)
    adam = found(
        GOOD,
        reference=Reference(peak=0.2, batch_size=64, width=512),
        batch_size=256,
        width=1024,
        optimizer=Optimizer(name="adam", beta2=0.0),
    )

    assert longer["peak-horizon"].number == pytest.approx(1.0)
    assert sgd["peak-batch"].number == pytest.approx(0.1 / 0.8)
    assert sgd["peak-batch"].level == "warning"
    assert adam["peak-batch"].number == pytest.approx(0.1 / 0.4)
    assert adam["peak-width"].number == pytest.approx(1.0)
    assert adam["peak-width"].level == "note"
    assert "peak-horizon" not in sgd
    assert "peak-width" not in sgd


def test_the_gravest_comes_first():
    schedule = warmup_cosine(0.1, warmup=10, total=12_000, end=0.03)

    levels = [finding.level for finding in advise(schedule, Optimizer(weight_decay=0.1), Run(total=10_000))]

    assert levels == sorted(levels, key=["error", "warning", "note"].index)
    assert levels[0] == "error"


def test_updates_at_zero_in_the_midst_of_a_run_are_no_hindrance():
    fall = Linear(start=0.1, end=0.0, steps=50)
    again = Join(parts=(fall, Linear(start=0.2, end=0.02, steps=40)), boundaries=(60,))
    findings = found(again, total=100)
    rates = again(np.arange(100))
    cost = efficiency(rates[rates > 0]) * math.sqrt(101 / 91)
    straight = np.concatenate([rates[:50], np.linspace(0.2, 0.0, 41)[:-1]])

    assert findings["wasted-steps"].number == 10
    assert findings["final-rate"].number == pytest.approx(
        cost / (efficiency(straight) * math.sqrt(101 / 91)) - 1, rel=1e-9
    )


def test_a_floor_is_not_mentioned_where_an_end_at_zero_would_be_no_better():
    assert "final-rate" not in found(Cosine(start=0.1, end=0.0011, steps=1000), total=1000)
    assert "final-rate" not in found(Piecewise(boundaries=(50,), values=(0.1, 0.05)), total=100)


@pytest.mark.parametrize(
    "schedule",
    [
        pytest.param(warmup_constant(0.1, warmup=100), id="warmup"),
        pytest.param(Linear(start=0.01, end=0.1, steps=100), id="rise"),
        pytest.param(Piecewise(boundaries=(50, 75), values=(0.1, 0.01, 0.001)), id="stairs"),
        pytest.param(Constant(0.1), id="constant"),
    ],
)
def test_a_schedule_that_goes_on_does_not_say_how_long_the_run_is(schedule):
    with pytest.raises(ScheduleError, match="schedule has no end: say how many updates"):
        advise(schedule)

    assert advise(schedule, run=Run(total=1000))


@pytest.mark.parametrize(
    "schedule",
    [
        Cosine(start=0.1, end=0.01, steps=200),
        wsd(0.1, warmup=0, decay=50, total=200, end=0.02),
        Piecewise(boundaries=(100, 200), values=(0.1, 0.01, 0.0)),
        optimal(201),
    ],
    ids=["cosine", "wsd", "stairs to zero", "a rate for each step"],
)
def test_a_schedule_that_has_come_down_says_how_long_the_run_is(schedule):
    assert advise(schedule) == advise(schedule, run=Run(total=200))
