"""Which steps to try."""

from __future__ import annotations

from ..tree import below

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..schedule import Schedule

__all__ = ["LAST_INT32", "landmarks", "steps_to_try", "thinned", "with_fractions"]

LAST_INT32 = 2**31 - 1


def landmarks(schedule: Schedule, most: int = 48) -> list[int]:
    """Steps at which something may happen: 0, lengths, boundaries, and those of the parts behind them."""
    own, inner = {0}, {0}
    for name, role in schedule._roles.items():
        held = getattr(schedule, name)
        if role.duration:
            own.update(x for x in (held if type(held) is tuple else (held,)) if type(x) is int)
        inner.update(step for part in below(held) for step in landmarks(part, most))
    found = {a + b for a in thinned(own, most) for b in thinned(inner, most)}
    return thinned(found | {schedule.length or 0}, most)


def thinned(numbers: set[int], most: int) -> list[int]:
    ordered = sorted(numbers)
    if len(ordered) <= most:
        return ordered
    return sorted({ordered[round(i * (len(ordered) - 1) / (most - 1))] for i in range(most)})


def steps_to_try(schedule: Schedule, last: int = LAST_INT32) -> list[int]:
    """Whole steps, ascending: both sides of every landmark, evenly over the run, negative and very large ones."""
    marks = landmarks(schedule)
    span = max(1, min(max(marks), last))
    even = {span * i // 30 for i in range(40)}
    near = {mark + i for mark in (*marks, 2**24, last) for i in (-3, -1, 0, 1, 3)}
    return sorted(step for step in even | near | {-(2**31), -(2**24) - 3, -7, -1, 0, 1, 2} if -(2**31) <= step <= last)


def with_fractions(steps: list[int]) -> list[float]:
    """Steps between those given, as far as a float32 tells them apart."""
    return sorted({step + part for step in steps if abs(step) < 2**20 for part in (-0.5, 0.0, 0.25)})
