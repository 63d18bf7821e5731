"""Where two schedules differ."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings

import glidepath as g
from glidepath.difference import WALKED, difference
from trees import SMALL, trees

WSD = g.wsd(0.1, warmup=10, decay=20, total=100)


@settings(max_examples=60)
@given(trees(SMALL), trees(SMALL))
def test_the_first_and_the_largest_differences_are_those_of_all_steps(a, b):
    found = difference(a, b, 300)
    apart = [abs(a(step) - b(step)) for step in range(300)]
    shares = [off and off / max(abs(a(step)), abs(b(step))) for step, off in enumerate(apart)]
    assert found.complete
    assert found.first == next((step for step, off in enumerate(apart) if off), None)
    assert (found.absolute, found.absolute_step) == (max(apart), apart.index(max(apart)))
    assert (found.relative, found.relative_step) == (max(shares), shares.index(max(shares)))


@settings(max_examples=60)
@given(trees())
def test_a_schedule_does_not_differ_from_itself_however_long_the_run(s):
    found = difference(s, s.replace(), 2**53 - 1)
    assert found.complete
    assert found.first is None
    assert (found.absolute, found.phases, found.fields) == (0.0, (), ())


@settings(max_examples=40)
@given(trees(SMALL))
def test_two_ways_to_write_a_curve_differ_in_fields_alone(s):
    found = difference(s, g.Minimum(parts=(s, s)), 500)
    assert found.first is None
    assert found.absolute == found.relative == 0
    assert found.fields


def test_fields_are_named_by_their_paths():
    other = g.wsd(0.2, warmup=10, decay=30, total=100)
    assert [(field.path, field.a, field.b) for field in difference(WSD, other, 100).fields] == [
        ("parts[0].end", 0.1, 0.2),
        ("parts[1].value", 0.1, 0.2),
        ("parts[2].start", 0.1, 0.2),
        ("parts[2].steps", 20, 30),
        ("boundaries[1]", 80, 70),
    ]


def test_beneath_another_kind_nothing_is_compared_and_counts_are_told():
    cosine = g.wsd(0.1, warmup=10, decay=20, total=100, shape="cosine")
    assert [(field.path, field.a, field.b) for field in difference(WSD, cosine, 100).fields] == [
        ("parts[2]", "Linear", "Cosine")
    ]
    shorter = g.warmup_constant(0.1, warmup=10)
    assert [(field.path, field.a, field.b) for field in difference(WSD, shorter, 100).fields] == [
        ("parts", "3 schedules", "2 schedules"),
        ("boundaries", "2 numbers", "1 numbers"),
    ]
    clip = g.Clip(schedule=WSD, low=0.01)
    assert [(f.path, f.a, f.b) for f in difference(clip, clip.replace(low=None, high=0.01), 100).fields] == [
        ("low", 0.01, None),
        ("high", None, 0.01),
    ]


def test_phases_that_differ_come_in_pairs():
    found = difference(WSD, g.warmup_constant(0.1, warmup=10), 100)
    assert [[phase and (phase.name, phase.start, phase.stop) for phase in pair] for pair in found.phases] == [
        [("hold", 10, 80), ("hold", 10, 100)],
        [("cooldown", 80, 100), None],
    ]


def test_values_within_the_tolerance_count_as_equal():
    for size in (1e-6, 1.0, 1e6):
        near = WSD * size * (1 + 1e-9)
        assert difference(WSD * size, near, 100).first == 1
        assert difference(WSD * size, near, 100, tolerance=1e-10).first == 1
        assert difference(WSD * size, near, 100, tolerance=1e-8).first is None
        assert difference(WSD * size, near, 100, tolerance=1e-8).relative == pytest.approx(1e-9, rel=1e-3)


@pytest.mark.parametrize("total", [1000, 2**50])
def test_the_first_step_beyond_the_tolerance_is_found_inside_of_a_ramp(total):
    level, fall = g.Constant(value=1.0), g.Linear(start=1.0, end=0.0, steps=total)
    assert difference(level, fall, total, tolerance=0.25).first == total // 4 + 1


def test_a_run_of_1e9_steps_is_sampled_and_its_first_and_largest_differences_are_found():
    total = 10**9
    a = g.wsd(0.1, warmup=total // 20, decay=total // 5, total=total)
    b = g.wsd(0.1, warmup=total // 20, decay=total // 4, total=total)
    found = difference(a, b, total)
    assert not found.complete
    assert WALKED / 100 < found.compared < WALKED
    assert found.first == 3 * total // 4 + 1
    assert found.absolute_step == 4 * total // 5
    assert found.absolute == pytest.approx(0.02)


def test_a_single_step_apart_in_a_long_run_is_found_at_its_joint():
    total = 10**9
    boundaries = (123_456_789, 123_456_790)
    a = g.Piecewise(boundaries=boundaries, values=(0.1, 0.1, 0.1))
    b = g.Piecewise(boundaries=boundaries, values=(0.1, 0.2, 0.1))
    found = difference(a, b, total)
    assert found.first == found.absolute_step == 123_456_789
    assert math.isclose(found.relative, 0.5)


def test_the_top_between_two_samples_is_climbed_to():
    total = 2**40
    a = g.Linear(start=0.0, end=1.0, steps=total)
    b = g.Cosine(start=0.0, end=1.0, steps=total)
    found = difference(a, b, total)
    top = total * math.asin(2 / math.pi) / math.pi  # where the slope of the cosine is that of the line
    assert abs(found.absolute_step - top) < 1e-6 * total or abs(found.absolute_step - (total - top)) < 1e-6 * total


@pytest.mark.parametrize(("total", "tolerance"), [(0, 0.0), (2.5, 0.0), (10, -1.0), (10, math.nan)])
def test_a_total_and_a_tolerance_that_cannot_be_are_refused(total, tolerance):
    with pytest.raises(g.ScheduleError, match=r"total|tolerance"):
        difference(WSD, WSD, total, tolerance)
