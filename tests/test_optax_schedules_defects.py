"""What optax gets wrong and `glidepath.optax` right. Each test shows both: it tells when optax is mended."""

from __future__ import annotations

import math
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import optax as theirs
import pytest

import glidepath.optax as optax
from glidepath import ScheduleError


def jitted(schedule, step, dtype=jnp.int32):
    """The value in a compiled step, where XLA may turn a division into a multiplication."""
    return jax.jit(lambda t: schedule(t))(jnp.asarray(step, dtype)).tolist()


def single(x):
    return float(np.float32(x))


# Past the end, and at it ------------------------------------------------------------------------------------------


def test_a_root_is_0_at_its_end_and_not_nan():
    call = (1e-3, 0.0, 0.5, 1000)
    assert math.isnan(jitted(theirs.polynomial_schedule(*call), 1000))
    assert jitted(optax.polynomial_schedule(*call), 1000) == 0.0
    assert jitted(optax.polynomial_schedule(*call), 5000) == 0.0


def test_parameters_stay_finite_past_the_end_of_a_root():
    def trained(module):
        optimizer = module.sgd(module.polynomial_schedule(1e-3, 0.0, 0.5, 1000))

        @jax.jit
        def many(params):
            def one(carry, _):
                params, state = carry
                updates, state = optimizer.update(params, state)
                return (module.apply_updates(params, updates), state), None

            return jax.lax.scan(one, (params, optimizer.init(params)), length=1010)[0][0]

        return many(jnp.float32(1.0)).item()

    assert math.isnan(trained(theirs))
    assert 0 < trained(optax) < 1


def test_a_line_to_0_does_not_become_negative():
    assert jitted(theirs.linear_schedule(1e-3, 0.0, 1000), 1000) < 0
    assert jitted(optax.linear_schedule(1e-3, 0.0, 1000), 1000) == 0.0


def test_the_last_value_is_reached():
    assert jitted(theirs.linear_schedule(1e-3, 1e-5, 1000), 1000) != single(1e-5)
    assert jitted(optax.linear_schedule(1e-3, 1e-5, 1000), 1000) == single(1e-5)


# Small values -----------------------------------------------------------------------------------------------------


def test_the_first_steps_of_a_long_warmup_are_not_lost():
    assert jitted(theirs.linear_schedule(0.0, 1e-3, 10**8), 1) == 0.0
    assert jitted(optax.linear_schedule(0.0, 1e-3, 10**8), 1) == pytest.approx(1e-11, rel=4.8e-7)
    assert jitted(theirs.linear_schedule(1e-7, 1.0, 10**8), 0) > 1.1e-7
    assert jitted(optax.linear_schedule(1e-7, 1.0, 10**8), 0) == single(1e-7)


def test_the_last_steps_of_a_cosine_are_not_lost():
    wanted = 1e-3 * math.sin(math.pi / 2 / 10**5) ** 2
    assert jitted(theirs.cosine_decay_schedule(1e-3, 10**5), 10**5 - 1) == 0.0
    assert jitted(optax.cosine_decay_schedule(1e-3, 10**5), 10**5 - 1) == pytest.approx(wanted, rel=4.8e-7)


# Staircases -------------------------------------------------------------------------------------------------------


def stairs(module, steps, at):
    return jitted(module.exponential_decay(1.0, steps, 0.5, staircase=True), at)


def test_a_staircase_is_not_late():
    late = [steps for steps in range(38, 60) if stairs(theirs, steps, steps) != 0.5]
    assert {41, 47, 55} <= set(late)
    assert all(stairs(optax, steps, steps) == 0.5 and stairs(optax, steps, steps - 1) == 1.0 for steps in late)


def test_a_staircase_is_not_early():
    assert stairs(theirs, 10**8, 10**8 - 1) == 0.5
    assert stairs(optax, 10**8, 10**8 - 1) == 1.0
    assert stairs(optax, 10**8, 10**8) == 0.5


# Steps of other types ---------------------------------------------------------------------------------------------


def test_a_vector_of_steps_gives_a_vector():
    right = [optax.cosine_onecycle_schedule(10, 1.0)(t) for t in (2, 6)]
    assert theirs.cosine_onecycle_schedule(10, 1.0)(jnp.array([2, 6])).tolist() != pytest.approx(right, rel=1e-3)
    assert optax.cosine_onecycle_schedule(10, 1.0)(jnp.array([2, 6])).tolist() == pytest.approx(right, rel=1e-6)

    many = jnp.arange(5)
    for name, call in {
        "linear_onecycle_schedule": (10, 1.0),
        "cosine_onecycle_schedule": (10, 1.0),
        "piecewise_interpolate_schedule": ("linear", 1.0, {3: 0.5, 7: 0.5}),
    }.items():
        with pytest.raises(TypeError):
            getattr(theirs, name)(*call)(many)
        assert getattr(optax, name)(*call)(many).shape == (5,)


def test_a_constant_has_the_shape_of_the_steps():
    assert np.shape(theirs.constant_schedule(0.1)(jnp.arange(3))) == ()
    assert optax.constant_schedule(0.1)(jnp.arange(3)).shape == (3,)


@pytest.mark.parametrize(
    ("name", "call", "step"),
    [
        ("piecewise_constant_schedule", (1.0, {3: 0.5, 6: 0.1}), 4),
        ("linear_schedule", (1.0, 0.0, 10, 3), 0),
        ("exponential_decay", (1.0, 10, 0.5, 3, True), 0),
    ],
)
def test_unsigned_counts_are_right(name, call, step):
    ours, wrong = getattr(optax, name)(*call), getattr(theirs, name)(*call)
    assert jitted(wrong, step, jnp.uint32) != pytest.approx(ours(step))
    assert jitted(ours, step, jnp.uint32) == pytest.approx(ours(step))


def test_steps_beyond_32_bits_are_past_the_end():
    for name, call in {
        "linear_schedule": (1.0, 0.5, 10),
        "warmup_cosine_decay_schedule": (0.0, 1.0, 5, 10, 0.5),
    }.items():
        with pytest.raises(OverflowError):
            getattr(theirs, name)(*call)(2**40)
        assert getattr(optax, name)(*call)(2**40) == 0.5


def test_the_first_value_holds_before_step_0():
    lines = ("linear", 1.0, {5: 0.5})
    assert theirs.piecewise_interpolate_schedule(*lines)(-1) == 0.0
    assert optax.piecewise_interpolate_schedule(*lines)(-1) == 1.0
    assert theirs.cosine_decay_schedule(1.0, 10)(-5) == pytest.approx(0.5)
    assert optax.cosine_decay_schedule(1.0, 10)(-5) == 1.0


# Arguments --------------------------------------------------------------------------------------------------------


def test_a_warmup_of_no_steps_is_at_the_peak():
    assert theirs.warmup_constant_schedule(0.0, 0.1, 0)(5) == 0.0
    assert optax.warmup_constant_schedule(0.0, 0.1, 0)(0) == 0.1
    traced = jax.jit(lambda n, t: optax.warmup_constant_schedule(0.0, 0.1, n)(t))
    assert traced(0, 0).item() == single(0.1)


def test_a_join_with_too_few_boundaries_is_refused():
    parts = [1.0, 2.0, 3.0]
    assert theirs.join_schedules([theirs.constant_schedule(x) for x in parts], [5])(100) == 2.0
    with pytest.raises(ScheduleError, match="one fewer than the 3 schedules, got 1"):
        optax.join_schedules([optax.constant_schedule(x) for x in parts], [5])


def test_a_join_whose_boundaries_do_not_ascend_is_refused():
    parts = [1.0, 2.0, 3.0]
    assert theirs.join_schedules([theirs.constant_schedule(x) for x in parts], [10, 5])(7) == 3.0
    with pytest.raises(ScheduleError, match="strictly ascending"):
        optax.join_schedules([optax.constant_schedule(x) for x in parts], [10, 5])


def test_a_one_cycle_that_only_rises_rises():
    call = (10, 1.0, 1.0)
    assert max(float(theirs.cosine_onecycle_schedule(*call)(t)) for t in range(11)) < 0.05
    ours = optax.cosine_onecycle_schedule(*call)
    assert ours(0) == 0.04
    assert ours(5) == pytest.approx(0.52)
    assert ours(10) == 0.04 / 1e4


def test_no_phase_of_a_short_one_cycle_vanishes():
    assert float(theirs.linear_onecycle_schedule(1, 1.0)(0)) == pytest.approx(0.0016)
    ours = optax.linear_onecycle_schedule(1, 1.0)
    assert (ours(0), ours(1)) == (0.04, 0.04 / 1e4)

    call = (100, 1.0, 0.5, 0.5)
    assert float(theirs.linear_onecycle_schedule(*call)(49)) < 0.1
    ours = optax.linear_onecycle_schedule(*call)
    assert ours(49) == pytest.approx(0.04 + 0.96 * 0.98)
    assert ours(50) == 0.04


def test_phases_in_the_wrong_order_are_refused():
    values = [float(theirs.linear_onecycle_schedule(100, 1.0, 0.9, 0.2)(t)) for t in range(101)]
    assert max(values) < 0.05
    with pytest.raises(ScheduleError, match=r"pct_start must be at most pct_final \(0.2\), got 0.9"):
        optax.linear_onecycle_schedule(100, 1.0, 0.9, 0.2)


def test_a_negative_value_decays_to_its_end():
    call = (-1.0, 10, 0.5, 0, False, -0.1)
    assert theirs.exponential_decay(*call)(0) == pytest.approx(-0.1)
    ours = optax.exponential_decay(*call)
    assert [ours(t) for t in (0, 10, 100)] == [-1.0, -0.5, -0.1]


def test_the_order_of_the_page_does_not_blow_up():
    assert theirs.exponential_decay(0.001, 0.96, 100)(100) == math.inf
    assert optax.exponential_decay(0.001, 0.96, 100)(100) == 0.00096


def test_a_vector_may_be_a_peak_or_interpolated():
    vector = jnp.array([1.0, 2.0])
    for name, call in {
        "warmup_cosine_decay_schedule": (0.0, vector, 5, 10),
        "piecewise_interpolate_schedule": ("linear", vector, {5: 0.5}),
        "linear_onecycle_schedule": (10, vector),
    }.items():
        with pytest.raises((ValueError, TypeError)):
            getattr(theirs, name)(*call)(5)
        assert getattr(optax, name)(*call)(5).shape == (2,)


def test_a_schedule_is_equal_to_another_of_the_same_numbers_and_can_be_pickled():
    assert theirs.linear_schedule(1.0, 0.0, 10) != theirs.linear_schedule(1.0, 0.0, 10)
    with pytest.raises((AttributeError, pickle.PicklingError)):
        pickle.dumps(theirs.linear_schedule(1.0, 0.0, 10))
    made = optax.linear_schedule(1.0, 0.0, 10)
    assert pickle.loads(pickle.dumps(made)) == made == optax.linear_schedule(1.0, 0.0, 10)
