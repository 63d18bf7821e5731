"""``glidepath table``: the values of schedules at chosen steps."""

from __future__ import annotations

import json
from itertools import chain, islice
from typing import TYPE_CHECKING

import click

from .options import at_option, lasting, run_of, run_options, steps_at
from .reading import complete_what_or_field, read_many

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ..schedule import Schedule
    from ..units import Run

__all__ = ["table"]

#: The most steps of a JSON document, which is held as a whole.
MOST = 1_000_000


@click.command(short_help="Print values at chosen steps, as CSV or JSON.")
@click.argument("words", nargs=-1, required=True, metavar="FILE|RECIPE...", shell_complete=complete_what_or_field)
@at_option
@click.option("--every", metavar="STEPS", help='A step in so many, from 0 on: 100, 1%, "1 epoch".')
@click.option("--count", type=click.IntRange(min=2), help="So many steps, evenly from the first update to the last.")
@run_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of CSV.")
def table(
    words: tuple[str, ...],
    at: tuple[str, ...],
    every: str | None,
    count: int | None,
    as_json: bool,
    **sizes: int | None,
) -> None:
    """Print the values of schedules, every digit of them, at some steps: eleven of the run unless said otherwise.

    Each is a YAML or JSON FILE, which may hold several schedules, "-" for standard input, or the name of a RECIPE
    or a kind, with its fields after it:

    \b
        glidepath table wsd peak=3e-4 warmup=5% decay=20% total=100k --every 1k > lr.csv
        glidepath table schedule.yaml --at 0 --at 50% --json
    """
    if every is not None and count is not None:
        raise click.UsageError("--every and --count cannot be given together")
    found = read_many(words, run_of(**sizes))
    columns: dict[str, Schedule] = {}
    for name, schedules, _ in found:
        for key, schedule in schedules.items():
            columns[key if len(found) == 1 else name if len(schedules) == 1 else f"{name}/{key}"] = schedule
    total = _total(columns, found)
    steps = _chosen(at, every, count, found[0][2], total)
    if as_json:
        listed = list(islice(steps, MOST + 1))
        if len(listed) > MOST:
            raise click.UsageError(f"--json prints at most {MOST:,} steps: choose fewer, or leave it out")
        values = {name: [schedule(step) for step in listed] for name, schedule in columns.items()}
        click.echo(json.dumps({"steps": listed, "values": values}))
        return
    for line in _csv(columns, steps):
        click.echo(line)


def _total(columns: Mapping[str, Schedule], found: list[tuple[str, dict[str, Schedule], Run]]) -> int:
    """The updates of the longest run."""
    from ..phases import horizon

    said = [run.total or 0 for *_, run in found]
    lengths = [schedule.length or 0 for schedule in columns.values()]
    return max(said) or max(lengths) or max(map(horizon, columns.values()))


def _chosen(at: tuple[str, ...], every: str | None, count: int | None, run: Run, total: int) -> Iterable[int]:
    """The steps to print, in ascending order."""
    from ..errors import fail

    named = steps_at(at, run, total)
    if named and every is None and count is None:
        return named
    spread: Iterable[int]
    if every is not None:
        apart = lasting(run, total).steps(every, "--every")
        if apart < 1:
            fail("--every", "at least one step", every)
        spread = range(0, total, apart)
    else:
        count = min(count or 11, total)
        spread = range(total) if count == total else ((total - 1) * i // (count - 1) for i in range(count))
    return _merged(spread, named) if named else spread


def _merged(spread: Iterable[int], named: list[int]) -> Iterator[int]:
    """Two ascending rows of steps as one, without holding a row of a thousand million."""
    from heapq import merge
    from itertools import groupby

    return (step for step, _ in groupby(merge(spread, named)))


def _csv(columns: Mapping[str, Schedule], steps: Iterable[int]) -> Iterator[str]:
    """The lines of a CSV file."""
    from ..compiled import compile

    functions = [compile(schedule) for schedule in columns.values()]
    head = ",".join(["step", *map(_cell, columns)])
    return chain([head], (",".join([str(step), *(repr(f(step)) for f in functions)]) for step in steps))


def _cell(name: str) -> str:
    """A name as CSV holds it; one that a spreadsheet would take for a formula is marked as text."""
    name = f"'{name}" if name.startswith(("=", "+", "-", "@")) else name
    return '"' + name.replace('"', '""') + '"' if any(c in name for c in ',"\r\n') else name
