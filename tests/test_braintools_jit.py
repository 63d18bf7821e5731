"""Inside of brainstate's transformations the schedulers trace once, and say what they say outside."""

from __future__ import annotations

import brainstate
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from braintools_samples import ALL, CLOSED, FORMULAS, advance, driven, metric, optim

every = pytest.mark.parametrize("name", list(ALL))
STEPS = 1000


def metrics():
    return jnp.asarray([metric(epoch) for epoch in range(STEPS)], jnp.float32)


def expected(name):
    if name in FORMULAS:
        return [FORMULAS[name](t) for t in range(STEPS)]
    scheduler, values = ALL[name](), []
    for loss in metrics().tolist():
        values.append(scheduler.get_lr()[0])
        scheduler.step(loss)
    return values


@every
def test_a_jitted_training_step_traces_once_and_applies_the_closed_form_for_1000_steps(name):
    scheduler = ALL[name]()
    optimizer, weight = driven(scheduler)
    traces = 0

    @brainstate.transform.jit
    def train(loss):
        nonlocal traces
        traces += 1
        reported = optimizer.current_lr
        before = weight.value[0]
        optimizer.step({"weight": jnp.ones(1)})
        applied = before - weight.value[0]
        weight.value = jnp.zeros(1)
        scheduler.step(loss) if name == "ReduceLROnPlateau" else scheduler.step()
        return reported, applied

    values = np.array([train(loss) for loss in metrics()], dtype=float)
    assert traces == 1
    np.testing.assert_allclose(values[:, 0], expected(name), rtol=1e-6, atol=1e-8)
    np.testing.assert_array_equal(values[:, 0], values[:, 1])
    assert int(scheduler.last_epoch.value) == STEPS


@every
def test_a_loop_traces_once(name):
    scheduler = ALL[name]()
    optimizer, _ = driven(scheduler)
    traces = 0

    def body(loss):
        nonlocal traces
        traces += 1
        current = optimizer.current_lr
        scheduler.step(loss) if name == "ReduceLROnPlateau" else scheduler.step()
        return current

    values = brainstate.transform.for_loop(body, metrics())
    assert traces == 1
    np.testing.assert_allclose(values, expected(name), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", list(CLOSED))
def test_an_epoch_may_be_traced(name):
    scheduler = CLOSED[name]()
    traces = 0

    @brainstate.transform.jit
    def at(epoch):
        nonlocal traces
        traces += 1
        scheduler.step(epoch)
        return scheduler.current_lrs.value[0]

    epochs = [5, 999, 0, 200, 350, 600]
    values = [float(at(jnp.asarray(epoch))) for epoch in epochs]
    assert traces == 1
    np.testing.assert_allclose(values, [FORMULAS[name](t) for t in epochs], rtol=1e-6, atol=1e-8)


@every
def test_a_jitted_step_is_compiled_once(name, caplog):
    scheduler = ALL[name]()
    driven(scheduler)

    @brainstate.transform.jit
    def train(loss):
        scheduler.step(loss) if name == "ReduceLROnPlateau" else scheduler.step()
        return scheduler.current_lrs.value[0]

    losses = metrics()[:6]
    caplog.clear()
    with jax.log_compiles():
        for loss in losses:
            train(loss)
    compilations = [record for record in caplog.records if "compilation of jit(jaxpr_call)" in record.getMessage()]
    assert len(compilations) == 1


@every
def test_steps_inside_and_outside_of_jit_can_be_mixed(name):
    inside, outside = ALL[name](), ALL[name]()
    driven(inside)

    @brainstate.transform.jit
    def jitted(loss):
        inside.step(loss) if name == "ReduceLROnPlateau" else inside.step()

    for epoch in range(40):
        jitted(metric(epoch)) if epoch % 3 else advance(inside)
        advance(outside)
    np.testing.assert_allclose(float(inside.get_lr()[0]), outside.get_lr()[0], rtol=1e-6)
    assert inside.last_epoch.value == outside.last_epoch.value


def test_the_current_scheduler_can_be_told_inside_of_jit():
    scheduler = CLOSED["SequentialLR"]()

    @brainstate.transform.jit
    def at(epoch):
        scheduler.step(epoch)
        return scheduler.current_scheduler_idx

    assert [int(at(epoch)) for epoch in (0, 199, 200, 349, 350, 600)] == [0, 0, 1, 1, 2, 3]


def test_the_place_in_a_cycle_can_be_told_inside_of_jit():
    scheduler = CLOSED["CosineAnnealingWarmRestarts"]()

    @brainstate.transform.jit
    def at(epoch):
        scheduler.step(epoch)
        return scheduler.T_cur.value, scheduler.T_i.value

    assert [tuple(map(int, at(epoch))) for epoch in (0, 29, 30, 89, 90)] == [
        (0, 30),
        (29, 30),
        (0, 60),
        (59, 60),
        (0, 120),
    ]


def test_a_function_may_change_the_learning_rate_inside_of_jit():
    scheduler = CLOSED["StepLR"]()
    optimizer, _ = driven(scheduler)

    @brainstate.transform.jit
    def halve():
        optimizer.lr_apply(lambda lr: lr / 2)

    halve()
    assert float(optimizer.current_lr) == pytest.approx(0.05)
    scheduler.step()
    assert optimizer.current_lr == 0.1


@pytest.mark.parametrize("kind", ["Adam", "RMSprop", "Lamb", "Adafactor"])
def test_a_model_is_trained_by_a_jitted_step(kind):
    model = brainstate.nn.Linear(4, 2)
    scheduler = optim.SequentialLR(
        [optim.LinearLR(base_lr=0.02, total_iters=5), optim.CosineAnnealingLR(base_lr=0.02, T_max=55)], milestones=[5]
    )
    optimizer = getattr(optim, kind)(lr=scheduler)
    weights = model.states(brainstate.ParamState)
    optimizer.register_trainable_weights(weights)
    inputs = jnp.asarray(np.random.default_rng(0).normal(size=(64, 4)), jnp.float32)
    targets = inputs @ jnp.asarray([[1.0, 0.5], [0.0, -1.0], [2.0, 0.0], [0.5, 0.5]])

    @brainstate.transform.jit
    def train():
        grads, loss = brainstate.transform.grad(
            lambda: jnp.mean((model(inputs) - targets) ** 2), weights, return_value=True
        )()
        optimizer.step(grads)
        scheduler.step()
        return loss

    losses = [float(train()) for _ in range(60)]
    assert losses[-1] < losses[0]
    assert float(optimizer.current_lr) == pytest.approx(0.0, abs=1e-9)
