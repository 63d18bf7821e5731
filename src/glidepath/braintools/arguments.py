"""What the constructors of the schedulers accept. Every refusal names the scheduler, the argument and the rule."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import jax

from ..arrays import LAST_STEP, library
from ..errors import ScheduleError, fail
from ..fields import number
from ..jax import concrete

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "ascending",
    "finite",
    "items",
    "non_negative",
    "of_group",
    "positive",
    "rates",
    "single",
    "whole",
]


def single(where: str, x: Any, rule: str) -> Any:
    """`concrete`, but no array with axes."""
    x = concrete(x)
    if getattr(x, "ndim", 0):
        fail(where, rule, x)
    return x


def finite(where: str, x: Any, rule: str = "a finite number", ok: Callable[[float], bool] = lambda x: True) -> float:
    return number(where, single(where, x, rule), rule, ok, float)  # type: ignore[no-any-return]


def non_negative(where: str, x: Any) -> float:
    return finite(where, x, "a non-negative finite number", lambda x: x >= 0)


def positive(where: str, x: Any) -> float:
    return finite(where, x, "a positive finite number", lambda x: x > 0)


def whole(where: str, x: Any, least: int) -> int:
    """A whole number of epochs or steps; 1e4 is one too."""
    rule = {0: "a non-negative integer", 1: "a positive integer"}.get(least, f"an integer of at least {least}")
    x = single(where, x, rule)
    if type(x) is float and x.is_integer():
        x = int(x)
    return number(where, x, rule, lambda x: least <= x <= LAST_STEP, int)  # type: ignore[no-any-return]


def items(where: str, x: Any, rule: str) -> list[Any]:
    """A list, a tuple or an array with one axis, as a list."""
    if library(x) is not None and not isinstance(x, jax.core.Tracer) and x.ndim == 1:
        return x.tolist()  # type: ignore[no-any-return]
    if not isinstance(x, list | tuple):
        fail(where, rule, x)
    return list(x)


def rates(where: str, x: Any, groups: int | None = None) -> list[float]:
    """One number for every group of parameters, or one for all of them.

    groups: how many there are; not known where not given.
    """
    x = concrete(x)
    if not isinstance(x, list | tuple) and getattr(x, "ndim", 0) == 0:
        return [finite(where, x)]
    given = items(where, x, "a number or a list of numbers")
    if not given:
        fail(where, "a number or a list of at least one number", x)
    if groups is not None and 1 not in (len(given), groups) and len(given) != groups:
        raise ScheduleError(f"{where} must have one number for each of {groups} groups, got {len(given)} numbers")
    return [finite(f"{where}[{i}]", entry) for i, entry in enumerate(given)]


def ascending(where: str, x: Any) -> list[int]:
    """Epochs in strictly ascending order, each at least 1."""
    given = items(where, x, "a list of epochs")
    epochs = [whole(f"{where}[{i}]", entry, 1) for i, entry in enumerate(given)]
    if any(later <= earlier for earlier, later in pairwise(epochs)):
        fail(where, "strictly ascending", epochs)
    return epochs


def of_group(given: Sequence[Any], group: int) -> Any:
    """What belongs to a group; the last is for all groups that follow."""
    return given[min(group, len(given) - 1)]
