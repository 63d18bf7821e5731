"""What can be checked with NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .answers import SHAPES, off
from .steps import steps_to_try, with_fractions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..schedule import Schedule


def check(schedule: Schedule) -> Iterator[str]:
    whole = steps_to_try(schedule)
    for steps, dtype in ((whole, np.int64), (with_fractions(whole), np.float64)):
        got = schedule(np.array(steps, dtype))
        if got.dtype != np.float64:
            yield f"the values at {np.dtype(dtype)} steps must be float64, got {got.dtype}"
        yield from off(schedule, steps, got.tolist(), "float64")
    for shape in SHAPES:
        if (found := np.shape(schedule(np.ones(shape, np.int32)))) != shape:
            yield f"the values at steps of shape {shape} have shape {found}"
    if (small := schedule(np.ones(3, np.float32)).dtype) != np.float32:
        yield f"the values at float32 steps must be float32, got {small}"
