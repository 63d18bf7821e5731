"""Known values: from papers, from worked examples, and from other libraries where they are right."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
import optax
import pytest
import torch

import glidepath as g


def lrs_of_torch(make, count, lr=0.1):
    """The learning rates that a PyTorch scheduler uses for the first updates."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)
    scheduler = make(optimizer)
    found = []
    for _ in range(count):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def python(schedule, count):
    return [schedule(step) for step in range(count)]


# By hand ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "values"),
    [
        (g.Constant(value=0.3), {0: 0.3, 10**9: 0.3}),
        (g.Linear(start=1.0, end=0.0, steps=4), {0: 1.0, 1: 0.75, 2: 0.5, 3: 0.25, 4: 0.0, 5: 0.0}),
        (g.Linear(start=1.0, end=0.0, steps=4), {0.5: 0.875, 3.75: 0.0625, -3: 1.0}),
        (g.Cosine(start=1.0, end=0.0, steps=6), {0: 1.0, 2: 0.75, 3: 0.5, 4: 0.25, 6: 0.0}),
        (g.Polynomial(start=1.0, end=0.0, steps=4, power=2.0), {1: 0.5625, 2: 0.25, 3: 0.0625}),
        (g.Polynomial(start=0.0, end=1.0, steps=4, power=2.0), {1: 0.4375, 2: 0.75, 3: 0.9375}),
        (g.Polynomial(start=1.0, end=0.0, steps=4, power=0.5), {3: 0.5, 4: 0.0}),
        (g.Sqrt(start=1.0, end=0.0, steps=100), {0: 1.0, 1: 0.9, 25: 0.5, 81: 0.1, 100: 0.0}),
        (g.Rex(start=1.0, end=0.0, steps=10), {0: 1.0, 5: 2 / 3, 10: 0.0}),
        (g.Exponential(start=1.0, rate=0.25, steps=2), {1: 0.5, 2: 0.25, 3: 0.125}),
        (g.Exponential(start=1.0, rate=0.25, steps=2, staircase=True), {0: 1.0, 1: 1.0, 2: 0.25, 3: 0.25}),
        (g.Exponential(start=1.0, rate=2.0, end=5.0), {0: 1.0, 1: 2.0, 2: 4.0, 3: 5.0, 10**6: 5.0}),
        (g.Exponential(start=-0.01, rate=1.5, steps=7, staircase=True, end=-3.0), {99: -0.01 * 1.5**14, 105: -3.0}),
        (g.InverseSqrt(peak=1.0, timescale=4), {0: 1.0, 4: 1.0, 16: 0.5, 64: 0.25}),
        (g.PowerLaw(peak=1.0, timescale=2, power=2.0), {2: 1.0, 4: 0.25, 8: 0.0625}),
        (g.InverseTime(start=1.0, rate=1.0, steps=2), {0: 1.0, 2: 0.5, 6: 0.25}),
        (g.InverseTime(start=1.0, rate=1.0, steps=2, staircase=True), {1: 1.0, 3: 0.5, 7: 0.25}),
        (g.Triangle(low=0.0, high=1.0, up=2, down=4), {0: 0.0, 1: 0.5, 2: 1.0, 3: 0.75, 6: 0.0, 7: 0.0}),
        (g.Piecewise(boundaries=(2, 4), values=(1.0, 0.5, 0.25)), {1: 1.0, 2: 0.5, 3: 0.5, 4: 0.25}),
        (g.Piecewise(boundaries=(2, 4), values=(0, 1, 0), interpolation="linear"), {1: 0.5, 2: 1.0, 3: 0.5, 9: 0.0}),
        (g.Piecewise(boundaries=(4,), values=(0, 1), interpolation="cosine"), {1: 0.5 - math.sqrt(0.125), 2: 0.5}),
        (g.Linear(start=0, end=1, steps=2).then(g.Linear(start=1, end=0, steps=4)), {1: 0.5, 2: 1.0, 4: 0.5, 6: 0.0}),
        (g.Linear(start=1, end=0, steps=4) * 0.5 + 1.0, {0: 1.5, 2: 1.25, 4: 1.0}),
        (g.Minimum(parts=(g.Linear(start=0, end=4, steps=4), g.Constant(value=2))), {1: 1.0, 3: 2.0}),
        (g.Maximum(parts=(g.Linear(start=0, end=4, steps=4), g.Constant(value=2))), {1: 2.0, 3: 3.0}),
        (g.Clip(schedule=g.Linear(start=0, end=4, steps=4), low=1, high=3), {0: 1.0, 2: 2.0, 4: 3.0}),
        (g.Shift(schedule=g.Linear(start=1, end=0, steps=4), steps=2), {0: 1.0, 2: 1.0, 4: 0.5, 6: 0.0}),
        (g.Shift(schedule=g.Linear(start=1, end=0, steps=4), steps=-2), {-1: 0.5, 0: 0.5, 2: 0.0}),
        (g.Stretch(schedule=g.Linear(start=1, end=0, steps=4), factor=2), {2: 0.75, 8: 0.0}),
        (g.Repeat(body=g.Linear(start=1, end=0, steps=4), period=4, times=2), {4: 1.0, 7: 0.25, 8: 0.0, 99: 0.0}),
        (g.Repeat(body=g.Linear(start=1, end=0, steps=4), period=2), {1: 0.75, 2: 1.0, 10**15 + 1: 0.75}),
    ],
)
def test_values_worked_out_by_hand(schedule, values):
    assert {step: schedule(step) for step in values} == pytest.approx(values, rel=1e-15, abs=0)


def test_a_repeat_of_growing_cycles_restarts_exactly_where_whole_numbers_say():
    # T_0 = 1, T_mult = 3: restarts at 1, 4, 13, 40, 121 ..., where a floating logarithm is one step late.
    s = g.sgdr(1.0, period=1, stretch=3)
    start, period = 0, 1
    while start + period < 2**52:
        start, period = start + period, 3 * period
        assert s(start) == 1.0
        assert s(start - 1) < 1.0 or period == 3


def test_a_stretch_by_a_decimal_number_takes_the_decimal_number():
    assert g.Stretch(schedule=g.Linear(start=0.0, end=1.0, steps=10), factor=1.1).length == 11
    assert g.Repeat(body=g.Linear(start=1.0, end=0.0, steps=10), period=10, stretch=1.1, times=2).length == 21


# From papers --------------------------------------------------------------------------------------------------


def test_inverse_sqrt_is_the_schedule_of_the_transformer():
    # Vaswani et al. 2017, eq. 3: d**-0.5 * min(n**-0.5, n * warmup**-1.5), at update n from 1.
    d, warmup = 512, 4000
    s = g.warmup_inverse_sqrt(d**-0.5 * warmup**-0.5, warmup=warmup)
    for n in (1, 100, 3999, 4000, 4001, 100_000):
        assert s(n) == pytest.approx(d**-0.5 * min(n**-0.5, n * warmup**-1.5), rel=1e-14)


def test_sgdr_is_the_schedule_of_loshchilov_and_hutter():
    # arXiv 1608.03983, eq. 5 with eta_min = .001, eta_max = .05, T_0 = 10, T_mult = 2.
    s = g.sgdr(0.05, period=10, stretch=2, end=0.001)
    for step, current, period in ((0, 0, 10), (7, 7, 10), (10, 0, 20), (25, 15, 20), (30, 0, 40), (69, 39, 40)):
        want = 0.001 + 0.5 * (0.05 - 0.001) * (1 + math.cos(math.pi * current / period))
        assert s(step) == pytest.approx(want, rel=1e-13)


def test_wsd_with_a_sqrt_cooldown_is_that_of_haegele_and_others():
    # arXiv 2405.18392: (1 - sqrt((n - (N - N_decay)) / N_decay)) * peak in the cooldown.
    s = g.wsd(3e-4, warmup=300, decay=2000, total=10_000, shape="sqrt")
    assert s(150) == pytest.approx(1.5e-4)
    assert {s(300), s(5000), s(8000)} == {3e-4}
    for n in (8001, 8500, 9999):
        assert s(n) == pytest.approx(3e-4 * (1 - math.sqrt((n - 8000) / 2000)), rel=1e-12)
    assert s(10_000) == 0.0


def test_rex_is_the_schedule_of_chen_and_others():
    # arXiv 2107.04197: (1 - z) / (1/2 + (1 - z)/2) with z the share of the run.
    s = g.rex(0.4, total=200)
    for n in (0, 50, 120, 199, 200):
        z = n / 200
        assert s(n) == pytest.approx(0.4 * (1 - z) / (0.5 + (1 - z) / 2), rel=1e-14, abs=0)


def test_power_is_the_schedule_of_shen_and_others():
    # arXiv 2408.13359: min(peak, beta * a * n**b) with b = -.51; the peak holds up to the step where they cross.
    s = g.power(0.02, warmup=100, decay=1000, total=10_000, timescale=500)
    for n in (100, 300, 500, 501, 2000, 9000):
        assert s(n) == pytest.approx(min(0.02, 0.02 * (500 / n) ** 0.51), rel=1e-14)
    assert s(9500) == pytest.approx(s(9000) / 2, rel=1e-14)


# From PyTorch -------------------------------------------------------------------------------------------------

SCHEDULERS = torch.optim.lr_scheduler


@pytest.mark.parametrize(
    ("schedule", "theirs"),
    [
        (g.Linear(start=0.1 / 3, end=0.1, steps=5), lambda o: SCHEDULERS.LinearLR(o, 1 / 3, 1.0, 5)),
        (g.Exponential(start=0.1, rate=0.9), lambda o: SCHEDULERS.ExponentialLR(o, 0.9)),
        (g.Exponential(start=0.1, rate=0.5, steps=7, staircase=True), lambda o: SCHEDULERS.StepLR(o, 7, 0.5)),
        (
            g.Piecewise(boundaries=(5, 12), values=(0.1, 0.01, 0.001)),
            lambda o: SCHEDULERS.MultiStepLR(o, [5, 12], 0.1),
        ),
        (g.Polynomial(start=0.1, end=0.0, steps=20, power=2.0), lambda o: SCHEDULERS.PolynomialLR(o, 20, 2.0)),
        (g.sgdr(0.1, period=4, stretch=2, end=0.01), lambda o: SCHEDULERS.CosineAnnealingWarmRestarts(o, 4, 2, 0.01)),
        (
            g.one_cycle(0.1, total=30, warmup=9, start=0.004, end=0.004e-4),
            lambda o: SCHEDULERS.OneCycleLR(o, 0.1, 31, pct_start=10 / 31, cycle_momentum=False),
        ),
        (
            g.Repeat(body=g.Triangle(low=0.01, high=0.1, up=4, down=6), period=10),
            lambda o: SCHEDULERS.CyclicLR(o, 0.01, 0.1, 4, 6, cycle_momentum=False),
        ),
        (
            g.Piecewise(boundaries=(4,), values=(0.1 / 3, 0.1)),
            lambda o: SCHEDULERS.ConstantLR(o, 1 / 3, 4),
        ),
    ],
)
def test_the_values_are_those_of_pytorch(schedule, theirs):
    assert python(schedule, 30) == pytest.approx(lrs_of_torch(theirs, 30), rel=1e-11, abs=1e-15)


def test_the_values_are_those_of_pytorchs_cosine_up_to_its_end():
    # After its end, PyTorch's goes up again.
    s = g.Cosine(start=0.1, end=0.01, steps=20)
    theirs = lrs_of_torch(lambda o: SCHEDULERS.CosineAnnealingLR(o, 20, 0.01), 21)
    assert python(s, 21) == pytest.approx(theirs, rel=1e-11)


# From optax ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "theirs"),
    [
        (g.Constant(value=0.1), optax.constant_schedule(0.1)),
        (g.Linear(start=0.1, end=0.01, steps=20), optax.linear_schedule(0.1, 0.01, 20)),
        (g.Polynomial(start=0.1, end=0.01, steps=20, power=3.0), optax.polynomial_schedule(0.1, 0.01, 3, 20)),
        (g.Cosine(start=0.1, end=0.001, steps=20), optax.cosine_decay_schedule(0.1, 20, alpha=0.01)),
        (g.Exponential(start=0.1, rate=0.5, steps=6), optax.exponential_decay(0.1, 6, 0.5)),
        (
            g.Exponential(start=0.1, rate=0.5, steps=6, staircase=True, end=0.02),
            optax.exponential_decay(0.1, 6, 0.5, staircase=True, end_value=0.02),
        ),
        (
            g.Exponential(start=0.1, rate=1.5, steps=6, end=0.5),
            optax.exponential_decay(0.1, 6, 1.5, end_value=0.5),
        ),
        (
            g.Piecewise(boundaries=(5, 12), values=(0.1, 0.05, 0.005)),
            optax.piecewise_constant_schedule(0.1, {5: 0.5, 12: 0.1}),
        ),
        (
            g.Piecewise(boundaries=(5, 12), values=(0.1, 0.05, 0.005), interpolation="linear"),
            optax.piecewise_interpolate_schedule("linear", 0.1, {5: 0.5, 12: 0.1}),
        ),
        (
            g.Piecewise(boundaries=(5, 12), values=(0.1, 0.05, 0.005), interpolation="cosine"),
            optax.piecewise_interpolate_schedule("cosine", 0.1, {5: 0.5, 12: 0.1}),
        ),
        (
            g.warmup_cosine(0.1, warmup=5, total=25, start=0.01, end=0.001),
            optax.warmup_cosine_decay_schedule(0.01, 0.1, 5, 25, 0.001),
        ),
        (
            g.Linear(start=0.0, end=0.1, steps=5).then(g.Cosine(start=0.1, end=0.0, steps=20)),
            optax.join_schedules([optax.linear_schedule(0.0, 0.1, 5), optax.cosine_decay_schedule(0.1, 20)], [5]),
        ),
    ],
)
def test_the_values_are_those_of_optax(schedule, theirs):
    steps = jnp.arange(30)
    np.testing.assert_allclose(schedule(steps), [theirs(step) for step in steps], rtol=1e-5, atol=1e-8)


def test_optax_ends_a_jitted_polynomial_at_a_negative_rate_and_this_library_does_not():
    import jax

    horizon = 1000
    theirs = jax.jit(optax.polynomial_schedule(0.1, 0.0, 1.0, horizon))(horizon)
    ours = jax.jit(lambda t: g.Polynomial(start=0.1, end=0.0, steps=horizon, power=1.0)(t))(horizon)
    assert float(theirs) < 0
    assert float(ours) == 0.0
