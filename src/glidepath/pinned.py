"""A curve pinned in a test: values at some steps, kept as text, that a schedule must go on having."""

from __future__ import annotations

from .errors import ScheduleError, fail
from .fields import number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike

    from .schedule import Schedule

__all__ = ["assert_golden", "golden"]

#: Set to 1, `assert_golden` writes what it would otherwise compare with.
UPDATE = "GLIDEPATH_UPDATE_GOLDEN"

_HEAD = "glidepath golden 1"
_ROWS = 32
_MEAN_OF = 4096


def golden(schedule: Schedule, total: int | None = None) -> str:
    """What a schedule does, as a short text to keep beside a test.

    Definition: the number of updates; the mean of the values at 4,096 steps spread evenly over them, which is a
    checksum of what lies between the others; and the values at about 32 steps, both sides of every joint among
    them if they are not too many. Floats are written with all of their digits.

    schedule: of plain numbers.
    total: updates of the run; the schedule's own length where not given.

    >>> from glidepath import Linear
    >>> print(golden(Linear(start=1.0, end=0.0, steps=4)))
    glidepath golden 1
    total 4
    mean 0.625
    0 1.0
    1 0.75
    2 0.5
    3 0.25
    4 0.0
    <BLANKLINE>
    """
    from .phases import sample, updates

    total = updates(schedule, total)
    steps = sample(schedule, total, _ROWS)
    rows = [f"{step} {schedule(step)!r}" for step in steps]
    return "\n".join([_HEAD, f"total {total}", f"mean {_mean(schedule, total)!r}", *rows, ""])


def assert_golden(
    schedule: Schedule, path: str | PathLike[str], total: int | None = None, *, rtol: float = 1e-12
) -> None:
    """Raise `AssertionError` where a schedule does not do what a file says that it did.

    schedule: of plain numbers.
    path: of the file. ``GLIDEPATH_UPDATE_GOLDEN=1 pytest`` writes it, and writes it anew after a change that was
        meant.
    total: updates of the run; the schedule's own length where not given.
    rtol: how far a value may be from the one in the file, as a share of the larger: a few units of the last digit
        by default, since the sines and powers of two machines differ there. 0 asks for the same bits.

    The error names the first step in the file at which the values differ, and both of them. Raises
    `ScheduleError` for a file that is not a golden one.

    >>> from glidepath import wsd
    >>> def test_the_learning_rate_is_the_one_that_was_agreed_on():
    ...     schedule = wsd(3e-4, warmup=500, decay=2000, total=10_000)
    ...     assert_golden(schedule, Path(__file__).with_name("lr.golden"))
    """
    import os

    rtol = number("rtol", rtol, "a finite number of at least 0", lambda x: x >= 0, float)
    name = os.fspath(path)
    made = golden(schedule, total)
    if os.environ.get(UPDATE, "0") not in ("", "0"):
        from .files import replace_file

        replace_file(path, made.encode())
        return
    again = f"if it is meant to be so: {UPDATE}=1 pytest"
    if not os.path.exists(path):
        raise AssertionError(f"{name} does not exist; to write it: {UPDATE}=1 pytest")
    with open(path, encoding="utf-8", errors="replace") as file:
        kept, mean, values = _parsed(file.read(), name)
    total = int(made.split("\n", 2)[1].removeprefix("total "))
    if kept != total:
        raise AssertionError(f"{name}: the run has {total} updates, and had {kept}; {again}")
    _compare(schedule, values, name, rtol, again)
    now = _mean(schedule, total)
    if not _close(now, mean, rtol):
        raise AssertionError(
            f"{name}: the values at the steps in the file are the same, but not those between them: "
            f"the mean is {now!r}, and was {mean!r}; {again}"
        )


def _compare(schedule: Schedule, values: dict[int, float], name: str, rtol: float, again: str) -> None:
    changed = [step for step, value in values.items() if not _close(schedule(step), value, rtol)]
    if changed:
        step = changed[0]
        raise AssertionError(
            f"{name}: at step {step} the value is {schedule(step)!r}, and was {values[step]!r}; "
            f"{len(changed)} of {len(values)} steps differ, the last at {changed[-1]}; {again}"
        )


def _mean(schedule: Schedule, total: int) -> float:
    from math import fsum

    return fsum(schedule(total * i // _MEAN_OF) / _MEAN_OF for i in range(_MEAN_OF))


def _close(a: float, b: float, rtol: float) -> bool:
    return abs(a - b) <= rtol * max(abs(a), abs(b))


def _parsed(text: str, name: str) -> tuple[int, float, dict[int, float]]:
    """The updates, the mean and the values in a golden file."""
    head, *lines = text.split("\n")
    if head != _HEAD:
        fail(f"{name}: the first line", repr(_HEAD), head)
    try:
        (first, total), (second, mean), *rows = [line.split(" ") for line in lines if line]
        if (first, second) != ("total", "mean") or not rows:
            raise ValueError
        return int(total), float(mean), {int(step): float(value) for step, value in rows}
    except ValueError:
        raise ScheduleError(f"{name} must be as golden() writes it, and is damaged") from None
