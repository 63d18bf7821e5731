"""Where two schedules differ: in their values, in their phases, and in their fields."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from .compiled import compile
from .fields import number
from .phases import phases, sample
from .schedule import Schedule
from .tree import below

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from .phases import Phase

    Values = Callable[[float], float]

__all__ = ["WALKED", "Difference", "Field", "difference"]

#: Up to so many updates, every one of them is compared.
WALKED = 2**20

#: How many steps of a longer run are compared before the search for what lies between them.
SAMPLED = 2**14


@dataclass(frozen=True, kw_only=True)
class Field:
    """What two schedules hold at one path: numbers and settings, a kind by its name, or how many parts.

    path: ``parts[1].steps``; empty for the schedules themselves.
    a, b: what each holds there.
    """

    path: str
    a: Any
    b: Any


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How two schedules differ over a run.

    total: the updates of the run.
    compared: at how many of its steps the values were compared; all of them, or a sample.
    complete: whether all were, so that nothing can have been missed. Equal schedules need no comparison.
    tolerance: the relative difference up to which two values counted as equal.
    first: the first step found at which the values differ by more, None where there is none.
    absolute, absolute_step: the largest ``|a - b|``, and its step.
    relative, relative_step: the largest ``|a - b| / max(|a|, |b|)``, and its step.
    phases: the pairs of phases that differ, in their order; None where only one schedule has so many.
    fields: what the trees hold in different ways.
    """

    total: int
    compared: int
    complete: bool
    tolerance: float
    first: int | None
    absolute: float
    absolute_step: int
    relative: float
    relative_step: int
    phases: tuple[tuple[Phase | None, Phase | None], ...]
    fields: tuple[Field, ...]


def difference(a: Schedule, b: Schedule, total: int, tolerance: float = 0.0) -> Difference:
    """How two schedules differ in the updates 0 to ``total - 1``.

    a, b: of plain numbers.
    total: updates of the run, at least 1. Up to 2**20, every step is compared. Of a longer run, steps are
        sampled: both sides of every joint and many in between; the first difference and the largest ones are
        then searched for between the samples next to them.
    tolerance: up to which ``|a - b| / max(|a|, |b|)`` two values count as equal; at least 0.

    >>> from glidepath import wsd
    >>> a, b = wsd(0.1, warmup=10, decay=20, total=100), wsd(0.1, warmup=10, decay=40, total=100)
    >>> found = difference(a, b, 100)
    >>> found.first, found.absolute_step, round(found.absolute, 12), [field.path for field in found.fields]
    (61, 80, 0.05, ['parts[2].steps', 'boundaries[1]'])
    """
    pairs = _phases(a, b, total)
    tolerance = number("tolerance", tolerance, "a finite number of at least 0", lambda x: x >= 0, float)
    found = _Largest(compile(a), compile(b), tolerance)
    complete = total <= WALKED or a == b
    compared = total if a == b else found.walk(range(total)) if complete else found.search(_sampled(a, b, total))
    return Difference(
        total=total,
        compared=compared,
        complete=complete,
        tolerance=tolerance,
        first=found.first,
        absolute=found.absolute[0],
        absolute_step=found.absolute[1],
        relative=found.relative[0],
        relative_step=found.relative[1],
        phases=pairs,
        fields=tuple(_fields(a, b, "")),
    )


def _sampled(a: Schedule, b: Schedule, total: int) -> list[int]:
    """Steps that show both curves, with both sides of every joint."""
    return sorted({*sample(a, total - 1, SAMPLED), *sample(b, total - 1, SAMPLED)})


class _Largest:
    """The first and the largest differences among the steps that were looked at."""

    def __init__(self, a: Values, b: Values, tolerance: float) -> None:
        self.a = a
        self.b = b
        self.tolerance = tolerance
        self.first: int | None = None
        self.absolute = (0.0, 0)
        self.relative = (0.0, 0)

    def look_at(self, step: int) -> tuple[float, float]:
        """The absolute and the relative difference at a step."""
        a, b = self.a(step), self.b(step)
        if a == b:
            return 0.0, 0.0
        absolute = abs(a - b)
        relative = absolute / max(abs(a), abs(b))
        if relative > self.tolerance and (self.first is None or step < self.first):
            self.first = step
        if absolute > self.absolute[0]:
            self.absolute = absolute, step
        if relative > self.relative[0]:
            self.relative = relative, step
        return absolute, relative

    def walk(self, steps: Sequence[int]) -> int:
        """Look at all of them. Returns how many there were."""
        for step in steps:
            self.look_at(step)
        return len(steps)

    def search(self, steps: list[int]) -> int:
        """Look at all of them, and between those next to what was found. Returns at how many."""
        looked = self.walk(steps)
        for which, at in ((0, self.absolute[1]), (1, self.relative[1])):
            index = steps.index(at)
            low, high = steps[max(index - 1, 0)], steps[min(index + 1, len(steps) - 1)]
            while high - low > 2:  # the top of what rises and falls once
                left, right = low + (high - low) // 3, high - (high - low) // 3
                looked += 2
                if self.look_at(left)[which] < self.look_at(right)[which]:
                    low = left
                else:
                    high = right
        if self.first:
            low = steps[bisect_left(steps, self.first) - 1]
            while (middle := (low + self.first) // 2) > low:
                looked += 1
                if self.look_at(middle)[1] <= self.tolerance:
                    low = middle
        return looked


def _phases(a: Schedule, b: Schedule, total: int) -> tuple[tuple[Phase | None, Phase | None], ...]:
    """The phases that differ, by their places."""
    mine, other = phases(a, total), phases(b, total)
    count = max(len(mine), len(other))
    pairs = zip([*mine, *[None] * (count - len(mine))], [*other, *[None] * (count - len(other))], strict=True)
    return tuple(pair for pair in pairs if pair[0] != pair[1])


def _fields(a: Schedule, b: Schedule, path: str) -> Iterator[Field]:
    """What two trees hold in different ways; beneath different kinds, nothing is compared."""
    if type(a) is not type(b):
        yield Field(path=path, a=type(a).__name__, b=type(b).__name__)
        return
    for name in a._roles:
        here = f"{path}.{name}" if path else name
        yield from _held(getattr(a, name), getattr(b, name), here)


def _held(a: Any, b: Any, path: str) -> Iterator[Field]:
    if type(a) is tuple and type(b) is tuple:
        if len(a) != len(b):
            what = "schedules" if below(a) or below(b) else "numbers"
            yield Field(path=path, a=f"{len(a)} {what}", b=f"{len(b)} {what}")
        for i, (mine, other) in enumerate(zip(a, b, strict=False)):
            yield from _held(mine, other, f"{path}[{i}]")
    elif isinstance(a, Schedule) and isinstance(b, Schedule):
        yield from _fields(a, b, path)
    elif a != b or type(a) is not type(b):
        yield Field(path=path, a=a, b=b)
