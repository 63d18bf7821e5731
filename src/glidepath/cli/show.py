"""``glidepath show``: look at a schedule before it is used."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from .options import at_option, clock, log_option, run_of, run_options, steps_at, unit_option
from .reading import can_show, one_schedule, read_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..schedule import Schedule

__all__ = ["show"]


@click.command(short_help="Draw a schedule in the terminal.")
@one_schedule
@run_options
@unit_option
@at_option
@log_option
@click.option("--color/--no-color", "colour", default=None, help="Paint the phases.  [default: in a terminal]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the picture.")
def show(
    what: str,
    fields: tuple[str, ...],
    unit: str,
    at: tuple[str, ...],
    log: str | None,
    colour: bool | None,
    as_json: bool,
    **sizes: int | None,
) -> None:
    """Draw a schedule in the terminal, with its phases and its value at some steps.

    It is a YAML or JSON FILE, "-" for standard input, or the name of a RECIPE or a kind with its fields:

    \b
        glidepath show warmup.yaml --steps 10000
        glidepath show wsd peak=3e-4 warmup=5% decay=20% total=100k --at 1000 --at 50%
    """
    from ..phases import horizon, phases

    schedules, run = read_run(what, fields, run_of(**sizes))
    count = clock(unit, run)
    described: dict[str, Any] = {}
    for name, schedule in schedules.items():
        total = run.total or horizon(schedule)
        steps = steps_at(at, run, total) or sorted({total * quarter // 4 for quarter in range(5)})
        if as_json:
            described[name] = {
                "schedule": schedule.to_dict(),
                "total": total,
                "phases": [vars(phase) for phase in phases(schedule, total)],
                "values": [{"step": step, "value": schedule(step)} for step in steps],
            }
            continue
        painted = _is_coloured() if colour is None else colour
        click.echo(f"{_told(name, schedule)}\n", color=painted)
        click.echo(_picture(schedule, total, log or "", painted, count) + "\n", color=painted)
        click.echo(_table(schedule, steps, unit, count) + "\n", color=painted)
    if as_json:
        click.echo(json.dumps(described, indent=2))


def _is_coloured() -> bool:
    """Whether the user sees a terminal with colours, and has not said that they are unwelcome (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _told(name: str, schedule: Schedule, longest: int = 400) -> str:
    """The schedule as it would be written, or as much of it as a reader takes in."""
    text = f"{name}: {schedule!r}"
    return text if len(text) <= longest else text[: longest - 3] + "..."


def _picture(schedule: Schedule, total: int, log: str, painted: bool, count: Callable[[int], float] | None) -> str:
    """The curve and the phases; the phases alone where the terminal has no letters for the curve."""
    from ..braille import phase_table, preview, terminal_width
    from ..phases import phases

    if can_show("⣿┤"):
        return preview(schedule, total, log=log, coloured=painted, clock=count)
    return phase_table(phases(schedule, total), terminal_width(), coloured=painted, clock=count)


def _table(schedule: Schedule, steps: list[int], unit: str, count: Callable[[int], float] | None) -> str:
    from ..ticks import label

    head = ["step", *([unit] if count else []), "value"]
    rows = [
        [str(step), *([label(float(f"{count(step):.6g}"))] if count else []), label(float(f"{schedule(step):.6g}"))]
        for step in steps
    ]
    wide = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [[f"{cell:>{size}}" for cell, size in zip(row[:-1], wide, strict=False)] for row in (head, *rows)]
    return "\n".join("  ".join([*line, row[-1]]) for line, row in zip(lines, (head, *rows), strict=True))
