"""``glidepath import``: schedules of other programs as a schedule file."""

from __future__ import annotations

import json
from pathlib import Path

import click

__all__ = ["import_"]


@click.command("import", short_help="Read schedules of other programs.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--from", "source", metavar="PROGRAM", help="Whose it is: optimus_dl or torch.  [default: told by it]")
@click.option("--as", "kind", metavar="CLASS", help="Class of a torch scheduler whose state does not tell it.")
@click.option("--lr", type=float, help="Rate of the optimizer, where the file does not say it.")
@click.option("--steps", type=click.IntRange(min=1), help="Updates of the run, where the file does not say it.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file, not to stdout.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: what it was, the schedules and the notes.")
def import_(
    file: Path,
    source: str | None,
    kind: str | None,
    lr: float | None,
    steps: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Write the schedules in FILE as YAML that Glidepath reads, and say on stderr what was lost.

    FILE is a configuration of optimus_dl (YAML), of a scheduler or of a whole training, or the state of a torch
    scheduler, alone or in a checkpoint (.pt, .pth, .ckpt, .bin or .json). Of a checkpoint, nothing but data is loaded.
    """
    from ..convert import convert, load_foreign
    from ..export.data import file_of
    from ..files import replace_file
    from ..spec import to_dict

    found = convert(load_foreign(file), source, lr=lr, total=steps, kind=kind)
    text = file_of(found.schedules, found.total)
    if out is not None:
        replace_file(out, text.encode())
    if as_json:
        schedules = {name: to_dict(schedule) for name, schedule in found.schedules.items()}
        click.echo(json.dumps(found._asdict() | {"schedules": schedules}, indent=2))
    elif out is None:
        click.echo(text, nl=False)
    for note in found.notes if not as_json else ():
        click.echo(f"Note: {note}", err=True)
