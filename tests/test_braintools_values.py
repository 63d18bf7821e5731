"""The values of the schedulers are the documented closed forms of the epoch."""

from __future__ import annotations

import math

import braintools as real
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import glidepath
from braintools_samples import CLOSED, FORMULAS, metric, optim
from glidepath import braintools

every_closed = pytest.mark.parametrize("name", list(CLOSED))


def walked(scheduler, epochs):
    values = [scheduler.get_lr()]
    for _ in range(epochs):
        scheduler.step()
        values.append(scheduler.get_lr())
    return np.array(values, dtype=float)


@every_closed
def test_step_by_step_the_values_are_the_documented_formula(name):
    expected = [FORMULAS[name](t) for t in range(1001)]
    np.testing.assert_allclose(walked(CLOSED[name](), 1000)[:, 0], expected, rtol=1e-12)


@every_closed
def test_a_jump_to_an_epoch_gives_what_steps_give(name):
    scheduler, expected = CLOSED[name](), walked(CLOSED[name](), 800)[:, 0].tolist()
    for epoch in (799, 0, 41, 350, 349, 600, 1):
        scheduler.step(epoch)
        assert scheduler.get_lr() == [expected[epoch]]


def test_the_classes_have_the_constructor_arguments_of_braintools():
    import inspect

    for scheduler in optim.SCHEDULERS:
        theirs = inspect.signature(getattr(real.optim._optax_lr_scheduler, scheduler.__name__)).parameters
        ours = inspect.signature(scheduler).parameters
        assert [(p.name, p.default) for p in ours.values()] == [(p.name, p.default) for p in theirs.values()]


ALIKE = {
    "StepLR": {"base_lr": [0.1, 0.02], "step_size": 7, "gamma": 0.3},
    "StepLR that grows": {"step_size": 9, "gamma": 1.5},
    "MultiStepLR": {"base_lr": [0.1, 0.02], "milestones": [3, 9, 50], "gamma": 0.4},
    "ExponentialLR": {"base_lr": [0.1, 0.02], "gamma": 0.9},
    "ExponentialDecayLR with a staircase": {
        "decay_steps": 6,
        "decay_rate": 0.7,
        "transition_begin": 5,
        "staircase": True,
    },
    "ExponentialDecayLR that grows": {"base_lr": 0.1, "decay_steps": 6, "decay_rate": 1.4, "end_value": 2.0},
    "ExponentialDecayLR with an end below": {"base_lr": 0.1, "decay_steps": 6, "decay_rate": 1.4, "end_value": 0.01},
    "ExponentialDecayLR with an end above": {"base_lr": 0.1, "decay_steps": 6, "decay_rate": 0.4, "end_value": 0.2},
    "CosineAnnealingLR": {"base_lr": [0.1, 0.02], "T_max": 33, "eta_min": 0.05},
    "PolynomialLR": {"base_lr": [0.1, 0.02], "total_iters": 31, "power": 0.5},
    "PolynomialLR of power 0": {"total_iters": 31, "power": 0},
    "WarmupScheduler": {"base_lr": [0.1, 0.02], "warmup_epochs": 13, "warmup_start_lr": 0.3},
    "WarmupScheduler of no length": {"warmup_epochs": 0},
    "CyclicLR": {"base_lr": [0.1, 0.02], "max_lr": [0.5, 0.3], "step_size_up": 8},
    "CyclicLR in halves": {"max_lr": 0.5, "step_size_up": 8, "mode": "triangular2"},
    "CyclicLR that fades": {"max_lr": 0.5, "step_size_up": 8, "mode": "exp_range", "gamma": 0.97},
    "CyclicLR with a scale of the cycle": {
        "max_lr": 0.5,
        "step_size_up": 8,
        "scale_fn": lambda cycle: 3.0 ** (1 - cycle),
    },
    "CyclicLR with a scale of the step": {
        "max_lr": 0.5,
        "step_size_up": 8,
        "scale_fn": lambda t: 0.99**t,
        "scale_mode": "iterations",
    },
    "OneCycleLR": {"max_lr": [0.1, 0.4], "total_steps": 50},
    "OneCycleLR in lines": {"epochs": 7, "steps_per_epoch": 7, "anneal_strategy": "linear", "pct_start": 0.17},
    "LinearLR": {"base_lr": [0.1, 0.02], "start_factor": 0.0, "end_factor": 2.0, "total_iters": 21},
    "LinearLR of no length": {"total_iters": 0, "end_factor": 0.7},
    "ConstantLR": {"base_lr": [0.1, 0.02], "factor": 0.3, "total_iters": 17},
    "CosineAnnealingWarmRestarts": {"base_lr": [0.1, 0.02], "T_0": 4, "T_mult": 3, "eta_min": 0.03},
    "WarmupCosineSchedule": {
        "base_lr": [0.1, 0.02],
        "warmup_steps": 9,
        "total_steps": 44,
        "warmup_start_lr": 0.2,
        "eta_min": 0.01,
    },
    "WarmupCosineSchedule without a decay": {"warmup_steps": 9, "total_steps": 5},
}


@pytest.mark.parametrize("name", list(ALIKE))
def test_the_values_are_those_of_braintools_where_it_follows_its_documentation(name):
    kind, arguments = name.split()[0], ALIKE[name]
    theirs = getattr(real.optim._optax_lr_scheduler, kind)(**arguments)
    np.testing.assert_allclose(
        walked(getattr(optim, kind)(**arguments), 120), walked(theirs, 120), rtol=2e-5, atol=1e-8
    )


def test_the_values_of_defaults_are_those_of_braintools():
    for scheduler in optim.SCHEDULERS:
        name = scheduler.__name__
        if name in ("ChainedScheduler", "SequentialLR", "ReduceLROnPlateau", "OneCycleLR", "PiecewiseConstantSchedule"):
            continue
        theirs = getattr(real.optim._optax_lr_scheduler, name)()
        np.testing.assert_allclose(walked(scheduler(), 100), walked(theirs, 100), rtol=2e-5, atol=1e-9)


# Where braintools departs from its documentation ----------------------------------------------------------------


def test_piecewise_values_multiply_the_base_learning_rate_of_every_group():
    scheduler = optim.PiecewiseConstantSchedule(base_lr=[0.1, 0.02], boundaries=[2, 3], values=[1.0, 0.5, 4.0])
    np.testing.assert_allclose(walked(scheduler, 4), np.outer([1, 1, 0.5, 4, 4], [0.1, 0.02]), rtol=1e-15)


def test_a_cycle_with_a_longer_way_down_is_a_triangle_every_time():
    scheduler = optim.CyclicLR(base_lr=0.0, max_lr=1.0, step_size_up=4, step_size_down=8)
    tooth = [0, 0.25, 0.5, 0.75, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125]
    np.testing.assert_allclose(walked(scheduler, 35)[:, 0], tooth * 3, rtol=1e-15)


def test_one_maximum_is_for_all_groups():
    scheduler = optim.CyclicLR(base_lr=[0.1, 0.01], max_lr=0.5, step_size_up=4)
    scheduler.step(4)
    assert scheduler.get_lr() == [0.5, 0.5]


def test_several_maxima_make_groups_of_one_base_learning_rate():
    scheduler = optim.CyclicLR(base_lr=0.0, max_lr=(0.5, 0.25), step_size_up=4)
    scheduler.step(2)
    assert scheduler.get_lr() == [0.25, 0.125]


def test_restarts_fall_on_the_epochs_of_whole_number_arithmetic():
    scheduler = optim.CosineAnnealingWarmRestarts(base_lr=1.0, T_0=1, T_mult=2)
    for cycle in range(1, 30):
        scheduler.step(2**cycle - 1)
        assert (scheduler.get_lr(), scheduler.T_cur.value, scheduler.T_i.value) == ([1.0], 0, 2**cycle)


def test_restarts_may_be_anywhere_in_a_sequence():
    parts = [optim.LinearLR(base_lr=0.1, total_iters=5), optim.CosineAnnealingWarmRestarts(base_lr=0.1, T_0=4)]
    scheduler = optim.SequentialLR(parts, milestones=[5])
    values = walked(scheduler, 13)[:, 0]
    assert (values[5], values[9], values[13]) == (0.1, 0.1, 0.1)
    assert values[7] == pytest.approx(0.05)


def test_growth_stops_at_a_number_that_every_float_can_hold():
    scheduler = optim.StepLR(base_lr=0.1, step_size=1, gamma=10.0)
    scheduler.step(10**9)
    assert np.isfinite(np.float32(scheduler.get_lr()[0]))
    assert scheduler.get_lr()[0] > 1e38


# Sequences and chains ---------------------------------------------------------------------------------------------


def test_a_milestone_belongs_to_the_later_scheduler_which_runs_on_its_own_clock():
    parts = [optim.ConstantLR(base_lr=0.5, factor=1.0), optim.ExponentialLR(base_lr=0.1, gamma=0.5)]
    scheduler = optim.SequentialLR(parts, milestones=[3])
    assert walked(scheduler, 5)[:, 0].tolist() == [0.5, 0.5, 0.5, 0.1, 0.05, 0.025]


def test_the_parts_of_a_sequence_show_their_own_epochs():
    scheduler = CLOSED["SequentialLR"]()
    for epoch, clocks in [(0, [0, 0, 0, 0]), (199, [199, 0, 0, 0]), (200, [199, 0, 0, 0]), (700, [199, 149, 249, 100])]:
        scheduler.step(epoch)
        assert [part.last_epoch.value for part in scheduler.schedulers] == clocks


def test_the_epochs_of_the_parts_do_not_move_a_sequence():
    parts = [optim.ExponentialLR(base_lr=1.0, gamma=0.5, last_epoch=7), optim.ExponentialLR(base_lr=2.0, gamma=0.5)]
    scheduler = optim.SequentialLR(parts, milestones=[2])
    assert walked(scheduler, 3)[:, 0].tolist() == [1.0, 0.5, 2.0, 1.0]


def test_the_current_scheduler_is_told_by_number():
    scheduler = CLOSED["SequentialLR"]()
    told = []
    for epoch in (0, 199, 200, 349, 350, 600, 10**6):
        scheduler.step(epoch)
        told.append(scheduler.current_scheduler_idx)
    assert told == [0, 0, 1, 1, 2, 3, 3]
    assert scheduler.milestones == [200, 350, 600]


def test_a_sequence_of_one_needs_no_milestone():
    scheduler = optim.SequentialLR([CLOSED["StepLR"]()], milestones=[])
    assert walked(scheduler, 90)[-1, 0] == 0.0125


def test_sequences_and_chains_nest():
    inner = optim.SequentialLR([CLOSED["LinearLR"](), CLOSED["ConstantLR"]()], milestones=[50])
    chained = optim.ChainedScheduler([CLOSED["ExponentialLR"](), inner])
    scheduler = optim.SequentialLR([CLOSED["StepLR"](), chained], milestones=[10])
    scheduler.step(10 + 70)
    assert scheduler.get_lr()[0] == pytest.approx(0.1 * 0.995**70 * 0.03 / 0.1)


def test_a_chain_over_different_base_rates_keeps_the_first_and_warns_of_the_others():
    parts = [optim.LinearLR(base_lr=0.1, start_factor=0.5), optim.ExponentialLR(base_lr=0.4, gamma=0.5)]
    with pytest.warns(UserWarning, match=r"LinearLR \[0.1\], ExponentialLR \[0.4\]"):
        scheduler = optim.ChainedScheduler(parts)
    scheduler.step(5)
    assert scheduler.get_lr()[0] == pytest.approx(0.1 / 32)


def test_a_chain_goes_on_from_where_its_parts_are():
    parts = [
        optim.LinearLR(base_lr=0.1, start_factor=0.5, total_iters=10, last_epoch=4),
        optim.ExponentialLR(base_lr=0.1, gamma=0.5, last_epoch=6),
    ]
    scheduler = optim.ChainedScheduler(parts)
    scheduler.step()
    assert scheduler.last_epoch.value == 5
    assert scheduler.get_lr()[0] == pytest.approx(0.075 / 128)


def test_groups_of_the_parts_are_those_of_the_whole():
    parts = [optim.ConstantLR(base_lr=[0.1, 0.2], factor=1.0), optim.ExponentialLR(base_lr=[0.4, 0.8], gamma=0.5)]
    scheduler = optim.SequentialLR(parts, milestones=[2])
    assert scheduler.get_lr() == [0.1, 0.2]
    scheduler.step(3)
    assert scheduler.get_lr() == [0.2, 0.4]


# By a metric -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_on_a_plateau_the_rates_are_those_of_torch(seed):
    import torch

    random = np.random.default_rng(seed)
    settings = {
        "mode": str(random.choice(["min", "max"])),
        "factor": float(random.choice([0.1, 0.5, 0.9])),
        "patience": int(random.integers(0, 4)),
        "threshold": float(random.choice([0.0, 1e-4, 0.1])),
        "threshold_mode": str(random.choice(["rel", "abs"])),
        "cooldown": int(random.integers(0, 4)),
        "eps": float(random.choice([1e-8, 1e-3])),
    }
    groups = [torch.nn.Parameter(torch.zeros(1)) for _ in range(2)]
    optimizer = torch.optim.SGD([{"params": p, "lr": lr} for p, lr in zip(groups, (0.1, 0.02), strict=True)])
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, min_lr=[1e-4, 1e-3], **settings)
    ours = optim.ReduceLROnPlateau(base_lr=[0.1, 0.02], min_lr=[1e-4, 1e-3], **settings)
    for epoch in range(150):
        loss = 1 + float(random.normal()) / (1 + epoch)
        theirs.step(loss)
        ours.step(loss)
        np.testing.assert_allclose(ours.get_lr(), [group["lr"] for group in optimizer.param_groups], rtol=1e-12)


def test_on_a_plateau_the_best_the_bad_and_the_cooldown_can_be_read():
    scheduler = optim.ReduceLROnPlateau(base_lr=0.1, factor=0.5, patience=1, cooldown=2)
    assert (scheduler.best.value, scheduler.num_bad_epochs.value) == (math.inf, 0)
    for loss in (2.0, 3.0):
        scheduler.step(loss)
    assert (scheduler.best.value, scheduler.num_bad_epochs.value, scheduler.cooldown_counter.value) == (2.0, 1, 0)
    scheduler.step(3.0)
    assert (scheduler.num_bad_epochs.value, scheduler.cooldown_counter.value) == (0, 2)
    assert scheduler.get_lr() == [0.05]


@pytest.mark.parametrize("wrap", [jnp.float32, np.float64, np.int32], ids=["jax", "numpy", "whole"])
def test_a_metric_may_be_an_array_of_one_number(wrap):
    plain, wrapped = (optim.ReduceLROnPlateau(base_lr=0.1, patience=0) for _ in range(2))
    for epoch in range(12):
        plain.step(float(wrap(3 * metric(epoch))))
        wrapped.step(wrap(3 * metric(epoch)))
    assert plain.get_lr() == wrapped.get_lr()
    assert plain.get_lr()[0] < 0.1


# Any schedule ------------------------------------------------------------------------------------------------------


def test_any_core_schedule_becomes_a_scheduler():
    schedule = glidepath.wsd(0.1, warmup=10, decay=20, total=100, start=0.01)
    scheduler = braintools.scheduler(schedule)
    assert walked(scheduler, 110)[:, 0].tolist() == [schedule(t) for t in range(111)]
    assert scheduler.base_lrs == [0.01]


def test_core_schedules_for_several_groups_become_one_scheduler():
    schedules = [glidepath.Constant(value=0.3), glidepath.Linear(start=0.1, end=0.0, steps=10)]
    scheduler = braintools.scheduler(schedules, last_epoch=5)
    assert scheduler.get_lr() == [0.3, 0.05]


def test_a_schedule_of_a_users_own_joins_the_others():
    ours = braintools.scheduler(glidepath.Linear(start=0.2, end=0.1, steps=10))
    scheduler = optim.SequentialLR([optim.ConstantLR(base_lr=0.5, factor=1.0), ours], milestones=[10])
    scheduler.step(15)
    assert scheduler.get_lr()[0] == pytest.approx(0.15)


# Numbers of all kinds -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [np.int64, np.int32, jnp.int32, jnp.asarray], ids=["int64", "int32", "jax", "array"])
def test_an_epoch_may_be_a_number_of_another_library(make):
    scheduler = CLOSED["StepLR"]()
    scheduler.step(make(60))
    assert scheduler.get_lr() == [0.025]
    assert type(scheduler.last_epoch.value) is int


def test_an_epoch_may_be_broken():
    scheduler = CLOSED["LinearLR"]()
    scheduler.step(150.5)
    assert scheduler.get_lr()[0] == pytest.approx(0.1 * (0.2 + 0.7 * 150.5 / 300))


@pytest.mark.parametrize("name", [*CLOSED, "ReduceLROnPlateau"])
def test_0_and_minus_1_are_the_start_alike(name):
    from braintools_samples import ALL

    assert ALL[name](last_epoch=-1) == ALL[name](last_epoch=0) == ALL[name]()


@every_closed
def test_before_the_start_the_first_value_holds(name):
    scheduler = CLOSED[name]()
    first = scheduler.get_lr()
    scheduler.step(-5)
    assert scheduler.get_lr() == first


def test_base_learning_rates_may_be_an_array():
    assert optim.StepLR(base_lr=np.array([0.5, 0.25])).get_lr() == [0.5, 0.25]
    assert optim.StepLR(base_lr=jnp.asarray(0.5)).get_lr() == [0.5]


def test_lengths_may_be_whole_floats():
    assert optim.StepLR(base_lr=0.1, step_size=1e3) == optim.StepLR(base_lr=0.1, step_size=1000)


def test_an_argument_may_be_changed_later():
    scheduler = optim.StepLR(base_lr=0.1, step_size=1, gamma=0.5, last_epoch=1)
    scheduler.gamma = 0.1
    scheduler.base_lrs[0] = 1.0
    assert scheduler.get_lr() == [0.1]


def test_a_value_can_be_had_at_64_bits():
    with jax.enable_x64(True):
        scheduler = CLOSED["CosineAnnealingLR"]()
        assert jax.eval_shape(lambda t: scheduler.curves()[0](t), jnp.int64(3)).dtype == jnp.float64
