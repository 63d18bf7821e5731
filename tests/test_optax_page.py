"""Every schedule example of optax's schedule page, word for word but for the import."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import glidepath
import glidepath.optax


@pytest.fixture
def page():
    """Run a block of the page in a namespace of its own, with the one import changed."""
    names: dict[str, object] = {"optax": glidepath.optax, "jax": jax}

    def run(block: str) -> dict:
        exec(block.replace("import optax", "import glidepath.optax as optax"), names)
        return names

    return run


def test_basic_schedule_usage(page):
    names = page("""
import optax

# Create different schedules
constant_lr = optax.constant_schedule(0.001)
linear_decay = optax.linear_schedule(0.001, 0.0001, 1000)
cosine_decay = optax.cosine_decay_schedule(0.001, 1000)
exponential_decay = optax.exponential_decay(0.001, 0.96, 100)

# Use schedule with optimizer
optimizer = optax.adam(learning_rate=cosine_decay)

# Evaluate schedule at different steps
step_0_lr = constant_lr(0) # 0.001
step_500_lr = linear_decay(500) # 0.0005
step_1000_lr = cosine_decay(1000) # close to 0
""")
    assert names["step_0_lr"] == 0.001
    assert names["step_500_lr"] == 0.00055  # not 0.0005, as the comment has it
    assert names["step_1000_lr"] == 0.0
    exponential = names["exponential_decay"]
    assert [exponential(t) for t in (0, 100, 200)] == pytest.approx([0.001, 0.00096, 0.0009216], rel=1e-12)
    assert_trains(names["optimizer"])


def test_warmup_schedules(page):
    names = page("""
# Warmup followed by cosine decay
warmup_cosine = optax.warmup_cosine_decay_schedule(
init_value=0.0,
peak_value=0.001,
warmup_steps=1000,
decay_steps=9000,
end_value=0.00001
)

# Warmup followed by constant
warmup_constant = optax.warmup_constant_schedule(
init_value=0.0,
peak_value=0.001,
warmup_steps=500
)

# Use with optimizer
optimizer = optax.adamw(learning_rate=warmup_cosine, weight_decay=0.01)
""")
    cosine, constant = names["warmup_cosine"], names["warmup_constant"]
    assert [cosine(t) for t in (0, 500, 1000, 9000, 10_000)] == [0.0, 0.0005, 0.001, 0.00001, 0.00001]
    assert cosine(5000) == pytest.approx(0.00001 + 0.00099 / 2)
    assert [constant(t) for t in (0, 250, 500, 10_000)] == [0.0, 0.0005, 0.001, 0.001]
    assert_trains(names["optimizer"])


def test_piecewise_schedules(page):
    names = page("""
# Different learning rates at different training phases
boundaries_and_scales = {
500: 1.0, # LR = init_value * 1.0 until step 500
1000: 0.5, # LR = init_value * 0.5 from step 500-1000
1500: 0.1 # LR = init_value * 0.1 from step 1000-1500
}

piecewise_sched = optax.piecewise_constant_schedule(boundaries_and_scales)

# With interpolation
piecewise_interp = optax.piecewise_interpolate_schedule(
'linear', 0.001, boundaries_and_scales
)
""")
    steps = [0, 499, 500, 999, 1000, 1499, 1500, 9999]
    # What the comments say is another reading, which has a name of its own.
    assert [names["piecewise_sched"](t) for t in steps] == [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.05, 0.05]
    commented = glidepath.optax.piecewise_constant_schedule(names["boundaries_and_scales"], scales="until")
    assert [commented(t) for t in steps] == [1.0, 1.0, 0.5, 0.5, 0.1, 0.1, 0.1, 0.1]
    interpolated = [names["piecewise_interp"](t) for t in (0, 500, 750, 1000, 1250, 1500, 9999)]
    assert interpolated == pytest.approx([0.001, 0.001, 0.00075, 0.0005, 0.000275, 0.00005, 0.00005], rel=1e-12)
    assert_trains(glidepath.optax.sgd(names["piecewise_sched"]))


def test_advanced_scheduling(page):
    names = page("""
# One-cycle schedule
onecycle = optax.cosine_onecycle_schedule(
transition_steps=5000,
peak_value=0.01,
pct_start=0.3, # 30% warmup
pct_final=0.85 # 85% before final decay
)

# SGDR with restarts
base_cosine = optax.cosine_decay_schedule(0.001, 1000)
sgdr = optax.sgdr_schedule(base_cosine, restart_period=1000, t_mult=2.0)

# Join multiple schedules
schedules = [
optax.constant_schedule(0.001), # First 1000 steps
optax.linear_schedule(0.001, 0.0001, 1000) # Next 1000 steps
]
joined = optax.join_schedules(schedules, [1000])
""")
    onecycle, sgdr, joined = names["onecycle"], names["sgdr"], names["joined"]
    assert [onecycle(t) for t in (0, 1500, 4250, 5000)] == [0.0004, 0.01, 0.0004, 0.0004 / 1e4]
    assert onecycle.length == 5000
    assert [sgdr(t) for t in (0, 1000, 3000, 7000)] == [0.001] * 4
    assert [sgdr(t) for t in (500, 2000, 5000)] == pytest.approx([0.0005] * 3)
    assert [joined(t) for t in (0, 999, 1000, 1500, 2000)] == pytest.approx([0.001, 0.001, 0.001, 0.00055, 0.0001])


def test_training_loop_integration(page):
    names = page('''
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
    """Training step with scheduled learning rate."""

    def loss_fn(p):
        return compute_loss(p, batch)

    loss_val, grads = jax.value_and_grad(loss_fn)(params)
    updates, opt_state = optimizer.update(grads, opt_state, params)
    params = optax.apply_updates(params, updates)

    # Current learning rate for logging
    current_lr = schedule(step)

    return params, opt_state, loss_val, current_lr
''')
    names["compute_loss"] = lambda p, batch: ((batch @ p - 1.0) ** 2).mean()
    params, batch = jnp.zeros(3), jnp.array([[1.0, 2.0, 3.0], [3.0, 1.0, 2.0]])
    state = names["optimizer"].init(params)
    step = jax.jit(names["train_step"])
    losses, rates = [], []
    for i in range(300):
        params, state, loss, rate = step(params, state, batch, i)
        losses.append(loss.item())
        rates.append(rate.item())
    assert losses[-1] < losses[0]
    assert rates == pytest.approx([0.001 * i / 1000 for i in range(300)], rel=1e-6)
    assert step._cache_size() == 1


def assert_trains(optimizer):
    """A few updates are finite and change the parameters."""
    params = {"w": jnp.ones(3)}
    state = optimizer.init(params)
    for _ in range(3):
        updates, state = optimizer.update({"w": jnp.ones(3)}, state, params)
        params = glidepath.optax.apply_updates(params, updates)
    assert np.isfinite(params["w"]).all()
    assert not np.array_equal(params["w"], np.ones(3))
