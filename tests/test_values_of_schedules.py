"""A schedule is a value, in whatever form it comes: built from tracers, out of a transformation, or by a subclass."""

from __future__ import annotations

import copy
import inspect
import pickle
import typing

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import glidepath
import glidepath.jax
from glidepath import (
    Constant,
    Cosine,
    Custom,
    Exponential,
    Join,
    Linear,
    Piecewise,
    Repeat,
    ScheduleError,
    Stretch,
    Sum,
)

WSD = glidepath.wsd(0.1, warmup=2, decay=3, total=10)
RAMP = Linear(start=1.0, end=0.0, steps=10)


@pytest.mark.parametrize("recipe", [glidepath.wsd, lambda *a: glidepath.power(*a, timescale=30)], ids=["wsd", "power"])
def test_a_recipe_can_be_built_from_a_traced_peak(recipe):
    plain = [recipe(peak, 10, 20, 100)(50) for peak in (0.1, 0.2)]
    traced = jax.jit(jax.vmap(lambda peak: recipe(peak, 10, 20, 100)(50)))(jnp.array([0.1, 0.2]))

    np.testing.assert_allclose(traced, plain, rtol=5e-7)


def test_then_takes_a_traced_length():
    assert jax.jit(lambda n: Linear(start=0.0, end=1.0, steps=n).then(Constant(value=2.0))(7))(5) == 2.0


@pytest.mark.parametrize(
    "body",
    [lambda p: Cosine(start=p, end=0.0, steps=7), lambda p: Piecewise(boundaries=(2, 5), values=(p, 0.1, 0.2))],
    ids=["cosine", "piecewise"],
)
def test_alike_repeats_with_a_broken_stretch_can_be_looked_up_in_a_join(body):
    cycles = [Repeat(body=body(peak), period=7, stretch=1.5) for peak in (0.1, 0.2, 0.05)]
    s = Join(parts=cycles, boundaries=(50, 100))
    steps = np.arange(200)
    plain = [s(int(step)) for step in steps]

    np.testing.assert_allclose(s(steps), plain, rtol=1e-15)
    np.testing.assert_allclose(s(torch.tensor(steps)), plain, rtol=5e-7, atol=1e-9)
    np.testing.assert_allclose(s(jnp.array(steps)), plain, rtol=5e-7, atol=1e-9)
    np.testing.assert_allclose(jax.jit(lambda s, t: s(t))(s, steps), plain, rtol=5e-7, atol=1e-9)
    assert Stretch(schedule=s, factor=2)(120) == Stretch(schedule=cycles[1], factor=2)(20)


def test_a_join_that_comes_out_of_jit_prints_copies_pickles_and_knows_its_length():
    out = jax.jit(lambda s: s)(WSD)

    assert repr(out).startswith("Join(parts=(Linear(start=Array(")
    assert pickle.loads(pickle.dumps(out))(1) == out(1)
    assert copy.deepcopy(out)(1) == out(1)
    assert out.length == 10


def test_leaves_that_are_put_away_as_none_can_be_put_back():
    away = jax.tree.map(lambda _: None, WSD)
    back = jax.tree.map(lambda a, b: b if a is None else a, away, WSD, is_leaf=lambda x: x is None)

    assert back == WSD


def test_a_tree_that_holds_other_things_than_numbers_keeps_its_structure():
    s = Join(parts=tuple(Constant(value=float(i)) for i in range(20)), boundaries=tuple(range(1, 20)))
    shapes = jax.tree.map(jnp.shape, s, is_leaf=lambda x: not isinstance(x, glidepath.Schedule))

    assert jax.tree.structure(jax.tree.map(lambda _: 0, s)) == jax.tree.structure(s)
    assert shapes is not None


def test_arrays_in_fields_survive_a_tree_map():
    held = Linear(start=np.array([0.0, 1.0]), end=2.0, steps=10)
    mapped = jax.tree.map(lambda x: x, held)

    assert isinstance(mapped.start, np.ndarray)
    np.testing.assert_array_equal(mapped(5), held(5))


def test_what_torch_is_given_is_not_a_field_of_the_schedule():
    field = torch.tensor([0.5, 0.5])
    Constant(value=field)(torch.tensor([1, 2])).add_(1)

    assert field.tolist() == [0.5, 0.5]


def test_steps_beyond_what_a_library_can_hold_are_the_last_that_it_can():
    assert jax.jit(lambda s: s(2**40))(RAMP) == 0.0
    assert Linear(start=torch.tensor(1.0), end=0.5, steps=3)(10**30) == 0.5
    assert RAMP(torch.tensor(3, dtype=torch.uint32)).item() == pytest.approx(0.7)


def test_numpy_and_torch_fields_do_not_mix():
    with pytest.raises(ScheduleError, match=r"Linear\.end holds numpy arrays, other fields torch ones"):
        Linear(start=torch.tensor(1.0), end=np.array([1.0, 2.0]), steps=3)


def test_a_traced_stretch_does_not_overflow():
    long = Stretch(schedule=Linear(start=0.0, end=1.0, steps=2**30), factor=3)

    assert 0 < jax.jit(lambda s: s(5))(long) < 3e-9


def test_an_array_times_a_schedule_is_one_schedule():
    assert isinstance(np.ones(2) * RAMP, glidepath.Product)


def test_trees_too_deep_for_a_compiler_are_evaluated_all_the_same():
    nested = RAMP
    for _ in range(200):
        nested = Sum(parts=(RAMP, nested))

    assert nested(5) == pytest.approx(100.5)
    assert Sum(parts=(RAMP,) * 2000)(5) == 1000.0
    with pytest.raises(ScheduleError, match="Sum is nested too deeply to be written out"):
        Sum(parts=(RAMP,) * 2000).to_source()


def test_the_length_of_a_slow_exponential_is_found_at_once():
    slow = Exponential(start=1.0, rate=0.999, steps=10**9, end=0.5)

    assert slow(slow.length) == 0.5
    assert slow(slow.length - 1) > 0.5


def test_a_stretch_too_near_to_1_is_refused_unless_the_cycles_are_few():
    with pytest.raises(ScheduleError, match=r"Repeat\.stretch must be 1, or far enough above it"):
        Repeat(body=RAMP, period=10, stretch=1.0000001)

    assert Repeat(body=RAMP, period=10, stretch=1.0000001, times=3).length == 32


def test_a_kind_of_one_field_takes_it_without_its_name_and_others_do_not():
    assert Custom(lambda step: step * 2)(3) == 6.0
    with pytest.raises(ScheduleError, match=r"Linear takes its fields by name, Linear\(start=\.\.\., end="):
        Linear(1.0, 0.0, 10)


def test_a_signature_and_type_hints_can_be_read_from_a_kind():
    assert str(inspect.signature(Linear)) == "(*, start: 'float', end: 'float', steps: 'int')"
    assert typing.get_type_hints(Linear) == {"start": float, "end": float, "steps": int}


def test_a_kind_must_not_replace_what_every_schedule_has():
    with pytest.raises(TypeError, match="define check"):
        type("Own", (glidepath.Schedule,), {"__post_init__": lambda self: None})
    with pytest.raises(TypeError, match="must have another name"):
        type("Own", (glidepath.Schedule,), {"__annotations__": {"length": "int"}, "length": 3})


def test_a_formula_that_cannot_be_is_refused_by_the_name_of_its_kind():
    def kind(name, at):
        return type(name, (glidepath.Schedule,), {"at": at}, register=False)()

    with pytest.raises(ScheduleError, match=r"what Nothing\.at returns must be a number"):
        kind("Nothing", lambda self, t, xp: None)(3)
    with pytest.raises(AttributeError, match="xp has no 'tanh'; a formula may use operators and"):
        kind("Other", lambda self, t, xp: xp.tanh(t))(3)
    with pytest.raises(TypeError, match="Schedule is the base of all kinds"):
        glidepath.Schedule()
