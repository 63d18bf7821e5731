"""Gradient accumulation over a scheduled number of steps."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import optax

from ..arrays import is_number
from ..errors import fail
from ..schedule import Schedule

__all__ = ["MultiSteps"]


class MultiSteps(optax.MultiSteps):  # type: ignore[misc, unused-ignore]
    """`optax.MultiSteps`, which takes a glidepath schedule for ``every_k_schedule`` too.

    A schedule gives floats, and a number of steps must be whole: the nearest whole number is taken.

    opt: the optimizer that gets one update for every so many.
    every_k_schedule: how many, at least 1: a whole number, a function of the update's number, or a schedule.
    rest, options: as in optax.

    Raises `ScheduleError` for a schedule that starts below 1.

    >>> import optax, jax.numpy as jnp
    >>> from glidepath import Piecewise
    >>> optimizer = MultiSteps(optax.sgd(0.5), Piecewise(values=(1.0, 2.0), boundaries=(1,)))
    >>> state = optimizer.init(jnp.zeros(1))
    >>> for _ in range(3):
    ...     updates, state = optimizer.update(jnp.ones(1), state)
    ...     print(updates.item())
    -0.5
    -0.0
    -0.5
    """

    def __init__(self, opt: Any, every_k_schedule: Any, *rest: Any, **options: Any) -> None:
        if isinstance(every_k_schedule, Schedule):
            schedule = every_k_schedule
            first = schedule(0)
            if is_number(first) and first < 0.5:
                fail("MultiSteps.every_k_schedule at step 0", "at least 1", first)

            def every_k_schedule(step: Any) -> Any:
                return jnp.rint(schedule(jnp.asarray(step))).astype(jnp.int32)

        super().__init__(opt, every_k_schedule, *rest, **options)
