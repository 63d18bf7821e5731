"""What cannot be right is refused when a scheduler is made or moved; the error names it."""

from __future__ import annotations

import brainstate
import braintools as real
import jax.numpy as jnp
import numpy as np
import pytest

from braintools_samples import ALL, optim
from glidepath import Linear, ScheduleError, braintools

NAN, INF = float("nan"), float("inf")

WITH_BASE = [scheduler for scheduler in optim.SCHEDULERS if scheduler.__name__ in ALL]
WITH_BASE = [s for s in WITH_BASE if s.__name__ not in ("ChainedScheduler", "SequentialLR", "OneCycleLR")]


def a():
    return optim.StepLR(base_lr=0.1)


@pytest.mark.parametrize("kind", WITH_BASE, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("base_lr", [NAN, INF, -INF, "0.1", True, None, [], [0.1, NAN], {}, 1j], ids=repr)
def test_a_base_learning_rate_that_is_no_finite_number_is_refused(kind, base_lr):
    with pytest.raises(ScheduleError, match=rf"^{kind.__name__}\.base_lr"):
        kind(base_lr=base_lr)


@pytest.mark.parametrize("name", [name for name in ALL if name != "ChainedScheduler"])
@pytest.mark.parametrize("epoch", [-2, 1.5, "1", True, None, NAN, 2**53], ids=repr)
def test_a_last_epoch_that_is_no_epoch_is_refused(name, epoch):
    with pytest.raises(ScheduleError, match=rf"^{name}\.last_epoch must be an integer of at least -1"):
        ALL[name](last_epoch=epoch)


@pytest.mark.parametrize("name", list(ALL))
@pytest.mark.parametrize("epoch", [NAN, INF, "3", True, [1]], ids=repr)
def test_a_step_to_what_is_no_epoch_is_refused_and_changes_nothing(name, epoch):
    scheduler = ALL[name]()
    before = scheduler.state_dict()
    with pytest.raises(ScheduleError, match=rf"^{name}\.step: epoch must be a finite number"):
        scheduler.step(*([1.0] if name == "ReduceLROnPlateau" else []), epoch)
    assert scheduler.state_dict() == before


#: How a scheduler is made, and what the error begins with.
WRONG = {
    "step_size 0": (lambda: optim.StepLR(step_size=0), r"StepLR\.step_size must be a positive integer, got 0"),
    "step_size broken": (lambda: optim.StepLR(step_size=2.5), r"StepLR\.step_size"),
    "step_size true": (lambda: optim.StepLR(step_size=True), r"StepLR\.step_size"),
    "gamma negative": (lambda: optim.StepLR(gamma=-0.1), r"StepLR\.gamma must be a non-negative"),
    "milestones unsorted": (
        lambda: optim.MultiStepLR(milestones=[60, 30]),
        r"MultiStepLR\.milestones must be strictly",
    ),
    "milestones twice": (lambda: optim.MultiStepLR(milestones=[30, 30]), r"MultiStepLR\.milestones must be strictly"),
    "milestone 0": (lambda: optim.MultiStepLR(milestones=[0, 3]), r"MultiStepLR\.milestones\[0\]"),
    "milestones a number": (lambda: optim.MultiStepLR(milestones=30), r"MultiStepLR\.milestones"),
    "exponential 0": (
        lambda: optim.ExponentialLR(gamma=0),
        r"ExponentialLR\.gamma must be above 0 and at most 1, got 0",
    ),
    "exponential 1.1": (lambda: optim.ExponentialLR(gamma=1.1), r"ExponentialLR\.gamma"),
    "exponential -1": (lambda: optim.ExponentialLR(gamma=-1.0), r"ExponentialLR\.gamma"),
    "exponential nan": (lambda: optim.ExponentialLR(gamma=NAN), r"ExponentialLR\.gamma"),
    "decay_steps": (lambda: optim.ExponentialDecayLR(decay_steps=0), r"ExponentialDecayLR\.decay_steps"),
    "decay_rate": (lambda: optim.ExponentialDecayLR(decay_rate=0), r"ExponentialDecayLR\.decay_rate"),
    "begin": (lambda: optim.ExponentialDecayLR(transition_begin=-1), r"ExponentialDecayLR\.transition_begin"),
    "staircase": (
        lambda: optim.ExponentialDecayLR(staircase=1),
        r"ExponentialDecayLR\.staircase must be True or False",
    ),
    "end_value": (lambda: optim.ExponentialDecayLR(end_value=INF), r"ExponentialDecayLR\.end_value"),
    "T_max": (lambda: optim.CosineAnnealingLR(T_max=0), r"CosineAnnealingLR\.T_max"),
    "eta_min": (lambda: optim.CosineAnnealingLR(eta_min=NAN), r"CosineAnnealingLR\.eta_min"),
    "total_iters": (lambda: optim.PolynomialLR(total_iters=0), r"PolynomialLR\.total_iters"),
    "power": (lambda: optim.PolynomialLR(power=-1), r"PolynomialLR\.power"),
    "warmup_epochs": (lambda: optim.WarmupScheduler(warmup_epochs=-1), r"WarmupScheduler\.warmup_epochs"),
    "max_lr": (lambda: optim.CyclicLR(max_lr=NAN), r"CyclicLR\.max_lr"),
    "max_lr counts": (
        lambda: optim.CyclicLR(base_lr=[0.1, 0.2, 0.3], max_lr=[1.0, 2.0]),
        r"CyclicLR\.max_lr must have one number for each of 3 groups, got 2",
    ),
    "step_size_up": (lambda: optim.CyclicLR(step_size_up=0), r"CyclicLR\.step_size_up"),
    "step_size_down": (lambda: optim.CyclicLR(step_size_down=0), r"CyclicLR\.step_size_down"),
    "mode": (lambda: optim.CyclicLR(mode="square"), r"CyclicLR\.mode must be one of 'triangular'"),
    "scale_mode": (lambda: optim.CyclicLR(scale_mode="epoch"), r"CyclicLR\.scale_mode"),
    "scale_fn": (lambda: optim.CyclicLR(scale_fn=3), r"CyclicLR\.scale_fn must be callable"),
    "cyclic gamma": (lambda: optim.CyclicLR(gamma=0), r"CyclicLR\.gamma"),
    "no steps": (lambda: optim.OneCycleLR(), r"OneCycleLR\.total_steps must be given"),
    "epochs alone": (lambda: optim.OneCycleLR(epochs=3), r"OneCycleLR\.total_steps must be given"),
    "total_steps": (lambda: optim.OneCycleLR(total_steps=0), r"OneCycleLR\.total_steps"),
    "epochs": (lambda: optim.OneCycleLR(epochs=0, steps_per_epoch=3), r"OneCycleLR\.epochs"),
    "pct_start": (lambda: optim.OneCycleLR(total_steps=9, pct_start=1.0), r"OneCycleLR\.pct_start"),
    "strategy": (lambda: optim.OneCycleLR(total_steps=9, anneal_strategy="sin"), r"OneCycleLR\.anneal_strategy"),
    "div_factor": (lambda: optim.OneCycleLR(total_steps=9, div_factor=0), r"OneCycleLR\.div_factor"),
    "start_factor": (lambda: optim.LinearLR(start_factor=NAN), r"LinearLR\.start_factor"),
    "linear total_iters": (lambda: optim.LinearLR(total_iters=-1), r"LinearLR\.total_iters"),
    "constant total_iters": (lambda: optim.ConstantLR(total_iters=-1), r"ConstantLR\.total_iters"),
    "constant factor": (lambda: optim.ConstantLR(factor="1"), r"ConstantLR\.factor"),
    "T_0": (lambda: optim.CosineAnnealingWarmRestarts(T_0=0), r"CosineAnnealingWarmRestarts\.T_0"),
    "T_mult": (lambda: optim.CosineAnnealingWarmRestarts(T_mult=1.5), r"CosineAnnealingWarmRestarts\.T_mult"),
    "warmup_steps": (lambda: optim.WarmupCosineSchedule(warmup_steps=-1), r"WarmupCosineSchedule\.warmup_steps"),
    "cosine total_steps": (lambda: optim.WarmupCosineSchedule(total_steps=0), r"WarmupCosineSchedule\.total_steps"),
    "boundaries unsorted": (
        lambda: optim.PiecewiseConstantSchedule(boundaries=[5, 3], values=[1.0, 2.0, 3.0]),
        r"PiecewiseConstantSchedule\.boundaries must be strictly ascending, got \[5, 3\]",
    ),
    "boundaries twice": (
        lambda: optim.PiecewiseConstantSchedule(boundaries=[3, 3], values=[1.0, 2.0, 3.0]),
        r"PiecewiseConstantSchedule\.boundaries must be strictly ascending",
    ),
    "too few values": (
        lambda: optim.PiecewiseConstantSchedule(boundaries=[3, 5], values=[1.0, 2.0]),
        r"PiecewiseConstantSchedule\.values must be one more than its 2 boundaries, got 2 values",
    ),
    "too many values": (
        lambda: optim.PiecewiseConstantSchedule(boundaries=[3], values=[1.0, 2.0, 3.0]),
        r"PiecewiseConstantSchedule\.values",
    ),
    "values": (
        lambda: optim.PiecewiseConstantSchedule(boundaries=[3], values=[1.0, NAN]),
        r"PiecewiseConstantSchedule\.values\[1\]",
    ),
    "plateau factor": (lambda: optim.ReduceLROnPlateau(factor=1.0), r"ReduceLROnPlateau\.factor"),
    "plateau mode": (lambda: optim.ReduceLROnPlateau(mode="least"), r"ReduceLROnPlateau\.mode"),
    "patience": (lambda: optim.ReduceLROnPlateau(patience=-1), r"ReduceLROnPlateau\.patience"),
    "threshold": (lambda: optim.ReduceLROnPlateau(threshold=-1), r"ReduceLROnPlateau\.threshold"),
    "min_lr": (lambda: optim.ReduceLROnPlateau(min_lr=-1.0), r"ReduceLROnPlateau\.min_lr"),
    "min_lr counts": (
        lambda: optim.ReduceLROnPlateau(base_lr=[1.0, 2.0, 3.0], min_lr=[0.1, 0.2]),
        r"ReduceLROnPlateau\.min_lr",
    ),
    "eps": (lambda: optim.ReduceLROnPlateau(eps=NAN), r"ReduceLROnPlateau\.eps"),
    "metric": (lambda: optim.ReduceLROnPlateau().step("good"), r"metric must be a number"),
    "no schedulers": (lambda: optim.ChainedScheduler([]), r"ChainedScheduler\.schedulers must be a list of at least"),
    "one scheduler": (lambda: optim.ChainedScheduler(a()), r"ChainedScheduler\.schedulers must be a list"),
    "a chain by a metric": (
        lambda: optim.ChainedScheduler([a(), optim.ReduceLROnPlateau(base_lr=0.1)]),
        r"ChainedScheduler\.schedulers\[1\] must be a scheduler of the epoch alone",
    ),
    "a sequence by a metric": (
        lambda: optim.SequentialLR([optim.ReduceLROnPlateau(), a()], milestones=[3]),
        r"SequentialLR\.schedulers\[0\] must be a scheduler of the epoch alone",
    ),
    "counts": (
        lambda: optim.SequentialLR([a(), a()], milestones=[3, 5]),
        r"SequentialLR\.milestones must be one fewer than its 2 schedulers, got 2 milestones",
    ),
    "sequence unsorted": (
        lambda: optim.SequentialLR([a(), a(), a()], milestones=[5, 3]),
        r"SequentialLR\.milestones must be strictly ascending, got \[5, 3\]",
    ),
    "sequence twice": (
        lambda: optim.SequentialLR([a(), a(), a()], milestones=[3, 3]),
        r"SequentialLR\.milestones must be strictly ascending",
    ),
    "milestone negative": (lambda: optim.SequentialLR([a(), a()], milestones=[-3]), r"SequentialLR\.milestones\[0\]"),
    "no schedule": (lambda: braintools.scheduler(0.1), r"scheduler: schedule must be a glidepath schedule"),
    "no schedule in a list": (
        lambda: braintools.scheduler([Linear(start=1.0, end=0.0, steps=3), 0.1]),
        r"scheduler: schedule\[1\]",
    ),
}


@pytest.mark.parametrize("case", list(WRONG))
def test_a_wrong_argument_is_refused_by_name(case):
    make, message = WRONG[case]
    with pytest.raises(ScheduleError, match=f"^{message}"):
        make()


@pytest.mark.parametrize("kind", [optim.ChainedScheduler, lambda parts: optim.SequentialLR(parts, [3])], ids=["c", "s"])
def test_a_part_that_is_no_scheduler_is_a_type_error_as_in_braintools(kind):
    with pytest.raises(TypeError, match=r"schedulers\[1\] must be an LRScheduler"):
        kind([a(), 0.1])


def test_a_rate_of_a_group_that_is_no_number_is_refused_before_the_group_is_made():
    optimizer = optim.SGD(lr=a())
    optimizer.register_trainable_weights({"w": brainstate.ParamState(jnp.zeros(1))})
    with pytest.raises(ScheduleError, match=r"SGD\.add_param_group: lr"):
        optimizer.add_param_group({"v": brainstate.ParamState(jnp.zeros(1))}, lr=NAN)
    assert len(optimizer.param_groups) == 1


ARRAYS = {
    "step_size": (lambda: optim.StepLR(step_size=np.array([1, 2])), r"StepLR\.step_size must be a positive integer"),
    "T_max": (lambda: optim.CosineAnnealingLR(T_max=jnp.array([1, 2])), r"CosineAnnealingLR\.T_max must be a positive"),
    "eta_min": (lambda: optim.CosineAnnealingLR(eta_min=np.array([0.0, 0.1])), r"CosineAnnealingLR\.eta_min must be"),
    "gamma": (lambda: optim.StepLR(gamma=np.array([0.1, 0.2])), r"StepLR\.gamma must be a non-negative finite number"),
    "last_epoch": (lambda: optim.StepLR(last_epoch=np.array([1, 2])), r"StepLR\.last_epoch must be an integer of"),
    "one entry": (lambda: optim.StepLR(step_size=np.array([1])), r"StepLR\.step_size must be a positive integer"),
    "mode": (lambda: optim.CyclicLR(mode=np.array(["triangular", "sine"])), r"CyclicLR\.mode must be one of"),
}


@pytest.mark.parametrize("case", list(ARRAYS))
def test_an_array_in_place_of_a_number_is_refused_by_name(case):
    make, message = ARRAYS[case]
    with pytest.raises(ScheduleError, match=f"^{message}"):
        make()


@pytest.mark.parametrize("epoch", [np.array([3]), jnp.arange(3)], ids=["numpy", "jax"])
@pytest.mark.parametrize("name", list(ALL))
def test_a_step_to_an_array_of_epochs_is_refused_and_changes_nothing(name, epoch):
    scheduler = ALL[name]()
    before = scheduler.state_dict()
    with pytest.raises(ScheduleError, match=rf"^{name}\.step: epoch must be a finite number"):
        scheduler.step(*([1.0] if name == "ReduceLROnPlateau" else []), epoch)
    assert scheduler.state_dict() == before


def test_a_step_to_an_array_of_epochs_is_refused_in_jit_too():
    with pytest.raises(ScheduleError, match=r"^StepLR\.step: epoch must be a finite number"):
        brainstate.transform.jit(lambda epoch: a().step(epoch))(jnp.arange(3))


@pytest.mark.parametrize("metric", [np.array([1.0, 2.0]), jnp.ones(2)], ids=["numpy", "jax"])
def test_an_array_of_metrics_is_refused_and_changes_nothing(metric):
    scheduler = optim.ReduceLROnPlateau(base_lr=0.1, patience=0)
    before = scheduler.state_dict()
    with pytest.raises(ScheduleError, match=r"^metric must be a number"):
        scheduler.step(metric)
    assert scheduler.state_dict() == before


def test_an_array_without_axes_is_a_number():
    scheduler = optim.StepLR(base_lr=np.array(0.1), step_size=np.array(3), gamma=jnp.asarray(0.5))
    scheduler.step(jnp.asarray(3))
    assert scheduler.get_lr() == [0.05]


@pytest.mark.parametrize(
    "make", [lambda p: optim.SequentialLR([a(), p], [3]), lambda p: optim.ChainedScheduler([a(), p])], ids=["s", "c"]
)
def test_a_part_whose_class_overrides_get_lr_is_refused(make):
    class Twice(optim.StepLR):
        def get_lr(self):
            return [2 * rate for rate in super().get_lr()]

    with pytest.raises(
        ScheduleError, match=r"schedulers\[1\] must be a scheduler whose class defines curve, and not get"
    ):
        make(Twice(0.1))


def test_a_part_whose_class_defines_a_curve_counts():
    class Twice(optim.StepLR):
        def curve(self, base_lr, group):
            return 2 * super().curve(base_lr, group)

    assert optim.SequentialLR([Twice(0.1), a()], [3]).get_lr() == Twice(0.1).get_lr() == [0.2]


def test_parts_of_a_sequence_with_different_numbers_of_groups_are_refused():
    two = optim.LinearLR([0.1, 0.01], total_iters=2)
    with pytest.raises(
        ScheduleError, match=r"^SequentialLR\.schedulers\[1\]\.base_lrs must be a list of 2 numbers, one"
    ):
        optim.SequentialLR([two, optim.ExponentialLR(0.1, 0.9)], [2])
    with pytest.raises(
        ScheduleError, match=r"^SequentialLR\.schedulers\[0\]\.base_lrs must be a list of 2 numbers, one"
    ):
        optim.SequentialLR([optim.ExponentialLR(0.1, 0.9), two], [2])


def test_a_scheduler_that_keeps_more_than_its_epoch_is_refused_as_a_part():
    theirs = real.optim._optax_lr_scheduler.CosineAnnealingWarmRestarts(base_lr=0.1)
    with pytest.raises(
        ScheduleError, match=r"SequentialLR\.schedulers\[0\] must be one of glidepath.braintools, or sch"
    ):
        optim.SequentialLR([theirs, a()], milestones=[3])


def test_an_array_of_the_wrong_shape_is_refused():
    with pytest.raises(ScheduleError, match=r"StepLR\.base_lr"):
        optim.StepLR(base_lr=np.zeros((2, 2)))
