"""What can be checked with JAX."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from .. import jax as _registers_the_pytrees  # noqa: F401
from .answers import SHAPES, off
from .steps import steps_to_try, thinned, with_fractions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..schedule import Schedule


def check(schedule: Schedule) -> Iterator[str]:
    dtype = str(jnp.zeros(0).dtype)
    whole, broken = _filled_up(steps_to_try(schedule)), _filled_up(with_fractions(steps_to_try(schedule)))
    t, between = jnp.array(whole), jnp.array(broken)
    jitted = jax.jit(lambda t, between: (schedule(t), jax.vmap(schedule)(t), schedule(between)))(t, between)
    ways = {
        "eager": (whole, schedule(t)),
        "jit": (whole, jitted[0]),
        "vmap": (whole, jitted[1]),
        "jit, between the steps": (broken, jitted[2]),
        "jit as an argument": (whole, _jitted()(schedule, t)),
    }
    for way, (steps, got) in ways.items():
        yield from (f"{way}: {found}" for found in off(schedule, steps, got.tolist(), dtype))
    for shape in SHAPES:
        found = jax.eval_shape(lambda t: schedule(t), np.ones(shape, np.int32))
        if found.shape != shape or found.dtype != dtype:
            yield f"the values at steps of shape {shape} must be {dtype}, got {found.dtype} of shape {found.shape}"
    numbers, structure = jax.tree_util.tree_flatten(schedule)
    if jax.tree_util.tree_unflatten(structure, numbers) != schedule:
        yield "taking the pytree apart and putting it together again gives another schedule"
    yield from _gradients(schedule, broken)


@cache
def _jitted() -> Callable[[Schedule, Any], Any]:
    """One function for all schedules: those of one structure share what is compiled."""
    return jax.jit(lambda schedule, t: schedule(t))


def _filled_up(steps: list[Any]) -> list[Any]:
    """As many steps for every schedule: JAX compiles anew for every shape."""
    some = thinned(set(steps), 128)
    return some + some[-1:] * (128 - len(some))


def _gradients(schedule: Schedule, steps: list[float]) -> Iterator[str]:
    numbers, structure = jax.tree_util.tree_flatten(schedule)
    real = [i for i, n in enumerate(numbers) if jnp.result_type(n) in (jnp.float32, jnp.float64)]

    def value(t: Any, chosen: list[Any]) -> Any:
        put = dict(zip(real, chosen, strict=True))
        return jax.tree_util.tree_unflatten(structure, [put.get(i, n) for i, n in enumerate(numbers)])(t)

    slope = jax.jit(jax.vmap(jax.grad(value, argnums=(0, 1)), in_axes=(0, None)))
    by_step, by_number = slope(jnp.array(steps), [jnp.asarray(numbers[i], float) for i in real])
    for what, slopes in [("step", by_step), *((f"number {i}", s) for i, s in zip(real, by_number, strict=True))]:
        fine = jnp.isfinite(slopes).reshape(len(steps), -1).all(1).tolist()
        if not all(fine):
            yield f"the gradient by the {what} at step {steps[fine.index(False)]!r} is not finite"
