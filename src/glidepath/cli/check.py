"""``glidepath check``: what is worth knowing about a schedule before the run."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click

from .horizon import judged_for
from .reading import named, one_schedule, read

__all__ = ["check"]


@click.command(short_help="Say what looks like a mistake, before training.")
@one_schedule
@click.option(
    "--steps", type=click.IntRange(min=2), help="Updates of the run.  [default: as the file or the decay says]"
)
@click.option("--optimizer", type=click.Choice(["sgd", "adam", "adamw"]), default="adamw", show_default=True)
@click.option("--beta2", type=float, default=0.999, show_default=True, help="Adam's memory of squared gradients.")
@click.option("--weight-decay", type=float, default=0.0, show_default=True, help="AdamW's weight decay.")
@click.option("--batch-size", type=click.IntRange(min=1), help="Samples of an update.")
@click.option("--width", type=click.IntRange(min=1), help="Width of the hidden layers.")
@click.option(
    "--reference",
    multiple=True,
    metavar="NAME=VALUE",
    help="Of another run whose peak was good: peak=3e-4, total=10000, batch_size=256, width=1024.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
@click.pass_context
def check(
    context: click.Context,
    what: str,
    fields: tuple[str, ...],
    steps: int | None,
    optimizer: str,
    beta2: float,
    weight_decay: float,
    batch_size: int | None,
    width: int | None,
    reference: tuple[str, ...],
    as_json: bool,
) -> None:
    """Print what was found about a schedule, the gravest first, each with its reason and source.

    The exit status is 1 if one of them is an error, that is, surely not meant.
    """
    from ..errors import unknown
    from ..theory import Optimizer, Reference, advise
    from ..units import Run

    given: dict[str, Any] = named(reference)
    for name in given:
        if name not in ("peak", "total", "batch_size", "width"):
            unknown("--reference", "name", name, ("peak", "total", "batch_size", "width"))
    if given and "peak" not in given:
        raise click.UsageError("--reference needs peak=VALUE, the peak that was good")
    other = Reference(**given) if given else None
    settings = Optimizer(name=optimizer, beta2=beta2, weight_decay=weight_decay)
    found = {}
    read_in = read(what, fields, steps)
    for name, schedule in read_in.schedules.items():
        run = Run(total=judged_for(schedule, name, read_in.total), batch_size=batch_size)
        found[name] = advise(schedule, settings, run, reference=other, width=width)
    if as_json:
        click.echo(json.dumps({name: [asdict(one) for one in findings] for name, findings in found.items()}, indent=2))
    else:
        for name, findings in found.items():
            for one in findings:
                click.echo(f"{name}: {one.level}: {one.message} [{one.rule}; {one.source}]")
            if not findings:
                click.echo(f"{name}: nothing found")
    if any(one.level == "error" for findings in found.values() for one in findings):
        context.exit(1)
