"""What several commands let the user say: the run, the unit of its steps, and the steps to look at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from ..arrays import LAST_STEP
from ..errors import ScheduleError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..units import Run

__all__ = ["at_option", "clock", "lasting", "log_option", "run_of", "run_options", "steps_at", "unit_option"]

#: What each unit is called by, and the measure of the run that it needs.
UNITS = {"steps": None, "epochs": "steps_per_epoch", "samples": "batch_size", "tokens": "tokens_per_step"}

at_option = click.option("--at", multiple=True, metavar="STEP", help='A step to look at: 1000, 5%, "2 epochs".')
unit_option = click.option(
    "--unit", type=click.Choice(list(UNITS)), default="steps", show_default=True, help="How to count the run."
)
log_option = click.option("--log", type=click.Choice(["x", "y", "xy"]), default=None, help="Axes that are logarithmic.")

_SIZES = {
    "steps": "Updates of the run.  [default: what the file says, or the length]",
    "steps_per_epoch": "Updates of one pass over the data.",
    "batch_size": "Samples of an update, on all devices together.",
    "tokens_per_step": "Tokens of an update, on all devices together.",
}


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what the run is like. They arrive under the names that `run_of` takes."""
    for name, text in reversed(_SIZES.items()):
        option = "--" + name.replace("_", "-")
        command = click.option(option, name, type=click.IntRange(1, LAST_STEP), help=text)(command)
    return command


def run_of(steps: int | None, steps_per_epoch: int | None, batch_size: int | None, tokens_per_step: int | None) -> Run:
    """The run that the options say."""
    from ..units import Run

    return Run(total=steps, steps_per_epoch=steps_per_epoch, batch_size=batch_size, tokens_per_step=tokens_per_step)


def lasting(run: Run, total: int) -> Run:
    """The run, of so many updates where it does not say how many."""
    return run if run.total else replace(run, total=total)


def clock(unit: str, run: Run) -> Callable[[int], float] | None:
    """How many of a unit a number of steps is; None for steps themselves."""
    measure = UNITS[unit]
    if measure is None:
        return None
    size: int | None = getattr(run, measure)
    if size is None:
        option = "--" + measure.replace("_", "-")
        raise ScheduleError(f"--unit {unit} needs {option}, or run.{measure} in the file")
    return (lambda step: step / size) if unit == "epochs" else (lambda step: float(step * size))


def steps_at(at: tuple[str, ...], run: Run, total: int) -> list[int]:
    """The steps that ``--at`` names, in ascending order."""
    from ..errors import fail

    measured = lasting(run, total)
    found = {measured.steps(word, "--at"): word for word in at}
    for step, word in found.items():
        if step < 0:
            fail("--at", "0 or a later step", word)
    return sorted(found)
