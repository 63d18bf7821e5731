"""Injection of schedules into optax transformations, beside optax's own, which shows each defect that is cured."""

from __future__ import annotations

import pickle
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import glidepath.jax
from glidepath import Constant, Cosine, Linear, ScheduleError
from glidepath.optax.inject import (
    InjectHyperparamsState,
    InjectStatefulHyperparamsState,
    Scheduled,
    WrappedSchedule,
    current_hyperparams,
    inject_hyperparams,
    inject_stateful_hyperparams,
)

RATE = Cosine(start=1e-3, end=0.0, steps=100)
B1 = Linear(start=0.9, end=0.95, steps=50)
DOWN = Linear(start=1.0, end=0.0, steps=10)
PARAMS = {"w": jnp.ones((2, 3)), "b": jnp.ones(3)}
ONES = jnp.ones(3)


def gradients(step):
    draw = np.random.default_rng([7, step]).standard_normal
    return {"w": jnp.asarray(draw((2, 3)), jnp.float32), "b": jnp.asarray(draw(3), jnp.float32)}


def run(optimizer, steps=12, params=PARAMS, state=None):
    """The updates of some steps, in one compiled function, and the last state."""
    state = optimizer.init(params) if state is None else state
    update = jax.jit(optimizer.update)
    made = []
    for step in range(steps):
        updates, state = update(gradients(step), state, params)
        made.append(updates)
    assert update._cache_size() == 1
    return made, state


def same(a, b):
    return jax.tree.all(jax.tree.map(lambda x, y: bool((x == y).all()), a, b))


def rates_used(optimizer, state, steps=2):
    """What multiplies an update of ones, in the next updates of an optimizer that only scales."""
    update = jax.jit(optimizer.update)
    used = []
    for _ in range(steps):
        updates, state = update(ONES, state, ONES)
        used.append(round(float(updates[0]), 6))
    return used


def after_one(optimizer):
    return jax.jit(optimizer.update)(ONES, optimizer.init(ONES), ONES)[1]


# A transformation that is built already ---------------------------------------------------------------------------


def test_a_built_transformation_updates_as_the_function_of_optax_with_the_same_schedules():
    ours = inject_hyperparams(optax.scale_by_adam(), learning_rate=RATE, b1=B1, b2=lambda step: 0.99 + 1e-5 * step)
    theirs = optax.inject_hyperparams(optax.adam)(learning_rate=RATE, b1=B1, b2=lambda step: 0.99 + 1e-5 * step)
    made, _ = run(optax.chain(ours, optax.scale(-1.0)))
    wanted, _ = run(theirs)
    assert same(made, wanted)


def test_a_schedule_that_is_constant_changes_no_update():
    plain, _ = run(optax.scale_by_adam(b1=0.8))
    ours, _ = run(inject_hyperparams(optax.scale_by_adam(b1=0.5), b1=Constant(value=0.8)))
    assert all(jnp.allclose(a["w"], b["w"], rtol=2e-6) for a, b in zip(plain, ours, strict=True))


WRAPPERS = {
    "chain": lambda tx: optax.chain(optax.clip(10.0), tx),
    "chain in chain": lambda tx: optax.chain(optax.clip(10.0), optax.chain(optax.identity(), optax.chain(tx))),
    "named_chain": lambda tx: optax.named_chain(("clip", optax.clip(10.0)), ("adam", tx)),
    "masked": lambda tx: optax.masked(tx, {"w": True, "b": False}),
    "partition": lambda tx: optax.partition({"a": tx, "b": optax.identity()}, {"w": "a", "b": "b"}),
    "apply_if_finite": lambda tx: optax.apply_if_finite(tx, 3),
    "extra args": optax.with_extra_args_support,
    "flatten": optax.flatten,
    "freeze": lambda tx: optax.selective_transform(tx, freeze_mask={"w": False, "b": True}),
}


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_name_is_found_inside_of_every_wrapper(wrapper):
    wrap = WRAPPERS[wrapper]
    made, state = run(inject_hyperparams(wrap(optax.scale_by_adam()), b1=B1), steps=4)
    wanted, _ = run(wrap(inject_hyperparams(optax.scale_by_adam(), b1=B1)), steps=4)
    assert same(made, wanted)
    assert float(current_hyperparams(state)["b1"]) == pytest.approx(B1(3))


def test_the_transformation_that_was_given_is_not_changed():
    given = optax.chain(optax.clip(10.0), optax.scale_by_adam())
    before, _ = run(given)
    run(inject_hyperparams(given, b1=Constant(value=0.1), max_delta=Constant(value=0.1)))
    after, _ = run(given)
    assert same(before, after)


def test_one_transformation_serves_several_injections():
    given = optax.scale(1.0)
    one, two = (inject_hyperparams(given, step_size=Constant(value=x)) for x in (2.0, 3.0))
    assert (rates_used(one, one.init(ONES)), rates_used(two, two.init(ONES))) == ([2.0, 2.0], [3.0, 3.0])


def test_a_scan_over_updates_keeps_the_types_of_its_state():
    optimizer = inject_hyperparams(optax.scale_by_adam(), b1=B1, learning_rate=RATE)

    def body(state, _):
        updates, state = optimizer.update(ONES, state, ONES)
        return state, updates

    state, _ = jax.lax.scan(body, optimizer.init(ONES), None, length=5)
    assert int(state.count) == 5


def test_a_sweep_over_schedules_is_one_vmap():
    rates = glidepath.jax.stack([DOWN, DOWN.replace(start=2.0)])

    def first(schedule):
        optimizer = inject_hyperparams(optax.identity(), learning_rate=schedule)
        return optimizer.update(ONES, optimizer.init(ONES))[0][0]

    assert jax.jit(jax.vmap(first))(rates).tolist() == [1.0, 2.0]


def test_extra_arguments_reach_the_transformation():
    polyak = inject_hyperparams(optax.scale_by_polyak(), max_learning_rate=Constant(value=0.25))
    updates, _ = jax.jit(polyak.update)(ONES, polyak.init(ONES), ONES, value=jnp.asarray(3.0))
    assert updates.tolist() == [0.25, 0.25, 0.25]


def test_a_weight_decay_follows_its_schedule():
    optimizer = inject_hyperparams(
        optax.adamw(1.0, weight_decay=0.0), weight_decay=DOWN, learning_rate=Constant(value=1.0)
    )
    plain = optax.adam(1.0)
    update = jax.jit(optimizer.update)
    state, other = optimizer.init(PARAMS), plain.init(PARAMS)
    for step in range(3):
        made, state = update(gradients(step), state, PARAMS)
        wanted, other = plain.update(gradients(step), other, PARAMS)
        assert (wanted["w"] - made["w"]).ravel().tolist() == pytest.approx([DOWN(step)] * 6, rel=1e-5)


def test_a_transformation_of_ones_own_is_found_through_its_closures():
    def my_momentum(decay, limit):
        def bounded(x):
            return jnp.clip(x, -limit, limit)

        def init(params):
            return jax.tree.map(jnp.zeros_like, params)

        def update(updates, state, params=None):
            state = jax.tree.map(lambda m, g: decay * m + bounded(g), state, updates)
            return state, state

        return optax.GradientTransformation(init, update)

    optimizer = inject_hyperparams(my_momentum(0.9, 9.0), decay=Constant(value=0.5), limit=Constant(value=2.0))
    state = optimizer.init(ONES)
    seen = []
    for _ in range(3):
        updates, state = optimizer.update(4 * ONES, state)
        seen.append(float(updates[0]))
    assert seen == [2.0, 3.0, 3.5]


def test_a_helper_that_calls_itself_is_followed():
    def powers(decay):
        def power(x, n):
            return x if n == 0 else decay * power(x, n - 1)

        def update(updates, state, params=None):
            return jax.tree.map(lambda g: power(g, 2), updates), state

        return optax.GradientTransformation(lambda params: optax.EmptyState(), update)

    optimizer = inject_hyperparams(powers(3.0), decay=DOWN)
    assert rates_used(optimizer, optimizer.init(ONES)) == [1.0, 0.81]


def test_a_function_given_to_stateless_is_followed():
    def shrink(factor):
        return optax.stateless(lambda updates, params: jax.tree.map(lambda g: factor * g, updates))

    optimizer = inject_hyperparams(shrink(3.0), factor=DOWN)
    assert rates_used(optimizer, optimizer.init(ONES)) == [1.0, 0.9]


def test_a_state_goes_through_the_tools_of_optax_that_map_over_parameters():
    optimizer = inject_hyperparams(optax.scale_by_adam(), b1=B1, learning_rate=RATE)
    state = optax.tree.map_params(optimizer, lambda leaf: leaf + 1, optimizer.init(ONES))
    assert state.inner_state.mu.tolist() == [1.0, 1.0, 1.0]
    assert float(state.hyperparams["b1"].value) == pytest.approx(0.9)


def test_arguments_that_a_partial_holds_are_found():
    def update(updates, state, params=None, *, factor):
        return jax.tree.map(lambda g: factor * g, updates), state

    given = optax.GradientTransformation(lambda params: optax.EmptyState(), partial(update, factor=3.0))
    optimizer = inject_hyperparams(given, factor=DOWN)
    assert rates_used(optimizer, optimizer.init(ONES)) == [1.0, 0.9]


def test_numbers_beside_one_that_is_bound_do_not_stop_it_where_no_factory_computed_them():
    decay, limit = 0.5, 9.0

    def update(updates, state, params=None):
        return jax.tree.map(lambda g: decay * jnp.clip(g, -limit, limit), updates), state

    given = optax.GradientTransformation(lambda params: optax.EmptyState(), update)
    optimizer = inject_hyperparams(given, decay=DOWN)
    assert rates_used(optimizer, optimizer.init(ONES)) == [1.0, 0.9]


def test_a_mask_of_the_caller_is_left_alone_even_where_it_uses_the_name():
    step_size = 0.5  # the mask's own

    def mask(params):
        return jax.tree.map(lambda p: p.ndim > step_size, params)

    optimizer = inject_hyperparams(optax.masked(optax.scale(1.0), mask), step_size=Constant(value=4.0))
    updates, _ = optimizer.update(ONES, optimizer.init(ONES))
    assert updates.tolist() == [4.0, 4.0, 4.0]


def test_a_learning_rate_of_one_in_an_alias_is_no_rate_of_its_own():
    made, _ = run(inject_hyperparams(optax.adam(1.0), learning_rate=RATE))
    wanted, _ = run(optax.inject_hyperparams(optax.adam)(learning_rate=RATE))
    assert all(jnp.allclose(a["w"], b["w"], rtol=1e-6) for a, b in zip(made, wanted, strict=True))


def test_a_number_is_held_in_the_state_to_be_set_by_hand():
    optimizer = inject_hyperparams(optax.scale(1.0), step_size=0.5)
    state = after_one(optimizer)
    state.hyperparams["step_size"] = 0.125
    assert rates_used(optimizer, state) == [0.125, 0.125]


# Dtypes -------------------------------------------------------------------------------------------------------------


def test_adam_on_bfloat16_parameters_stays_finite_where_optax_gives_nan():
    params = jnp.ones(3, jnp.bfloat16)
    ours = inject_hyperparams(optax.scale_by_adam(), b2=Constant(value=0.999), b1=Constant(value=0.9))
    theirs = optax.inject_hyperparams(optax.scale_by_adam)(b1=0.9, b2=0.999)
    made, state = ours.update(params, ours.init(params), params)
    broken, _ = theirs.update(params, theirs.init(params), params)
    assert jnp.isnan(broken).all()
    assert made.astype(float).tolist() == pytest.approx([1.0, 1.0, 1.0], rel=0.01)
    assert state.hyperparams["b2"].value.dtype == jnp.float32


def test_a_schedule_is_not_rounded_to_the_dtype_of_the_parameters():
    slow = optax.piecewise_constant_schedule(1e-3, dict.fromkeys(range(1, 21), 0.999))
    params = jnp.ones(3, jnp.bfloat16)

    def distinct(optimizer):
        def body(state, _):
            _, state = optimizer.update(params, state, params)
            return state, current_hyperparams(state)

        (values,) = jax.lax.scan(body, optimizer.init(params), None, length=21)[1].values()
        return len(np.unique(values))

    assert distinct(inject_hyperparams(optax.identity(), learning_rate=slow)) == 21
    assert distinct(optax.inject_hyperparams(optax.scale)(slow)) < 8


@pytest.mark.parametrize("params", ["bfloat16", "float16", "float32"])
@pytest.mark.parametrize("grads", ["bfloat16", "float32"])
def test_updates_and_state_have_the_dtypes_that_they_have_without_injection(params, grads):
    given = optax.chain(optax.scale_by_adam(), optax.add_decayed_weights(0.1))
    params, grads = jnp.ones(3, params), jnp.ones(3, grads)
    optimizer = inject_hyperparams(given, b1=B1, weight_decay=DOWN, learning_rate=RATE)
    updates, state = optimizer.update(grads, optimizer.init(params), params)
    wanted, inner = given.update(grads, given.init(params), params)
    assert updates.dtype == wanted.dtype
    dtypes = [jax.tree.map(lambda leaf: leaf.dtype, tree) for tree in (state.inner_state, inner)]
    assert dtypes[0] == dtypes[1]


def test_with_64_bits_hyperparameters_have_them_and_updates_keep_float32():
    with jax.enable_x64(True):
        optimizer = inject_hyperparams(optax.scale_by_adam(), b2=Constant(value=0.999), learning_rate=RATE)
        params = jnp.ones(3, jnp.float32)
        updates, state = optimizer.update(params, optimizer.init(params), params)
        assert updates.dtype == state.inner_state.mu.dtype == jnp.float32
        assert state.hyperparams["b2"].value.item() == 0.999


def test_a_function_warns_that_a_decay_is_lost_in_the_dtype_of_the_parameters():
    adam = inject_hyperparams(optax.adam)(learning_rate=RATE)
    with pytest.warns(UserWarning, match=r"b2=0.999 is 1 in bfloat16, .* hyperparam_dtype=jnp.float32 keeps it"):
        adam.init(jnp.ones(3, jnp.bfloat16))
    adam.init(jnp.ones(3, jnp.float32))


# The counter --------------------------------------------------------------------------------------------------------

FORMS = {
    "built": lambda schedule: inject_hyperparams(optax.scale(1.0), step_size=schedule),
    "built, learning_rate": lambda schedule: inject_hyperparams(optax.identity(), learning_rate=schedule),
    "built, stateful": lambda schedule: inject_stateful_hyperparams(optax.scale(1.0), step_size=schedule),
    "built, wrapped": lambda schedule: inject_stateful_hyperparams(
        optax.scale(1.0), step_size=WrappedSchedule(schedule)
    ),
    "function": lambda schedule: inject_hyperparams(optax.scale)(step_size=schedule),
}
every_form = pytest.mark.parametrize("form", FORMS)


def theirs(schedule):
    return optax.inject_hyperparams(optax.scale)(step_size=schedule)


@every_form
@pytest.mark.parametrize("schedule", [DOWN, lambda step: 1 - step / 10], ids=["glidepath", "function"])
def test_update_number_k_uses_the_value_of_step_k(form, schedule):
    optimizer = FORMS[form](schedule)
    assert rates_used(optimizer, optimizer.init(ONES), steps=12) == [
        max(0, round(1 - k / 10, 6)) for k in range(12)
    ] or (not isinstance(schedule, Linear) and rates_used(optimizer, optimizer.init(ONES), steps=3) == [1.0, 0.9, 0.8])


@every_form
def test_setting_the_count_moves_the_schedule_which_optax_ignores(form):
    ours, peer = FORMS[form](DOWN), theirs(DOWN)
    five = jnp.asarray(5, jnp.int32)
    assert rates_used(ours, optax.tree.set(after_one(ours), count=five)) == [0.5, 0.4]
    assert rates_used(ours, after_one(ours)._replace(count=five)) == [0.5, 0.4]
    assert rates_used(peer, optax.tree.set(after_one(peer), count=five)) == [0.9, 0.8]


def test_a_step_that_apply_if_finite_skips_does_not_move_the_schedule():
    optimizer = optax.apply_if_finite(inject_hyperparams(optax.identity(), learning_rate=DOWN), 5)
    _, state = optimizer.update(ONES * jnp.nan, optimizer.init(ONES))
    updates, _ = optimizer.update(ONES, state)
    assert updates.tolist() == [1.0, 1.0, 1.0]


# What is set by hand --------------------------------------------------------------------------------------------------

BY_HAND = {
    "a float": 0.25,
    "an array": jnp.asarray(0.25),
    "an array with a dtype": jnp.float32(0.25),
    "a NumPy number": np.float32(0.25),
}


def name_in(state):
    return next(iter(state.hyperparams))


@every_form
@pytest.mark.parametrize("number", BY_HAND)
def test_a_number_that_optax_tree_set_puts_in_the_place_of_a_scheduled_one_is_used(form, number):
    optimizer = FORMS[form](DOWN)
    state = after_one(optimizer)
    assert rates_used(optimizer, optax.tree.set(state, **{name_in(state): BY_HAND[number]})) == [0.25, 0.25]


#: A function's state is of optax's shape, where an array with a dtype cannot be told from what a schedule gave.
SEEN = [
    (form, number) for form in FORMS for number in BY_HAND if form != "function" or number in ("a float", "an array")
]


@pytest.mark.parametrize(("form", "number"), SEEN)
def test_a_number_put_in_the_place_of_a_scheduled_one_is_used_where_optax_ignores_it(form, number):
    ours, peer = FORMS[form](DOWN), theirs(DOWN)
    state, other = after_one(ours), after_one(peer)
    state.hyperparams[name_in(state)] = other.hyperparams["step_size"] = BY_HAND[number]
    assert rates_used(ours, state) == [0.25, 0.25]
    assert rates_used(peer, other) == [0.9, 0.8]


@every_form
def test_a_number_set_by_hand_before_the_first_update_is_used_and_outlives_a_scan_and_a_save(form):
    optimizer = FORMS[form](DOWN)
    state = optimizer.init(ONES)
    state.hyperparams[name_in(state)] = 0.25

    def body(state, _):
        updates, state = optimizer.update(ONES, state, ONES)
        return state, updates[0]

    state, used = jax.lax.scan(body, state, None, length=3)
    assert used.tolist() == [0.25, 0.25, 0.25]
    saved = jax.tree.map(np.asarray, state)  # which is what is left of a type in a file
    assert rates_used(optimizer, pickle.loads(pickle.dumps(saved))) == [0.25, 0.25]


def test_the_way_that_optax_documents_to_set_a_scheduled_value_works():
    optimizer = inject_hyperparams(optax.sgd)(learning_rate=lambda count: 1 / (count + 1))
    state = optax.tree.set(
        optimizer.init(ONES), lambda path, value: isinstance(value, jnp.ndarray), learning_rate=jnp.asarray(0.1)
    )
    assert rates_used(optimizer, state) == [-0.1, -0.1]


def test_a_scheduled_goes_back_to_the_schedule():
    optimizer = FORMS["built"](DOWN)
    state = after_one(optimizer)
    state.hyperparams["step_size"] = 0.25
    _, state = optimizer.update(ONES, state)
    state.hyperparams["step_size"] = Scheduled(0.0)
    assert rates_used(optimizer, state) == [0.8, 0.7]


def test_a_function_goes_back_to_the_schedule_with_the_state_that_the_schedule_begins_with():
    optimizer = FORMS["function"](DOWN)
    state = after_one(optimizer)
    state.hyperparams["step_size"] = 0.25
    _, state = optimizer.update(ONES, state)
    state.hyperparams_states.update(optimizer.init(ONES).hyperparams_states)
    assert rates_used(optimizer, state) == [0.8, 0.7]


def test_a_misspelled_name_in_the_state_is_refused():
    optimizer = FORMS["built"](DOWN)
    state = optimizer.init(ONES)
    state.hyperparams["step_sice"] = 0.5
    with pytest.raises(ScheduleError, match=r"unknown hyperparameter 'step_sice'; did you mean 'step_size'\?"):
        optimizer.update(ONES, state)


def test_what_is_set_by_hand_must_be_a_number():
    optimizer = FORMS["built"](DOWN)
    state = optimizer.init(ONES)
    state.hyperparams["step_size"] = "fast"
    with pytest.raises(ScheduleError, match=r"inject_hyperparams.step_size, set by hand, must be a number, got 'fast'"):
        optimizer.update(ONES, state)


# The function that builds -------------------------------------------------------------------------------------------


def test_the_state_of_a_function_is_that_of_optax_leaf_by_leaf():
    settings = {"learning_rate": RATE, "b1": B1, "b2": 0.99}
    _, ours = run(inject_hyperparams(optax.adamw)(**settings))
    _, peer = run(optax.inject_hyperparams(optax.adamw)(**settings))
    paths = [jax.tree_util.tree_flatten_with_path(state)[0] for state in (ours, peer)]
    assert [(jax.tree_util.keystr(path), leaf.dtype) for path, leaf in paths[0]] == [
        (jax.tree_util.keystr(path), leaf.dtype) for path, leaf in paths[1]
    ]
    assert all((a == b).all() for (_, a), (_, b) in zip(*paths, strict=True))
    assert isinstance(ours, optax.schedules.InjectStatefulHyperparamsState)


def test_whole_numbers_that_are_structure_stay_out_of_the_state_where_optax_cannot_be_compiled():
    params = jnp.ones((4, 4))
    ours = inject_hyperparams(optax.adafactor)(learning_rate=RATE, min_dim_size_to_factor=2)
    peer = optax.inject_hyperparams(optax.adafactor)(learning_rate=RATE, min_dim_size_to_factor=2)
    updates, _ = jax.jit(ours.update)(params, jax.jit(ours.init)(params), params)
    assert jnp.isfinite(updates).all()
    with pytest.raises(jax.errors.TracerBoolConversionError):
        jax.jit(peer.init)(params)


def test_a_whole_number_for_a_rate_is_a_hyperparameter():
    optimizer = inject_hyperparams(optax.sgd)(learning_rate=1)
    assert list(optimizer.init(ONES).hyperparams) == ["learning_rate"]


def test_a_mask_is_no_schedule_which_optax_takes_it_for():
    def mask(params):
        return jax.tree.map(lambda p: p.ndim > 1, params)

    ours = inject_hyperparams(optax.adamw)(learning_rate=RATE, mask=mask)
    peer = optax.inject_hyperparams(optax.adamw)(learning_rate=RATE, mask=mask)
    assert "mask" not in ours.init(PARAMS).hyperparams
    assert "mask" in peer.init(PARAMS).hyperparams
    made, _ = run(ours)
    wanted, _ = run(optax.adamw(RATE, mask=mask))
    assert all(jnp.allclose(a["w"], b["w"], rtol=1e-5) for a, b in zip(made, wanted, strict=True))


def test_static_arguments_that_the_function_lacks_are_refused():
    with pytest.raises(ValueError, match="static_args"):
        inject_hyperparams(optax.scale, static_args="lr")


def test_it_decorates_a_function_of_ones_own():
    @partial(inject_hyperparams, static_args="sign")
    def mine(rate, sign):
        return optax.scale(sign * rate)

    optimizer = mine(DOWN, -1.0)
    assert rates_used(optimizer, optimizer.init(ONES)) == [-1.0, -0.9]
    assert mine.__name__ == "mine"


# Reading back -------------------------------------------------------------------------------------------------------


def sgd():
    return inject_hyperparams(optax.sgd)(learning_rate=DOWN)


@pytest.mark.parametrize(
    ("wrap", "steps"),
    [
        (lambda tx: tx, 3),
        (lambda tx: optax.chain(optax.clip(1.0), optax.chain(tx)), 3),
        (lambda tx: optax.named_chain(("sgd", tx)), 3),
        (lambda tx: optax.masked(tx, True), 3),
        (lambda tx: optax.partition({"a": tx}, "a"), 3),
        (lambda tx: optax.apply_if_finite(tx, 2), 3),
        (lambda tx: optax.MultiSteps(tx, 2).gradient_transformation(), 6),
        (lambda tx: inject_hyperparams(optax.chain(tx, optax.clip(1.0)), max_delta=Constant(value=1.0)), 3),
    ],
    ids=["alone", "chain", "named_chain", "masked", "partition", "apply_if_finite", "MultiSteps", "inject"],
)
def test_the_value_of_the_last_update_is_read_through_every_wrapper(wrap, steps):
    optimizer = wrap(sgd())
    state = optimizer.init(ONES)
    assert float(current_hyperparams(state)["learning_rate"]) == 1.0
    update = jax.jit(optimizer.update)
    for _ in range(steps):
        _, state = update(ONES, state, ONES)
    assert float(current_hyperparams(state)["learning_rate"]) == pytest.approx(0.8)


def test_a_scheduled_rate_is_read_where_optax_finds_several_values():
    state = sgd().init(ONES)
    assert float(jax.jit(current_hyperparams)(state)["learning_rate"]) == 1.0
    with pytest.raises(KeyError, match="multiple"):
        optax.tree.get(state, "learning_rate")
    assert optax.tree.get(optax.adam(DOWN).init(ONES), "learning_rate") is None


def test_a_name_that_several_groups_have_is_read_with_the_label_of_each():
    groups = {"a": sgd(), "b": inject_hyperparams(optax.sgd)(learning_rate=0.5)}
    state = optax.chain(optax.clip(1.0), optax.partition(groups, {"w": "a", "b": "b"})).init(PARAMS)
    read = current_hyperparams(state)
    assert {name: float(value) for name, value in read.items()} == {
        "1/a/learning_rate": 1.0,
        "1/b/learning_rate": 0.5,
    }


def test_reading_a_state_that_nothing_was_injected_into_is_an_error():
    with pytest.raises(ScheduleError, match="no injected hyperparameter"):
        current_hyperparams(optax.adam(DOWN).init(ONES))


# States and schedules with a state ----------------------------------------------------------------------------------


def test_states_are_made_of_the_fields_of_the_page_or_of_those_of_optax():
    assert (
        InjectHyperparamsState(3, "inner") == InjectHyperparamsState(count=3, inner_state="inner") == (3, {}, "inner")
    )
    assert InjectHyperparamsState(3, {"b1": 1.0}, "inner") == (3, {"b1": 1.0}, "inner")
    short = InjectStatefulHyperparamsState(3, "inner", {"b1": 1})
    assert short == InjectStatefulHyperparamsState(count=3, inner_state="inner", hyperparams_states={"b1": 1})
    assert short == InjectStatefulHyperparamsState(3, {}, {"b1": 1}, "inner") == (3, {}, {"b1": 1}, "inner")
    for wrong in [(3,), (3, 4, 5, 6)]:
        with pytest.raises(TypeError, match="InjectHyperparamsState"):
            InjectHyperparamsState(*wrong)
    with pytest.raises(TypeError, match="'inner'"):
        InjectHyperparamsState(count=3, inner=4)


def test_a_state_made_of_the_fields_of_the_page_goes_on_from_its_count():
    optimizer = inject_hyperparams(optax.scale(1.0), step_size=DOWN)
    state = InjectHyperparamsState(count=4, inner_state=optimizer.init(ONES).inner_state)
    assert rates_used(optimizer, state) == [0.6, 0.5]


@every_form
def test_a_state_is_a_pytree_that_pickles(form):
    state = after_one(FORMS[form](DOWN))
    again = pickle.loads(pickle.dumps(state))
    assert type(again) is type(state)
    assert jax.tree.structure(again) == jax.tree.structure(state)
    assert same(again, state)


class Best(NamedTuple):
    """The lowest loss so far, as a schedule with a state."""

    start: float

    def init(self):
        return jnp.asarray(self.start)

    def update(self, state, *, loss, **_):
        return jnp.minimum(state, loss)

    def __call__(self, state, **_):
        return state


def losses_used(optimizer):
    state, used = optimizer.init(ONES), []
    for loss in (3.0, 5.0, 1.0):
        updates, state = jax.jit(optimizer.update)(ONES, state, ONES, loss=jnp.asarray(loss))
        used.append(float(updates[0]))
    return used, state


def test_a_schedule_with_a_state_is_used_as_optax_uses_it():
    wanted, _ = losses_used(optax.inject_hyperparams(optax.scale)(step_size=Best(4.0)))
    by_function, _ = losses_used(inject_hyperparams(optax.scale)(step_size=Best(4.0)))
    by_page, state = losses_used(inject_stateful_hyperparams(optax.scale(1.0), step_size=Best(4.0)))
    assert by_page == by_function == wanted == [4.0, 3.0, 3.0]
    assert state.hyperparams_states["step_size"].item() == 1.0


def test_a_schedule_with_a_state_needs_the_stateful_form():
    with pytest.raises(ScheduleError, match=r"step_size is a schedule with a state: use inject_stateful_hyperparams"):
        inject_hyperparams(optax.scale(1.0), step_size=Best(4.0))


def test_the_stateful_form_of_a_function_says_that_optax_calls_it_deprecated():
    with pytest.warns(DeprecationWarning, match="inject_hyperparams"):
        optimizer = inject_stateful_hyperparams(optax.scale)(step_size=DOWN)
    assert rates_used(optimizer, optimizer.init(ONES)) == [1.0, 0.9]


# What is refused ----------------------------------------------------------------------------------------------------

WRONG_SCHEDULES = {
    "a string": ("fast", r"b1 must be a schedule or a finite number, got 'fast'"),
    "a boolean": (True, r"b1 must be a schedule or a finite number, got True"),
    "None": (None, r"b1 must be a schedule or a finite number, got None"),
    "NaN": (float("nan"), r"b1 must be a schedule or a finite number, got nan"),
    "a vector": (np.ones(2), r"b1 must be a schedule or a finite number, got array"),
    "a class": (Linear, r"b1 must be a schedule or a finite number, got <class"),
    "what makes schedules": (optax.cosine_decay_schedule, r"b1 must give a number for a step, but raised TypeError"),
    "a schedule of NaN": (lambda step: float("nan"), r"b1 must give a finite number for a step, got nan for step 0"),
    "a schedule of booleans": (lambda step: step > 3, r"b1 must give a number for a step, got Array\(False"),
    "a mask": (lambda p: jax.tree.map(lambda x: x.ndim > 1, p), r"b1 must give a number for a step, got False"),
    "a schedule of vectors": (lambda step: jnp.ones(2), r"b1 must give a number for a step, got Array\(\[1"),
}


@pytest.mark.parametrize("wrong", WRONG_SCHEDULES)
def test_what_is_no_schedule_is_refused_by_name(wrong):
    schedule, message = WRONG_SCHEDULES[wrong]
    with pytest.raises(ScheduleError, match=r"^inject_hyperparams\." + message):
        inject_hyperparams(optax.scale_by_adam(), b1=schedule)
    with pytest.raises(ScheduleError, match=r"^inject_stateful_hyperparams\." + message):
        inject_stateful_hyperparams(optax.scale_by_adam(), b1=schedule)


WRONG_NAMES = {
    "unknown": (
        optax.scale_by_adam,
        "b3",
        r"unknown hyperparameter 'b3'; did you mean 'b\d'\? \(known: b1, b2, eps, eps_root",
    ),
    "a switch": (optax.scale_by_adam, "nesterov", r"unknown hyperparameter 'nesterov'"),
    "a mask": (
        lambda: optax.add_decayed_weights(0.1, mask=lambda p: p),
        "mask",
        r"unknown .* \(known: learning_rate, weight_d",
    ),
    "a hidden rate": (
        lambda: optax.adam(1e-3),
        "learning_rate",
        r"by -0.001 .* inject_hyperparams\(optax.adam\)\(learning_rate",
    ),
    "a rate given twice": (lambda: optax.adam(DOWN), "learning_rate", r"by a schedule of its own already"),
    "half of a rate": (lambda: optax.contrib.schedule_free_sgd(0.1), "learning_rate", r"by -0.1 of its own already"),
    "half of a rate of one": (
        lambda: optax.contrib.schedule_free_sgd(1.0),
        "learning_rate",
        r"by -1.0 of its own already",
    ),
    "read once": (lambda: optax.scale_by_rprop(0.1), "learning_rate", r"learning_rate is read when the state is made"),
    "a number computed from it": (optax.scale_by_radam, "b2", r"b2 cannot be bound into scale_by_radam .* \(ro_inf\)"),
    "computed itself": (lambda: optax.contrib.prodigy(1.0), "beta2", r"beta2 cannot be bound into prodigy"),
    "several": (
        lambda: optax.chain(optax.scale_by_adam(b1=0.8), optax.scale_by_adam()),
        "b1",
        r"b1 stands for several numbers \(0.8, 0.9\)",
    ),
    "out of sight": (
        lambda: optax.MultiSteps(optax.scale_by_adam(), 2).gradient_transformation(),
        "b1",
        r"b1 was not found, and cannot be looked for in MultiSteps.init, MultiSteps.update",
    ),
    "a rate out of sight": (
        lambda: optax.MultiSteps(optax.sgd(0.1), 2).gradient_transformation(),
        "learning_rate",
        r"learning_rate: whether .* cannot be seen in MultiSteps.init",
    ),
}


@pytest.mark.parametrize("wrong", WRONG_NAMES)
def test_a_name_that_cannot_be_bound_is_refused_with_the_reason(wrong):
    make, name, message = WRONG_NAMES[wrong]
    with pytest.raises(ScheduleError, match=message):
        inject_hyperparams(make(), **{name: DOWN})


def test_a_name_that_several_stages_hold_with_one_value_is_bound_in_all_of_them():
    optimizer = inject_hyperparams(optax.chain(optax.scale(1.0), optax.scale(1.0)), step_size=Constant(value=3.0))
    assert rates_used(optimizer, optimizer.init(ONES)) == [9.0, 9.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: inject_hyperparams(3),
            r"inject_hyperparams.inner_factory must be a GradientTransformation, or .* got 3",
        ),
        (lambda: inject_hyperparams(), r"inner_factory must be a GradientTransformation, or .* got None"),
        (
            lambda: inject_hyperparams(optax.adam, learning_rate=DOWN),
            r"inject_hyperparams\(optax.adam\)\(learning_rate=",
        ),
        (
            lambda: inject_hyperparams(optax.scale(1.0), "x", step_size=DOWN),
            r"static_args and hyperparam_dtype are for",
        ),
        (lambda: inject_stateful_hyperparams(3), r"inject_stateful_hyperparams.inner_factory must be"),
    ],
)
def test_a_call_of_neither_form_says_what_the_forms_are(call, message):
    with pytest.raises(ScheduleError, match=message):
        call()


def test_the_transformation_may_be_given_by_the_name_that_the_page_has_for_it():
    optimizer = inject_hyperparams(transformation=optax.scale(1.0), step_size=DOWN)
    assert rates_used(optimizer, optimizer.init(ONES)) == [1.0, 0.9]


@pytest.mark.parametrize("number", [np.float64(0.25), np.float32(0.25), 0.25], ids=lambda x: type(x).__name__)
def test_a_number_of_numpy_set_by_hand_is_used_by_a_factory_too(number):
    optimizer = inject_hyperparams(optax.sgd)(learning_rate=Linear(start=1.0, end=0.0, steps=10))
    state = optimizer.init(jnp.zeros(1))
    state.hyperparams["learning_rate"] = number
    for _ in range(2):
        updates, state = optimizer.update(jnp.ones(1), state)
        assert updates.item() == -0.25


@pytest.mark.parametrize("bad", ["fast", None, True, [0.1]], ids=str)
def test_what_is_no_number_cannot_be_set_by_hand_in_a_factory_either(bad):
    optimizer = inject_hyperparams(optax.sgd)(learning_rate=Linear(start=1.0, end=0.0, steps=10))
    state = optimizer.init(jnp.zeros(1))
    state.hyperparams["learning_rate"] = bad
    with pytest.raises(ScheduleError, match=r"inject_hyperparams.learning_rate, set by hand, must be a number, got"):
        optimizer.update(jnp.ones(1), state)


def test_a_transformation_under_both_names_is_refused():
    with pytest.raises(ScheduleError, match="inner_factory or transformation, which are the same, got both"):
        inject_hyperparams(optax.adam, transformation=optax.scale_by_adam())


def test_a_logged_value_that_follows_a_schedule_is_a_float_for_who_asks():
    optimizer = inject_hyperparams(optax.scale_by_adam(), learning_rate=Linear(start=0.5, end=0.0, steps=4))
    assert float(optimizer.init(jnp.zeros(1)).hyperparams["learning_rate"]) == 0.5


def test_updates_keep_the_dtype_that_they_have_without_injection():
    halved = optax.stateless(lambda u, p: jax.tree.map(lambda x: x.astype(jnp.bfloat16), u))
    inner = optax.chain(optax.scale_by_adam(), halved)
    optimizer = inject_hyperparams(inner, learning_rate=Linear(start=0.5, end=0.0, steps=4))
    params = jnp.zeros(1)
    updates, _ = optimizer.update(jnp.ones(1), optimizer.init(params), params)
    assert updates.dtype == jnp.bfloat16
