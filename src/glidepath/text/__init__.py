"""The same formula written out in another language, each in a file of its own."""

from __future__ import annotations

from ..errors import ScheduleError, unknown
from .python import Python
from .writer import written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..schedule import Schedule

__all__ = ["LANGUAGES", "python_source", "to_source"]

#: What `to_source` writes.
LANGUAGES = ("python", "javascript", "latex")


def to_source(schedule: Schedule, language: str = "python") -> str:
    r"""The formula of a schedule in another language.

    The Python and JavaScript texts define a function ``schedule(step)`` and need nothing but their language;
    what cannot matter is left out. The Python answers are those of the schedule to the last bit. The LaTeX
    text is an expression in ``t``, for steps from 0 on.

    schedule: any schedule of plain numbers without a `Custom` in it.
    language: "python", "javascript" or "latex".

    >>> from glidepath import Linear
    >>> print(Linear(start=0.0, end=1.0, steps=10).to_source())
    def schedule(step):
        if step >= 10:
            return 1.0
        return (step if step > 0 else 0) / 10
    <BLANKLINE>
    >>> print(Linear(start=0.0, end=1.0, steps=10).to_source("latex"))
    \begin{cases}
    1 & t \geq 10 \\
    \frac{t}{10} & \text{otherwise}
    \end{cases}
    """
    if language not in LANGUAGES:
        unknown("to_source", "language", language, LANGUAGES)
    try:
        if language == "latex":
            from .latex import to_latex

            return to_latex(schedule)
        if language == "javascript":
            from .javascript import JavaScript

            return written(schedule, JavaScript())
        return python_source(schedule)
    except RecursionError:
        raise ScheduleError(f"{type(schedule).__name__} is nested too deeply to be written out") from None


def python_source(schedule: Schedule) -> str:
    """The Python text; `RecursionError` where a schedule is nested too deeply for one."""
    return written(schedule, Python())
