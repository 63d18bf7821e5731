"""The phases of schedules, and the steps at which they are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import glidepath as g
from glidepath.arrays import LAST_STEP
from glidepath.phases import Phase, horizon, phases, sample

RAMP = g.Linear(start=0.0, end=1.0, steps=10)

#: What each schedule does in so many updates: (name, kind, start, stop).
STORIES = {
    "wsd": (
        g.wsd(0.1, warmup=100, decay=200, total=1000),
        1200,
        [
            ("warmup", "Linear", 0, 100),
            ("hold", "Constant", 100, 800),
            ("cooldown", "Linear", 800, 1000),
            ("hold", "Constant", 1000, 1200),
        ],
    ),
    "without warmup": (
        g.wsd(0.1, warmup=0, decay=20, total=100),
        100,
        [("hold", "Constant", 0, 80), ("cooldown", "Linear", 80, 100)],
    ),
    "one cycle": (
        g.one_cycle(0.1, total=100),
        100,
        [("warmup", "Cosine", 0, 30), ("decay", "Cosine", 30, 100)],
    ),
    "only a rise": (RAMP, 10, [("rise", "Linear", 0, 10)]),
    "restarts": (
        g.sgdr(0.1, period=10, stretch=2),
        50,
        [("decay", "Cosine", 0, 10), ("decay", "Cosine", 10, 30), ("decay", "Cosine", 30, 50)],
    ),
    "cycles of broken growth": (
        g.Repeat(body=RAMP, period=10, stretch=1.5),
        40,
        [("warmup", "Linear", 0, 10), ("rise", "Linear", 10, 25), ("rise", "Linear", 25, 40)],
    ),
    "cycles that end": (
        g.Repeat(body=RAMP, period=5, times=2),
        15,
        [("warmup", "Linear", 0, 5), ("rise", "Linear", 5, 10), ("hold", "Constant", 10, 15)],
    ),
    "more cycles than there are words for": (g.sgdr(0.1, period=10), 10**9, [("Repeat", "Repeat", 0, 10**9)]),
    "drops": (
        g.Piecewise(boundaries=(30, 60), values=(0.1, 0.01, 0.001)),
        90,
        [("hold", "Constant", 0, 30), ("hold", "Constant", 30, 60), ("hold", "Constant", 60, 90)],
    ),
    "there and back": (
        g.Triangle(low=0.0, high=1.0, up=10, down=5),
        20,
        [("warmup", "Triangle", 0, 10), ("decay", "Triangle", 10, 15), ("hold", "Constant", 15, 20)],
    ),
    "stairs": (g.Exponential(start=1.0, rate=0.5, steps=10, staircase=True), 50, [("decay", "Exponential", 0, 50)]),
    "scaled": (RAMP * 0.5, 20, [("warmup", "Linear", 0, 10), ("hold", "Constant", 10, 20)]),
    "a product of what moves": (RAMP * RAMP, 20, [("warmup", "Product", 0, 10), ("hold", "Constant", 10, 20)]),
    "both ways at once": (
        RAMP + g.Sqrt(start=1.0, end=0.0, steps=10),
        10,
        [("Sum", "Sum", 0, 10)],
    ),
    "clipped": (g.Clip(schedule=RAMP, high=0.5), 10, [("rise", "Linear", 0, 10)]),
    "later": (
        g.Shift(schedule=RAMP, steps=5),
        20,
        [("hold", "Constant", 0, 5), ("warmup", "Linear", 5, 15), ("hold", "Constant", 15, 20)],
    ),
    "earlier": (g.Shift(schedule=RAMP, steps=-5), 20, [("warmup", "Linear", 0, 5), ("hold", "Constant", 5, 20)]),
    "stretched": (g.Stretch(schedule=RAMP, factor=2), 30, [("warmup", "Linear", 0, 20), ("hold", "Constant", 20, 30)]),
    "a warmup of one step": (
        g.warmup_constant(0.1, warmup=1),
        9,
        [("warmup", "Linear", 0, 1), ("hold", "Constant", 1, 9)],
    ),
    "a constant": (g.Constant(value=0.1), 9, [("hold", "Constant", 0, 9)]),
    "a callable": (g.Custom(function=lambda t: 1.0 - t / 100), 9, [("decay", "Custom", 0, 9)]),
}


@pytest.mark.parametrize("name", STORIES)
def test_phases_tell_what_a_schedule_does(name: str) -> None:
    schedule, total, told = STORIES[name]
    found = phases(schedule, total)
    assert [(p.name, p.kind, p.start, p.stop) for p in found] == told
    assert [(p.first, p.last) for p in found] == [(schedule(p.start), schedule(p.stop - 1)) for p in found]


def test_the_method_takes_the_length_where_no_total_is_given() -> None:
    schedule = g.wsd(0.1, warmup=10, decay=20, total=100)
    assert schedule.phases() == schedule.phases(100) == phases(schedule, 100)
    assert schedule.phases(5) == (Phase(name="rise", kind="Linear", start=0, stop=5, first=0.0, last=schedule(4)),)


def test_phases_of_a_schedule_without_an_end_need_a_total() -> None:
    with pytest.raises(g.ScheduleError, match=r"^Repeat has no end of its own: say total, "):
        g.sgdr(0.1, period=10).phases()


@pytest.mark.parametrize("total", [0, -1, 1.5, True, False, 2**53, "9", [9], np.array([9])], ids=repr)
def test_a_total_that_cannot_be_right_is_refused_wherever_it_is_taken(total: Any) -> None:
    for take in (RAMP.phases, RAMP.preview, lambda n: g.golden(RAMP, n), lambda n: RAMP.plot(total=n)):
        with pytest.raises(g.ScheduleError, match="total must be a positive integer"):
            take(total)


def test_a_total_of_numpy_is_a_plain_number() -> None:
    assert type(phases(RAMP, np.int64(9))[-1].stop) is int
    assert g.golden(RAMP, np.int64(9)) == g.golden(RAMP, 9)


@pytest.mark.parametrize("count", [1, 0, -5, 2.5, None])
def test_a_count_of_steps_that_cannot_be_right_is_refused(count: Any) -> None:
    with pytest.raises(g.ScheduleError, match="count must be an integer of at least 2"):
        sample(RAMP, 10, count)


def test_arrays_in_a_schedule_are_refused_by_name() -> None:
    with pytest.raises(g.ScheduleError, match="must hold plain numbers, but holds numpy arrays"):
        phases(g.Linear(start=np.array([0.0, 1.0]), end=1.0, steps=10), 10)


# Steps to draw ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("count", [2, 20, 400])
def test_the_steps_to_draw_ascend_from_the_first_to_the_last_and_keep_to_the_budget(name: str, count: int) -> None:
    schedule, total, _ = STORIES[name]
    steps = sample(schedule, total, count)
    assert steps[0] == 0
    assert steps[-1] == total
    assert steps == sorted(set(steps))
    assert len(steps) <= max(1.5 * count + 2, 12)


@pytest.mark.parametrize("name", [name for name in STORIES if "words" not in name])
def test_both_sides_of_every_joint_are_drawn(name: str) -> None:
    schedule, total, told = STORIES[name]
    joints = {step for _, _, start, stop in told for step in (start, stop - 1)}
    assert joints <= set(sample(schedule, total, 100))


def test_both_sides_of_every_stair_are_drawn() -> None:
    steps = sample(g.Exponential(start=1.0, rate=0.5, steps=10, staircase=True), 50, 40)
    assert {9, 10, 19, 20, 29, 30, 39, 40} <= set(steps)


def test_cycles_beyond_counting_are_drawn_as_high_and_low_as_they_go() -> None:
    restarts = g.sgdr(0.1, period=7)
    values = [restarts(step) for step in sample(restarts, 10**9, 200)]
    assert max(values) == 0.1
    assert min(values) == restarts(6)


def test_a_join_of_a_hundred_phases_is_found_whole_over_any_run() -> None:
    edges = tuple(range(10**7, 10**9, 10**7))
    long = g.Join(parts=tuple(g.Linear(start=1.0, end=i / 100, steps=10**7) for i in range(100)), boundaries=edges)
    assert [p.start for p in long.phases(10**9)] == [0, *edges]
    assert set(edges) <= set(sample(long, 10**9, 400))


def test_the_parts_of_a_join_of_too_many_are_one_phase() -> None:
    parts, edges = (g.Linear(start=1.0, end=0.0, steps=2),) * 10_001, tuple(range(2, 20_002, 2))
    [phase] = phases(g.Join(parts=parts, boundaries=edges), 20_002)
    assert (phase.name, phase.kind, phase.stop) == ("Join", "Join", 20_002)
    steps = g.Piecewise(boundaries=edges, values=tuple(float(i % 3) for i in range(10_001)), interpolation="linear")
    [phase] = phases(steps, 20_002)
    assert (phase.name, phase.kind) == ("Piecewise", "Piecewise")
    assert len(phases(steps, 19_999)) == 10_000
    assert len(sample(steps, 20_002, 400)) < 600


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        st.builds(g.Linear, start=st.just(1.0), end=st.sampled_from([0.0, 0.5]), steps=st.integers(1, 40)),
        lambda inner: st.one_of(
            st.builds(lambda a, b, at: g.Join(parts=(a, b), boundaries=(at,)), inner, inner, st.integers(1, 50)),
            st.builds(lambda s, n: g.Repeat(body=s, period=n, times=3), inner, st.integers(1, 20)),
            st.builds(lambda s, n: g.Shift(schedule=s, steps=n), inner, st.integers(-20, 20)),
            st.builds(lambda a, b: g.Product(parts=(a, b)), inner, inner),
        ),
        max_leaves=6,
    ),
    st.integers(1, 200),
)
def test_phases_follow_each_other_without_a_gap(schedule: g.Schedule, total: int) -> None:
    found = phases(schedule, total)
    assert [p.start for p in found] == [0, *(p.stop for p in found[:-1])]
    assert found[-1].stop == total
    assert all(p.start < p.stop for p in found)
    assert all(p.first == p.last for p in found if p.name == "hold")


def test_phases_reach_the_last_step_there_is_on_a_shifted_clock() -> None:
    early = g.Shift(schedule=g.Shift(schedule=RAMP * RAMP, steps=-2), steps=-LAST_STEP)
    assert [(p.name, p.stop) for p in phases(early, LAST_STEP)] == [("hold", LAST_STEP)]


def test_the_horizon_of_a_schedule_is_its_length_or_what_shows_it() -> None:
    assert horizon(RAMP) == 10
    assert horizon(g.warmup_inverse_sqrt(0.1, warmup=100)) == 400
    assert horizon(g.Constant(value=1.0)) == 1000
    assert horizon(g.Custom(function=float)) == 1000
    assert horizon(g.InverseSqrt(peak=1.0, timescale=LAST_STEP)) == LAST_STEP
