"""``glidepath diff``: where two schedules differ."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from .reading import complete_what_or_field, read

if TYPE_CHECKING:
    from ..difference import Difference
    from ..phases import Phase
    from ..schedule import Schedule

__all__ = ["diff"]

#: How many lines of each kind are printed; JSON has all of them.
MOST = 20


@click.command(short_help="Say where two schedules differ.")
@click.argument(
    "words",
    nargs=-1,
    required=True,
    metavar="FILE|RECIPE [NAME=VALUE]... FILE|RECIPE [NAME=VALUE]...",
    shell_complete=complete_what_or_field,
)
@click.option("--name", help="Which schedule of files that hold several.  [default: lr, or the only one]")
@click.option(
    "--steps", type=click.IntRange(min=1), help="Updates of the run.  [default: what the files say, or the lengths]"
)
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="Values that are this near to each other, relative to the larger one, count as equal.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
@click.pass_context
def diff(
    context: click.Context,
    words: tuple[str, ...],
    name: str | None,
    steps: int | None,
    tolerance: float,
    as_json: bool,
) -> None:
    """Print the first step at which two schedules differ, their largest difference, and the phases and fields that
    differ. The exit status is 1 if their values differ.

    Each is a FILE, "-" for standard input, or a RECIPE or kind with its fields:

    \b
        glidepath diff old.yaml new.yaml
        glidepath diff run.yaml wsd peak=3e-4 warmup=5% decay=20% --steps 100000
    """
    from ..difference import difference
    from ..phases import horizon

    whats = _apart(words)
    if len(whats) != 2:
        raise click.UsageError(f"two schedules are compared, got {len(whats)}")
    if [what for what, _ in whats] == ["-", "-"]:
        raise click.UsageError("standard input can be read once")
    (a, first), (b, second) = (_one(what, fields, name, steps) for what, fields in whats)
    total = max(first or second or horizon(a), second or first or horizon(b))
    found = difference(a, b, total, tolerance)
    if as_json:
        click.echo(json.dumps(asdict(found), indent=2, default=repr))
    else:
        click.echo("\n".join(_lines(found)))
    if found.first is not None:
        context.exit(1)


def _apart(words: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """The words before which a schedule begins, each with the fields that follow it."""
    whats: list[tuple[str, tuple[str, ...]]] = []
    for word in words:
        if "=" not in word:
            whats.append((word, ()))
        elif not whats:
            raise click.UsageError(f"a file or a recipe must stand before its fields, got {word!r}")
        else:
            what, fields = whats[-1]
            whats[-1] = what, (*fields, word)
    return whats


def _one(what: str, fields: tuple[str, ...], name: str | None, steps: int | None) -> tuple[Schedule, int | None]:
    from ..errors import unknown

    schedules, total = read(what, fields, steps)
    if len(schedules) == 1:
        return next(iter(schedules.values())), total
    chosen = name or "lr"
    if chosen not in schedules:
        unknown("--name", f"schedule of {what}", chosen, schedules)
    return schedules[chosen], total


def _lines(found: Difference) -> list[str]:
    steps = f"{found.compared:,} of {found.total:,} steps"
    looked = f"all {found.total:,} steps" if found.complete else f"{steps}, sampled: what lies between is not known"
    if found.first is None:
        near = f" to {found.tolerance:g}" if found.tolerance else ""
        lines = [f"equal{near} at {looked}"]
    else:
        lines = [
            f"first difference    step {found.first:,}",
            f"largest, absolute   {found.absolute:.6g} at step {found.absolute_step:,}",
            f"largest, relative   {found.relative:.6g} at step {found.relative_step:,}",
            f"compared            {looked}",
        ]
    pairs = [(_phase(a), _phase(b)) for a, b in found.phases]
    fields = [(f"{field.path or 'kind'}: {field.a!r}", repr(field.b)) for field in found.fields]
    return [*lines, *_listed("phases that differ", pairs), *_listed("fields that differ", fields)]


def _listed(title: str, pairs: list[tuple[str, str]]) -> list[str]:
    if not pairs:
        return []
    more = [f"  and {len(pairs) - MOST} more"] if len(pairs) > MOST else []
    return ["", f"{title}:", *(f"  {a}  ->  {b}" for a, b in pairs[:MOST]), *more]


def _phase(phase: Phase | None) -> str:
    if phase is None:
        return "none"
    return f"{phase.name} {phase.start}..{phase.stop - 1} ({phase.first:.6g} to {phase.last:.6g})"
