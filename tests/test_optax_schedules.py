"""The schedule functions of `glidepath.optax` give optax's numbers, in both call forms, and refuse what is wrong."""

from __future__ import annotations

import inspect
import pickle
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import optax as theirs
import optax.schedules
import pytest

import glidepath
import glidepath.optax as optax
from glidepath import Constant, Cosine, Custom, Exponential, Join, Linear, Piecewise, Repeat, ScheduleError
from optax_plugin_run import run

CYCLE = {"init_value": 0.0, "peak_value": 1.0, "warmup_steps": 10, "decay_steps": 60, "end_value": 0.01}

#: Calls that mean the same in optax, by the name of the function.
CALLS = {
    "constant_schedule": [((0.1,), {}), ((5,), {})],
    "linear_schedule": [
        ((0.1, 0.0, 50), {}),
        ((0.0, 0.3, 50, 7), {}),
        ((), {"init_value": -0.1, "end_value": 0.2, "transition_steps": 33, "transition_begin": 5}),
    ],
    "polynomial_schedule": [
        ((0.1, 0.01, 2, 50), {}),
        ((0.1, 0.0, 0.5, 50, 3), {}),
        ((0.0, 1.0, 3.0, 41), {}),
        ((1.0, 0.2, 1, 40), {}),
    ],
    "exponential_decay": [
        ((0.1, 20, 0.5), {}),
        ((0.1, 20, 0.96, 5, True), {}),
        ((0.1, 20, 0.5), {"end_value": 0.03}),
        ((0.1, 20, 1.5), {}),
        ((0.1, 20, 1.5), {"end_value": 0.3, "staircase": True}),
        ((0.1, 20, 1.0), {"end_value": 0.3}),
        ((-0.1, 20, 0.5), {}),
        ((1.0, 200, 3), {}),
    ],
    "cosine_decay_schedule": [
        ((0.1, 50), {}),
        ((0.1, 50, 0.1), {}),
        ((0.1, 50), {"alpha": 0.2, "exponent": 2.0}),
        ((0.1, 50), {"alpha": -3.0, "exponent": 1.5}),
        ((0.1, 50), {"alpha": 1.0}),
    ],
    "piecewise_constant_schedule": [
        ((0.1, {30: 0.5, 10: 2.0}), {}),
        ((-0.1, {10: 0.5, 30: 0.0}), {}),
        ((0.1, {0: 0.5, 30: 0.1}), {}),
        ((0.1,), {}),
        ((0.1, {}), {}),
        ((0.1, {5 * i: 0.9 for i in range(1, 15)}), {}),
    ],
    "piecewise_interpolate_schedule": [
        (("linear", 0.1, {30: 0.5, 10: 2.0}), {}),
        (("cosine", 0.1, {10: 0.5, 30: 0.1, 50: 3.0}), {}),
        (("linear", 0.1, {0: 2.0, 30: 0.5}), {}),
        (("linear", 0.1), {}),
        (("cosine", 0.1, {}), {}),
    ],
    "linear_onecycle_schedule": [((60, 1.0), {}), ((60, 1.0, 0.2, 0.7, 10.0, 100.0), {}), ((61, 1.0, 0.0), {})],
    "cosine_onecycle_schedule": [((60, 1.0), {}), ((60, 1.0, 0.2, 10.0, 100.0), {}), ((60, 1.0), {"div_factor": 0.5})],
    "warmup_constant_schedule": [((0.0, 0.1, 30), {}), ((0.2, 0.1, 30), {})],
    "warmup_cosine_decay_schedule": [
        ((0.0, 0.1, 20, 60), {}),
        ((0.0, 0.1, 20, 60, 0.01), {}),
        ((0.2, 1.21, 20, 60, -3.0, 2), {}),
        ((0.0, 0.1, 0, 60), {}),
    ],
    "warmup_exponential_decay_schedule": [
        ((0.0, 0.1, 20, 10, 0.5), {}),
        ((0.0, 0.1, 20, 10, 0.5, 5, True, 0.01), {}),
        ((0.0, 0.1, 0, 10, 0.5), {}),
    ],
    "sgdr_schedule": [
        (([CYCLE],), {}),
        (([CYCLE, CYCLE | {"decay_steps": 30, "peak_value": 0.5}, CYCLE | {"warmup_steps": 0}],), {}),
    ],
}
EACH = [pytest.param(name, *call, id=f"{name}-{i}") for name, calls in CALLS.items() for i, call in enumerate(calls)]
STEPS = [*range(80), 100, 1000]


@pytest.mark.parametrize(("name", "args", "kwargs"), EACH)
def test_the_values_are_those_of_optax(name, args, kwargs):
    ours = getattr(optax, name)(*args, **kwargs)
    with jax.enable_x64(True):
        peer = getattr(theirs, name)(*args, **kwargs)
        wanted = [float(peer(np.float64(step))) for step in STEPS]

    assert [ours(step) for step in STEPS] == pytest.approx(wanted, rel=1e-9, abs=1e-15)
    # Where float32 is coarse next to zero, an error counts relative to the largest value.
    largest = max(map(abs, wanted))
    assert ours(jnp.array(STEPS)).tolist() == pytest.approx(wanted, rel=2e-6, abs=1e-7 * largest)


@pytest.mark.parametrize(("name", "args", "kwargs"), EACH)
def test_a_schedule_is_a_value(name, args, kwargs):
    made = getattr(optax, name)(*args, **kwargs)

    assert made == getattr(optax, name)(*args, **kwargs)
    assert len({made, getattr(optax, name)(*args, **kwargs)}) == 1
    assert eval(repr(made), vars(glidepath)) == made
    assert glidepath.from_json(made.to_json()) == made
    assert pickle.loads(pickle.dumps(made)) == made


def test_a_function_takes_what_the_one_of_optax_takes():
    for name in CALLS:
        ours, wanted = (inspect.signature(getattr(module, name)).parameters for module in (optax, theirs))
        if name != "sgdr_schedule":
            assert [*ours][: len(wanted)] == [*wanted]
        for parameter in wanted.values():
            if parameter.default is not parameter.empty:
                assert ours[parameter.name].default == parameter.default, (name, parameter)


# What the functions return --------------------------------------------------------------------------------------


def test_the_functions_return_the_kinds_of_the_core():
    assert optax.constant_schedule(0.1) == Constant(value=0.1)
    assert optax.linear_schedule(0.1, 0.0, 10) == Linear(start=0.1, end=0.0, steps=10)
    assert optax.linear_schedule(0.1, 0.0, 10, 5).schedule == Linear(start=0.1, end=0.0, steps=10)
    assert optax.cosine_decay_schedule(0.1, 10, 0.5) == Cosine(start=0.1, end=0.05, steps=10)
    assert optax.exponential_decay(0.1, 10, 0.5) == Exponential(start=0.1, rate=0.5, steps=10)
    assert optax.piecewise_constant_schedule(1.0, {5: 0.5}) == Piecewise(boundaries=(5,), values=(1.0, 0.5))
    assert optax.warmup_constant_schedule(0.0, 0.1, 5) == Linear(start=0.0, end=0.1, steps=5)
    assert optax.warmup_cosine_decay_schedule(0.0, 0.1, 5, 20) == Join(
        parts=(Linear(start=0.0, end=0.1, steps=5), Cosine(start=0.1, end=0.0, steps=15)), boundaries=(5,)
    )
    assert optax.join_schedules([Constant(value=1.0), Constant(value=2.0)], [5]) == Join(
        parts=(Constant(value=1.0), Constant(value=2.0)), boundaries=(5,)
    )


def test_a_growth_without_end_stops_at_the_largest_float32():
    assert optax.exponential_decay(1.0, 1, 2.0)(10**6) == float(np.finfo(np.float32).max)
    assert optax.exponential_decay(-1.0, 1, 2.0)(10**6) == -float(np.finfo(np.float32).max)


def test_lengths_may_be_whole_numbers_of_any_type():
    wanted = optax.linear_schedule(1.0, 0.0, 1000)
    for length in (1e3, np.int32(1000), np.float32(1e3), np.array(1000), jnp.array(1000), jnp.float32(1000)):
        assert optax.linear_schedule(1.0, 0.0, length) == wanted
    assert optax.piecewise_constant_schedule(1.0, {1e3: 0.1}).boundaries == (1000,)
    assert optax.join_schedules([wanted, wanted], np.array([2000])).boundaries == (2000,)


def test_values_may_be_scalars_of_any_library():
    wanted = optax.cosine_decay_schedule(0.5, 1000)
    for value in (np.float32(0.5), np.array(0.5), jnp.array(0.5), jnp.bfloat16(0.5)):
        assert optax.cosine_decay_schedule(value, 1000) == wanted


OF_A_VALUE = {
    "constant": lambda v: optax.constant_schedule(v),
    "linear": lambda v: optax.linear_schedule(v, 0.0, 10),
    "exponential": lambda v: optax.exponential_decay(v, 10, 0.5),
    "growing": lambda v: optax.exponential_decay(v, 10, 1.5),
    "cosine": lambda v: optax.cosine_decay_schedule(v, 10),
    "jumps": lambda v: optax.piecewise_constant_schedule(v, {5: 0.5, 7: 0.1}),
    "jump at 0": lambda v: optax.piecewise_constant_schedule(v, {0: 0.5}),
    "lines": lambda v: optax.piecewise_interpolate_schedule("linear", v, {5: 0.5, 7: 0.1}),
    "warmup": lambda v: optax.warmup_cosine_decay_schedule(0.0, v, 5, 10),
    "one cycle": lambda v: optax.cosine_onecycle_schedule(10, v),
}


@pytest.mark.parametrize("name", OF_A_VALUE)
def test_a_vector_of_values_gives_vectors(name):
    vector = [1.0, 2.0, -3.0]
    wanted = [OF_A_VALUE[name](value)(6) for value in vector]
    for make in (jnp.array, np.array):
        made = OF_A_VALUE[name](make(vector))
        assert made(jnp.array(6)).tolist() == pytest.approx(wanted, rel=1e-6)
        assert np.asarray(made(6)).tolist() == pytest.approx(wanted, rel=1e-6)


# Call forms ------------------------------------------------------------------------------------------------------


def test_the_order_of_the_page_is_told_by_the_broken_number():
    wanted = Exponential(start=0.001, rate=0.96, steps=100)
    assert optax.exponential_decay(0.001, 0.96, 100) == wanted
    assert optax.exponential_decay(0.001, 100, 0.96) == wanted
    assert optax.exponential_decay(0.001, decay_rate=0.96, transition_steps=100) == wanted
    assert optax.exponential_decay(0.001, 0.96, 100, 5, True, 0.0005) == optax.exponential_decay(
        0.001, 100, 0.96, 5, True, 0.0005
    )
    assert optax.exponential_decay(0.001, np.float32(0.5), np.array(100)).steps == 100
    assert optax.exponential_decay(1.0, 2, 3) == optax.exponential_decay(1.0, transition_steps=2, decay_rate=3)


def test_a_broken_length_given_by_name_is_refused_and_not_taken_for_a_rate():
    with pytest.raises(ScheduleError, match=r"exponential_decay.transition_steps must be an integer, got 0.5"):
        optax.exponential_decay(1.0, transition_steps=0.5, decay_rate=2)


def test_a_fourth_argument_of_at_most_1_is_where_the_last_phase_begins():
    three = optax.cosine_onecycle_schedule(5000, 0.01, pct_final=0.85, final_div_factor=100.0)
    assert optax.cosine_onecycle_schedule(5000, 0.01, 0.3, 0.85, 100.0) == three
    assert three.boundaries == (1500, 4250)
    assert three(1500) == 0.01
    assert three(4250) == 0.01 / 25
    assert three(5000) == 0.01 / 25 / 100
    two = optax.cosine_onecycle_schedule(5000, 0.01, 0.3, 10.0)
    assert two == optax.cosine_onecycle_schedule(5000, 0.01, div_factor=10.0)
    assert two.boundaries == (1500,)


def test_a_piecewise_schedule_without_a_value_is_a_multiplier():
    drops = {500: 1.0, 1000: 0.5}
    wanted = optax.piecewise_constant_schedule(1.0, drops)
    assert optax.piecewise_constant_schedule(drops) == wanted
    assert optax.piecewise_constant_schedule(boundaries_and_scales=drops) == wanted
    assert optax.piecewise_constant_schedule(((500, 1000), (1.0, 0.5))) == wanted


def test_scales_may_be_absolute():
    drops = {500: 1.0, 1000: 0.5, 1500: 0.1}
    steps = [0, 499, 500, 999, 1000, 1499, 1500, 9999]
    absolute = optax.piecewise_constant_schedule(2.0, drops, scales="absolute")
    assert [absolute(t) for t in steps] == [2.0, 2.0, 2.0, 2.0, 1.0, 1.0, 0.2, 0.2]
    until = optax.piecewise_constant_schedule(drops, scales="until")
    assert [until(t) for t in steps] == [1.0, 1.0, 0.5, 0.5, 0.1, 0.1, 0.1, 0.1]
    assert optax.piecewise_constant_schedule({500: 0.5}, scales="until") == Constant(value=0.5)
    lines = optax.piecewise_interpolate_schedule("linear", 2.0, drops, scales="absolute")
    assert [lines(t) for t in (0, 500, 750, 1500)] == pytest.approx([2.0, 2.0, 1.5, 0.2])


def test_steps_and_scales_may_be_a_pair_of_arrays():
    wanted = optax.piecewise_constant_schedule(2.0, {10: 0.5, 20: 0.1})
    for make in (np.array, jnp.array, list, tuple):
        assert optax.piecewise_constant_schedule(2.0, (make([10, 20]), (0.5, 0.1))) == wanted


def test_decay_steps_may_exclude_the_warmup():
    included = optax.warmup_cosine_decay_schedule(0.0, 1.0, 1000, 10_000)
    assert optax.warmup_cosine_decay_schedule(0.0, 1.0, 1000, steps_after_warmup=9000) == included
    cycles = [CYCLE | {"decay_steps": None, "steps_after_warmup": 50}, CYCLE]
    assert optax.sgdr_schedule(cycles) == optax.sgdr_schedule([CYCLE, CYCLE])


def test_one_cycle_over_and_over_takes_its_time():
    base = optax.cosine_decay_schedule(0.001, 1000)
    made = optax.sgdr_schedule(base, restart_period=1000, t_mult=2.0)
    assert made == Repeat(body=base, period=1000, stretch=2)
    assert made == optax.sgdr_schedule(cosine_decay_schedule=base, restart_period=1000, t_mult=2.0)
    assert [made(t) for t in (0, 500, 1000, 2000, 3000)] == pytest.approx([0.001, 0.0005, 0.001, 0.0005, 0.001])
    same = optax.sgdr_schedule(lambda t: 1.0 / (1 + t), 10)
    assert [same(t) for t in (0, 9, 10)] == pytest.approx([1.0, 0.1, 1.0])


def test_plain_functions_can_be_joined():
    joined = optax.join_schedules([lambda t: 2.0 * t, theirs.linear_schedule(1.0, 0.0, 10)], [5])
    assert isinstance(joined.parts[0], Custom)
    assert [joined(t) for t in (0, 4, 5, 10)] == pytest.approx([0.0, 8.0, 1.0, 0.5])
    assert jax.jit(joined)(10).item() == pytest.approx(0.5)


@pytest.mark.parametrize("use", ["scale_by_schedule", "scale_by_learning_rate", "sgd", "add_decayed_weights"])
def test_a_schedule_is_taken_by_the_transformations_of_optax(use):
    schedule = optax.warmup_cosine_decay_schedule(0.0, 1.0, 2, 10)
    optimizer, params = getattr(optax, use)(schedule), jnp.ones(2)
    state = optimizer.init(params)
    sign = -1 if use in ("scale_by_learning_rate", "sgd") else 1
    base = 1.0 if use == "add_decayed_weights" else 0.0
    for k in range(12):
        gradients = jnp.full(2, 1.0)
        updates, state = jax.jit(optimizer.update)(gradients, state, params)
        assert updates.tolist() == pytest.approx([base + sign * schedule(k)] * 2, rel=1e-6)


# Bad arguments ---------------------------------------------------------------------------------------------------


def last(name):
    return lambda *args, **kwargs: lambda: getattr(optax, name)(*args, **kwargs)


LINEAR, POLYNOMIAL, EXPONENTIAL = last("linear_schedule"), last("polynomial_schedule"), last("exponential_decay")
COSINE, JUMPS, LINES = map(
    last, ("cosine_decay_schedule", "piecewise_constant_schedule", "piecewise_interpolate_schedule")
)
ONE, ONE_COSINE = last("linear_onecycle_schedule"), last("cosine_onecycle_schedule")
WARM, WARM_COSINE, WARM_EXPONENTIAL = map(
    last, ("warmup_constant_schedule", "warmup_cosine_decay_schedule", "warmup_exponential_decay_schedule")
)
SGDR, JOIN = last("sgdr_schedule"), last("join_schedules")
FLAT = Constant(value=1.0)
BAD = [
    (last("constant_schedule")("0.1"), r"constant_schedule.value must be a finite number, got '0.1'"),
    (last("constant_schedule")(True), r"constant_schedule.value must be a finite number, got True"),
    (last("constant_schedule")(None), r"constant_schedule.value must be given, got None"),
    (LINEAR(float("nan"), 0.0, 10), r"linear_schedule.init_value must be a finite number, got nan"),
    (LINEAR(1.0, jnp.inf, 10), r"linear_schedule.end_value must be a finite number, got inf"),
    (LINEAR(1.0, 0.0, 10.5), r"linear_schedule.transition_steps must be an integer, got 10.5"),
    (LINEAR(1.0, 0.0, 10, -1), r"linear_schedule.transition_begin must be a non-negative integer, got -1"),
    (LINEAR(1.0, 0.0, transition_step=10), r"linear_schedule: unknown argument 'transition_step'; did you mean"),
    (POLYNOMIAL(1.0, 0.0, 0.0, 10), r"polynomial_schedule.power must be a positive finite number, got 0.0"),
    (POLYNOMIAL(1.0, 0.0, -1, 10), r"polynomial_schedule.power must be a positive finite number, got -1"),
    (EXPONENTIAL(1.0, 10, -0.5), r"exponential_decay.decay_rate must be a non-negative finite number, got -0.5"),
    (EXPONENTIAL(1.0, 10, 0.5, staircase=1), r"exponential_decay.staircase must be True or False, got 1"),
    (EXPONENTIAL(1.0, 10, 0.5, end_value=2.0), r"exponential_decay.end_value must be at most init_value \(1.0\)"),
    (EXPONENTIAL(1.0, 10, 1.5, end_value=0.5), r"exponential_decay.end_value must be at least init_value \(1.0\)"),
    (COSINE(1.0, 0), r"cosine_decay_schedule.decay_steps must be a positive integer, got 0"),
    (COSINE(1.0, 10, exponent=0.0), r"cosine_decay_schedule.exponent must be a positive finite number, got 0.0"),
    (JUMPS(), r"piecewise_constant_schedule.init_value or .*boundaries_and_scales must be given, got neither"),
    (JUMPS(1.0, {5: -0.5}), r"piecewise_constant_schedule.boundaries_and_scales\[5\] must be a non-negative finite"),
    (JUMPS(1.0, {-5: 0.5}), r"a step of piecewise_constant_schedule.boundaries_and_scales must be a non-negative"),
    (JUMPS(1.0, {5.5: 0.5}), r"a step of piecewise_constant_schedule.boundaries_and_scales must be .*, got 5.5"),
    (JUMPS(1.0, [5]), r"piecewise_constant_schedule.boundaries_and_scales must be a dict .*, got \[5\]"),
    (JUMPS(1.0, ((5, 6), (0.5,))), r"must be as many scales as steps, got 1 scales and 2 steps"),
    (JUMPS(1.0, ((6, 5), (0.5, 1.0))), r"boundaries_and_scales\[0\] must be strictly ascending, got \(6, 5\)"),
    (JUMPS(1.0, {5: 1e200, 6: 1e200}), r"boundaries_and_scales must be small enough that every value is finite"),
    (JUMPS(1.0, {5: 1.0}, scales="total"), r"piecewise_constant_schedule.scales must be one of 'cumulative', "),
    (LINES("linar", 1.0), r"piecewise_interpolate_schedule.interpolate_type must be one of 'linear', 'cosine', got 'l"),
    (LINES(None, 1.0, {}), r"piecewise_interpolate_schedule.interpolate_type must be .* got None"),
    (LINES("linear", 1.0, {5: 1.0}, scales="until"), r"scales must be one of 'cumulative', 'absolute', got 'until'"),
    (ONE(0, 1.0), r"linear_onecycle_schedule.transition_steps must be a positive integer, got 0"),
    (ONE(10, 1.0, 1.5), r"linear_onecycle_schedule.pct_start must be a number from 0 to 1, got 1.5"),
    (ONE(10, 1.0, 0.9, 0.2), r"linear_onecycle_schedule.pct_start must be at most pct_final \(0.2\), got 0.9"),
    (ONE(10, 1.0, div_factor=0), r"linear_onecycle_schedule.div_factor must be a positive finite number, got 0"),
    (ONE_COSINE(10, 1.0, final_div_factor=-1.0), r"cosine_onecycle_schedule.final_div_factor must be a positive"),
    (ONE_COSINE(10, 1.0, 0.9, pct_final=0.2), r"cosine_onecycle_schedule.pct_start must be at most pct_final"),
    (ONE_COSINE(10, 1.0, 0.3, 0.9, pct_final=0.2), r"cosine_onecycle_schedule.*pct_final.* by position and by name"),
    (WARM(0.0, 1.0, -1), r"warmup_constant_schedule.warmup_steps must be a non-negative integer, got -1"),
    (WARM_COSINE(0.0, 1.0, 10, 10), r"warmup_cosine_decay_schedule.decay_steps must be more than warmup_steps \(10\)"),
    (WARM_COSINE(0.0, 1.0, 10), r"decay_steps or .*steps_after_warmup must be given, got neither"),
    (WARM_COSINE(0.0, 1.0, 10, 20, steps_after_warmup=10), r"must be given, got both"),
    (
        WARM_EXPONENTIAL(0.0, 1.0, 10, 5, 0.5, end_value=2.0),
        r"warmup_exponential_decay_schedule.end_value must be at most peak_value \(1.0\)",
    ),
    (SGDR(), r"sgdr_schedule.cosine_kwargs must be given"),
    (SGDR([]), r"sgdr_schedule.cosine_kwargs must be a sequence of at least one dict, got \[\]"),
    (SGDR(CYCLE), r"sgdr_schedule.cosine_kwargs must be a sequence of dicts, got \{"),
    (SGDR([CYCLE, 5]), r"sgdr_schedule.cosine_kwargs\[1\] must be a dict of arguments"),
    (SGDR([CYCLE | {"peak": 1.0}]), r"sgdr_schedule.cosine_kwargs\[0\]: unknown argument 'peak'; did you mean 'peak_"),
    (SGDR([{"init_value": 0.0}]), r"sgdr_schedule.cosine_kwargs\[0\].peak_value must be given"),
    (SGDR([CYCLE, CYCLE | {"warmup_steps": 60}]), r"sgdr_schedule.cosine_kwargs\[1\].decay_steps must be more than"),
    (SGDR([CYCLE], 10), r"sgdr_schedule.restart_period and t_mult are for a schedule that is repeated"),
    (SGDR(FLAT), r"sgdr_schedule.restart_period must be given"),
    (SGDR(FLAT, 0), r"sgdr_schedule.restart_period must be a positive integer, got 0"),
    (SGDR(FLAT, 10, 0.5), r"sgdr_schedule.t_mult must be a plain number of at least 1, got 0.5"),
    (SGDR(lambda t: 1 - t / 10, 10, 2.0), r"sgdr_schedule.t_mult must be 1 for a plain function, which cannot be"),
    (SGDR([CYCLE], t_mult=2.0), r"sgdr_schedule.restart_period and t_mult are for a schedule that is repeated"),
    (SGDR(FLAT, 10, cosine_decay_schedule=FLAT), r"takes cosine_kwargs or cosine_decay_schedule, got both"),
    (JOIN([], []), r"join_schedules.schedules must be a sequence of at least one schedule, got \[\]"),
    (JOIN([FLAT, 0.1], [5]), r"join_schedules.schedules\[1\] must be a schedule or a function of the step, got 0.1"),
    (JOIN(FLAT, [5]), r"join_schedules.schedules must be a sequence of schedules"),
    (JOIN([FLAT, FLAT], []), r"join_schedules.boundaries must be one fewer than the 2 schedules, got 0"),
    (JOIN([FLAT, FLAT], [5, 6]), r"join_schedules.boundaries must be one fewer than the 2 schedules, got 2"),
    (JOIN([FLAT] * 3, [6, 5]), r"join_schedules.boundaries must be strictly ascending, got \(6, 5\)"),
    (JOIN([FLAT, FLAT], [-5]), r"join_schedules.boundaries\[0\] must be a non-negative integer, got -5"),
    (JOIN([FLAT, FLAT], [2.5]), r"join_schedules.boundaries\[0\] must be a non-negative integer, got 2.5"),
    (JOIN([FLAT, FLAT], "5"), r"join_schedules.boundaries must be a sequence of numbers, got '5'"),
]


@pytest.mark.parametrize(("call", "message"), BAD, ids=[str(i) for i in range(len(BAD))])
def test_a_bad_argument_is_refused_by_its_name(call, message):
    with pytest.raises(ScheduleError, match=message):
        call()


def test_a_missing_argument_is_named():
    with pytest.raises(TypeError, match="linear_schedule: missing a required argument: 'transition_steps'"):
        optax.linear_schedule(1.0, 0.0)


@pytest.mark.parametrize(
    ("call", "message", "value"),
    [
        (LINEAR(0.5, 0.0, 0), r"linear_schedule.transition_steps is 0: the schedule is constant at init_value", 0.5),
        (POLYNOMIAL(0.5, 0.0, 2, -1), r"polynomial_schedule.transition_steps is -1", 0.5),
        (EXPONENTIAL(0.5, 0, 0.9), r"exponential_decay.transition_steps is 0", 0.5),
        (
            EXPONENTIAL(0.5, 10, 0.0),
            r"exponential_decay.decay_rate is 0.0: the schedule is constant at init_value",
            0.5,
        ),
        (EXPONENTIAL(0.5, 10, 1.0, end_value=0.1), r"exponential_decay.end_value is 0.1", 0.1),
    ],
)
def test_what_optax_takes_for_constant_is_constant_with_a_warning_that_names_the_argument(call, message, value):
    with pytest.warns(UserWarning, match=message) as caught:
        assert call() == Constant(value=value)
    assert caught[0].filename == __file__


def test_a_warmup_to_a_peak_of_0_stays_there_with_a_warning():
    with pytest.warns(UserWarning, match="warmup_cosine_decay_schedule.end_value is -3.0: it is taken as 0"):
        made = optax.warmup_cosine_decay_schedule(0.2, 0, 50, 100, -3.0)
    assert [made(t) for t in (0, 25, 50, 100)] == [0.2, 0.1, 0.0, 0.0]


# The module -------------------------------------------------------------------------------------------------------


def test_every_other_name_is_that_of_optax():
    for name in dir(theirs):
        if name[0] != "_" and name not in {*CALLS, "join_schedules", "schedules", "MultiSteps"} and "nject" not in name:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                if name != "WrappedSchedule":
                    assert getattr(optax, name) is getattr(theirs, name), name
    assert set(dir(theirs)) <= set(dir(optax))
    with pytest.raises(AttributeError, match="no attribute 'adamz'"):
        getattr(optax, "adamz")  # noqa: B009


def test_a_star_import_has_all_of_it():
    names = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        exec("from glidepath.optax import *", names)
    assert set(theirs.__all__) | set(CALLS) <= set(names)
    assert names["linear_schedule"] is optax.linear_schedule
    assert names["adamw"] is theirs.adamw


def test_the_schedules_of_the_submodule_are_ours():
    assert set(dir(theirs.schedules)) <= set(dir(optax.schedules))
    for name in [*CALLS, "join_schedules", "inject_hyperparams"]:
        assert getattr(optax.schedules, name) is getattr(optax, name) is not getattr(theirs, name)
    assert optax.schedules.StatefulSchedule is theirs.schedules.StatefulSchedule


@pytest.mark.parametrize("module", ["optax.schedules._schedule_test", "optax.schedules._join_test"])
def test_optax_s_own_tests_pass(module):
    result = run(module)
    assert "glidepath stands in for" in result.output
    assert result.failed == 0, result.output
    assert result.passed >= {"optax.schedules._schedule_test": 50, "optax.schedules._join_test": 1}[module]
