"""One scheduler of every class of glidepath.braintools, and what its documentation says its values are.

The formulas are those that braintools documents, in plain floats, where its reference pages do not say otherwise.
"""

from __future__ import annotations

import math

import brainstate
import jax.numpy as jnp

from glidepath import braintools

optim = braintools.optim


def step_lr(**more):
    return optim.StepLR(base_lr=0.1, step_size=30, gamma=0.5, **more)


def multi_step_lr(**more):
    return optim.MultiStepLR(base_lr=0.1, milestones=[40, 100, 300], gamma=0.3, **more)


def exponential_lr(**more):
    return optim.ExponentialLR(base_lr=0.1, gamma=0.995, **more)


def exponential_decay_lr(**more):
    return optim.ExponentialDecayLR(
        base_lr=0.1, decay_steps=70, decay_rate=0.9, transition_begin=20, end_value=0.04, **more
    )


def cosine_annealing_lr(**more):
    return optim.CosineAnnealingLR(base_lr=0.1, T_max=600, eta_min=0.01, **more)


def polynomial_lr(**more):
    return optim.PolynomialLR(base_lr=0.1, total_iters=700, power=2.0, **more)


def warmup_scheduler(**more):
    return optim.WarmupScheduler(base_lr=0.1, warmup_epochs=150, warmup_start_lr=0.01, **more)


def cyclic_lr(**more):
    return optim.CyclicLR(base_lr=0.01, max_lr=0.1, step_size_up=40, step_size_down=90, mode="triangular2", **more)


def one_cycle_lr(**more):
    return optim.OneCycleLR(max_lr=0.1, total_steps=733, **more)


def linear_lr(**more):
    return optim.LinearLR(base_lr=0.1, start_factor=0.2, end_factor=0.9, total_iters=300, **more)


def constant_lr(**more):
    return optim.ConstantLR(base_lr=0.1, factor=0.3, total_iters=200, **more)


def chained_scheduler(**more):
    return optim.ChainedScheduler([linear_lr(**more), exponential_lr(**more)])


def sequential_lr(**more):
    parts = [linear_lr(), cosine_annealing_lr(), cosine_annealing_warm_restarts(), exponential_lr()]
    return optim.SequentialLR(parts, milestones=[200, 350, 600], **more)


def cosine_annealing_warm_restarts(**more):
    return optim.CosineAnnealingWarmRestarts(base_lr=0.1, T_0=30, T_mult=2, eta_min=0.01, **more)


def warmup_cosine_schedule(**more):
    return optim.WarmupCosineSchedule(
        base_lr=0.1, warmup_steps=100, total_steps=800, warmup_start_lr=0.01, eta_min=0.001, **more
    )


def piecewise_constant_schedule(**more):
    return optim.PiecewiseConstantSchedule(base_lr=0.1, boundaries=[100, 400, 700], values=[2.0, 1.0, 0.1, 0.5], **more)


def reduce_lr_on_plateau(**more):
    return optim.ReduceLROnPlateau(base_lr=0.1, factor=0.5, patience=2, cooldown=3, min_lr=0.001, **more)


#: All but ReduceLROnPlateau, whose values depend on more than the epoch.
CLOSED = {
    "StepLR": step_lr,
    "MultiStepLR": multi_step_lr,
    "ExponentialLR": exponential_lr,
    "ExponentialDecayLR": exponential_decay_lr,
    "CosineAnnealingLR": cosine_annealing_lr,
    "PolynomialLR": polynomial_lr,
    "WarmupScheduler": warmup_scheduler,
    "CyclicLR": cyclic_lr,
    "OneCycleLR": one_cycle_lr,
    "LinearLR": linear_lr,
    "ConstantLR": constant_lr,
    "ChainedScheduler": chained_scheduler,
    "SequentialLR": sequential_lr,
    "CosineAnnealingWarmRestarts": cosine_annealing_warm_restarts,
    "WarmupCosineSchedule": warmup_cosine_schedule,
    "PiecewiseConstantSchedule": piecewise_constant_schedule,
}
ALL = {**CLOSED, "ReduceLROnPlateau": reduce_lr_on_plateau}


# What they should say ------------------------------------------------------------------------------------------


def _between(start, end, share):
    return start + (end - start) * share


def _cosine(start, end, share):
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def _linear(t):
    return 0.1 * _between(0.2, 0.9, min(t / 300, 1))


def _annealing(t):
    return _cosine(0.1, 0.01, min(t / 600, 1))


def _restarts(t):
    length = 30
    while t >= length:
        t, length = t - length, length * 2
    return _cosine(0.1, 0.01, t / length)


def _cyclic(t):
    cycle, within = divmod(t, 130)
    height = within / 40 if within <= 40 else (130 - within) / 90
    return 0.01 + 0.09 * 0.5**cycle * height


def _one_cycle(t):
    rise = 0.3 * 733
    if t <= rise:
        return _between(0.004, 0.1, t / rise)
    return _cosine(0.1, 0.00001, min((t - rise) / (733 - rise), 1))


def _sequential(t):
    if t < 200:
        return _linear(t)
    if t < 350:
        return _annealing(t - 200)
    return _restarts(t - 350) if t < 600 else 0.1 * 0.995 ** (t - 600)


FORMULAS = {
    "StepLR": lambda t: 0.1 * 0.5 ** (t // 30),
    "MultiStepLR": lambda t: 0.1 * 0.3 ** sum(m <= t for m in (40, 100, 300)),
    "ExponentialLR": lambda t: 0.1 * 0.995**t,
    "ExponentialDecayLR": lambda t: max(0.1 * 0.9 ** (max(t - 20, 0) / 70), 0.04),
    "CosineAnnealingLR": _annealing,
    "PolynomialLR": lambda t: 0.1 * (1 - min(t, 700) / 700) ** 2,
    "WarmupScheduler": lambda t: _between(0.01, 0.1, min(t / 150, 1)),
    "CyclicLR": _cyclic,
    "OneCycleLR": _one_cycle,
    "LinearLR": _linear,
    "ConstantLR": lambda t: 0.03 if t < 200 else 0.1,
    "ChainedScheduler": lambda t: _linear(t) * 0.995**t,
    "SequentialLR": _sequential,
    "CosineAnnealingWarmRestarts": _restarts,
    "WarmupCosineSchedule": lambda t: (
        _between(0.01, 0.1, t / 100) if t < 100 else _cosine(0.1, 0.001, min((t - 100) / 700, 1))
    ),
    "PiecewiseConstantSchedule": lambda t: 0.1 * (2.0, 1.0, 0.1, 0.5)[sum(b <= t for b in (100, 400, 700))],
}


# An optimizer that shows what it applies ---------------------------------------------------------------------


def driven(scheduler, kind=None):
    """An optimizer of a weight whose gradient is 1, so that plain SGD moves it by the learning rate."""
    optimizer = (kind or optim.SGD)(lr=scheduler)
    weight = brainstate.ParamState(jnp.zeros(1))
    optimizer.register_trainable_weights({"weight": weight})
    return optimizer, weight


def applied(optimizer, weight):
    """The learning rate that the next update of plain SGD applies."""
    weight.value = jnp.zeros(1)
    optimizer.step({"weight": jnp.ones(1)})
    return -float(weight.value[0])


def advance(scheduler, epoch=None):
    """One step of any scheduler; a metric that plays at random, the same in every run, for the one that wants it."""
    if isinstance(scheduler, optim.ReduceLROnPlateau):
        scheduler.step(metric(int(scheduler.last_epoch.value)), epoch)
    else:
        scheduler.step(epoch)


def metric(epoch):
    return 1 + (epoch * 7919 % 101) / (1 + epoch)
