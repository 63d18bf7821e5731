"""``glidepath plot``: schedules as a picture or a page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import clock, log_option, run_of, run_options, unit_option
from .reading import complete_what_or_field, read_many

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..schedule import Schedule
    from ..units import Run

__all__ = ["plot"]

#: What a schedule is called in a picture by the name that files give it.
_TITLES = {"lr": "learning rate", "weight_decay": "weight decay", "wd": "weight decay"}


@click.command(short_help="Draw schedules to a picture or a page.")
@click.argument("words", nargs=-1, required=True, metavar="FILE|RECIPE...", shell_complete=complete_what_or_field)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("glidepath.svg"),
    show_default=True,
    help="Where to draw, ending in .svg, .html or .png.",
)
@click.option("--only", multiple=True, metavar="NAME", help="A schedule of the files to draw; several times for more.")
@run_options
@unit_option
@log_option
@click.option("--json", "as_json", is_flag=True, help="Print what was drawn as JSON.")
def plot(
    words: tuple[str, ...],
    out: Path,
    only: tuple[str, ...],
    unit: str,
    log: str | None,
    as_json: bool,
    **sizes: int | None,
) -> None:
    """Draw schedules over each other, each hyperparameter in a panel of its own.

    Each is a YAML or JSON FILE, which may hold several schedules, "-" for standard input, or the name of a RECIPE
    or a kind, with its fields after it:

    \b
        glidepath plot wsd peak=3e-4 warmup=5% decay=20% warmup_cosine peak=3e-4 warmup=5% --steps 10000
        glidepath plot old.yaml new.yaml --only momentum --log y --out momentum.png
    """
    from ..files import replace_file
    from ..phases import horizon
    from ..plot import SUFFIXES, curve, picture

    if out.suffix.lower() not in SUFFIXES:
        raise click.BadParameter(f"must end in {', '.join(SUFFIXES)}, got {str(out)!r}", param_hint="'--out'")
    panels = _panels(words, only, run_of(**sizes))
    lasting = [run.total or schedule.length or 0 for curves in panels.values() for schedule, run in curves.values()]
    drawn = {}
    for title, curves in panels.items():
        drawn[_TITLES.get(title, title)] = {
            name: curve(schedule, run.total or max(lasting) or horizon(schedule), log=log or "", clock=clock(unit, run))
            for name, (schedule, run) in curves.items()
        }
    x = "step" if unit == "steps" else unit
    replace_file(out, picture(drawn, out.suffix.lower(), x=x, log=log or ""))
    if as_json:
        click.echo(json.dumps({"out": str(out), "panels": {title: list(curves) for title, curves in panels.items()}}))
    else:
        click.echo(f"Plot: {out}")


def _panels(words: tuple[str, ...], only: tuple[str, ...], given: Run) -> dict[str, dict[str, tuple[Schedule, Run]]]:
    """For each hyperparameter its schedules and their runs, by what to call them."""
    panels: dict[str, dict[str, tuple[Schedule, Run]]] = {}
    for name, schedules, run in read_many(words, given):
        for key, schedule in schedules.items():
            panels.setdefault(_hyperparameter(key, schedules), {})[name] = schedule, run
    for title in only:
        if title not in panels:
            from ..errors import unknown

            unknown("--only", "schedule", title, panels)
    return {title: panels[title] for title in only or panels}


def _hyperparameter(key: str, schedules: Mapping[str, Schedule]) -> str:
    """What a schedule is for: a file says it, and a recipe or kind is a learning rate."""
    from ..recipes import RECIPES
    from ..schedule import KINDS

    return "lr" if len(schedules) == 1 and (key in RECIPES or key in KINDS) else key
