"""The real optimizers of braintools take the schedulers, report what they apply, and may have several groups."""

from __future__ import annotations

import inspect
from functools import partial

import brainstate
import braintools as real
import jax.numpy as jnp
import optax
import pytest

from braintools_samples import ALL, CLOSED, advance, applied, driven, optim
from glidepath import Linear, ScheduleError, braintools

every = pytest.mark.parametrize("name", list(ALL))

#: Those whose update does not go by the scheduler at all in braintools, and those that want more than a rate.
DEAF = {"Rprop", "Fromage", "Lookahead"}
SPECIAL = {"OptaxOptimizer", "SOFO", "SOFOScan"}
OPTIMIZERS = sorted(
    name
    for name in real.optim.__all__
    if inspect.isclass(getattr(real.optim, name)) and issubclass(getattr(real.optim, name), real.optim.OptaxOptimizer)
)


@every
def test_before_the_first_step_the_rate_reported_is_the_one_applied(name):
    optimizer, weight = driven(ALL[name]())
    first = float(optimizer.current_lr)
    assert first == optimizer.param_groups[0]["lr"].value == ALL[name]().get_lr()[0]
    assert applied(optimizer, weight) == pytest.approx(first, rel=1e-6)


@every
def test_after_every_step_the_rate_reported_is_the_one_applied(name):
    scheduler = ALL[name]()
    optimizer, weight = driven(scheduler)
    for _ in range(12):
        advance(scheduler)
        assert optimizer.current_lr == scheduler.get_last_lr()[0]
        assert applied(optimizer, weight) == pytest.approx(float(optimizer.current_lr), rel=1e-6)


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name not in DEAF | SPECIAL])
def test_the_optimizer_applies_the_scheduled_rate(name):
    """The first update with twice the rate is twice the update."""

    def moved(base_lr):
        weight = brainstate.ParamState(jnp.asarray([1.0, -2.0]))
        optimizer = getattr(optim, name)(lr=optim.LinearLR(base_lr=base_lr, start_factor=0.5, total_iters=10))
        assert optimizer.current_lr == 0.5 * base_lr
        optimizer.register_trainable_weights({"weight": weight})
        optimizer.step({"weight": jnp.asarray([0.3, -0.1])})
        return weight.value - jnp.asarray([1.0, -2.0])

    assert jnp.allclose(moved(2.0), 2 * moved(1.0), rtol=1e-3)
    assert not jnp.allclose(moved(2.0), 0.0, atol=1e-5)


@pytest.mark.parametrize("name", sorted(DEAF - {"Lookahead"}))
def test_an_optimizer_that_does_not_ask_its_scheduler_takes_one_all_the_same(name):
    optimizer = getattr(optim, name)(lr=CLOSED["StepLR"]())
    assert optimizer.current_lr == 0.1


def test_the_name_lamb_is_there_in_capitals_too():
    assert optim.LAMB is optim.Lamb is real.optim.Lamb


def test_an_optimizer_stays_one_of_its_class():
    optimizer, _ = driven(CLOSED["StepLR"](), optim.Adam)
    assert isinstance(optimizer, real.optim.Adam)
    assert type(optimizer).__name__ == "Adam"


def test_what_is_not_an_optimizer_is_refused():
    with pytest.raises(TypeError, match="OptaxOptimizer"):
        CLOSED["StepLR"]().attach_optimizer(object())


# Several optimizers ------------------------------------------------------------------------------------------------


@every
def test_one_scheduler_drives_every_optimizer_it_is_given_to(name):
    scheduler = ALL[name]()
    pairs = [driven(scheduler, kind) for kind in (optim.SGD, optim.Adam, optim.LAMB)]
    for _ in range(8):
        advance(scheduler)
        assert [optimizer.current_lr for optimizer, _ in pairs] == scheduler.get_last_lr() * 3
    assert applied(*pairs[0]) == pytest.approx(float(scheduler.get_last_lr()[0]), rel=1e-6)
    assert scheduler.optimizer is pairs[-1][0]


def test_every_optimizer_shows_a_state_that_was_loaded_by_one_of_them():
    scheduler = CLOSED["StepLR"]()
    (first, _), (second, _) = driven(scheduler), driven(scheduler)
    saved = first.state_dict()
    scheduler.step(60)
    second.load_state_dict(saved)
    assert first.current_lr == second.current_lr == 0.1


def test_an_optimizer_that_is_gone_is_forgotten():
    import gc

    scheduler = CLOSED["StepLR"]()
    driven(scheduler)
    kept, _ = driven(scheduler)
    gc.collect()
    scheduler.step(30)
    assert list(scheduler._attached()) == [kept]


def test_a_scheduler_can_be_attached_later():
    weight = brainstate.ParamState(jnp.zeros(1))
    optimizer = optim.SGD(lr=0.7)
    optimizer.register_trainable_weights({"weight": weight})
    scheduler = CLOSED["LinearLR"]()
    scheduler.attach_optimizer(optimizer)
    for epoch in (0, 100, 200):
        scheduler.step(epoch)
        assert optimizer.current_lr == scheduler.get_lr()[0]
        assert applied(optimizer, weight) == pytest.approx(scheduler.get_lr()[0], rel=1e-6)
    assert optimizer.lr_scheduler is scheduler
    assert optimizer.state_dict()["lr_scheduler"] == scheduler.state_dict()


def test_a_scheduler_that_takes_over_an_optimizer_leaves_the_others_alone():
    first, second = optim.StepLR(0.1, 1, 0.5), optim.ExponentialLR(0.8, 0.5)
    stays, goes = driven(first), driven(first)
    second.attach_optimizer(goes[0])
    assert (first.optimizer, second.optimizer) == (None, goes[0])

    def rates():
        reported = [stays[0].current_lr, goes[0].current_lr]
        assert [applied(*stays), applied(*goes)] == pytest.approx(reported)
        assert [first.get_last_lr(), second.get_last_lr()] == [first.get_lr(), second.get_lr()]
        return reported

    assert rates() == [0.1, 0.8]
    first.step()
    assert rates() == [0.05, 0.8]
    second.step()
    assert rates() == [0.05, 0.4]
    first.attach_optimizer(goes[0])
    second.step()
    assert rates() == [0.05, 0.05]


AT_FIRST = {
    "number": lambda: 0.7,
    "theirs": lambda: real.optim._optax_lr_scheduler.StepLR(0.7),
    "ours": lambda: optim.StepLR(0.7),
}


@pytest.mark.parametrize("name", ["SGD", "Adam", "LBFGS"])
@pytest.mark.parametrize("lr", list(AT_FIRST))
def test_what_is_applied_is_that_of_the_scheduler_attached_last(name, lr):
    def moved(*attached):
        weight = brainstate.ParamState(jnp.asarray([1.0, -2.0]))
        more = {"linesearch": None} if name == "LBFGS" else {}
        optimizer = getattr(optim, name)(lr=AT_FIRST[lr](), **more)
        optimizer.register_trainable_weights({"weight": weight})
        for rate in attached:
            scheduler = optim.ConstantLR(rate)
            scheduler.attach_optimizer(optimizer)
            scheduler.step(9)
            assert optimizer.current_lr == rate
        optimizer.step({"weight": jnp.asarray([0.3, -0.1])})
        return weight.value - jnp.asarray([1.0, -2.0])

    assert jnp.allclose(moved(4.0, 0.25, 2.0), 2 * moved(1.0), rtol=1e-3)
    assert not jnp.allclose(moved(1.0), 0.0, atol=1e-5)


@pytest.mark.parametrize("kind", [optim.SGD, partial(optim.LBFGS, linesearch=None)], ids=["SGD", "LBFGS"])
def test_a_compiled_update_applies_what_a_scheduler_says_that_was_attached_afterwards(kind):
    def moved(*attached):
        optimizer, weight = driven(optim.ConstantLR(1.0, total_iters=0), kind)
        train = brainstate.transform.jit(lambda: optimizer.step({"weight": jnp.ones(1)}))
        train()
        for rate in attached:
            optim.ConstantLR(rate, total_iters=0).attach_optimizer(optimizer)
        weight.value = jnp.zeros(1)
        train()
        return float(weight.value[0])

    assert moved() < 0
    assert moved(8.0, 4.0) == pytest.approx(4 * moved())


def test_an_update_changes_nothing_in_its_scheduler_while_it_runs():
    """Two optimizers of one scheduler may step in two threads."""
    scheduler, seen = CLOSED["StepLR"](), []
    rates = scheduler.current_lrs
    look = optax.stateless(lambda updates, params: seen.append(scheduler.current_lrs is rates) or updates)
    weight = brainstate.ParamState(jnp.zeros(1))
    optimizer = optim.OptaxOptimizer(tx=optax.chain(look, optax.scale_by_schedule(scheduler)), lr=scheduler)
    optimizer.register_trainable_weights({"weight": weight})
    optim.ExponentialLR(0.8, 0.5).attach_optimizer(optimizer)
    assert applied(optimizer, weight) == pytest.approx(0.8)
    assert seen == [True]
    assert float(scheduler(0)) == -0.1


def test_a_scheduler_in_a_transformation_that_does_not_drive_the_optimizer_says_its_own_values():
    factor = optim.ConstantLR(3.0, total_iters=0)
    weight = brainstate.ParamState(jnp.zeros(1))
    tx = optax.scale_by_schedule(factor)
    optimizer = optim.OptaxOptimizer(tx=tx, lr=CLOSED["StepLR"]())
    optimizer.register_trainable_weights({"weight": weight})
    assert applied(optimizer, weight) == pytest.approx(3.0)


def test_a_scheduler_of_braintools_goes_on_driving_its_other_optimizers():
    theirs = real.optim._optax_lr_scheduler.StepLR(0.1, 1, 0.5)
    stays, goes = driven(theirs), driven(theirs)
    optim.ExponentialLR(0.8, 0.5).attach_optimizer(goes[0])
    theirs.step()
    assert [applied(*stays), applied(*goes)] == pytest.approx([0.05, 0.8])
    assert goes[0].current_lr == 0.8


def test_the_schedulers_are_accepted_as_parts_by_those_of_braintools():
    theirs = real.optim._optax_lr_scheduler.ChainedScheduler([CLOSED["LinearLR"](), CLOSED["ExponentialLR"]()])
    ours = CLOSED["ChainedScheduler"]()
    for _ in range(5):
        theirs.step()
        ours.step()
    assert float(theirs.get_lr()[0]) == pytest.approx(ours.get_lr()[0], rel=1e-6)


# By hand -------------------------------------------------------------------------------------------------------------


def test_a_rate_set_by_hand_is_applied_until_the_next_step():
    scheduler = CLOSED["StepLR"]()
    optimizer, weight = driven(scheduler)
    optimizer.current_lr = 0.3
    assert applied(optimizer, weight) == pytest.approx(0.3)
    scheduler.step()
    assert applied(optimizer, weight) == pytest.approx(0.1)


def test_a_rate_set_by_hand_is_that_of_every_optimizer_of_the_scheduler():
    scheduler = CLOSED["StepLR"]()
    one, other = driven(scheduler), driven(scheduler)
    one[0].current_lr = 0.7
    assert [applied(*one), applied(*other)] == pytest.approx([0.7, 0.7])
    assert [one[0].current_lr, other[0].current_lr, *scheduler.get_last_lr()] == [0.7, 0.7, 0.7]


def test_a_rate_can_be_set_inside_of_jit():
    optimizer, weight = driven(CLOSED["StepLR"]())

    @brainstate.transform.jit
    def halve():
        optimizer.current_lr = optimizer.current_lr / 2

    halve()
    assert applied(optimizer, weight) == pytest.approx(0.05)


@pytest.mark.parametrize("rate", [float("nan"), "0.1", jnp.ones(2)], ids=["nan", "text", "array"])
def test_a_rate_set_by_hand_that_is_no_finite_number_is_refused_and_changes_nothing(rate):
    scheduler = CLOSED["StepLR"]()
    optimizer, _ = driven(scheduler)
    with pytest.raises(ScheduleError, match=r"^SGD\.current_lr must be a finite number"):
        optimizer.current_lr = rate
    assert optimizer.current_lr == scheduler.get_last_lr()[0] == 0.1


def test_a_function_of_the_rates_is_applied_until_the_next_step():
    scheduler = CLOSED["StepLR"]()
    optimizer, weight = driven(scheduler)
    optimizer.lr_apply(lambda lr: lr / 10)
    assert optimizer.current_lr == pytest.approx(0.01)
    assert applied(optimizer, weight) == pytest.approx(0.01)
    scheduler.step_epoch()
    assert optimizer.current_lr == 0.1


# Groups --------------------------------------------------------------------------------------------------------------


def grouped(scheduler, **group):
    """An optimizer of two weights, the second in a group of its own that starts with the settings given."""
    weights = {name: brainstate.ParamState(jnp.zeros(1)) for name in ("body", "head")}
    optimizer = optim.Adam(lr=scheduler, eps=1e-30)
    optimizer.register_trainable_weights({"body": weights["body"]})
    optimizer.add_param_group({"head": weights["head"]}, **group)
    return optimizer, weights


def shown(optimizer):
    return [float(group["lr"].value) for group in optimizer.param_groups]


def moved(optimizer, weights):
    """What Adam does to a weight whose gradient is always 1 is minus the learning rate."""
    before = [float(weight.value[0]) for weight in weights.values()]
    optimizer.step({name: jnp.ones(1) for name in weights})
    return [was - float(weight.value[0]) for was, weight in zip(before, weights.values(), strict=True)]


def test_every_group_has_the_base_learning_rate_of_the_list():
    scheduler = optim.ExponentialLR(base_lr=[0.1, 0.01], gamma=0.5)
    optimizer, weights = grouped(scheduler)
    assert shown(optimizer) == [0.1, 0.01]
    assert moved(optimizer, weights) == pytest.approx([0.1, 0.01], rel=1e-4)
    scheduler.step()
    assert shown(optimizer) == [0.05, 0.005]
    assert moved(optimizer, weights) == pytest.approx([0.05, 0.005], rel=1e-4)


def test_a_group_without_a_rate_has_that_of_the_group_before():
    scheduler = optim.ExponentialLR(base_lr=0.1, gamma=0.5, last_epoch=1)
    optimizer, weights = grouped(scheduler)
    assert shown(optimizer) == [0.05, 0.05]
    assert moved(optimizer, weights) == pytest.approx([0.05, 0.05], rel=1e-4)


def test_a_group_with_a_rate_is_scheduled_from_it():
    scheduler = optim.ExponentialLR(base_lr=0.1, gamma=0.5)
    optimizer, weights = grouped(scheduler, lr=0.4)
    assert scheduler.base_lrs == [0.1, 0.4]
    assert moved(optimizer, weights) == pytest.approx([0.1, 0.4], rel=1e-4)
    scheduler.step()
    assert shown(optimizer) == [0.05, 0.2]
    assert moved(optimizer, weights) == pytest.approx([0.05, 0.2], rel=1e-4)


@every
def test_a_group_with_a_rate_works_with_every_scheduler(name):
    scheduler = ALL[name]()
    optimizer, _ = grouped(scheduler, lr=2 * scheduler.base_lrs[0])
    for _ in range(3):
        advance(scheduler)
        assert shown(optimizer) == pytest.approx(scheduler.get_last_lr())
    assert len(shown(optimizer)) == 2


@pytest.mark.parametrize("name", ["SequentialLR", "ChainedScheduler", "StepLR", "LinearLR"])
def test_a_group_with_twice_the_rate_has_twice_the_curve(name):
    scheduler = CLOSED[name]()
    optimizer, _ = grouped(scheduler, lr=2 * scheduler.base_lrs[0])
    for epoch in (0, 50, 250, 400, 700):
        scheduler.step(epoch)
        assert shown(optimizer)[1] == pytest.approx(2 * shown(optimizer)[0])


FROM_ZERO = {
    "wrapped": lambda: braintools.scheduler(Linear(start=0.0, end=1.0, steps=4)),
    "SequentialLR": lambda: optim.SequentialLR([optim.StepLR(0.0), optim.StepLR(0.1)], [2]),
    "ChainedScheduler": lambda: optim.ChainedScheduler([optim.StepLR(0.0), optim.StepLR(0.0)]),
}


@pytest.mark.parametrize("name", list(FROM_ZERO))
def test_a_rate_that_a_schedule_from_zero_cannot_be_scaled_to_is_refused_before_the_group_is_made(name):
    scheduler = FROM_ZERO[name]()
    optimizer, _ = driven(scheduler)
    before = scheduler.state_dict()
    head = {"head": brainstate.ParamState(jnp.zeros(1))}
    with pytest.raises(ScheduleError, match=r"base_lr must be 0, as a schedule that starts from 0 .*, got 0\.5"):
        optimizer.add_param_group(head, lr=0.5)
    with pytest.raises(ScheduleError, match=r"base_lr must be 0"):
        scheduler.add_group(1, 0.5)
    assert scheduler.state_dict() == before
    assert len(optimizer.param_groups) == 1
    optimizer.add_param_group(head)
    scheduler.step(3)
    assert shown(optimizer) == scheduler.get_lr() == [scheduler.get_lr()[0]] * 2


def test_with_a_schedule_for_each_group_one_may_start_from_zero():
    rise, fall = Linear(start=0.0, end=1.0, steps=4), Linear(start=0.5, end=0.0, steps=4)
    scheduler = braintools.scheduler([rise, fall])
    optimizer, _ = grouped(scheduler, lr=1.0)
    scheduler.step(2)
    assert shown(optimizer) == scheduler.get_lr() == [0.5, 0.5]


def test_groups_are_driven_inside_of_jit():
    scheduler = CLOSED["SequentialLR"]()
    optimizer, weights = grouped(scheduler, lr=0.4)

    @brainstate.transform.jit
    def train():
        optimizer.step({name: jnp.ones(1) for name in weights})
        scheduler.step()

    for _ in range(5):
        train()
    assert shown(optimizer) == pytest.approx([0.1 * (0.2 + 0.7 * 5 / 300), 0.4 * (0.2 + 0.7 * 5 / 300)], rel=1e-6)


def test_the_state_of_an_optimizer_with_groups_goes_on():
    def run(optimizer, scheduler, weights, steps):
        for _ in range(steps):
            moved(optimizer, weights)
            scheduler.step()
        return [float(weight.value[0]) for weight in weights.values()]

    scheduler = optim.ExponentialLR(base_lr=0.1, gamma=0.5)
    optimizer, weights = grouped(scheduler, lr=0.4)
    run(optimizer, scheduler, weights, 3)
    saved, held = optimizer.state_dict(), {name: weight.value for name, weight in weights.items()}
    expected = run(optimizer, scheduler, weights, 3)

    scheduler = optim.ExponentialLR(base_lr=0.1, gamma=0.5)
    optimizer, weights = grouped(scheduler, lr=0.4)
    for name, weight in weights.items():
        weight.value = held[name]
    optimizer.load_state_dict(saved)
    assert shown(optimizer) == [0.0125, 0.05]
    assert run(optimizer, scheduler, weights, 3) == expected


def test_on_a_plateau_every_group_has_its_own_floor():
    scheduler = optim.ReduceLROnPlateau(base_lr=[0.1, 0.01], min_lr=[0.0, 0.004], factor=0.5, patience=0)
    optimizer, _ = grouped(scheduler)
    for _ in range(4):
        scheduler.step(1.0)
    assert shown(optimizer) == [0.0125, 0.004]
