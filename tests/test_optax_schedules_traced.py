"""`glidepath.optax` under `jit` and `vmap` over every numeric argument, and its accuracy in float32."""

from __future__ import annotations

import inspect

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import optax as theirs
import pytest
from mpmath import mpf

import glidepath.optax as optax
from test_oracle import SMALLEST_FLOAT32

CYCLE = {
    "init_value": 0.01,
    "peak_value": 1.0,
    "warmup_steps": 10,
    "decay_steps": 60,
    "end_value": 0.1,
    "exponent": 2.0,
}
EXPONENTIAL = {"transition_steps": 20, "decay_rate": 0.5, "transition_begin": 5, "end_value": 0.03}

#: For each function, arguments by name, every number among them to be traced.
ARGUMENTS = {
    "constant_schedule": {"value": 0.1},
    "linear_schedule": {"init_value": 0.1, "end_value": 0.01, "transition_steps": 40, "transition_begin": 5},
    "polynomial_schedule": {
        "init_value": 0.1, "end_value": 0.01, "power": 2.0, "transition_steps": 40, "transition_begin": 5,
    },
    "exponential_decay": {"init_value": 0.1, **EXPONENTIAL},
    "cosine_decay_schedule": {"init_value": 0.1, "decay_steps": 40, "alpha": 0.1, "exponent": 1.5},
    "linear_onecycle_schedule": {
        "transition_steps": 60, "peak_value": 1.0, "pct_start": 0.25, "pct_final": 0.75, "div_factor": 8.0,
        "final_div_factor": 100.0,
    },
    "cosine_onecycle_schedule": {
        "transition_steps": 60, "peak_value": 1.0, "pct_start": 0.25, "div_factor": 8.0, "final_div_factor": 100.0,
        "pct_final": 0.75,
    },
    "warmup_constant_schedule": {"init_value": 0.01, "peak_value": 0.1, "warmup_steps": 20},
    "warmup_cosine_decay_schedule": CYCLE,
    "warmup_exponential_decay_schedule": {"init_value": 0.01, "peak_value": 0.1, "warmup_steps": 20, **EXPONENTIAL},
}  # fmt: skip
STEPS = jnp.arange(0, 90)


def others(argument, value):
    """Three values of an argument, the given one among them."""
    if type(value) is int:
        return [value, value + 3, max(value - 5, 0)]
    return [value, value * 1.25, value * 0.75]


def assert_same(made, arguments, rows, traced):
    wanted = [made(**arguments, **row)(np.asarray(STEPS)).tolist() for row in rows]
    for got, want in zip(traced.tolist(), wanted, strict=True):
        assert got == pytest.approx(want, rel=3e-6, abs=1e-9)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_all_numbers_can_be_traced_at_once(name):
    made = getattr(optax, name)
    columns = {field: others(field, value) for field, value in ARGUMENTS[name].items()}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    traced = jax.jit(jax.vmap(lambda row: made(**row)(STEPS)))({k: jnp.array(v) for k, v in columns.items()})
    assert_same(made, {}, rows, traced)


@pytest.mark.parametrize(
    ("name", "argument"), [pytest.param(n, a, id=f"{n}-{a}") for n in ARGUMENTS for a in ARGUMENTS[n]]
)
def test_each_number_can_be_traced_alone(name, argument):
    made = getattr(optax, name)
    rest = {field: value for field, value in ARGUMENTS[name].items() if field != argument}
    column = others(argument, ARGUMENTS[name][argument])

    traced = jax.jit(jax.vmap(lambda x: made(**rest, **{argument: x})(STEPS)))(jnp.array(column))
    assert_same(made, rest, [{argument: x} for x in column], traced)


def test_optax_can_trace_but_few_of_them():
    def traces(name):
        known = inspect.signature(getattr(theirs, name)).parameters
        arguments = {field: value for field, value in ARGUMENTS[name].items() if field in known}
        try:
            jax.jit(lambda row: getattr(theirs, name)(**row)(5))(arguments)
        except (jax.errors.TracerBoolConversionError, jax.errors.ConcretizationTypeError, TypeError):
            return False
        return True

    assert [name for name in ARGUMENTS if traces(name)] == ["constant_schedule"]


PIECES = {
    "jumps": lambda b, s, v: optax.piecewise_constant_schedule(v, (b, s)),
    "absolute": lambda b, s, v: optax.piecewise_constant_schedule(v, (b, s), scales="absolute"),
    "until": lambda b, s, v: optax.piecewise_constant_schedule(v, (b, s), scales="until"),
    "lines": lambda b, s, v: optax.piecewise_interpolate_schedule("linear", v, (b, s)),
    "cosines": lambda b, s, v: optax.piecewise_interpolate_schedule("cosine", v, (b, s)),
}


@pytest.mark.parametrize("name", PIECES)
def test_steps_and_scales_can_be_traced_as_arrays(name):
    steps, scales = [[5, 20, 40], [0, 30, 60]], [[0.5, 2.0, 0.1], [0.25, 0.5, 3.0]]
    values = [0.5, 2.0]
    wanted = [PIECES[name](b, s, v)(np.asarray(STEPS)) for b, s, v in zip(steps, scales, values, strict=True)]

    traced = jax.jit(jax.vmap(lambda b, s, v: PIECES[name](b, s, v)(STEPS)))
    got = traced(jnp.array(steps), jnp.array(scales), jnp.array(values))
    np.testing.assert_allclose(got, wanted, rtol=2e-6, atol=1e-7)


def test_scales_of_a_dict_can_be_traced():
    made = jax.jit(lambda s, v: optax.piecewise_constant_schedule(v, {5: s, 20: 0.5})(STEPS))(0.1, 2.0)
    np.testing.assert_allclose(made, optax.piecewise_constant_schedule(2.0, {5: 0.1, 20: 0.5})(np.asarray(STEPS)), 1e-6)


def test_a_step_of_0_may_stand_before_traced_scales():
    steps, scales = (0, 20), jnp.array([0.5, 0.1])
    traced = jax.jit(lambda s: optax.piecewise_constant_schedule(2.0, (steps, s))(STEPS))(scales)
    np.testing.assert_allclose(
        traced, optax.piecewise_constant_schedule(2.0, {0: 0.5, 20: 0.1})(np.asarray(STEPS)), 1e-6
    )
    one = jax.jit(lambda b, s: optax.piecewise_constant_schedule(2.0, (b, s), scales="until")(STEPS))
    np.testing.assert_allclose(one(jnp.array([20]), jnp.array([0.1])), [0.2] * len(STEPS), 1e-6)


def test_cycles_joins_and_periods_can_be_traced():
    def joined(n, b):
        lines = [optax.linear_schedule(1.0, 0.5, n), optax.cosine_decay_schedule(0.3, n)]
        return optax.join_schedules(lines, [b])

    def cycles(n, b):
        return optax.sgdr_schedule([{**CYCLE, "decay_steps": n + b}, {**CYCLE, "warmup_steps": b, "decay_steps": 60}])

    def repeated(n, b):
        return optax.sgdr_schedule(optax.cosine_decay_schedule(1.0, n), restart_period=b, t_mult=2)

    for make in (joined, cycles, repeated):
        wanted = [make(n, b)(np.asarray(STEPS)) for n, b in ((30, 10), (50, 25))]
        traced = jax.jit(jax.vmap(lambda n, b, make=make: make(n, b)(STEPS)))(jnp.array([30, 50]), jnp.array([10, 25]))
        np.testing.assert_allclose(traced, wanted, rtol=2e-6, atol=1e-7)


def test_traced_phases_that_take_no_steps_are_passed_at_once():
    marks = [(0.0, 0.0), (0.0, 1.0), (0.5, 0.5), (1.0, 1.0)]
    wanted = [optax.linear_onecycle_schedule(60, 1.0, a, b)(np.asarray(STEPS)) for a, b in marks]
    traced = jax.vmap(lambda a, b: optax.linear_onecycle_schedule(60, 1.0, a, b)(STEPS))(*jnp.array(marks).T)
    np.testing.assert_allclose(traced, wanted, rtol=2e-6, atol=1e-8)


def test_a_traced_peak_of_0_has_no_end_value():
    made = jax.jit(lambda peak: optax.warmup_cosine_decay_schedule(0.2, peak, 50, 100, -3.0)(jnp.array([0, 50, 100])))
    assert made(0.0).tolist() == pytest.approx([0.2, 0.0, 0.0])
    assert made(1.0).tolist() == pytest.approx([0.2, 1.0, -3.0])


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_new_horizon_does_not_compile_anew(name):
    made = getattr(optax, name)
    longer = {k: v + 7 if type(v) is int else v for k, v in ARGUMENTS[name].items()}
    evaluate = jax.jit(lambda schedule, step: schedule(step))
    first, second = made(**ARGUMENTS[name]), made(**longer)

    assert evaluate(first, 33).item() == pytest.approx(first(33), rel=2e-6)
    assert evaluate(second, 33).item() == pytest.approx(second(33), rel=2e-6)
    assert evaluate._cache_size() == 1


# Accuracy ---------------------------------------------------------------------------------------------------------

HORIZONS = [1000, 100_000, 2**24 + 3, 100_000_000, 2**31 - 1]
#: A float32 holds these.
PEAK, LOW, RATE = 2.0**-10, 2.0**-17, 0.75


def share(t, steps):
    return min(max(mpf(int(t)), mpf(0)), mpf(steps)) / steps


def line(a, b, t, steps):
    return mpf(a) + (mpf(b) - mpf(a)) * share(t, steps)


def cosine(a, b, t, steps):
    return mpf(b) + (mpf(a) - mpf(b)) * (1 + mpmath.cospi(share(t, steps))) / 2


def warmed(t, warmup, then):
    return line(0, PEAK, t, warmup) if t < warmup else then(t - warmup)


#: How to make a schedule of a horizon, the same by definition, and how far off it may be.
ACCURATE = {
    "line": (lambda n: optax.linear_schedule(PEAK, 0.0, n), lambda t, n: line(PEAK, 0, t, n), 4.8e-7),
    "line to a value": (lambda n: optax.linear_schedule(PEAK, LOW, n), lambda t, n: line(PEAK, LOW, t, n), 4.8e-7),
    "rise": (lambda n: optax.linear_schedule(0.0, PEAK, n), lambda t, n: line(0, PEAK, t, n), 4.8e-7),
    "square": (
        lambda n: optax.polynomial_schedule(PEAK, 0.0, 2.0, n),
        lambda t, n: PEAK * (1 - share(t, n)) ** 2,
        6e-7,
    ),
    "root": (
        lambda n: optax.polynomial_schedule(PEAK, 0.0, 0.5, n),
        lambda t, n: PEAK * (1 - share(t, n)) ** mpf(0.5),
        4.8e-7,
    ),
    "cosine": (lambda n: optax.cosine_decay_schedule(PEAK, n), lambda t, n: cosine(PEAK, 0, t, n), 4.8e-7),
    "cosine to a value": (
        lambda n: optax.cosine_decay_schedule(PEAK, n, 2.0**-7),
        lambda t, n: cosine(PEAK, LOW, t, n),
        4.8e-7,
    ),
    "warmup and cosine": (
        lambda n: optax.warmup_cosine_decay_schedule(0.0, PEAK, n // 10, n, LOW),
        lambda t, n: warmed(t, n // 10, lambda t: cosine(PEAK, LOW, t, n - n // 10)),
        4.8e-7,
    ),
    "one cycle": (
        lambda n: optax.linear_onecycle_schedule(n, PEAK, 0.25, 0.75, 8.0, 1024.0),
        lambda t, n: (
            line(PEAK / 8, PEAK, t, n // 4)
            if t < n // 4
            else line(PEAK, PEAK / 8, t - n // 4, 3 * n // 4 - n // 4)
            if t < 3 * n // 4
            else line(PEAK / 8, PEAK / 8 / 1024, t - 3 * n // 4, n - 3 * n // 4)
        ),
        4.8e-7,
    ),
    "exponential": (
        lambda n: optax.exponential_decay(PEAK, max(n // 100, 1), RATE),
        lambda t, n: PEAK * mpf(RATE) ** (mpf(int(t)) / max(n // 100, 1)),
        2e-6,
    ),
    "staircase": (
        lambda n: optax.exponential_decay(PEAK, max(n // 100, 1), RATE, staircase=True),
        lambda t, n: PEAK * mpf(RATE) ** (int(t) // max(n // 100, 1)),
        2e-6,
    ),
}


@pytest.mark.parametrize("name", ACCURATE)
@pytest.mark.parametrize("horizon", HORIZONS)
def test_float32_is_accurate_under_jit(name, horizon):
    make, definition, limit = ACCURATE[name]
    rng = np.random.default_rng(7)
    ends = [0, 1, 2, horizon // 2, horizon - 2, horizon - 1, horizon, 2**24 + 1, 2**31 - 1]
    marks = [m + i for m in (horizon // 10, horizon // 4, 3 * horizon // 4, horizon // 100) for i in (-1, 0, 1)]
    steps = np.array([*ends, *marks, *rng.integers(0, horizon, 40)], dtype=np.int32)
    got = jax.jit(lambda t: make(horizon)(t))(jnp.asarray(steps)).tolist()
    for step, value in zip(steps, got, strict=True):
        wanted = definition(step, horizon)
        off = abs(mpf(value) - wanted)
        assert off <= max(limit * abs(wanted), SMALLEST_FLOAT32), (int(step), value, float(wanted))
    if name not in ("exponential", "staircase"):
        first, last = definition(0, horizon), definition(horizon, horizon)
        assert (got[0], got[6]) == (float(np.float32(float(first))), float(np.float32(float(last))))


@pytest.mark.parametrize("rate", [2.0, 0.5])
def test_a_growth_without_end_can_be_made_in_a_compiled_function(rate):
    plain = optax.exponential_decay(0.1, 5, rate)
    assert jax.jit(lambda t: optax.exponential_decay(0.1, 5, rate)(t))(7).item() == pytest.approx(plain(7), rel=2e-6)
    traced = jax.jit(lambda rate: optax.exponential_decay(0.1, 5, rate)(7))
    assert traced(rate).item() == pytest.approx(plain(7), rel=2e-6)
