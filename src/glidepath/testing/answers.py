"""Whether the answers of a library are those of Python."""

from __future__ import annotations

from ..arrays import PLAIN
from ..tree import transform

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from ..fields import Role
    from ..schedule import Schedule

__all__ = ["off"]

#: How far the answers of a library may lie from those of Python, relative to the largest of them.
TOLERANCE = {"float64": 1e-12, "float32": 4e-6}

SHAPES: tuple[tuple[int, ...], ...] = ((), (0,), (2, 3))


def _as_float32(schedule: Schedule) -> Schedule:
    """The schedule with its values as a float32 holds them, which may differ much: 0.9999**1e6."""
    from struct import pack, unpack

    def rounded(role: Role, held: Any, *axes: int) -> Any:
        if type(held) is tuple:
            return tuple(rounded(role, x) for x in held)
        return unpack("f", pack("f", held))[0] if type(held) is float else held

    return transform(schedule, rounded)


def off(schedule: Schedule, steps: Sequence[float], got: Sequence[float], dtype: str) -> Iterator[str]:
    """The first value that is too far from Python's, if there is one.

    A float32 answer may be that for the numbers as they are or as a float32 holds them.
    """
    readings = [schedule] if dtype == "float64" else [schedule, _as_float32(schedule)]
    wanted = [[float(reading.at(step, PLAIN)) for step in steps] for reading in readings]
    top = max(abs(value) for want in wanted for value in want)
    for step, found, *wants in zip(steps, got, *wanted, strict=True):
        if not any(abs(found - want) <= TOLERANCE[dtype] * top for want in wants):
            yield f"the value at step {step!r} is {found!r}, but Python says {wants[0]!r}"
            return
