"""The one-cycle schedules: up to a peak, down again, and far below the start."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from ...arrays import is_number
from ...compose import Join
from ...errors import fail
from ...jax import concrete
from ...schedules import Constant, Cosine, Linear
from .arguments import checked, read_as

if TYPE_CHECKING:
    from ...schedule import Schedule

__all__ = ["cosine_onecycle_schedule", "linear_onecycle_schedule"]


@checked
def linear_onecycle_schedule(
    transition_steps: int,
    peak_value: float,
    pct_start: float = 0.3,
    pct_final: float = 0.85,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
) -> Schedule:
    """One cycle of three straight lines.

    Definition: from ``peak_value / div_factor`` up to ``peak_value`` at step ``pct_start * transition_steps``,
    back at ``pct_final * transition_steps``, then down to ``peak_value / (div_factor * final_div_factor)`` at
    ``transition_steps``; both products are rounded down. A line of no steps is passed at once.

    Source: Smith and Topin 2018, https://arxiv.org/abs/1708.07120.

    transition_steps: the length of it all; at least 1.
    peak_value: any finite number.
    pct_start, pct_final: from 0 to 1, in this order.
    div_factor, final_div_factor: positive. The fifth argument by position is ``div_factor``, as in optax.

    >>> s = linear_onecycle_schedule(100, 1.0, div_factor=10.0, final_div_factor=100.0)
    >>> s(0), s(30), s(85), s(100)
    (0.1, 1.0, 0.1, 0.001)
    """
    shares = {"pct_start": pct_start, "pct_final": pct_final}
    low = peak_value / div_factor
    values = [low, peak_value, low, low / final_div_factor]
    return _one_cycle("linear_onecycle_schedule", Linear, transition_steps, shares, values)


def _final_or_div(positional: tuple[Any, ...]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Optax's documentation has ``pct_final`` in the fourth place, where optax itself has ``div_factor``.

    A share of the steps is below 1; what the start is divided by is 1 or more.
    """
    fourth: Any = concrete(positional[3]) if 3 < len(positional) < 6 else None
    if is_number(fourth) and fourth <= 1:
        return positional[:3], dict(zip(("pct_final", "final_div_factor"), positional[3:], strict=False))
    return positional, {}


@read_as(_final_or_div)
def cosine_onecycle_schedule(
    transition_steps: int,
    peak_value: float,
    pct_start: float = 0.3,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
    *,
    pct_final: float | None = None,
) -> Schedule:
    """One cycle of half cosines: two of them, or three where ``pct_final`` is given.

    Definition: from ``peak_value / div_factor`` up to ``peak_value`` at step ``pct_start * transition_steps``
    (rounded down), then down to ``peak_value / (div_factor * final_div_factor)`` at ``transition_steps``. With
    ``pct_final`` it is back at ``peak_value / div_factor`` at step ``pct_final * transition_steps`` first, as
    in `linear_onecycle_schedule`. A phase of no steps is passed at once.

    Source: Smith and Topin 2018, https://arxiv.org/abs/1708.07120.

    transition_steps: the length of it all; at least 1.
    peak_value: any finite number.
    pct_start, pct_final: from 0 to 1, in this order.
    div_factor, final_div_factor: positive.

    By position, a fourth argument below 1 is ``pct_final``, with ``final_div_factor`` after it:
    ``cosine_onecycle_schedule(100, 1.0, 0.3, 0.85)``.

    >>> s = cosine_onecycle_schedule(100, 1.0, div_factor=10.0, final_div_factor=100.0)
    >>> s(0), s(30), s(100)
    (0.1, 1.0, 0.001)
    >>> cosine_onecycle_schedule(100, 1.0, 0.3, 0.85).parts[1]
    Cosine(start=1.0, end=0.04, steps=55)
    """
    low = peak_value / div_factor
    shares, values = {"pct_start": pct_start}, [low, peak_value, low / final_div_factor]
    if pct_final is not None:
        shares["pct_final"] = pct_final
        values.insert(2, low)
    return _one_cycle("cosine_onecycle_schedule", Cosine, transition_steps, shares, values)


def _one_cycle(
    name: str, kind: type[Linear | Cosine], total: Any, shares: dict[str, Any], values: list[Any]
) -> Schedule:
    """From value to value, each of them reached at its share of ``total``, the last of them at ``total``."""
    if is_number(total) and total < 1:
        fail(f"{name}.transition_steps", "a positive integer", total)
    start, final = shares["pct_start"], shares.get("pct_final")
    if is_number(start) and is_number(final) and start > final:
        fail(f"{name}.pct_start", f"at most pct_final ({final!r})", start)
    marks = [0, *(_rounded_down(share, total) for share in shares.values()), total]
    lengths = [later - earlier for earlier, later in pairwise(marks)]
    phases = [
        (kind(start=value, end=following, steps=steps), mark)
        for value, following, steps, mark in zip(values, values[1:], lengths, marks[1:], strict=False)
        if not (is_number(steps) and steps == 0)
    ]
    parts, boundaries = zip(*phases, strict=True)
    if is_number(lengths[-1]) and lengths[-1] > 0:
        return Join(parts=parts, boundaries=boundaries[:-1]) if parts[1:] else parts[0]
    # A last phase that takes no steps, or may take none, is at its end at once.
    return Join(parts=(*parts, Constant(value=values[-1])), boundaries=boundaries)


def _rounded_down(share: Any, total: Any) -> Any:
    product = share * total
    return int(product) if is_number(product) else jnp.floor(product).astype(int)
