"""The schedules that a command is given: a file, or a recipe or a kind with its fields."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, NamedTuple

import click

from ..errors import ScheduleError

if TYPE_CHECKING:
    from typing import Any

    from ..schedule import Schedule

__all__ = ["Read", "can_show", "named", "read", "updates"]

_SUFFIXES = (".json", ".yaml", ".yml")


class Read(NamedTuple):
    """Schedules, and how many updates the run has, where that is said.

    schedules: by the names that a file gives them, or the one by its own name.
    """

    schedules: dict[str, Schedule]
    total: int | None


def read(what: str, fields: tuple[str, ...], steps: int | None) -> Read:
    """What a command was given.

    what: the path of a YAML or JSON file, or the name of a recipe or a kind.
    fields: ``NAME=VALUE``, for a recipe or a kind.
    steps: the updates of the run, by which shares such as ``5%`` are measured.
    """
    from ..errors import unknown
    from ..recipes import RECIPES
    from ..schedule import KINDS
    from ..spec import from_dict, read_file
    from ..units import Run

    run = Run(total=steps)
    if what.lower().endswith(_SUFFIXES) or os.path.exists(what):
        if fields:
            raise click.UsageError(f"a file takes no fields, got {fields[0]!r}")
        schedules, known = read_file(what, run)
        return Read(schedules, known.total)
    if what not in RECIPES and what not in KINDS:
        command = click.get_current_context().info_name or "glidepath"
        unknown(command, "file, recipe or kind", what, {*RECIPES, *KINDS} - {"Custom"})
    data = {**named(fields), "recipe" if what in RECIPES else "kind": what}
    return Read({what: from_dict(data, run=run)}, steps)


def named(fields: tuple[str, ...]) -> dict[str, Any]:
    """The values of ``NAME=VALUE`` words, by name."""
    found: dict[str, Any] = {}
    for field in fields:
        name, equals, value = field.partition("=")
        if not equals:
            raise click.UsageError(f"fields are written NAME=VALUE, got {field!r}")
        if name in found:
            raise click.UsageError(f"{name} is given twice")
        found[name] = _value(value)
    return found


def _value(text: str) -> Any:
    """A number, a list or a word."""
    for parse in (json.loads, float):
        try:
            return parse(text)
        except ValueError:
            continue
    return text


def updates(schedule: Schedule, name: str, total: int | None) -> int:
    """How many updates the run of a schedule has: ``total``, or its own length."""
    found = total or schedule.length
    if not found:
        raise ScheduleError(f"{name} has no end: say how many updates the run has, --steps N")
    return found


def can_show(text: str) -> bool:
    """Whether the terminal has these letters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
