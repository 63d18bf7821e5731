"""Gradient accumulation over a scheduled number of steps."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import optax

from ..schedule import Schedule

__all__ = ["MultiSteps"]


class MultiSteps(optax.MultiSteps):  # type: ignore[misc, unused-ignore]
    """`optax.MultiSteps`, which takes a glidepath schedule for ``every_k_schedule`` too.

    A schedule gives floats, and a number of steps must be whole: the nearest whole number is taken.

    opt: the optimizer that gets one update for every so many.
    every_k_schedule: how many, a whole number, a function of the update's number, or a schedule.
    options: those of optax.

    >>> import optax
    >>> from glidepath import Piecewise
    >>> every = Piecewise(values=(1.0, 4.0), boundaries=(1000,))
    >>> MultiSteps(optax.sgd(0.1), every)._every_k_schedule(1000).item()
    4
    """

    def __init__(self, opt: Any, every_k_schedule: Any, **options: Any) -> None:
        if isinstance(every_k_schedule, Schedule):
            schedule = every_k_schedule

            def every_k_schedule(step: Any) -> Any:
                return jnp.rint(schedule(jnp.asarray(step))).astype(jnp.int32)

        super().__init__(opt, every_k_schedule, **options)
