"""Values that change at given steps: by a jump, a straight line or half a cosine."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import accumulate
from operator import itemgetter, mul
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from ...arrays import is_number
from ...compose import Piecewise
from ...errors import ScheduleError, fail
from ...fields import one_of
from ...schedules import Constant
from .arguments import ascending, checked, non_negative, read_as, row, steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...schedule import Schedule

    #: ``{step: scale}``, or a sequence of steps and a sequence of scales.
    Scales = Mapping[int, float] | tuple[Sequence[int], Sequence[float]]

__all__ = ["piecewise_constant_schedule", "piecewise_interpolate_schedule"]


def _without_init_value(positional: tuple[Any, ...]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """``init_value`` may be left out."""
    left_out = bool(positional) and isinstance(positional[0], Mapping | tuple)
    return ((1.0, *positional) if left_out else positional), {}


@read_as(_without_init_value)
def piecewise_constant_schedule(
    init_value: float | None = None,
    boundaries_and_scales: Scales | None = None,
    *,
    scales: str = "cumulative",
) -> Schedule:
    """A value that is multiplied by a scale at each of some steps.

    Definition: ``init_value`` times the product of all scales whose step is at most ``t``.

    init_value: any finite number; 1 where it is left out: ``piecewise_constant_schedule({500: 0.1})``.
    boundaries_and_scales: a dict of steps, each at least 0, and non-negative scales; or a pair of the steps,
        strictly ascending, and as many scales, which may be arrays.
    scales: what a scale multiplies. "cumulative": the value so far; "absolute": ``init_value``; "until":
        ``init_value``, up to its step instead of from there, the last one without end.

    >>> drops = {500: 1.0, 1000: 0.5, 1500: 0.1}
    >>> [piecewise_constant_schedule(1.0, drops)(t) for t in (499, 999, 1499, 1500)]
    [1.0, 1.0, 0.5, 0.05]
    >>> [piecewise_constant_schedule(1.0, drops, scales="absolute")(t) for t in (499, 999, 1499, 1500)]
    [1.0, 1.0, 0.5, 0.1]
    >>> [piecewise_constant_schedule(1.0, drops, scales="until")(t) for t in (499, 999, 1499, 1500)]
    [1.0, 0.5, 0.1, 0.1]
    """
    name = "piecewise_constant_schedule"
    if init_value is None and boundaries_and_scales is None:
        raise ScheduleError(f"{name}.init_value or {name}.boundaries_and_scales must be given, got neither")
    init_value = 1.0 if init_value is None else init_value
    one_of(f"{name}.scales", scales, "cumulative", "absolute", "until")
    return _pieces(name, init_value, boundaries_and_scales, scales, "constant")


@checked
def piecewise_interpolate_schedule(
    interpolate_type: str,
    init_value: float,
    boundaries_and_scales: Scales | None = None,
    *,
    scales: str = "cumulative",
) -> Schedule:
    """Values at given steps, and straight lines or half cosines between them.

    Definition: ``init_value`` at step 0, and at every step of ``boundaries_and_scales`` the value before
    times the scale there; in between as `linear_schedule` or `cosine_decay_schedule` would.

    interpolate_type: "linear" or "cosine".
    init_value: any finite number.
    boundaries_and_scales: as in `piecewise_constant_schedule`. A scale at step 0 changes the first value.
    scales: what a scale multiplies. "cumulative": the value before; "absolute": ``init_value``.

    >>> s = piecewise_interpolate_schedule("linear", 1.0, {4: 0.1, 8: 0.01})
    >>> s(0), s(2), s(4), round(s(6), 12), s(8)
    (1.0, 0.55, 0.1, 0.0505, 0.001)
    """
    name = "piecewise_interpolate_schedule"
    one_of(f"{name}.interpolate_type", interpolate_type, "linear", "cosine")
    one_of(f"{name}.scales", scales, "cumulative", "absolute")
    return _pieces(name, init_value, boundaries_and_scales, scales, interpolate_type)


def _pieces(name: str, init_value: Any, given: Any, scales: str, interpolation: str) -> Schedule:
    marks, factors = _steps_and_factors(f"{name}.boundaries_and_scales", given)
    if type(factors) is tuple and not factors:
        return Constant(value=init_value)
    folded = is_number(init_value)
    values = _values(init_value if folded else 1.0, factors, scales)
    if scales == "until":
        marks, values = marks[:-1], values[1:]
    if type(values) is tuple:
        _check_size(f"{name}.boundaries_and_scales", values)
    if type(marks) is tuple and marks and is_number(marks[0]) and marks[0] == 0:  # it holds from the start
        marks, values = marks[1:], values[1:]
    if not len(marks):
        return Constant(value=values[0]) if folded else Constant(value=init_value * values[0])
    pieces = Piecewise(boundaries=marks, values=values, interpolation=interpolation)
    return pieces if folded else Constant(value=init_value) * pieces


def _steps_and_factors(where: str, given: Any) -> tuple[Any, Any]:
    """The steps in ascending order and the scales there: tuples, or traced arrays."""
    if given is None:
        return (), ()
    if isinstance(given, Mapping):
        order = sorted(((steps(f"a step of {where}", step), x) for step, x in given.items()), key=itemgetter(0))
        return tuple(step for step, _ in order), tuple(non_negative(f"{where}[{step}]", x) for step, x in order)
    if type(given) is not tuple or len(given) != 2:
        fail(where, "a dict of steps and scales, or a pair of both", given)
    marks, factors = ascending(f"{where}[0]", given[0]), row(f"{where}[1]", given[1], non_negative)
    counts = [len(x) if type(x) is tuple else x.shape[0] for x in (marks, factors)]
    if counts[0] != counts[1]:
        raise ScheduleError(f"{where} must be as many scales as steps, got {counts[1]} scales and {counts[0]} steps")
    return marks, factors


def _values(first: float, factors: Any, scales: str) -> Any:
    """The first value, and the value from each step on."""
    if type(factors) is tuple:
        if scales == "cumulative":
            return tuple(accumulate(factors, mul, initial=first))
        return (first, *(first * factor for factor in factors))
    product = jnp.cumprod(factors) if scales == "cumulative" else factors
    return first * jnp.concatenate([jnp.ones(1, product.dtype), product])


def _check_size(where: str, values: tuple[Any, ...]) -> None:
    for i, value in enumerate(values):
        if is_number(value) and abs(value) == math.inf:
            fail(where, "small enough that every value is finite", f"scales whose product overflows at number {i}")
