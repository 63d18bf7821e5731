"""Random trees of schedules: what holds for each kind must hold for whatever is made of them.

The suite draws a few; ``GLIDEPATH_EXAMPLES=200000 pytest tests/test_trees.py`` is a campaign.
"""

from __future__ import annotations

import math
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import torch
from hypothesis import event, given, settings, strategies as st

import glidepath
import glidepath.jax
import oracle
from conftest import EXAMPLES
from glidepath.arrays import PLAIN
from glidepath.schedule import KINDS
from glidepath.testing import landmarks, steps_to_try
from glidepath.tree import walk
from trees import LAST, SMALL, trees

#: A shift to earlier steps needs room at the end of all steps.
MOST = LAST - 10**6

few = settings(max_examples=max(EXAMPLES // 20, 20))
some = settings(max_examples=max(EXAMPLES // 4, 60))


def tried(s, last=MOST, most=40):
    """Steps around those at which something happens, and between whole ones."""
    steps = steps_to_try(s, last)
    steps = steps[:: max(len(steps) // most, 1)]
    return [*steps, *(step + 0.5 for step in steps[::4] if abs(step) < 2**20)]


def last_in_an_integer(s, most):
    """Up to which step the lengths beneath a growing `Repeat` are at most ``most``, as an array library needs."""
    nodes = [node for _, node in walk(s)]
    if all(getattr(node, "stretch", 1) == 1 for node in nodes):
        return min(MOST, most)
    factors = math.prod(math.ceil(getattr(node, "factor", 1)) for node in nodes)
    return min(MOST, most // (factors * max(landmarks(s))))


def as_many(steps, count=48):
    """As many steps for every tree: JAX compiles anew for every shape."""
    return [steps[i * len(steps) // count] for i in range(count)]


def rounding(s):
    """How many results are multiplied or added up in a value: each may bring an error of its own."""
    return 1 + sum(
        len(node.parts) if isinstance(node, (glidepath.Product, glidepath.Sum)) else isinstance(node, glidepath.Repeat)
        for _, node in walk(s)
    )


@given(trees())
def test_every_value_is_finite_and_right_to_1e_15(s):
    for step in tried(s):
        value = s(step)
        assert type(value) is float
        assert math.isfinite(value)
        assert oracle.answer(s, step).error(value) <= 1e-15 * rounding(s), step


@given(trees())
def test_compiled_values_are_those_of_the_formula_to_the_last_bit(s):
    event(type(s).__name__)
    for step in tried(s):
        assert s(step).hex() == float(s.at(step, PLAIN)).hex(), step


@given(trees())
def test_values_are_held_before_the_first_step_and_past_the_length(s):
    assert {s(step) for step in (-(2**53), -(2**31), -1, -0.5)} == {s(0)}
    if s.length is not None:
        assert {s(s.length + more) for more in (1, 2, 1000, 2**40)} == {s(s.length)}


@given(trees())
def test_numpy_is_right_to_1e_15(s):
    steps = tried(s, last_in_an_integer(s, 2**60))
    whole = [step for step in steps if type(step) is int]
    for array in (np.array(whole), np.array(steps, np.float64)):
        got = s(array)
        assert got.dtype == np.float64
        for step, value in zip(array.tolist(), got.tolist(), strict=True):
            assert oracle.answer(s, step).error(value) <= 1e-15 * rounding(s), step


@given(trees())
def test_pickles_reprs_and_pytrees_come_back_equal(s):
    leaves, structure = jax.tree_util.tree_flatten(s) if _fits(s) else ([], None)
    for other in (
        pickle.loads(pickle.dumps(s)),
        eval(repr(s), dict(KINDS)),
        s if structure is None else jax.tree_util.tree_unflatten(structure, leaves),
    ):
        assert other == s
        assert hash(other) == hash(s)
        assert other(7).hex() == s(7).hex()


@given(trees())
def test_specifications_come_back_equal(s):
    assert glidepath.from_dict(glidepath.to_dict(s)) == s
    assert glidepath.from_json(glidepath.to_json(s)) == s


def _fits(s):
    """Whether all lengths are of a size that JAX can hold."""
    try:
        jax.tree_util.tree_flatten(s)
    except glidepath.ScheduleError:
        return False
    return True


def limit(s):
    return rounding(s) * max(
        {"Polynomial": 6e-7, "Exponential": 2e-6}.get(type(node).__name__, 4.8e-7) for _, node in walk(s)
    )


def assert_right_in_float32(s, steps, got, readings):
    for step, value in zip(steps, got, strict=True):
        error = min(oracle.answer(reading, step).error(value, 1.2e-38) for reading in readings)
        assert error <= limit(s), step


@some
@given(trees())
def test_torch_is_right_to_1e_15_and_as_promised_in_float32(s):
    steps = [step for step in tried(s, last_in_an_integer(s, 2**60)) if type(step) is int]
    got = s(torch.tensor(steps, dtype=torch.int64))
    assert_right_in_float32(s, steps, got.tolist(), [oracle.as_float32(s), oracle.node(s)])
    got = s(torch.tensor(steps, dtype=torch.float64))
    for step, value in zip(steps, got.tolist(), strict=True):
        assert oracle.answer(s, step).error(value) <= 1e-15 * rounding(s), step


@few
@given(trees(SMALL))
def test_jax_is_right_as_promised_eager_and_with_the_schedule_as_an_argument(s):
    steps = as_many([step for step in tried(s, last_in_an_integer(s, 2**30)) if type(step) is int])
    t = jnp.array(steps)
    assert_right_in_float32(s, steps, s(t).tolist(), [oracle.as_float32(s), oracle.node(s)])
    assert_right_in_float32(s, steps, jax.jit(lambda s, t: s(t))(s, t).tolist(), [oracle.as_float32(s)])


@few
@given(trees(SMALL))
def test_gradients_by_the_step_and_by_every_number_are_finite(s):
    leaves, structure = jax.tree_util.tree_flatten(s)
    real = [i for i, leaf in enumerate(leaves) if jnp.result_type(leaf) in (jnp.float32, jnp.float64)]

    def value(t, numbers):
        put = dict(zip(real, numbers, strict=True))
        return jax.tree_util.tree_unflatten(structure, [put.get(i, leaf) for i, leaf in enumerate(leaves)])(t)

    slopes = jax.vmap(jax.grad(value, argnums=(0, 1)), in_axes=(0, None))
    steps = jnp.array(as_many(tried(s, last_in_an_integer(s, 2**30))), float)
    found = slopes(steps, [jnp.asarray(leaves[i], float) for i in real])
    assert all(bool(jnp.isfinite(slope).all()) for slope in jax.tree_util.tree_leaves(found))


@given(trees(), st.data())
def test_the_answer_depends_on_the_step_alone(s, data):
    steps = data.draw(st.permutations(tried(s, most=8)))
    again = pickle.loads(pickle.dumps(s))
    assert {step: s(step) for step in steps} == {step: again(step) for step in sorted(steps)}
