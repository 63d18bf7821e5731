"""Ramps of every horizon, and neighbouring steps: what a library's rounding may not do to them.

XLA turns a division by a constant into a multiplication that may miss the end; so horizons are tried as traced
arguments, all of them, and as constants, some of them (`benchmarks/horizons.py` tries all).
"""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import glidepath
import glidepath.jax

HORIZONS = np.arange(1, 20_001)

#: The names of the shapes, and a schedule of each from start to end in some steps.
SHAPES = {
    "linear": lambda start, end, steps: glidepath.Linear(start=start, end=end, steps=steps),
    "cosine": lambda start, end, steps: glidepath.Cosine(start=start, end=end, steps=steps),
    "sqrt": lambda start, end, steps: glidepath.Sqrt(start=start, end=end, steps=steps),
    "rex": lambda start, end, steps: glidepath.Rex(start=start, end=end, steps=steps),
    **{
        f"polynomial {power}": functools.partial(
            lambda power, start, end, steps: glidepath.Polynomial(start=start, end=end, steps=steps, power=power), power
        )
        for power in (0.5, 0.9, 1.0, 2.0)
    },
}

#: Falling to 0, rising from 0, and between two values.
ENDS = [(0.1, 0.0), (0.0, 0.3), (0.7, 0.1)]


def steps_around(horizon):
    """The first and last steps of a horizon, and some past it."""
    near = [-1, 0, 1, horizon // 2, horizon - 2, horizon - 1, horizon, horizon + 1, 2 * horizon, 2**31 - 1]
    return np.stack([np.broadcast_to(np.maximum(step, -1), np.shape(horizon)) for step in near], -1)


def assert_right(values, start, end):
    """Rows of values at `steps_around`: finite, between the ends, and at the ends exactly."""
    values = np.asarray(values)
    start, end = values.dtype.type(start), values.dtype.type(end)
    assert np.isfinite(values).all()
    assert (values >= min(start, end)).all()
    assert (values <= max(start, end)).all()
    assert (values[:, :2] == start).all()
    assert (values[:, 6:] == end).all()


@pytest.mark.parametrize(("start", "end"), ENDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_no_horizon_up_to_20000_misses_its_end_under_jit_as_a_traced_argument(shape, start, end):
    make = SHAPES[shape]
    values = jax.jit(jax.vmap(lambda n, t: make(start, end, n)(t)))(HORIZONS, steps_around(HORIZONS))
    assert values.dtype == jnp.float32
    assert_right(values, start, end)


@pytest.mark.parametrize("shape", SHAPES)
def test_no_horizon_up_to_20000_misses_its_end_in_numpy_and_torch(shape):
    steps = steps_around(HORIZONS)
    for start, end in ENDS:
        held = SHAPES[shape](start, end, HORIZONS[:, None])
        assert_right(held(steps), start, end)
        held = SHAPES[shape](start, end, torch.tensor(HORIZONS)[:, None])
        assert_right(held(torch.tensor(steps)), start, end)


#: Horizons as constants: small ones, multiples that XLA got wrong elsewhere, and some of all sizes.
CONSTANTS = [1, 2, 3, 5, 7, 10, 41, 47, 49, 100, 1000, 3000, 9999, 10_000, 19_999, 30_000, 90_000]


@pytest.mark.parametrize("shape", SHAPES)
def test_horizons_that_are_constants_under_jit_do_not_miss_their_ends(shape):
    make = SHAPES[shape]
    schedules = [make(0.1, 0.0, n) for n in CONSTANTS]
    steps = [jnp.array(steps_around(n)) for n in CONSTANTS]
    values = jax.jit(lambda steps: [s(t) for s, t in zip(schedules, steps, strict=True)])(steps)
    assert_right(np.stack(values), 0.1, 0.0)


@pytest.mark.parametrize("horizon", [3, 41, 1000, 30_000])
def test_a_jitted_loop_over_the_steps_is_never_negative_and_ends_at_the_end(horizon):
    s = glidepath.Polynomial(start=0.1, end=0.0, steps=horizon, power=0.5)
    _, values = jax.lax.scan(lambda t, _: (t + 1, s(t)), 0, length=horizon + 2)
    values = np.asarray(values)
    assert np.isfinite(values).all()
    assert (values[:horizon] > 0).all()
    assert (values[horizon:] == 0).all()
    assert (np.diff(values) <= 0).all()


# Neighbours ---------------------------------------------------------------------------------------------------


def random_ramps(count, seed):
    """Ends over many orders of magnitude and of either sign, horizons of all sizes, and windows of steps in them."""
    rng = np.random.default_rng(seed)
    ends = 10.0 ** rng.uniform(-9, 3, (2, count)) * rng.choice([-1, 0, 1, 1, 1], (2, count))
    some = rng.choice([20, 1000, 2**24 - 1, 2**24 + 1, 2**31 - 300], count)
    horizons = np.maximum(some - rng.integers(0, 15, count), 1)
    first = (rng.uniform(0, 1, count) ** 2 * horizons).astype(np.int64)
    first = np.where(rng.random(count) < 0.5, np.maximum(horizons - 100, -5), first)
    return *ends, horizons, first[:, None] + np.arange(120)


def assert_monotone(values, start, end, ulps=0):
    """Rows of values never step the wrong way (by more than some ulps), nor leave the ends."""
    values = np.asarray(values)
    start, end = (np.asarray(x).astype(values.dtype)[:, None] for x in (start, end))
    upward = end >= start
    steps = np.diff(values)
    assert np.isfinite(values).all()
    assert (np.where(upward, steps, -steps) >= -ulps * np.spacing(np.abs(values[:, 1:]))).all()
    assert (values >= np.minimum(start, end)).all()
    assert (values <= np.maximum(start, end)).all()


@pytest.mark.parametrize("shape", SHAPES)
def test_neighbouring_steps_never_go_the_wrong_way_in_numpy(shape):
    start, end, horizons, steps = random_ramps(1000, 1)
    held = SHAPES[shape](start[:, None], end[:, None], horizons[:, None])
    assert_monotone(held(steps), start, end)


@pytest.mark.parametrize("shape", SHAPES)
def test_neighbouring_steps_never_go_the_wrong_way_in_python(shape):
    start, end, horizons, steps = random_ramps(100, 2)
    schedules = map(SHAPES[shape], start.tolist(), end.tolist(), horizons.tolist())
    assert_monotone([[s(t) for t in row] for s, row in zip(schedules, steps.tolist(), strict=True)], start, end)


def ulps_of_xla(shape):
    """A Polynomial that rises does so by expm1 and log1p, which XLA does not compute monotonically in float32."""
    return 2 if shape.startswith("polynomial") and shape != "polynomial 1.0" else 0


@pytest.mark.parametrize("shape", SHAPES)
def test_neighbouring_steps_never_go_the_wrong_way_under_jit(shape):
    start, end, horizons, steps = random_ramps(1000, 3)
    make = SHAPES[shape]
    values = jax.jit(jax.vmap(lambda a, b, n, t: make(a, b, n)(t)))(start, end, horizons, steps)
    assert values.dtype == jnp.float32
    assert_monotone(values, start, end, ulps_of_xla(shape))


@pytest.mark.parametrize("shape", SHAPES)
def test_neighbouring_steps_never_go_the_wrong_way_under_jit_with_constants(shape):
    start, end, horizons, steps = random_ramps(12, 4)
    schedules = list(map(SHAPES[shape], start.tolist(), end.tolist(), horizons.tolist()))
    values = jax.jit(lambda steps: jnp.stack([s(t) for s, t in zip(schedules, steps, strict=True)]))(jnp.array(steps))
    assert_monotone(values, start, end, ulps_of_xla(shape))


@pytest.mark.parametrize("shape", SHAPES)
def test_neighbouring_steps_never_go_the_wrong_way_in_torch(shape):
    start, end, horizons, steps = random_ramps(1000, 5)
    held = SHAPES[shape](*(torch.tensor(x)[:, None] for x in (start, end, horizons)))
    assert_monotone(held(torch.tensor(steps)), start, end)
    assert_monotone(held(torch.tensor(steps, dtype=torch.float64)), start, end)


@pytest.mark.parametrize("library", [np.asarray, jnp.asarray, torch.tensor])
def test_powers_and_roots_of_the_step_never_rise(library):
    schedules = [
        glidepath.InverseSqrt(peak=0.3, timescale=7),
        glidepath.PowerLaw(peak=0.3, timescale=7, power=0.51),
        glidepath.InverseTime(start=0.3, rate=0.9, steps=7),
        glidepath.Exponential(start=0.3, rate=0.97, steps=50),
        glidepath.Exponential(start=0.3, rate=0.5, steps=7, staircase=True),
    ]
    for s in schedules:
        for first in (-5, 2**24 - 500, 2**30):
            values = np.asarray(s(library(np.arange(first, first + 1000))))
            assert (np.diff(values) <= 0).all(), (s, first)
            assert (values >= 0).all()
