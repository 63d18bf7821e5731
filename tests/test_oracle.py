"""Every kind and recipe against an evaluation at 60 digits, to the accuracy that the design promises."""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import glidepath
import glidepath.jax
import oracle
from glidepath.testing import steps_to_try
from samples import LAST, LONG, MOST, SAMPLES

#: Relative to the value, or to the largest term where terms of different sign cancel.
FLOAT64 = 1e-15
FLOAT32 = 4.8e-7
KINDS_FLOAT32 = {"Polynomial": 6e-7, "Exponential": 2e-6}
COSINE_POWER_FLOAT32 = 1e-6
SMALLEST_FLOAT32 = 1.2e-38


def float32_limit(s) -> float:
    """What is promised of a schedule in float32: the most of what is promised of the kinds in it."""
    from glidepath.tree import walk

    def limit(node) -> float:
        powered = type(node) is glidepath.Cosine and node.power is not None
        return COSINE_POWER_FLOAT32 if powered else KINDS_FLOAT32.get(type(node).__name__, FLOAT32)

    return max(limit(node) for _, node in walk(s))


@functools.cache
def whole_steps(name):
    return steps_to_try(SAMPLES[name])


@functools.cache
def broken_steps(name):
    """Steps that a float32 holds, between whole ones too."""
    small = [step for step in whole_steps(name) if abs(step) < 2**20]
    return sorted({step + part for step in small[::3] for part in (0.0, 0.25, 0.5)})


@functools.cache
def answers(name, steps, single):
    s = SAMPLES[name]
    node = oracle.as_float32(s) if single else oracle.node(s)
    return [oracle.answer(node, step) for step in steps]


def assert_close(name, steps, got, dtype, either=False):
    """``got`` is as close as is promised to the answers for the numbers as they are, or as a float32 holds them.

    either: whether each of both readings will do.
    """
    single = dtype == "float32"
    readings = [answers(name, tuple(steps), single)]
    if either:
        readings.append(answers(name, tuple(steps), False))
    limit, smallest = (float32_limit(SAMPLES[name]), SMALLEST_FLOAT32) if single else (FLOAT64, 2.3e-308)
    for step, value, *wanted in zip(steps, got, *readings, strict=True):
        error = min(want.error(value, smallest) for want in wanted)
        assert error <= limit, (
            f"{name} at {step!r}: {value!r}, should be {float(wanted[0].value)!r} (off by {error:.1e})"
        )


@pytest.mark.parametrize("name", SAMPLES)
def test_python_is_exact_to_1e_15(name):
    steps = [*whole_steps(name), *broken_steps(name)]
    assert_close(name, steps, [SAMPLES[name](step) for step in steps], "float64")


@pytest.mark.parametrize("name", SAMPLES)
def test_numpy_is_exact_to_1e_15(name):
    for steps, dtype in ((whole_steps(name), np.int64), (broken_steps(name), np.float64)):
        assert_close(name, steps, SAMPLES[name](np.array(steps, dtype)).tolist(), "float64")


@pytest.mark.parametrize("name", SAMPLES)
def test_torch_is_exact_to_1e_15_in_float64_and_as_promised_in_float32(name):
    s, whole, broken = SAMPLES[name], whole_steps(name), broken_steps(name)
    assert_close(name, whole, s(torch.tensor(whole, dtype=torch.float64)).tolist(), "float64")
    assert_close(name, broken, s(torch.tensor(broken, dtype=torch.float64)).tolist(), "float64")
    assert_close(name, whole, s(torch.tensor(whole)).tolist(), "float32", either=True)
    assert_close(name, broken, s(torch.tensor(broken, dtype=torch.float32)).tolist(), "float32", either=True)


@jax.jit
def jitted(schedule, t):
    return schedule(t)


#: Samples with a length or a clock that outgrows an int32 at the steps that an int32 can hold.
OUTGROWING = {"Shift-4", "Repeat-9"}


def jax_steps(name):
    """As many whole steps for every sample, so that JAX compiles once for every kind."""
    steps = [step for step in whole_steps(name) if step < 2**27] if name in OUTGROWING else whole_steps(name)
    return filled_up(steps)


def filled_up(steps):
    some = steps if len(steps) <= 256 else [steps[i * len(steps) // 256] for i in range(256)]
    return [*some, *[steps[-1]] * (256 - len(some))]


@pytest.mark.parametrize("name", SAMPLES)
def test_jax_is_exact_as_promised_with_the_schedule_as_an_argument(name):
    for steps in (jax_steps(name), filled_up(broken_steps(name))):
        assert_close(name, steps, jitted(SAMPLES[name], jnp.array(steps)).tolist(), "float32")


@pytest.mark.parametrize("name", SAMPLES)
def test_jax_is_exact_as_promised_with_the_schedule_as_a_constant(name):
    s = SAMPLES[name]
    steps = jax_steps(name)
    assert_close(name, steps, s(jnp.array(steps)).tolist(), "float32", either=True)


@pytest.mark.parametrize("name", [name for name in SAMPLES if name.endswith("-1")])
def test_jax_is_exact_as_promised_under_jit_with_the_schedule_as_a_constant(name):
    s = SAMPLES[name]
    steps = whole_steps(name)
    assert_close(name, steps, jax.jit(lambda t: s(t))(jnp.array(steps)).tolist(), "float32", either=True)


@pytest.mark.parametrize("name", [name for name in SAMPLES if name.endswith("-0")])
def test_jax_is_exact_to_1e_15_with_64_bits(name):
    with jax.enable_x64(True):
        steps = whole_steps(name)
        got = SAMPLES[name](jnp.array(steps))
        assert got.dtype == jnp.float64
        assert_close(name, steps, got.tolist(), "float64")


@pytest.mark.parametrize("name", LONG)
def test_lengths_and_steps_up_to_the_last_one_are_exact_to_1e_15(name):
    s = LONG[name]
    steps = sorted({*steps_to_try(s, LAST), LAST, LAST - 1, LAST // 3, 2**40 + 1})
    for got in ([s(step) for step in steps], s(np.array(steps)).tolist(), s(np.array(steps, float)).tolist()):
        for step, value in zip(steps, got, strict=True):
            assert oracle.answer(s, step).error(value) <= FLOAT64, step


@pytest.mark.parametrize("rate", [0.5, 0.9, 0.999, 0.999999, 1 - 1e-9])
def test_a_concrete_rate_is_not_rounded_to_a_float32_at_whole_steps(rate):
    s = glidepath.Exponential(start=0.1, rate=rate)
    steps = [0, 1, 10, 1000, 123_456, 1_000_003, MOST // 2, MOST]
    for got in (s(jnp.array(steps)), jax.jit(lambda t: s(t))(jnp.array(steps)), s(torch.tensor(steps))):
        for step, value in zip(steps, got.tolist(), strict=True):
            assert oracle.answer(s, step).error(value, SMALLEST_FLOAT32) <= 2e-6, step


def test_the_oracle_knows_every_kind():
    from glidepath.schedule import KINDS

    built_in = {name for name, kind in KINDS.items() if kind.__module__.startswith("glidepath.")}
    assert built_in <= set(oracle._KINDS)


def test_the_oracle_sees_an_error_in_the_last_digits():
    s = glidepath.Linear(start=0.0, end=0.3, steps=1000)
    assert oracle.answer(s, 333).error(s(333)) < 1e-15
    assert oracle.answer(s, 333).error(s(333) * (1 + 3e-15)) > 1e-15
    assert oracle.answer(s, 333).error(math.nan) != 0
