"""What design and docstrings promise of every kind of schedule, tried on samples of all of them."""

from __future__ import annotations

import copy
import dataclasses
import math
import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import glidepath
import glidepath.jax
from glidepath import ScheduleError
from glidepath.arrays.numpy import CHUNK
from glidepath.schedule import KINDS
from glidepath.testing import check_contract, samples_of, steps_to_try
from samples import BY_KIND, FEW, LONG, MOST, SAMPLES, kinds_without_samples

RAMPS = {
    name: s for name, s in SAMPLES.items() if name.rsplit("-")[0] in ("Linear", "Cosine", "Polynomial", "Sqrt", "Rex")
}


def one_of_each():
    """The first sample of every built-in kind."""
    return [pytest.param(samples[0], id=name) for name, samples in BY_KIND.items()]


# Everything at once -------------------------------------------------------------------------------------------


def test_every_kind_and_every_recipe_has_samples():
    assert not kinds_without_samples()


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_keep_the_contract_in_python_numpy_and_torch(name):
    check_contract(SAMPLES[name], libraries=["numpy", "torch"])


@pytest.mark.parametrize("name", FEW)
def test_samples_keep_the_contract_in_jax(name):
    check_contract(FEW[name], libraries=["jax"])


@pytest.mark.parametrize("name", LONG)
def test_long_schedules_keep_the_contract_in_python_and_numpy(name):
    check_contract(LONG[name], libraries=["numpy"])


# The check itself ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [pytest.param(KINDS[name], id=name) for name in BY_KIND])
def test_samples_of_every_kind_can_be_made_from_its_roles(kind):
    assert all(type(sample) is kind for sample in samples_of(kind))


class Sawtooth(glidepath.Schedule):
    peak: float = glidepath.value()
    period: int = glidepath.length()

    def at(self, t, xp):
        t = xp.maximum(t, 0)
        return self.peak * (1 - (t - self.period * xp.floor_divide(t, self.period)) / self.period)


class Undeclared(glidepath.Schedule):
    peak: float
    steps: int
    inner: glidepath.Schedule

    def at(self, t, xp):
        return self.inner.at(t, xp) * self.peak / (1 + xp.clip(t, 0, self.steps) / self.steps)


def test_a_users_own_kind_passes_by_its_name_alone():
    check_contract(Sawtooth)


def test_a_users_own_kind_without_declared_roles_passes():
    check_contract(Undeclared(peak=0.1, steps=30, inner=glidepath.Cosine(start=1.0, end=0.0, steps=20)))


class Unclamped(glidepath.Schedule, register=False):
    peak: float = glidepath.value()
    steps: int = glidepath.length()

    def at(self, t, xp):
        return self.peak * (1 - t / self.steps)


class SteepRoot(glidepath.Schedule, register=False):
    peak: float = glidepath.value()
    steps: int = glidepath.length()

    def at(self, t, xp):
        return self.peak * xp.sqrt(xp.minimum(xp.maximum(t, 0), self.steps) / self.steps)


class Branching(glidepath.Schedule, register=False):
    peak: float = glidepath.value()

    def at(self, t, xp):
        return self.peak if t < 5 else self.peak / 2


class ByMath(glidepath.Schedule, register=False):
    peak: float = glidepath.value()

    def at(self, t, xp):
        return self.peak * math.exp(-t)


class TooShort(glidepath.Schedule, register=False):
    peak: float = glidepath.value()
    steps: int = glidepath.length()

    def at(self, t, xp):
        return self.peak * xp.clip(t, 0, self.steps)

    @property
    def length(self):
        return self.steps // 2


class NotFinite(glidepath.Schedule, register=False):
    peak: float = glidepath.value()

    def at(self, t, xp):
        return xp.where(t > 3, xp.exp(xp.minimum(t, 1000.0) * 0.7) * self.peak, self.peak)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Unclamped, ["values: the value at step -2147483648 must be that of step 0"]),
        (SteepRoot, ["jax: the gradient by the step at step", "torch: the gradient by the step"]),
        (Branching, ["compiled: raised ScheduleError: a formula must not branch on the step with if, and, or"]),
        (ByMath, ["compiled: raised ScheduleError: a formula must not turn the step into a number"]),
        (TooShort, ["past the length"]),
        (NotFinite, ["jax: ", "is inf"]),
    ],
)
def test_a_kind_that_breaks_the_contract_is_told_how(kind, words):
    with pytest.raises(AssertionError, match="breaks the contract of a schedule") as caught:
        check_contract(kind)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("subjects", [(), (0.1,), (int,), (glidepath.Custom(function=abs),), (glidepath.Custom,)])
def test_what_is_no_schedule_is_refused_by_the_check(subjects):
    with pytest.raises(ScheduleError):
        check_contract(*subjects)


def test_a_library_that_is_not_known_is_refused_by_the_check():
    with pytest.raises(ScheduleError, match="unknown library 'jaxx'; did you mean 'jax'"):
        check_contract(KINDS["Constant"], libraries=["jaxx"])


# Ends ---------------------------------------------------------------------------------------------------------


def _ends(values):
    return [float(value) for value in values]


@pytest.mark.parametrize("name", RAMPS)
def test_a_ramp_begins_at_start_and_is_at_end_from_its_last_step_on_to_the_last_bit(name):
    s = RAMPS[name]
    steps = [-(2**31), -1, 0, s.steps, min(s.steps + 1, MOST), MOST]
    exact = [s.start] * 3 + [s.end] * 3
    single = [float(np.float32(x)) for x in exact]
    assert [s(t) for t in steps] == exact
    assert s(-0.5) == s.start
    assert s(s.steps + 0.5) == s.end
    assert s(np.array(steps)).tolist() == exact
    assert s(torch.tensor(steps)).tolist() == single
    assert s(torch.tensor(steps, dtype=torch.float64)).tolist() == exact
    assert s(jnp.array(steps)).tolist() == single
    assert jitted(s, jnp.array(steps)).tolist() == single


jitted = jax.jit(lambda schedule, t: schedule(t))


@pytest.mark.parametrize("name", RAMPS)
def test_a_ramp_has_the_length_that_it_says(name):
    s = RAMPS[name]
    assert s.length == s.steps


@pytest.mark.parametrize("name", SAMPLES)
def test_length_is_where_the_last_value_begins_to_hold(name):
    s = SAMPLES[name]
    if s.length is not None:
        held = s(s.length)
        assert [s(s.length + more) for more in (0.5, 1, 2, 1000, 2**30, 2**52)] == [held] * 6


@pytest.mark.parametrize("name", SAMPLES)
def test_all_libraries_hold_the_first_and_the_last_value_to_the_last_bit(name):
    s = SAMPLES[name]
    end = MOST if s.length is None else min(s.length, MOST)
    before = [-(2**31), -(2**24) - 1, -1, 0]
    after = [end, min(end + 1, MOST), MOST]
    for array in (np.array, torch.tensor, jnp.array):
        values = s(array(before + after)).tolist()
        assert len(set(values[: len(before)])) == 1
        if s.length is not None and s.length <= MOST:
            assert len(set(values[len(before) :])) == 1


# Types and shapes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("s", one_of_each())
@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f8"])
def test_numpy_answers_float64_for_whole_and_double_steps(s, dtype):
    got = s(np.arange(20, dtype=dtype))
    assert got.dtype == np.float64
    assert got.tolist() == s(np.arange(20)).tolist()


@pytest.mark.parametrize("s", one_of_each())
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_numpy_answers_smaller_floats_in_kind(s, dtype):
    got = s(np.arange(20, dtype=dtype))
    assert got.dtype == dtype
    assert got.tolist() == s(np.arange(20)).astype(dtype).tolist()


@pytest.mark.parametrize("s", one_of_each())
@pytest.mark.parametrize("dtype", [jnp.int8, jnp.int16, jnp.int32, jnp.uint8, jnp.uint32, jnp.bfloat16, jnp.float32])
def test_jax_answers_its_default_float(s, dtype):
    got = s(jnp.arange(20).astype(dtype))
    assert got.dtype == jnp.float32
    np.testing.assert_array_max_ulp(np.asarray(got), np.asarray(s(jnp.arange(20))), 8)


@pytest.mark.parametrize("s", one_of_each())
@pytest.mark.parametrize("dtype", [torch.int8, torch.int16, torch.int32, torch.int64, torch.uint8])
def test_torch_answers_its_default_float_for_whole_steps(s, dtype):
    got = s(torch.arange(20).to(dtype))
    assert got.dtype is torch.float32
    assert got.tolist() == s(torch.arange(20)).tolist()


@pytest.mark.parametrize("s", one_of_each())
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_torch_keeps_a_floating_dtype(s, dtype):
    got = s(torch.arange(20).to(dtype))
    assert got.dtype is dtype
    torch.testing.assert_close(got, s(torch.arange(20, dtype=torch.float64)).to(dtype), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("s", one_of_each())
def test_torch_follows_the_default_dtype(s):
    torch.set_default_dtype(torch.float64)
    try:
        got = s(torch.arange(20))
    finally:
        torch.set_default_dtype(torch.float32)
    assert got.dtype is torch.float64
    np.testing.assert_allclose(got.numpy(), s(np.arange(20)), rtol=1e-15)


@pytest.mark.parametrize("s", one_of_each())
def test_torch_keeps_the_device(s):
    assert s(torch.arange(3, device="meta")).device.type == "meta"


@pytest.mark.parametrize("s", one_of_each())
@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 3), (2, 0, 3)])
def test_any_shape_in_is_the_shape_that_comes_out(s, shape):
    assert np.shape(s(np.full(shape, 7))) == shape
    assert tuple(s(torch.full(shape, 7)).shape) == shape
    assert s(jnp.full(shape, 7)).shape == shape


@pytest.mark.parametrize("s", one_of_each())
def test_numpy_scalars_and_0d_arrays_are_answered_as_numpy_answers(s):
    for step in (np.int64(7), np.uint8(7), np.float64(7), np.array(7)):
        assert isinstance(s(step), np.floating)
        assert s(step) == s(np.array([7]))[0]


@pytest.mark.parametrize("s", one_of_each())
def test_steps_beyond_a_signed_integer_hold_the_last_value(s):
    last = s(np.array([2**63 - 1]))
    assert s(np.array([2**64 - 1], np.uint64)).tolist() == last.tolist()
    assert s(jnp.array([2**32 - 1], jnp.uint32)).tolist() == s(jnp.array([2**31 - 1])).tolist()


@pytest.mark.parametrize("s", one_of_each())
def test_python_integers_and_floats_of_any_size_are_answered(s):
    for step in (-(10**400), -1e308, 1e308, 10**400, 5e-324, -0.0):
        assert type(s(step)) is float
        assert math.isfinite(s(step))
    assert s(-(10**400)) == s(0)


@pytest.mark.parametrize("s", one_of_each())
def test_numpy_gives_the_same_in_one_chunk_and_in_many(s):
    steps = np.arange(CHUNK + 100)
    whole = s(steps)
    assert whole[:200].tolist() == s(steps[:200]).tolist()
    assert whole[CHUNK - 50 :].tolist() == s(steps[CHUNK - 50 :]).tolist()
    assert s(steps[::-1]).tolist() == whole[::-1].tolist()


# A value ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
def test_equal_fields_make_equal_schedules(name):
    s = SAMPLES[name]
    again = type(s)(**{field.name: getattr(s, field.name) for field in dataclasses.fields(s)})
    assert again == s
    assert hash(again) == hash(s)
    assert again is not s


@pytest.mark.parametrize("name", SAMPLES)
def test_copies_made_after_a_call_are_equal_and_answer_alike(name):
    s = SAMPLES[name]
    s(3)
    for other in (pickle.loads(pickle.dumps(s)), copy.copy(s), copy.deepcopy(s)):
        assert other == s
        assert hash(other) == hash(s)
        assert other(3).hex() == s(3).hex()


def test_schedules_that_differ_in_one_number_are_not_equal():
    for s in (samples[0] for samples in BY_KIND.values()):
        for name, changed in _changed(s).items():
            assert changed != s, name


def test_numpy_numbers_and_lists_become_plain_ones():
    made = glidepath.Piecewise(boundaries=[np.int64(3), 5], values=np.array([1.0, 0.5, 0.1]))
    assert made == glidepath.Piecewise(boundaries=(3, 5), values=(1, 0.5, 0.1))
    assert repr(made) == "Piecewise(boundaries=(3, 5), values=(1.0, 0.5, 0.1))"


def test_a_schedule_that_holds_arrays_is_equal_to_itself_only():
    held = glidepath.Constant(value=jnp.array(0.1))
    assert held == held
    assert held != glidepath.Constant(value=jnp.array(0.1))
    with pytest.raises(TypeError, match="unhashable: Constant holds jax arrays"):
        hash(held)


# Leaves -------------------------------------------------------------------------------------------------------


def _changed(s):
    """The schedule with another number in one field at a time, by field."""
    made = {}
    for name, role in s._roles.items():
        held = getattr(s, name)
        if type(held) in (int, float) and not role.static:
            made[name] = s.replace(**{name: held * 2 if type(held) is int and held else held * 0.9 or 0.25})
        elif type(held) is tuple and type(held[0]) in (int, float):
            made[name] = s.replace(**{name: tuple(x + 1 for x in held)})
    return made


@pytest.mark.parametrize("name", SAMPLES)
def test_taking_a_pytree_apart_and_putting_it_together_gives_an_equal_schedule(name):
    s = SAMPLES[name]
    leaves, structure = jax.tree_util.tree_flatten(s)
    again = jax.tree_util.tree_unflatten(structure, leaves)
    assert again == s
    assert hash(structure) == hash(jax.tree_util.tree_structure(again))
    assert jax.tree_util.tree_map(lambda x: x, s) == s


@pytest.mark.parametrize("name", SAMPLES)
def test_anything_may_stand_for_a_leaf(name):
    for filler in (None, object(), 3, "a word", (1, 2)):
        leaves, structure = jax.tree_util.tree_flatten(SAMPLES[name])
        jax.tree_util.tree_unflatten(structure, [filler] * len(leaves))


@pytest.mark.parametrize("s", one_of_each())
def test_other_numbers_make_no_other_pytree(s):
    def shapes(schedule):
        leaves, structure = jax.tree_util.tree_flatten(schedule)
        return structure, [(jnp.shape(x), jnp.result_type(x)) for x in leaves]

    for name, changed in _changed(s).items():
        assert shapes(changed) == shapes(s), name


def _join(n, by):
    return glidepath.Join(
        parts=tuple(glidepath.Cosine(start=1.0 + by, end=0.1 * i, steps=5 + i + by) for i in range(n)),
        boundaries=tuple(range(5 + by, 5 * n + by, 5)),
    )


@pytest.mark.parametrize(
    "family",
    [
        [glidepath.warmup_cosine(0.1 * n, warmup=n, total=10 * n) for n in range(1, 6)],
        [glidepath.wsd(0.1, warmup=n, decay=n, total=10 * n) for n in range(1, 6)],
        [glidepath.sgdr(0.1, period=n, times=n, stretch=2) for n in range(1, 6)],
        [glidepath.Piecewise(boundaries=(n, 3 * n), values=(1.0, n, 0.0), interpolation="linear") for n in range(1, 6)],
        [glidepath.Stretch(schedule=glidepath.Linear(start=1.0, end=0.0, steps=n), factor=1.5) for n in range(1, 6)],
        [_join(40, n) for n in range(5)],
    ],
    ids=["warmup_cosine", "wsd", "sgdr", "piecewise", "stretch", "join"],
)
def test_a_new_horizon_does_not_compile_anew(family):
    traces = []

    @jax.jit
    def value(schedule, t):
        traces.append(schedule)
        return schedule(t)

    for schedule in family:
        got = value(schedule, jnp.arange(60))
        np.testing.assert_allclose(got, schedule(np.arange(60)), rtol=2e-6, atol=1e-7)
    assert len(traces) == 1


def test_a_long_join_crosses_jit_as_one_array_for_each_field_and_kind():
    assert len(jax.tree_util.tree_leaves(_join(1000, 0))) == 4
    few, many = (len(jax.make_jaxpr(lambda s, t: s(t))(_join(n, 0), 3).eqns) for n in (10, 1000))
    assert few == many


def _slope(s, name, at, held):
    """The change of the value by a field, numerically; None at a kink, where both sides differ."""
    size = max(abs(held), 1e-3) * 1e-5

    def value(x):
        return s.replace(**{name: x})(at)

    left, right = (value(held) - value(held - size)) / size, (value(held + size) - value(held)) / size
    close = abs(left - right) <= 1e-3 * max(abs(left), abs(right), 1e-6)
    return (value(held + size) - value(held - size)) / (2 * size) if close else None


def _float_fields(s):
    return {
        name: held for name, role in s._roles.items() if type(held := getattr(s, name)) is float and not role.static
    }


REAL = [
    pytest.param(s, name, id=f"{sample}.{name}")
    for sample, s in SAMPLES.items()
    if sample.split("-")[0] in BY_KIND
    for name in _float_fields(s)
    if sample.rsplit("-")[1] in "01234" or sample.startswith("Exponential")
]


@pytest.mark.parametrize(("s", "name"), REAL)
def test_gradients_reach_every_number_held_as_a_float_and_are_right(s, name):
    held = _float_fields(s)[name]
    end = min(s.length or 40, 10**6)
    steps = [0, 1, end // 3, end // 2, end - 1, end, 2 * end]
    with jax.enable_x64(True):
        by_jax = jax.jit(jax.vmap(jax.grad(lambda x, t: s.replace(**{name: x})(t)), in_axes=(None, 0)))
        slopes = by_jax(jnp.array(held, jnp.float64), jnp.array(steps)).tolist()
    for step, slope in zip(steps, slopes, strict=True):
        x = torch.tensor(held, dtype=torch.float64, requires_grad=True)
        (by_torch,) = torch.autograd.grad(s.replace(**{name: x})(torch.tensor(step, dtype=torch.float64)), x)
        assert math.isfinite(slope)
        assert slope == pytest.approx(float(by_torch), rel=1e-9, abs=1e-12)
        try:
            want = _slope(s, name, step, held)
        except ScheduleError:  # a step aside, the number would not fit the others
            continue
        if want is not None:
            assert slope == pytest.approx(want, rel=2e-3, abs=1e-6), step


@pytest.mark.parametrize("name", FEW)
def test_gradients_by_the_step_are_finite_as_near_to_an_end_as_a_float_can_be(name):
    s = FEW[name]
    ends = [0.0, 1.0, float(min(s.length or 1, 2**20))]
    tiny = [5e-324, 1e-300, 1e-45, 1e-38, 1e-30, 1e-20, 1e-10]
    for dtype in (torch.float64, torch.float32):
        near = torch.tensor([*tiny, *(-x for x in tiny), *ends], dtype=dtype)
        t = torch.cat([near, *(torch.nextafter(near, torch.full_like(near, far)) for far in (-1e9, 1e9))])
        t.requires_grad_()
        value = s(t)
        assert torch.isfinite(value).all()
        if value.requires_grad:
            assert torch.isfinite(torch.autograd.grad(value.sum(), t)[0]).all()


@pytest.mark.parametrize("s", one_of_each())
def test_vmap_reaches_every_numeric_field_lengths_included(s):
    steps = jnp.arange(45)
    for name, changed in _changed(s).items():
        some = [getattr(s, name), getattr(changed, name)]
        got = jax.vmap(lambda x, name=name: s.replace(**{name: x})(steps))(jnp.array(some))
        want = np.array([s(np.arange(45)), changed(np.arange(45))])
        np.testing.assert_allclose(got, want, rtol=2e-6, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("s", one_of_each())
def test_numpy_and_torch_arrays_may_stand_in_every_numeric_field(s):
    for name, changed in _changed(s).items():
        if type(getattr(s, name)) is tuple:
            continue
        some = [getattr(s, name), getattr(changed, name)]
        want = np.array([s(np.arange(45)), changed(np.arange(45))])
        held = s.replace(**{name: np.array(some)[:, None]})
        np.testing.assert_allclose(held(np.arange(45)), want, rtol=1e-14, err_msg=name)
        held = s.replace(**{name: torch.tensor(some)[:, None]})
        np.testing.assert_allclose(held(torch.arange(45)).numpy(), want, rtol=2e-6, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("s", one_of_each())
def test_a_plain_step_is_answered_where_fields_are_arrays(s):
    for name, changed in _changed(s).items():
        for array, rtol in ((jnp.asarray, 2e-6), (np.asarray, 1e-14), (torch.tensor, 2e-6)):
            held = s.replace(**{name: array(getattr(changed, name))})
            np.testing.assert_allclose(float(held(5)), changed(5), rtol=rtol, atol=1e-7, err_msg=name)


@pytest.mark.parametrize("s", one_of_each())
def test_stacked_schedules_are_mapped_over_like_each_alone(s):
    family = [s, *(other for other in _changed(s).values())]
    got = jax.vmap(lambda schedule: schedule(jnp.arange(45)))(glidepath.jax.stack(family))
    np.testing.assert_allclose(got, np.array([x(np.arange(45)) for x in family]), rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize("s", one_of_each())
def test_a_scan_over_the_steps_gives_what_an_array_of_them_gives(s):
    def body(step, _):
        return step + 1, s(step)

    _, got = jax.lax.scan(body, jnp.array(0), length=45)
    np.testing.assert_array_max_ulp(np.asarray(got), np.asarray(s(jnp.arange(45))), 8)


# torch.compile ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FEW)
def test_torch_compiles_every_kind_into_one_graph(name):
    s = FEW[name]
    torch.compiler.reset()
    compiled = torch.compile(lambda t: s(t), backend="eager", fullgraph=True)
    steps = torch.tensor(steps_to_try(s))
    assert compiled(steps).tolist() == s(steps).tolist()


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")  # PyTorch's own
def test_inductor_gives_the_same_as_eager_torch():
    steps = torch.arange(-5, 1200)
    torch.compiler.reset()
    schedules = [
        glidepath.warmup_cosine(0.1, warmup=100, total=1000),
        glidepath.wsd(0.1, warmup=9, decay=90, total=999),
    ]
    compiled = torch.compile(lambda t: tuple(s(t) for s in schedules), fullgraph=True)
    for got, s in zip(compiled(steps), schedules, strict=True):
        np.testing.assert_allclose(got.numpy(), s(steps).numpy(), rtol=4.8e-7, atol=0)
        assert got.tolist()[-1] == 0.0
