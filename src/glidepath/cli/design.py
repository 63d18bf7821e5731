"""``glidepath design``: draw a schedule in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .reading import complete_field, complete_what, read

if TYPE_CHECKING:
    from typing import Any

__all__ = ["design"]


@click.command(short_help="Draw a schedule in the browser.")
@click.argument("what", required=False, metavar="[FILE|RECIPE]", shell_complete=complete_what)
@click.argument("fields", nargs=-1, metavar="[NAME=VALUE]...", shell_complete=complete_field)
@click.option("--steps", type=click.IntRange(min=1), help="Updates of the run.  [default: what the file says]")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port to listen on.  [default: a free one]")
@click.option("--no-open", is_flag=True, help="Do not open a browser.")
@click.option(
    "--export",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the page into this folder, for any static host, instead of serving it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print where the page is as JSON.")
def design(
    what: str | None,
    fields: tuple[str, ...],
    steps: int | None,
    port: int,
    no_open: bool,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Open a page on this machine where schedules are drawn, dragged, compared and copied as code.

    It starts with FILE or RECIPE (and the other schedules of a file beside the first), or with an example. The
    server listens on loopback only, until Ctrl+C.
    """
    from ..web.pages import export, pages
    from ..web.server import Server

    start = _start(what, fields, steps)
    if folder is not None:
        export(folder, start)
        _say(as_json, "folder", str(folder))
        return
    try:
        server = Server(pages(start, served=True), port)
    except OSError as error:
        raise click.BadParameter(f"cannot listen on {port}: {error.strerror}", param_hint="'--port'") from None
    with server:
        _say(as_json, "url", server.url)
        if not no_open:
            click.launch(server.url)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)


def _say(as_json: bool, name: str, where: str) -> None:
    import json

    click.echo(json.dumps({name: where}) if as_json else f"The designer is at {where}")


def _start(what: str | None, fields: tuple[str, ...], steps: int | None) -> dict[str, Any]:
    """What the page shows at first; an example of its own where nothing is given."""
    from ..spec import to_dict
    from ..web.limits import MAX_SCHEDULES, check_size

    if what is None:
        return {"total": steps} if steps else {}
    found, total = read(what, fields, steps)
    if len(found) > MAX_SCHEDULES:
        raise click.UsageError(f"the page shows at most {MAX_SCHEDULES} schedules, and {what} has {len(found)}")
    trees = {name: to_dict(schedule) for name, schedule in found.items()}
    for tree in trees.values():
        check_size(tree)
    lengths = [schedule.length or 0 for schedule in found.values()]
    return {"total": total or max(lengths) or None, "schedules": trees}
