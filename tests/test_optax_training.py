"""Real trainings in JAX through ``glidepath.optax``: logged, saved with Orbax, and gone on with exactly."""

from __future__ import annotations

import os
import subprocess
import sys

import equinox as eqx
import flax.serialization
import jax
import jax.numpy as jnp
import numpy as np
import optax as real_optax
import orbax.checkpoint as ocp
import pytest
from flax import nnx

import glidepath.optax as optax
from glidepath import ScheduleError, warmup_cosine
from glidepath.lab import Settings, topics
from glidepath.lab.jax import loss
from glidepath.lab.task import batch, initial_weights
from samples import SAMPLES

SETTINGS = Settings(steps=40, batch=16, embedding=8, hidden=24)
TEXT = topics()
STEPS = 40

SCHEDULE = optax.warmup_cosine_decay_schedule(0.0, 0.02, warmup_steps=10, decay_steps=STEPS, end_value=0.002)
PEER = real_optax.warmup_cosine_decay_schedule(0.0, 0.02, warmup_steps=10, decay_steps=STEPS, end_value=0.002)
CORE = warmup_cosine(0.5, warmup=4, total=12)
ONES = jnp.ones(3)
B1 = optax.linear_schedule(0.85, 0.95, STEPS)

OPTIMIZERS = {
    "adamw": lambda: optax.adamw(SCHEDULE, weight_decay=0.01),
    "a function injected into": lambda: optax.inject_hyperparams(optax.adamw)(learning_rate=SCHEDULE, b1=B1),
    "a transformation injected into": lambda: optax.chain(
        optax.inject_hyperparams(optax.scale_by_adam(), learning_rate=SCHEDULE, b1=B1), optax.scale(-1.0)
    ),
}
every_optimizer = pytest.mark.parametrize("kind", OPTIMIZERS)


class Training:
    """The text task with an optimizer of optax's; the rate of each update is logged by the compiled update."""

    def __init__(self, optimizer, schedule=SCHEDULE):
        self.params = jax.tree.map(jnp.asarray, initial_weights(SETTINGS, len(TEXT.characters), seed=0))
        self.state = optimizer.init(self.params)
        self.step, self.rates, self.losses = 0, [], []

        @jax.jit
        def update(params, state, step, contexts, targets):
            value, gradients = jax.value_and_grad(loss)(params, contexts, targets)
            updates, state = optimizer.update(gradients, state, params)
            return optax.apply_updates(params, updates), state, value, schedule(step)

        self.update = update

    def run(self, until):
        while self.step < until:
            batch_ = batch(TEXT.train, SETTINGS, 0, self.step)
            self.params, self.state, value, rate = self.update(self.params, self.state, self.step, *batch_)
            self.rates.append(float(rate))
            self.losses.append(float(value))
            self.step += 1
        return self

    def checkpoint(self):
        return {"params": self.params, "state": self.state, "step": self.step}


@every_optimizer
def test_a_training_saved_with_orbax_goes_on_to_the_last_bit(kind, tmp_path):
    unbroken = Training(OPTIMIZERS[kind]()).run(17)
    with ocp.StandardCheckpointer() as saver:
        saver.save(tmp_path / "run", unbroken.checkpoint())
    unbroken.run(STEPS)

    resumed = Training(OPTIMIZERS[kind]())
    with ocp.StandardCheckpointer() as saver:
        saved = saver.restore(tmp_path / "run", resumed.checkpoint())
    resumed.params, resumed.state, resumed.step = saved["params"], saved["state"], int(saved["step"])
    resumed.run(STEPS)

    assert resumed.rates == unbroken.rates[17:]
    assert resumed.losses == unbroken.losses[17:]
    assert jax.tree.structure(resumed.state) == jax.tree.structure(unbroken.state)
    for mine, wanted in zip(jax.tree.leaves(resumed.checkpoint()), jax.tree.leaves(unbroken.checkpoint()), strict=True):
        assert np.asarray(mine).tobytes() == np.asarray(wanted).tobytes()


def test_a_training_learns_as_with_the_schedule_of_optax():
    ours = Training(OPTIMIZERS["adamw"]()).run(STEPS)
    theirs = Training(real_optax.adamw(PEER, weight_decay=0.01), PEER).run(STEPS)
    assert ours.rates == pytest.approx([float(PEER(k)) for k in range(STEPS)], rel=2e-6)
    assert ours.losses == pytest.approx(theirs.losses, rel=1e-4)
    assert np.mean(ours.losses[-5:]) < 0.8 * ours.losses[0]


def test_the_rate_that_is_read_from_the_state_is_the_one_that_was_logged():
    training = Training(OPTIMIZERS["a transformation injected into"]())
    for step in range(12):
        training.run(step + 1)
        assert float(optax.current_hyperparams(training.state)["learning_rate"]) == training.rates[-1]


@every_optimizer
def test_a_state_goes_through_the_serialization_of_flax(kind):
    optimizer = OPTIMIZERS[kind]()
    _, state = optimizer.update(ONES, optimizer.init(ONES), ONES)
    again = flax.serialization.from_bytes(optimizer.init(ONES), flax.serialization.to_bytes(state))
    assert jax.tree.structure(again) == jax.tree.structure(state)
    assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), again, state))


def test_a_constant_that_takes_the_place_of_a_schedule_is_noticed_where_optax_freezes_the_rate():
    def restored(build):
        scheduled, constant = build(CORE), build(0.1)
        _, state = scheduled.update(ONES, scheduled.init(ONES))
        return constant, flax.serialization.from_bytes(constant.init(ONES), flax.serialization.to_bytes(state))

    constant, state = restored(lambda rate: real_optax.inject_hyperparams(real_optax.scale)(rate))
    assert constant.update(ONES, state)[0].tolist() == [0.0, 0.0, 0.0]  # the schedule's first value, for ever
    constant, state = restored(lambda rate: optax.inject_hyperparams(optax.identity(), learning_rate=rate))
    with pytest.raises(ScheduleError, match="learning_rate, set by hand, must be a number"):
        constant.update(ONES, state)


# A schedule as it is, in other optimizers and loops -------------------------------------------------------------------


@pytest.mark.parametrize("schedule", [CORE, optax.linear_schedule(0.5, 0.0, 8)], ids=["core", "of the page"])
def test_scale_by_schedule_and_adamw_take_a_schedule_as_it_is(schedule):
    scale, adamw = real_optax.scale_by_schedule(schedule), real_optax.adamw(schedule, weight_decay=0.0)
    state, other = scale.init(ONES), adamw.init(ONES)
    for step in range(6):
        updates, state = jax.jit(scale.update)(ONES, state)
        assert updates.tolist() == pytest.approx([schedule(step)] * 3, rel=1e-6)
        updates, other = jax.jit(adamw.update)(ONES, other, ONES)
        assert updates.tolist() == pytest.approx([-schedule(step)] * 3, rel=1e-4)


class Line(nnx.Module):
    def __init__(self):
        self.w = nnx.Param(jnp.asarray([1.0, -1.0]))

    def __call__(self, x):
        return x @ self.w[...]


@pytest.mark.parametrize(
    "build",
    [
        lambda: optax.sgd(CORE),
        lambda: optax.inject_hyperparams(optax.sgd)(learning_rate=CORE),
        lambda: optax.chain(optax.inject_hyperparams(optax.identity(), learning_rate=CORE), optax.scale(-1.0)),
    ],
    ids=["schedule", "function", "transformation"],
)
def test_an_optimizer_of_flax_nnx_takes_a_schedule_as_it_is(build):
    model = Line()
    optimizer = nnx.Optimizer(model, build(), wrt=nnx.Param)

    @nnx.jit
    def update(model, optimizer, x):
        gradients = nnx.grad(lambda m: m(x).sum())(model)
        optimizer.update(model, gradients)

    before = model.w[...]
    for step in range(5):
        update(model, optimizer, jnp.asarray([[1.0, 2.0]]))
        moved = before - model.w[...]
        assert moved.tolist() == pytest.approx([CORE(step), 2 * CORE(step)], rel=1e-5, abs=1e-7)
        before = model.w[...]


def test_the_rate_is_read_from_an_optimizer_of_flax_nnx():
    optimizer = nnx.Optimizer(Line(), optax.inject_hyperparams(optax.sgd)(learning_rate=CORE), wrt=nnx.Param)
    optimizer.update(Line(), nnx.state(Line(), nnx.Param))
    optimizer.update(Line(), nnx.state(Line(), nnx.Param))
    assert float(optax.current_hyperparams(optimizer.opt_state)["learning_rate"]) == CORE(1)


def test_a_loop_with_equinox_takes_a_schedule_as_it_is():
    model = eqx.nn.Linear(2, 1, key=jax.random.key(0))
    optimizer = optax.chain(optax.inject_hyperparams(optax.identity(), learning_rate=CORE), optax.scale(-1.0))
    state = optimizer.init(eqx.filter(model, eqx.is_array))

    @eqx.filter_jit
    def step_fn(model, state, x):
        gradients = eqx.filter_grad(lambda m: m(x).sum())(model)
        updates, state = optimizer.update(gradients, state, eqx.filter(model, eqx.is_array))
        return eqx.apply_updates(model, updates), state

    for step in range(5):
        moved, state = step_fn(model, state, jnp.asarray([1.0, 2.0]))
        assert (model.bias - moved.bias).tolist() == pytest.approx([CORE(step)], rel=1e-5, abs=1e-7)
        model = moved


@pytest.mark.parametrize("jit", [False, True])
def test_gradients_are_accumulated_over_a_scheduled_number_of_steps(jit):
    every = optax.join_schedules([optax.constant_schedule(1), optax.constant_schedule(3)], [2])
    optimizer = optax.MultiSteps(optax.sgd(1.0), every_k_schedule=every)
    assert isinstance(optimizer, real_optax.MultiSteps)
    state, moved = optimizer.init(jnp.zeros(())), []
    update = jax.jit(optimizer.update) if jit else optimizer.update
    for _ in range(8):
        updates, state = update(jnp.ones(()), state)
        moved.append(updates.item())
    assert moved == [-1.0, -1.0, 0.0, 0.0, -1.0, 0.0, 0.0, -1.0]


@pytest.mark.parametrize("name", [name for name in SAMPLES if not name.startswith("Custom")])
def test_a_schedule_in_a_module_of_equinox_survives_its_masks(name):
    class Module(eqx.Module):
        weights: jax.Array
        schedule: object

    module = Module(jnp.ones(2), SAMPLES[name])
    arrays, rest = eqx.partition(module, eqx.is_array)
    assert eqx.combine(arrays, rest).schedule == SAMPLES[name]
    for mark in (True, "label", print, object()):
        marked = jax.tree.map(lambda _, mark=mark: mark, module)
        assert jax.tree.structure(marked) == jax.tree.structure(module)
    moved = eqx.apply_updates(module, eqx.filter_grad(lambda m: m.weights.sum())(module))
    assert moved.weights.tolist() == [2.0, 2.0]


def test_modules_of_optax_can_be_imported_from():
    import glidepath.optax.tree_utils as trees
    from glidepath.optax.contrib import muon

    assert (muon, trees) == (real_optax.contrib.muon, real_optax.tree_utils)
    assert optax.schedules.linear_schedule is optax.linear_schedule


def test_the_arguments_of_an_accumulation_may_stand_by_position():
    optimizer = optax.MultiSteps(optax.sgd(1.0), 2, False)
    state = optimizer.init(jnp.zeros(()))
    for _ in range(2):
        updates, state = optimizer.update(jnp.ones(()), state)
    assert updates.item() == -2.0


def test_an_accumulation_over_no_steps_is_refused():
    with pytest.raises(ScheduleError, match=r"MultiSteps.every_k_schedule at step 0 must be at least 1, got 0\.25"):
        optax.MultiSteps(optax.sgd(1.0), optax.constant_schedule(0.25))


def test_injection_leaves_a_model_in_float32_so_with_64_bit_jax_too():
    code = """
import jax.numpy as jnp, glidepath.optax as optax
rate = optax.linear_schedule(0.5, 0.0, 4)
optimizer = optax.apply_if_finite(optax.inject_hyperparams(optax.adamw)(learning_rate=rate), 2)
params = jnp.ones(2, jnp.float32)
state = optimizer.init(params)
for _ in range(3):
    updates, state = optimizer.update(params, state, params)
print(updates.dtype, float(optax.current_hyperparams(state)["learning_rate"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"JAX_ENABLE_X64": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "float32 0.25\n"
