"""By every road, a run that was resumed goes on as the run that was not interrupted."""

from __future__ import annotations

import json
import pickle

import jax.numpy as jnp
import numpy as np
import pytest

from braintools_samples import ALL, CLOSED, advance, applied, driven, optim

every = pytest.mark.parametrize("name", list(ALL))
every_closed = pytest.mark.parametrize("name", list(CLOSED))


def rates(scheduler, epochs):
    """The learning rates from now on."""
    values = [scheduler.get_last_lr()]
    for _ in range(epochs):
        advance(scheduler)
        values.append(scheduler.get_last_lr())
    return values


def at(name, epoch):
    scheduler = ALL[name]()
    for _ in range(epoch):
        advance(scheduler)
    return scheduler


@every
@pytest.mark.parametrize("seed", range(4))
def test_a_state_read_from_json_goes_on_in_a_new_object(name, seed):
    random = np.random.default_rng(seed)
    saved, ahead = (int(n) for n in random.integers(0, 900, 2))
    scheduler = at(name, saved)
    state = json.dumps(scheduler.state_dict(), allow_nan=False)
    resumed = ALL[name]()
    resumed.load_state_dict(json.loads(state))
    assert resumed == scheduler
    assert rates(resumed, ahead) == rates(scheduler, ahead)


@every_closed
@pytest.mark.parametrize("epoch", [1, 199, 200, 777])
def test_a_scheduler_made_with_last_epoch_goes_on(name, epoch):
    if name == "ChainedScheduler":  # it has no such argument; its parts have
        resumed = CLOSED[name](last_epoch=epoch)
    else:
        resumed = type(CLOSED[name]())(**{**arguments(name), "last_epoch": epoch})
    optimizer, weight = driven(resumed)
    assert optimizer.current_lr == at(name, epoch).get_last_lr()[0]
    assert applied(optimizer, weight) == pytest.approx(float(optimizer.current_lr), rel=1e-6)
    assert rates(resumed, 30) == rates(at(name, epoch), 30)


def arguments(name):
    """What the sample of a class was made with."""
    made = CLOSED[name]()
    given = {field: getattr(made, field) for field in made.made_of}
    if "max_lrs" in given:
        given["max_lr"] = given.pop("max_lrs")
    return given if name in ("SequentialLR", "OneCycleLR") else {"base_lr": made.base_lrs, **given}


@every_closed
def test_a_step_to_an_epoch_goes_on(name):
    resumed = CLOSED[name]()
    resumed.step(345)
    assert rates(resumed, 30) == rates(at(name, 345), 30)


@every
def test_the_state_of_the_optimizer_alone_goes_on(name):
    """One scheduler step for every third update, so that counting updates would not do."""

    def run(optimizer, scheduler, weight, updates, first):
        for update in range(first, first + updates):
            optimizer.step({"weight": jnp.ones(1) * (1 + update)})
            if update % 3 == 2:
                advance(scheduler)
        return float(weight.value[0])

    straight = ALL[name]()
    optimizer, weight = driven(straight, optim.Adam)
    run(optimizer, straight, weight, 20, 0)
    saved, held = pickle.dumps(optimizer.state_dict()), weight.value
    expected = run(optimizer, straight, weight, 20, 20)

    scheduler = ALL[name]()
    optimizer, weight = driven(scheduler, optim.Adam)
    weight.value = held
    optimizer.load_state_dict(pickle.loads(saved))
    assert optimizer.current_lr == scheduler.get_last_lr()[0] == at(name, 6).get_last_lr()[0]
    assert run(optimizer, scheduler, weight, 20, 20) == expected
    assert scheduler == straight


@every
def test_after_a_load_the_optimizer_reports_what_it_applies(name):
    scheduler = ALL[name]()
    optimizer, weight = driven(scheduler)
    scheduler.load_state_dict(at(name, 321).state_dict())
    assert optimizer.current_lr == at(name, 321).get_last_lr()[0]
    assert optimizer.param_groups[0]["lr"].value == optimizer.current_lr
    assert applied(optimizer, weight) == pytest.approx(float(optimizer.current_lr), rel=1e-6)


def test_a_learning_rate_set_by_hand_is_saved_and_holds_until_the_next_step():
    scheduler = CLOSED["StepLR"]()
    optimizer, _ = driven(scheduler)
    optimizer.current_lr = 0.7
    resumed = CLOSED["StepLR"]()
    resumed.load_state_dict(json.loads(json.dumps(scheduler.state_dict())))
    assert resumed.get_last_lr() == [0.7]
    resumed.step()
    assert resumed.get_last_lr() == [0.1]


@every
def test_a_state_saved_after_jitted_steps_goes_on(name):
    import brainstate

    scheduler = ALL[name]()

    @brainstate.transform.jit
    def step(loss):
        scheduler.step(loss) if name == "ReduceLROnPlateau" else scheduler.step()

    for epoch in range(10):
        step(1.0 / (1 + epoch))
    resumed = ALL[name]()
    resumed.load_state_dict(json.loads(json.dumps(scheduler.state_dict(), allow_nan=False)))
    assert resumed.state_dict() == scheduler.state_dict()
    advance(scheduler), advance(resumed)
    assert resumed.get_last_lr() == [float(rate) for rate in scheduler.get_last_lr()]


@pytest.mark.parametrize("name", ["StepLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "ReduceLROnPlateau"])
def test_a_state_that_braintools_saved_goes_on(name):
    import braintools as real

    kinds = {"StepLR": {"step_size": 3}, "CosineAnnealingLR": {"T_max": 20}, "CosineAnnealingWarmRestarts": {"T_0": 4}}
    given = {"base_lr": 0.1, **kinds.get(name, {"patience": 1})}
    theirs = getattr(real.optim._optax_lr_scheduler, name)(**given)
    ours = getattr(optim, name)(**given)
    for _ in range(7):
        theirs.step(*([1.0] if name == "ReduceLROnPlateau" else []))
    ours.load_state_dict(theirs.state_dict())
    for _ in range(7):
        np.testing.assert_allclose(ours.get_last_lr(), theirs.get_last_lr(), rtol=1e-5)
        ours.step(*([1.0] if name == "ReduceLROnPlateau" else []))
        theirs.step(*([1.0] if name == "ReduceLROnPlateau" else []))
