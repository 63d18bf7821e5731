"""A schedule as a plain function of one number."""

from __future__ import annotations

from .arrays import PLAIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .schedule import Schedule

__all__ = ["compile"]


def compile(schedule: Schedule) -> Callable[[float], float]:
    """The formula of ``schedule`` as a Python function, with nothing else left in it.

    It takes a whole or broken number of steps and returns a float, equal to ``schedule(step)`` to the last
    bit. Calling a schedule with a Python number does this by itself, once; a function taken out saves the
    price of finding it. It checks nothing.

    >>> from glidepath import Linear, compile
    >>> compile(Linear(start=0.0, end=1.0, steps=10))(5)
    0.5
    """
    from .expression import has_custom
    from .text import to_source

    try:
        source = None if has_custom(schedule) else to_source(schedule)
    except RecursionError:  # a sum or product of very many parts
        source = None
    if source is None:
        return lambda step: float(schedule.at(step, PLAIN))
    scope: dict[str, Callable[[float], float]] = {}
    exec(source, scope)  # the text of our own formulas; constants enter it through repr alone
    return scope["schedule"]
