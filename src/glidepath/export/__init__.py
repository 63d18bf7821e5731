"""A schedule as code and configuration that others run: without Glidepath, but for the two that name its kinds."""

from __future__ import annotations

from functools import partial

from ..arrays import LAST_STEP
from ..errors import ScheduleError, fail, unknown
from ..fields import number
from ..schedule import Schedule
from ..text import to_source
from .data import to_hydra, to_yaml
from .optax import to_optax
from .torch import to_torch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    #: Takes the schedule and the updates of the run, if they are known.
    Target = Callable[[Schedule, int | None], str]

__all__ = ["TARGETS", "export"]


def _source(schedule: Schedule, _: int | None, language: str) -> str:
    return to_source(schedule, language).rstrip("\n") + "\n"


#: What a schedule can be written as.
TARGETS: dict[str, Target] = {
    "python": partial(_source, language="python"),
    "javascript": partial(_source, language="javascript"),
    "latex": partial(_source, language="latex"),
    "optax": to_optax,
    "torch": to_torch,
    "hydra": to_hydra,
    "yaml": to_yaml,
}


def export(schedule: Schedule, target: str, total: int | None = None) -> str:
    """A schedule as text that another program runs or reads.

    schedule: of plain numbers, without a `Custom` in it.
    target: "python", "javascript" (a function ``schedule(step)`` that needs its language alone), "latex" (an
        expression in ``t``), "optax" (a function ``schedule(step)`` that needs JAX alone; for steps up to
        2**31 - 1, as many as optax counts), "torch" (that function and a ``LambdaLR`` around it), "hydra" (YAML
        of which ``hydra.utils.instantiate`` makes the schedule), "yaml" (a file that `glidepath.load` reads).
    total: updates of the run, at least 1; the YAML file says it. The others do not depend on it.

    Raises `ScheduleError` for a schedule that has no text: of arrays, with a `Custom`, nested too deeply.

    >>> from glidepath import Constant, Linear
    >>> print(export(Linear(start=0.0, end=1.0, steps=10), "hydra"))
    _target_: glidepath.Linear
    _convert_: all
    start: 0.0
    end: 1.0
    steps: 10
    <BLANKLINE>
    """
    if not isinstance(schedule, Schedule):
        fail("what to export", "a glidepath schedule", schedule)
    if target not in TARGETS:
        unknown("export", "target", target, TARGETS)
    if total is not None:
        rule = "a positive integer of at most 2**53 - 1"
        number("total", total, rule, lambda n: 1 <= n <= LAST_STEP, int)
    try:
        return TARGETS[target](schedule, total)
    except RecursionError:
        raise ScheduleError(f"{type(schedule).__name__} is nested too deeply to be written out") from None
