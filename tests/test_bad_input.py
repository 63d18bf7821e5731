"""What cannot be right is refused at once, by one error that names the field, the rule and the value."""

from __future__ import annotations

import dataclasses
import inspect
import math
from decimal import Decimal
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import glidepath as g
import glidepath.jax
from glidepath import ScheduleError
from glidepath.errors import show
from glidepath.recipes import RECIPES
from glidepath.schedule import KINDS
from samples import BY_KIND

LINE = g.Linear(start=1.0, end=0.0, steps=10)

#: What no field at all takes.
NONSENSE = [object(), 1j, b"1", {}, {1, 2}, Decimal("0.1"), Fraction(1, 3), Ellipsis, np.array("a"), np.bool_(True)]

NOT_FINITE = [math.nan, math.inf, -math.inf, np.float64("nan")]
NOT_NUMBERS = [*NONSENSE, *NOT_FINITE, True, False, "0.1", "1e-3", [0.1], (0.1,), LINE]
NOT_WHOLE = [*NOT_NUMBERS, 10.0, 0.5, 2**53, 10**400, np.float64(3), "5%", "10"]
NOT_SEQUENCES = [*NONSENSE, np.array(3), True, "12", 5, 0.5, LINE, math.nan, {3: 0.1}, range(3), iter([1, 2])]

#: For the name of each role, what a field of that role must refuse.
BAD = {
    "number": [*NOT_NUMBERS, 10**400],
    "positive number": [*NOT_NUMBERS, 0, 0.0, -0.1, -(10**400)],
    "non-negative number": [*NOT_NUMBERS, -0.1, -1],
    "steps": [*NOT_WHOLE, 0, -1, -10],
    "steps, of either sign": [*NOT_WHOLE, -(2**53)],
    "count": [*NOT_WHOLE, 0, -1],
    "steps, ascending": [
        *NOT_SEQUENCES,
        np.array(3),
        *([x] for x in (*NOT_WHOLE, 0, -1)),
        (20, 10),
        (10, 10),
        [5, 20, 20],
    ],
    "numbers": [*NOT_SEQUENCES, *([0.1, x] for x in NOT_NUMBERS)],
    "plain positive finite number": [*NOT_NUMBERS, 0, -1.0],
    "plain finite number of at least 1": [*NOT_NUMBERS, 0, 0.5, -2],
    "True or False": [*NONSENSE, 0, 1, "true", "yes"],
    "schedule": [*NONSENSE, True, 0.1, "Linear", [LINE], (LINE,), lambda t: t, KINDS["Linear"]],
    "schedules": [*NOT_SEQUENCES, (0.1,), [LINE, "Linear"], [LINE, None], (lambda t: t,), [[LINE]]],
    "one of": [*NONSENSE, True, 1, "spline", "LINEAR", "", "linear "],
}


def default_of(kind, field):
    return next(declared.default for declared in dataclasses.fields(kind) if declared.name == field)


def bad_values(role, optional):
    name = "one of" if role.name.startswith("one of ") else role.name
    return [*BAD[name], *([] if optional else [None])]


FIELDS = [
    pytest.param(samples[0], field, id=f"{kind}.{field}")
    for kind, samples in BY_KIND.items()
    for field in samples[0]._roles
]


@pytest.mark.parametrize(("sample", "field"), FIELDS)
def test_every_field_refuses_what_its_role_does_not_allow_by_name_rule_and_value(sample, field):
    kind = type(sample)
    for bad in bad_values(kind._roles[field], default_of(kind, field) is None):
        with pytest.raises(ScheduleError) as caught:
            kind(**{name: getattr(sample, name) for name in kind._roles} | {field: bad})
        message = str(caught.value)
        assert message.startswith(f"{kind.__name__}.{field}"), (bad, message)
        assert " must be " in message, (bad, message)
        assert ", got " in message, (bad, message)
        if not isinstance(bad, list | tuple | np.generic | np.ndarray | int | float):
            assert show(bad)[:80] in message, (bad, message)


@pytest.mark.parametrize(("sample", "field"), FIELDS)
def test_a_refused_replacement_leaves_the_schedule_as_it_was(sample, field):
    before = repr(sample), hash(sample)
    with pytest.raises(ScheduleError, match=field):
        sample.replace(**{field: object()})
    assert (repr(sample), hash(sample)) == before


@pytest.mark.parametrize("kind", BY_KIND)
def test_a_missing_field_is_named(kind):
    sample = BY_KIND[kind][0]
    given = {name: getattr(sample, name) for name in sample._roles}
    required = [name for name in given if default_of(KINDS[kind], name) is dataclasses.MISSING]
    for name in required:
        with pytest.raises(ScheduleError, match=f"{kind}.{name}"):
            KINDS[kind](**{other: held for other, held in given.items() if other != name})


@pytest.mark.parametrize("kind", BY_KIND)
def test_an_unknown_field_is_an_error_that_lists_the_known_ones(kind):
    sample = BY_KIND[kind][0]
    given = {name: getattr(sample, name) for name in sample._roles}
    for make in (lambda: KINDS[kind](**given, stps=5), lambda: sample.replace(stps=5)):
        with pytest.raises(ScheduleError, match="stps") as caught:
            make()
        assert all(name in str(caught.value) for name in sample._roles)


def test_the_nearest_field_is_pointed_at():
    with pytest.raises(ScheduleError, match="did you mean 'steps'"):
        g.Linear(start=0.0, end=1.0, step=10)


def test_fields_are_given_by_name_only():
    with pytest.raises(ScheduleError, match="Linear"):
        g.Linear(0.0, 1.0, 10)


# Fields that do not fit together ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: g.Exponential(start=1.0, rate=1.1), "Exponential.end must be given where rate is above 1"),
        (
            lambda: g.Exponential(start=1.0, rate=1.1, end=0.5),
            r"Exponential.end must be at least start \(1.0\).*got 0.5",
        ),
        (
            lambda: g.Exponential(start=1.0, rate=0.9, end=2.0),
            r"Exponential.end must be at most start \(1.0\).*got 2.0",
        ),
        (lambda: g.Exponential(start=-1.0, rate=1.1, end=0.0), "Exponential.end must be at most start"),
        (lambda: g.Join(parts=(), boundaries=()), "Join.parts must be a sequence of at least one schedule"),
        (lambda: g.Join(parts=(LINE,), boundaries=(5,)), "Join.boundaries must be one fewer than its 1 parts, got 1"),
        (
            lambda: g.Join(parts=(LINE, LINE), boundaries=()),
            "Join.boundaries must be one fewer than its 2 parts, got 0",
        ),
        (lambda: g.Join(parts=(LINE,) * 3, boundaries=(20, 5)), "Join.boundaries must be strictly ascending"),
        (lambda: g.Join(parts=(LINE,) * 3, boundaries=(5, 5)), "Join.boundaries must be strictly ascending"),
        (
            lambda: g.Piecewise(boundaries=(), values=(1.0,)),
            "Piecewise.boundaries must be a sequence of at least one step",
        ),
        (
            lambda: g.Piecewise(boundaries=(5,), values=(1.0,)),
            "Piecewise.values must be one more than its 1 boundaries",
        ),
        (lambda: g.Piecewise(boundaries=(5,), values=(1, 2, 3)), "Piecewise.values must be one more .* got 3 values"),
        (lambda: g.Product(parts=()), "Product.parts must be a sequence of at least one schedule"),
        (lambda: g.Sum(parts=()), "Sum.parts must be a sequence of at least one schedule"),
        (lambda: g.Minimum(parts=[]), "Minimum.parts must be a sequence of at least one schedule"),
        (lambda: g.Maximum(parts=[]), "Maximum.parts must be a sequence of at least one schedule"),
        (lambda: g.Clip(schedule=LINE), "Clip.low or Clip.high must be given, got neither"),
        (lambda: g.Clip(schedule=LINE, low=0.5, high=0.1), r"Clip.low must be at most high \(0.1\), got 0.5"),
        (lambda: g.Repeat(body=LINE, period=5, scale=1.1), "Repeat.times must be given where scale is above 1"),
        (lambda: g.Repeat(body=LINE, period=5, scale=1e300, times=9), "Repeat.scale must be small enough .* is finite"),
        (lambda: g.Stretch(schedule=g.Custom(function=abs), factor=2), "Stretch.schedule must .* a Custom has none"),
        (lambda: g.Repeat(body=g.Custom(function=abs), period=3, stretch=2), "Repeat.body must .* a Custom has none"),
        (
            lambda: g.Stretch(schedule=g.Piecewise(boundaries=(1, 2), values=(1, 2, 3)), factor=0.1),
            "Stretch.factor 0.1 does not fit: .*boundaries must be strictly ascending",
        ),
        (lambda: g.Stretch(schedule=g.Linear(start=0, end=1, steps=2**52), factor=9), "Stretch.factor 9 does not fit"),
        (lambda: g.Linear(start=1e308, end=-1e308, steps=3), "Linear.end must be "),
        (lambda: g.Cosine(start=-1.7e308, end=1e308, steps=3), "Cosine.end must be "),
        (lambda: LINE.then(g.Constant(value=1.0), at=0), r"Join.boundaries\[0\] must be a positive integer, got 0"),
        (lambda: LINE.then(g.Constant(value=1.0)).then(LINE, at=7), "Join.boundaries must be strictly ascending"),
        (lambda: g.InverseSqrt(peak=1.0, timescale=5).then(LINE), "InverseSqrt has no end of its own"),
        (lambda: LINE.then("Linear"), "must be a schedule or a number, got 'Linear'"),
        (lambda: LINE * "2", "right side of a Product must be a schedule or a number, got '2'"),
        (lambda: LINE + None, "right side of a Sum must be a schedule or a number, got None"),
        (lambda: LINE * math.nan, "must be a finite number, got nan"),
        (lambda: LINE * True, "must be a schedule or a number, got True"),
    ],
)
def test_fields_that_do_not_fit_together_are_refused(make, words):
    with pytest.raises(ScheduleError, match=words):
        make()


def test_a_plain_callable_is_pointed_to_custom():
    with pytest.raises(ScheduleError, match=r"wrap a plain callable in glidepath.Custom"):
        g.Join(parts=(LINE, lambda t: t), boundaries=(5,))


def test_arrays_of_two_libraries_in_one_schedule_are_refused():
    with pytest.raises(ScheduleError, match=r"Linear.end holds torch arrays, other fields jax ones"):
        g.Linear(start=jnp.array(0.1), end=torch.tensor(0.2), steps=5)


@pytest.mark.parametrize(
    "array",
    [
        np.array(["a"]),
        np.array([True]),
        np.array([1j]),
        np.array([None]),
        jnp.array(True),
        jnp.array(1j),
        torch.tensor(True),
    ],
    ids=str,
)
def test_arrays_that_hold_no_numbers_are_refused(array):
    for field in ("start", "steps"):
        with pytest.raises(ScheduleError, match=f"Linear.{field} must be "):
            LINE.replace(**{field: array})


@pytest.mark.parametrize("array", [np.array(3), jnp.array(3), torch.tensor(3)], ids=str)
def test_one_number_is_no_sequence_in_an_array_either(array):
    with pytest.raises(ScheduleError, match=r"Join\.boundaries must be a sequence of steps"):
        g.Join(parts=(LINE, LINE), boundaries=array)
    with pytest.raises(ScheduleError, match=r"Piecewise\.values must be a sequence of numbers"):
        g.Piecewise(boundaries=(5,), values=array)
    with pytest.raises(ScheduleError, match=r"Sum\.parts must be a sequence of schedules"):
        g.Sum(parts=array)


def test_a_long_value_does_not_bury_the_message():
    with pytest.raises(ScheduleError) as caught:
        g.Constant(value="x" * 10**6)
    assert len(str(caught.value)) < 300


def test_a_value_whose_repr_fails_does_not_hide_the_error():
    class Broken:
        def __repr__(self):
            raise RuntimeError("no")

    with pytest.raises(ScheduleError, match=r"Constant.value must be a finite number, got <Broken>"):
        g.Constant(value=Broken())


# Kinds --------------------------------------------------------------------------------------------------------


def test_a_second_kind_of_one_name_is_refused():
    with pytest.raises(TypeError, match="there is a kind named Linear already"):
        type("Linear", (g.Schedule,), {})


def test_a_kind_cannot_be_subclassed():
    with pytest.raises(TypeError, match="a kind of schedule is final"):

        class Steeper(g.Linear):
            pass


def test_a_refused_kind_is_not_registered():
    before = dict(KINDS)
    with pytest.raises(TypeError):
        type("Linear", (g.Schedule,), {})
    assert before == KINDS


# Steps --------------------------------------------------------------------------------------------------------

BAD_STEPS = [
    math.nan,
    math.inf,
    -math.inf,
    True,
    False,
    None,
    "5",
    "5%",
    b"5",
    [1, 2],
    (1, 2),
    {},
    1j,
    Decimal(5),
    Fraction(1, 2),
    object(),
    LINE,
    np.bool_(True),
    np.str_("5"),
    np.array([True]),
    np.array([1j]),
    np.array(["5"]),
    np.array([5], object),
    np.array([5], "datetime64[s]"),
    jnp.array([True]),
    jnp.array([1j]),
    torch.tensor([True]),
    torch.tensor([1j]),
]


@pytest.mark.parametrize("bad", BAD_STEPS, ids=lambda bad: type(bad).__name__)
def test_a_step_that_is_no_number_is_refused(bad):
    for sample in (LINE, g.Constant(value=1.0), g.wsd(0.1, warmup=10, decay=10, total=50), g.sgdr(0.1, period=7)):
        with pytest.raises(ScheduleError, match="step must be "):
            sample(bad)
        sample(3)  # compiled from here on
        with pytest.raises(ScheduleError, match="step must be "):
            sample(bad)


def test_a_step_of_another_library_than_the_fields_is_refused():
    with pytest.raises(ScheduleError, match="step is a torch array, but Constant holds jax arrays"):
        g.Constant(value=jnp.array(0.1))(torch.tensor(3))


def test_a_length_that_jax_cannot_hold_is_named_where_it_is_an_argument():
    long = g.Linear(start=1.0, end=0.0, steps=2**31)
    with pytest.raises(ScheduleError, match=r"Linear.steps is 2147483648, which is more than"):
        jax.jit(lambda s: s(3))(long)


def test_a_boundary_that_jax_cannot_hold_is_named():
    long = LINE.then(g.Constant(value=1.0), at=2**31)
    with pytest.raises(ScheduleError, match=r"2147483648, which is more than"):
        long(jnp.arange(3))


@pytest.mark.parametrize("kind", [g.Linear, g.Cosine, g.Sqrt])
def test_a_length_beyond_every_step_of_jax_is_as_good_as_any(kind):
    long, step = kind(start=1.0, end=0.0, steps=10**10), 10**9
    assert jax.jit(lambda t: long(t))(step).item() == pytest.approx(long(step), rel=4.8e-7)


def test_a_formula_that_is_not_defined_is_named():
    class Formless(g.Schedule, register=False):
        pass

    with pytest.raises(NotImplementedError, match=r"Formless must define at\(self, t, xp\)"):
        Formless()(3)


def test_a_language_that_is_not_known_is_refused():
    with pytest.raises(ScheduleError, match="unknown language 'javascrip'; did you mean 'javascript'"):
        LINE.to_source("javascrip")


def test_text_of_a_custom_is_refused():
    for language in ("python", "javascript", "latex"):
        with pytest.raises(ScheduleError, match="Custom"):
            g.Custom(function=abs).to_source(language)


# Recipes ------------------------------------------------------------------------------------------------------

GOOD = {
    "one_cycle": {"peak": 1.0, "total": 1000},
    "power": {"peak": 0.1, "warmup": 100, "decay": 100, "total": 2000, "timescale": 400},
    "rex": {"peak": 0.3, "total": 100},
    "sgdr": {"peak": 0.1, "period": 10},
    "warmup_constant": {"peak": 0.1, "warmup": 10},
    "warmup_cosine": {"peak": 0.1, "warmup": 10, "total": 100},
    "warmup_exponential": {"peak": 0.1, "warmup": 10, "total": 100, "end": 0.001},
    "warmup_inverse_sqrt": {"peak": 0.1, "warmup": 10},
    "warmup_linear": {"peak": 0.1, "warmup": 10, "total": 100},
    "wsd": {"peak": 0.1, "warmup": 10, "decay": 10, "total": 100},
}

#: What each parameter of a recipe refuses, by its name.
BAD_ARGUMENTS = {
    **dict.fromkeys(["peak", "start", "end"], BAD["number"]),
    **dict.fromkeys(["total", "period", "timescale", "decay", "times"], BAD["steps"]),
    "warmup": [*NOT_WHOLE, -1],
    "exponent": BAD["non-negative number"],
    "scale": BAD["positive number"],
    "stretch": BAD["plain finite number of at least 1"],
    "shape": BAD["one of"],
}

PARAMETERS = [
    pytest.param(name, parameter, id=f"{name}.{parameter}")
    for name, recipe in RECIPES.items()
    for parameter in inspect.signature(recipe).parameters
]


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_every_parameter_of_a_recipe_refuses_what_it_cannot_take_by_its_name(name, parameter):
    default = inspect.signature(RECIPES[name]).parameters[parameter].default
    for bad in [*BAD_ARGUMENTS[parameter], *([] if default is None else [None])]:
        with pytest.raises(ScheduleError) as caught:
            RECIPES[name](**GOOD[name] | {parameter: bad})
        assert str(caught.value).startswith(f"{name}.{parameter} must be "), (bad, str(caught.value))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: g.warmup_cosine(0.1, warmup=100, total=100),
            r"warmup_cosine.total must be more than warmup \(100\), got 100",
        ),
        (
            lambda: g.warmup_linear(0.1, warmup=100, total=50),
            r"warmup_linear.total must be more than warmup \(100\), got 50",
        ),
        (
            lambda: g.wsd(0.1, warmup=60, decay=60, total=100),
            r"wsd.total must be at least warmup \+ decay \(120\), got 100",
        ),
        (
            lambda: g.power(0.1, 50, 50, 100, timescale=3),
            r"power.total must be more than warmup \+ decay \(100\), got 100",
        ),
        (lambda: g.one_cycle(0.1, total=1), "one_cycle.total must be "),
        (lambda: g.one_cycle(0.1, total=10, warmup=10), r"one_cycle.total must be more than warmup \(10\), got 10"),
        (lambda: g.wsd(0.1, 1, 1, 9, shape="lienar"), "wsd.shape must be one of 'linear', .* got 'lienar'"),
        (lambda: g.wsd(0.1, 1, 1, 9, shape="exponential"), "wsd.end must be of the sign of peak"),
        (lambda: g.warmup_exponential(0.1, 1, 9, end=-0.1), "warmup_exponential.end must be of the sign of peak"),
        (lambda: g.warmup_exponential(0.1, 1, 9, end=0.2), "warmup_exponential.end must be .* not beyond it"),
        (
            lambda: g.warmup_inverse_sqrt(0.1, warmup=0),
            "warmup must be a positive integer .*, got 0",
        ),
        (lambda: g.sgdr(0.1, period=5, scale=2.0), "times must be given where scale is above 1"),
    ],
)
def test_arguments_of_recipes_that_do_not_fit_together_are_refused(make, words):
    with pytest.raises(ScheduleError, match=words):
        make()
