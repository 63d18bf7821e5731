"""``glidepath predict``: what schedules guarantee, beside each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .horizon import judged_for
from .reading import can_show, complete_what, read

if TYPE_CHECKING:
    from ..schedule import Schedule

__all__ = ["predict"]

_WIDE = 30


@click.command(short_help="Compare what schedules guarantee, without training.")
@click.argument("whats", nargs=-1, required=True, metavar="FILE|RECIPE...", shell_complete=complete_what)
@click.option(
    "--steps", type=click.IntRange(min=2), help="Updates of the run.  [default: as the file or the decay says]"
)
@click.option(
    "--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw the schedules to this file, as an SVG."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the table.")
def predict(whats: tuple[str, ...], steps: int | None, plot: Path | None, as_json: bool) -> None:
    """Print the efficiency and the bound of each schedule, the best first.

    Each is a YAML or JSON FILE, which may hold several, or the name of a RECIPE or kind that needs no fields. One that
    does not say how long the run is is judged for the longest of the others.

    The efficiency is how many times the loss of the best schedule is left at most, in the worst case, at the best
    rate; the bound is the published one, for a distance and gradients of 1. Both are proven for convex losses and
    plain gradient steps: they order real runs well in many cases, and not in all.
    """
    from ..theory import best_scale, efficiency

    schedules = _all(whats, steps)
    rows: list[tuple[float, float, str, int]] = []
    longest = max((total for _, total in schedules.values() if total), default=None)
    for name, (schedule, said) in schedules.items():
        total = judged_for(schedule, name, said or longest)
        rows.append((efficiency(schedule, total), best_scale(schedule, total).value, name, total))
    rows.sort()
    if plot is not None:
        _draw({name: (schedules[name][0], total) for *_, name, total in rows}, plot)
    if as_json:
        keys = ("efficiency", "bound", "schedule", "steps")
        click.echo(json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=2))
        return
    click.echo(_table(rows))
    if plot is not None:
        click.echo(f"\nPlot: {plot}")


def _all(whats: tuple[str, ...], steps: int | None) -> dict[str, tuple[Schedule, int | None]]:
    """All schedules by name, with the updates of their runs where known; those of several files by the file's name."""
    from ..theory.horizon import horizon

    found: dict[str, tuple[Schedule, int | None]] = {}
    for what in whats:
        schedules, total = read(what, (), steps)
        stem = Path(what).stem
        for name, schedule in schedules.items():
            full = name if len(whats) == 1 else stem if len(schedules) == 1 else f"{stem}/{name}"
            if full in found:
                raise click.UsageError(f"{full} is given twice")
            found[full] = schedule, horizon(schedule) if total is None else total
    return found


def _table(rows: list[tuple[float, float, str, int]]) -> str:
    """One line for each, with a bar as long as the efficiency."""
    block = "█" if can_show("█") else "#"
    wide = max(len("schedule"), *(len(name) for _, _, name, _ in rows))
    most = max(row[0] for row in rows)
    lines = [f"{'schedule':{wide}}  updates  efficiency     bound"]
    for found, bound, name, total in rows:
        bar = block * max(1, round(_WIDE * found / most))
        lines.append(f"{name:{wide}}  {total:7}  {found:10.4f}  {bound:8.3g}  {bar}")
    return "\n".join(lines)


def _draw(schedules: dict[str, tuple[Schedule, int]], path: Path) -> None:
    from ..files import replace_file
    from ..plot import curve, picture

    curves = {name: curve(schedule, total) for name, (schedule, total) in schedules.items()}
    replace_file(path, picture({"learning rate": curves}, ".svg"))
