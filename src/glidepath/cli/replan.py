"""``glidepath replan``: the ways to go on with a run whose end has moved."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ..errors import ScheduleError
from .horizon import judged_for
from .reading import one_schedule, read

__all__ = ["replan"]

_WAYS = ("optimal", "longer cooldown", "scaled rate", "same rate")


@click.command(short_help="Find the best way to go on with a run whose end has moved.")
@one_schedule
@click.option("--done", type=click.IntRange(min=1), required=True, help="Updates that are done.")
@click.option("--remaining", type=click.IntRange(min=2), required=True, help="Updates that are left now.")
@click.option(
    "--steps",
    type=click.IntRange(min=2),
    help="Updates as planned at first.  [default: as the file or the decay says]",
)
@click.option("--cap", type=float, help="Highest rate of what is left.  [default: the highest as planned]")
@click.option("--cooldown", type=float, default=0.2, show_default=True, help="The usual cooldown, of the whole run.")
@click.option("--take", type=click.Choice(_WAYS), help="The way to write to --out.  [default: the best]")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what is left of the run as a schedule, YAML or JSON.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of the table.")
def replan(
    what: str,
    fields: tuple[str, ...],
    done: int,
    remaining: int,
    steps: int | None,
    cap: float | None,
    cooldown: float,
    take: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Print the ways to go on, the best first, by the bound for the whole run.

    The FILE or RECIPE is the schedule as it was planned. What --out writes has a clock of its own, from the next
    update on: for glidepath.torch, load the checkpoint with Scheduler(..., resume="rebase").
    """
    from ..theory import replan as ways_on

    if take is not None and out is None:
        raise click.UsageError("--take says what to write, and needs --out")
    schedules, total = read(what, fields, steps)
    if len(schedules) > 1:
        raise ScheduleError(f"{what} holds {len(schedules)} schedules ({', '.join(schedules)}): re-plan one at a time")
    name, schedule = next(iter(schedules.items()))
    planned = judged_for(schedule, name, total)
    ways = ways_on(schedule, remaining, done=done, planned=planned, cap=cap, cooldown=cooldown)
    if out is not None:
        next(way for way in ways if way.name == (take or ways[0].name)).schedule.dump(out)
    if as_json:
        rows = [{"way": way.name, "bound": way.value, "schedule": way.schedule.to_dict()} for way in ways]
        click.echo(json.dumps(rows, indent=2))
        return
    click.echo(f"{'way':15}  bound      starts at  at half    at the last update")
    for way in ways:
        rates = [way.schedule(step) for step in (0, remaining // 2, remaining - 1)]
        click.echo(f"{way.name:15}  {way.value:<9.4g}  {rates[0]:<9.3g}  {rates[1]:<9.3g}  {rates[2]:.3g}")
    if out is not None:
        click.echo(f"\n{take or ways[0].name}: {out}")
