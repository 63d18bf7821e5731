"""``glidepath export``: a schedule as code that runs without Glidepath."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .reading import one_schedule, read

if TYPE_CHECKING:
    from ..schedule import Schedule

__all__ = ["export"]

#: Those of `glidepath.export`, whose import no completion and no help should wait for.
TARGETS = ("python", "javascript", "latex", "optax", "torch", "hydra", "yaml")


@click.command(short_help="Write a schedule as code that runs without Glidepath.")
@one_schedule
@click.option("--to", "target", type=click.Choice(TARGETS), default="python", show_default=True, help="What to write.")
@click.option("--name", help="Which schedule of a file.  [default: lr, or the only one]")
@click.option("--steps", type=click.IntRange(min=1), help="Updates of the run.  [default: what the file says]")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file, not to stdout.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: the target, the name and the text.")
def export(
    what: str,
    fields: tuple[str, ...],
    target: str,
    name: str | None,
    steps: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Write a schedule as code in another language, for another library, or as configuration.

    \b
    python, javascript   a function schedule(step) that needs its language alone
    latex                an expression in t
    optax                a function schedule(step) that needs JAX alone
    torch                that function, and a LambdaLR that needs PyTorch alone
    hydra                YAML that hydra.utils.instantiate makes the schedule of
    yaml                 a schedule file
    """
    from ..export import export as exported
    from ..files import replace_file

    schedules, total = read(what, fields, steps)
    name = _chosen(schedules, name, what)
    text = exported(schedules[name], target, total)
    if out is not None:
        replace_file(out, text.encode())
    if as_json:
        click.echo(json.dumps({"target": target, "name": name, "text": text, "file": str(out) if out else None}))
    elif out is None:
        click.echo(text, nl=False)


def _chosen(schedules: dict[str, Schedule], name: str | None, what: str) -> str:
    """The name of the schedule that is meant."""
    from ..errors import unknown

    if name is not None and name not in schedules:
        unknown("--name", "schedule", name, schedules)
    if name is None and len(schedules) > 1 and "lr" not in schedules:
        raise click.UsageError(f"{what} has several schedules ({', '.join(schedules)}): choose one with --name")
    return name or ("lr" if "lr" in schedules else next(iter(schedules)))
