"""The injection example and the training loop of optax's documentation page on schedules, word for word.

Only the import is another one.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import optax as real_optax
import pytest

PAGE_IMPORT = "import glidepath.optax as optax\n"

HYPERPARAMETERS = """
# Schedule multiple hyperparameters
base_transform = optax.scale_by_adam()

scheduled_transform = optax.inject_hyperparams(
    base_transform,
    learning_rate=optax.cosine_decay_schedule(0.001, 1000),
    b1=optax.linear_schedule(0.9, 0.95, 500),
    b2=optax.constant_schedule(0.999)
)

# Create complete optimizer
optimizer = optax.chain(
    scheduled_transform,
    optax.scale(-1.0)  # Apply negative learning rate
)
"""

TRAINING = """
import jax

# Create schedule
schedule = optax.warmup_cosine_decay_schedule(
    init_value=0.0,
    peak_value=0.001,
    warmup_steps=1000,
    decay_steps=9000
)

optimizer = optax.adam(learning_rate=schedule)

def train_step(params, opt_state, batch, step):
    \"\"\"Training step with scheduled learning rate.\"\"\"

    def loss_fn(p):
        return compute_loss(p, batch)

    loss_val, grads = jax.value_and_grad(loss_fn)(params)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    params = optax.apply_updates(params, updates)

    # Current learning rate for logging
    current_lr = schedule(step)

    return params, opt_state, loss_val, current_lr
"""

PARAMS = {"w": jnp.asarray([1.0, -2.0, 0.5])}


def run(code, **names):
    exec(PAGE_IMPORT + code, names)
    return names


def test_the_example_of_several_hyperparameters_runs_on_the_import_of_glidepath_alone():
    page = run(HYPERPARAMETERS)
    optimizer = page["optimizer"]
    state = optimizer.init(PARAMS)
    for _ in range(3):
        updates, state = optimizer.update(PARAMS, state, PARAMS)
    read = page["optax"].current_hyperparams(state)
    assert float(read["b1"]) == pytest.approx(0.9 + 0.05 * 2 / 500)
    assert float(read["b2"]) == pytest.approx(0.999)
    assert float(read["learning_rate"]) == pytest.approx(0.001 * (1 + np.cos(np.pi * 2 / 1000)) / 2)
    assert updates["w"].shape == (3,)


def test_the_example_of_several_hyperparameters_fails_on_optax():
    with pytest.raises(TypeError):
        exec("import optax\n" + HYPERPARAMETERS, {})


def test_the_optimizer_of_the_page_trains_as_optax_adam_with_these_schedules():
    optimizer = run(HYPERPARAMETERS)["optimizer"]
    peer = real_optax.inject_hyperparams(real_optax.adam)(
        learning_rate=real_optax.cosine_decay_schedule(0.001, 1000),
        b1=real_optax.linear_schedule(0.9, 0.95, 500),
        b2=0.999,
    )
    state, other = optimizer.init(PARAMS), peer.init(PARAMS)
    for step in range(5):
        gradients = {"w": jnp.asarray([1.0, 0.1, -1.0]) * (step + 1)}
        made, state = optimizer.update(gradients, state, PARAMS)
        wanted, other = peer.update(gradients, other, PARAMS)
        assert made["w"].tolist() == pytest.approx(wanted["w"].tolist(), rel=2e-6)


def test_the_training_loop_of_the_page_trains_and_logs_the_rate_of_each_step():
    import jax

    page = run(TRAINING, compute_loss=lambda p, batch: ((p["w"] - batch) ** 2).sum())
    step_fn = jax.jit(page["train_step"])
    params, state, logged, losses = PARAMS, page["optimizer"].init(PARAMS), [], []
    for step in range(20):
        params, state, loss, rate = step_fn(params, state, jnp.zeros(3), step)
        logged.append(float(rate))
        losses.append(float(loss))
    assert logged == pytest.approx([0.001 * step / 1000 for step in range(20)], rel=1e-6)
    assert losses[-1] < losses[1] <= losses[0]
    assert step_fn._cache_size() == 1


def test_the_states_of_the_page_are_public_and_made_of_its_fields():
    import glidepath.optax as optax

    state = optax.InjectHyperparamsState(count=0, inner_state=())
    stateful = optax.InjectStatefulHyperparamsState(count=0, inner_state=(), hyperparams_states={})
    assert (state.count, state.inner_state) == (0, ())
    assert (stateful.count, stateful.inner_state, stateful.hyperparams_states) == (0, (), {})
    assert optax.WrappedSchedule(optax.constant_schedule(0.5)).schedule_fn(3) == 0.5
