"""A schedule as a plain function of one number."""

from __future__ import annotations

from .arrays import PLAIN
from .errors import fail

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .schedule import Schedule

__all__ = ["compile"]


def compile(schedule: Schedule) -> Callable[[float], float]:
    """The formula of ``schedule`` as a Python function, with nothing else left in it.

    It takes a whole or broken number of steps and returns a float, equal to ``schedule(step)`` to the last
    bit. Calling a schedule with a Python number does this by itself; a function taken out saves the price of
    finding it. It checks nothing. It is made once and kept with the schedule.

    >>> from glidepath import Linear, compile
    >>> compile(Linear(start=0.0, end=1.0, steps=10))(5)
    0.5
    """
    from .expression import has_custom
    from .schedule import Schedule
    from .text import python_source as _source

    if not isinstance(schedule, Schedule):
        fail("what to compile", "a glidepath schedule", schedule)

    known: Callable[[float], float] | None = vars(schedule).get("_number")
    if known is not None:
        return known
    scope: dict[str, Callable[[float], float]] = {}
    try:
        if not has_custom(schedule):
            exec(_source(schedule), scope)  # the text of our own formulas; constants enter it through repr alone
    except (RecursionError, SyntaxError, MemoryError):  # a tree that is too deep for Python's own compiler
        scope.clear()
    made = scope.get("schedule") or (lambda step: float(schedule.at(step, PLAIN)))
    if schedule._host is None:
        object.__setattr__(schedule, "_number", made)
    return made
