"""Durations in words, turned into whole steps."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings, strategies as st

from glidepath import Run, ScheduleError
from glidepath.arrays import LAST_STEP
from glidepath.units import MAX_WORD, MULTIPLIERS, UNITS

RUN = Run(total=100_000, steps_per_epoch=500, batch_size=256, tokens_per_step=524_288)


@pytest.mark.parametrize(
    ("duration", "steps"),
    [
        (500, 500),
        (0, 0),
        (-3, -3),
        ("500", 500),
        ("500 steps", 500),
        ("1 step", 1),
        ("100k", 100_000),
        ("1.5M steps", 1_500_000),
        ("2 B", 2_000_000_000),
        ("0.002T", 2_000_000_000),
        ("1.5e3", 1500),
        ("5%", 5000),
        ("100 %", 100_000),
        ("0.001%", 1),
        ("2 epochs", 1000),
        ("0.5 epochs", 250),
        ("1epoch", 500),
        ("1M samples", 3906),
        ("256 samples", 1),
        ("20B tokens", 38147),
        ("2e10 tokens", 38147),
        ("-5%", -5000),
        ("+5%", 5000),
        (1e3, 1000),
        (2.0, 2),
    ],
)
def test_a_duration_is_this_many_steps(duration, steps):
    got = RUN.steps(duration)
    assert got == steps
    assert type(got) is int


@pytest.mark.parametrize(
    ("total", "share", "steps"),
    [
        (1000, "0.05%", 1),  # 0.5 up
        (1000, "0.15%", 2),  # 1.5 up, though float(0.15) is below it
        (1000, "0.149%", 1),
        (1000, "0.0001%", 1),  # more than nothing
        (1000, "0%", 0),
        (1000, "-0.15%", -2),
        (3, "50%", 2),
        (LAST_STEP, "100%", LAST_STEP),
        (LAST_STEP, "50%", 2**52),  # halves of whole numbers that a float still holds
        (2**53 - 3, "99.9999999999999999%", 2**53 - 3),
    ],
)
def test_a_share_is_rounded_to_the_nearest_step_halves_up_and_at_least_one(total, share, steps):
    assert Run(total=total).steps(share) == steps


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, LAST_STEP // 100),
    st.decimals(min_value=0, max_value=100, places=6).map(lambda d: format(d, "f")),
    st.sampled_from(["%", "epochs", "samples", "tokens"]),
)
def test_every_unit_agrees_with_exact_fractions(measure, number, unit):
    run = Run(**{UNITS[unit]: measure})
    exact = Fraction(number) / measure
    if unit in ("%", "epochs"):
        exact = Fraction(number) * measure / (100 if unit == "%" else 1)
    nearest = (2 * exact + 1) // 2
    assert run.steps(f"{number} {unit}") == (max(nearest, 1) if exact else 0)


@pytest.mark.parametrize(
    ("duration", "message"),
    [
        (0.05, 'warmup must be a whole number of steps (a share of the run is written "5%"), got 0.05'),
        (1.0, 'warmup must be a whole number of steps (a share of the run is written "100%"), got 1.0'),
        (0.0, 'warmup must be a whole number of steps (a share of the run is written "5%"), got 0.0'),
        (2.5, 'warmup must be a whole number of steps (a share of the run is written "5%"), got 2.5'),
        (float("nan"), 'warmup must be a whole number of steps (a share of the run is written "5%"), got nan'),
        (float("inf"), 'warmup must be a whole number of steps (a share of the run is written "5%"), got inf'),
        (True, 'warmup must be a number of steps or a duration such as "5%" or "2 epochs", got True'),
        (None, 'warmup must be a number of steps or a duration such as "5%" or "2 epochs", got None'),
        ("2.5", "warmup must be a whole number of steps, got '2.5'"),
        ("1.0005k steps", "warmup must be a whole number of steps, got '1.0005k steps'"),
        ("101%", "warmup must be at most 100 % of the run, got '101%'"),
        ("-101%", "warmup must be at most 100 % of the run, got '-101%'"),
        ("1e99", "warmup must be at most 2**53 - 1 steps, got '1e99'"),
        (LAST_STEP + 1, f"warmup must be at most 2**53 - 1 steps, got {LAST_STEP + 1}"),
        (f"{LAST_STEP + 1}", f"warmup must be at most 2**53 - 1 steps, got '{LAST_STEP + 1}'"),
    ],
)
def test_what_is_no_number_of_steps_is_refused_by_name_rule_and_value(duration, message):
    with pytest.raises(ScheduleError) as caught:
        RUN.steps(duration, "warmup")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "duration",
    ["", " 5", "5 ", "five", "%", "0.001k%", "5 5", "1_000", "1,000", "0x1", "1e", "\u0663", "5\n", ".5", "5 k M"],
)
def test_what_has_another_form_is_refused(duration):
    with pytest.raises(ScheduleError, match="warmup"):
        RUN.steps(duration, "warmup")


@pytest.mark.parametrize(
    ("duration", "near"),
    [
        ("5 epcohs", "epochs"),
        ("5 Epochs", "epochs"),
        ("5ep", "epoch"),
        ("100K", "k"),
        ("1m", "M"),
        ("1b tokens", "B"),
        ("5tok", "token"),
        ("20Btokens", "tokens"),
        ("5 percent", None),
    ],
)
def test_an_unknown_unit_lists_the_known_ones_and_the_nearest(duration, near):
    with pytest.raises(ScheduleError) as caught:
        RUN.steps(duration, "warmup")
    message = str(caught.value)
    assert message.startswith("warmup")
    assert (f"did you mean {near!r}?" in message) == (near is not None)
    assert all(unit in message for unit in (*UNITS, *MULTIPLIERS))


@pytest.mark.parametrize("unit", ["%", "epochs", "samples", "tokens"])
def test_a_unit_without_its_measure_says_which_one_and_how_to_give_it(unit):
    field = UNITS[unit]
    others = Run(**{name: 7 for name in vars(RUN) if name != field})
    with pytest.raises(ScheduleError) as caught:
        others.steps(f"2 {unit}", "warmup")
    message = str(caught.value)
    assert f"warmup: '2 {unit}' needs run.{field}" in message
    assert f'"run: {{{field}: ...}}"' in message
    assert f"run=glidepath.Run({field}=...)" in message


def test_the_text_of_a_number_is_read_up_to_the_limit_and_not_beyond():
    assert RUN.steps("7".rjust(MAX_WORD, "0")) == 7
    with pytest.raises(ScheduleError, match="characters"):
        RUN.steps("7".rjust(MAX_WORD + 1, "0"))


@pytest.mark.parametrize("field", ["total", "steps_per_epoch", "batch_size", "tokens_per_step"])
@pytest.mark.parametrize("bad", [0, -1, 1.0, 0.5, True, "5", float("nan"), LAST_STEP + 1])
def test_a_run_holds_positive_integers(field, bad):
    with pytest.raises(ScheduleError, match=rf"Run\.{field} must be a positive integer of at most 2\*\*53 - 1, got "):
        Run(**{field: bad})


def test_a_run_takes_numpy_integers_as_plain_ones():
    numpy = pytest.importorskip("numpy")
    assert type(Run(total=numpy.int64(5)).total) is int


def test_a_run_is_a_frozen_value_with_fields_given_by_name():
    assert Run(total=5) == Run(total=5) != Run(total=6)
    assert hash(Run(total=5)) == hash(Run(total=5))
    with pytest.raises(AttributeError):
        Run(total=5).total = 6
    with pytest.raises(TypeError):
        Run(5)
