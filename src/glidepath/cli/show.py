"""``glidepath show``: look at a schedule before it is used."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import click

from .reading import can_show, read

if TYPE_CHECKING:
    from ..schedule import Schedule

__all__ = ["show"]


@click.command(short_help="Draw a schedule in the terminal.")
@click.argument("what", metavar="FILE|RECIPE")
@click.argument("fields", nargs=-1, metavar="[NAME=VALUE]...")
@click.option(
    "--steps", type=click.IntRange(min=1), help="Updates of the run.  [default: what the file says, or the length]"
)
def show(what: str, fields: tuple[str, ...], steps: int | None) -> None:
    """Draw a schedule in the terminal, with its value at some steps.

    It is a YAML or JSON FILE, or the name of a RECIPE or a kind with its fields:

    \b
        glidepath show warmup.yaml --steps 10000
        glidepath show wsd peak=3e-4 warmup=5% decay=20% --steps 10000
    """
    given = read(what, fields, steps)
    for name, schedule in given.schedules.items():
        click.echo(f"{name}: {schedule!r}\n")
        last = given.total or schedule.length or 1000
        if can_show("⣿┤"):
            from ..braille import draw

            width = min(shutil.get_terminal_size((80, 24)).columns, 100)
            click.echo(draw([(step, schedule(step)) for step in _grid(schedule, last)], width=width) + "\n")
        click.echo(_table(schedule, _key_steps(schedule, last)) + "\n")


def _key_steps(schedule: Schedule, steps: int) -> list[int]:
    """The quarters of the run, and where the outermost parts of the schedule meet, if they are not too many."""
    from ..compose import Join, Piecewise

    joints = schedule.boundaries if isinstance(schedule, (Join, Piecewise)) else ()
    inside = [step for step in joints if step < steps] if len(joints) <= 12 else []
    return sorted({*inside, *(steps * quarter // 4 for quarter in range(5))})


def _grid(schedule: Schedule, steps: int, count: int = 400) -> list[int]:
    """Steps to draw, with both sides of every joint."""
    keys = _key_steps(schedule, steps)
    even = (steps * i // count for i in range(count + 1))
    return sorted({*even, *keys, *(step - 1 for step in keys if step)})


def _table(schedule: Schedule, steps: list[int]) -> str:
    from ..ticks import label

    rows = [("step", "value"), *((str(step), label(float(f"{schedule(step):.6g}"))) for step in steps)]
    wide = max(len(step) for step, _ in rows)
    return "\n".join(f"{step:>{wide}}  {value}" for step, value in rows)
