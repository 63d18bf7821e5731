"""The schedules that a command is given: a file, standard input, or a recipe or a kind with its fields."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, NamedTuple

import click

from .options import lasting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from click.shell_completion import CompletionItem

    from ..schedule import Schedule
    from ..units import Run

__all__ = [
    "Read",
    "can_show",
    "complete_field",
    "complete_what",
    "complete_what_or_field",
    "named",
    "one_schedule",
    "read",
    "read_many",
    "read_run",
]

_SUFFIXES = (".json", ".yaml", ".yml")


class Read(NamedTuple):
    """Schedules, and how many updates the run has, where that is said.

    schedules: by the names that a file gives them, or the one by its own name.
    """

    schedules: dict[str, Schedule]
    total: int | None


def read(what: str, fields: tuple[str, ...], steps: int | None) -> Read:
    """What a command was given.

    what: the path of a YAML or JSON file, "-" for either on standard input, or the name of a recipe or a kind.
    fields: ``NAME=VALUE``, for a recipe or a kind. ``total=100k`` says how many updates the run has.
    steps: the updates of the run, by which shares such as ``5%`` are measured.
    """
    from ..arrays import LAST_STEP
    from ..errors import fail
    from ..units import Run

    if steps is not None and steps > LAST_STEP:
        fail("--steps", "at most 2**53 - 1", steps)
    schedules, run = read_run(what, fields, Run(total=steps))
    return Read(schedules, run.total)


def read_run(what: str, fields: tuple[str, ...], run: Run) -> tuple[dict[str, Schedule], Run]:
    """What a command was given, and the run by which it was measured.

    run: what options say of it, which goes before what a file says. See `read` for the rest.
    """
    from ..spec import read_file

    if what == "-" or what.lower().endswith(_SUFFIXES) or os.path.exists(what):
        if fields:
            kind = "standard input" if what == "-" else "a file"
            raise click.UsageError(f"{kind} takes no fields, got {fields[0]!r}")
        return _read_input(run) if what == "-" else read_file(what, run)
    return _read_fields(what, named(fields), run)


def read_many(words: tuple[str, ...], run: Run) -> list[tuple[str, dict[str, Schedule], Run]]:
    """What a command was given in a row: files, recipes and kinds, each of the latter with its fields after it.

    For each, what to call it, what it holds and its run (see `read_run`).
    """
    grouped: list[tuple[str, list[str]]] = []
    for word in words:
        if "=" in word and grouped and not os.path.exists(word):
            grouped[-1][1].append(word)
        else:
            grouped.append((word, []))
    whats = [what for what, _ in grouped]
    stems = [os.path.splitext(os.path.basename(what))[0] for what in whats]
    found: list[tuple[str, dict[str, Schedule], Run]] = []
    for (what, fields), stem in zip(grouped, stems, strict=True):
        name = stem if stems.count(stem) == 1 else what if whats.count(what) == 1 else " ".join([what, *fields])
        if name in [known for known, *_ in found]:
            raise click.UsageError(f"{name} is given twice")
        found.append((name, *read_run(what, tuple(fields), run)))
    return found


def _read_fields(what: str, given: dict[str, Any], run: Run) -> tuple[dict[str, Schedule], Run]:
    """A recipe or a kind with its fields. Of those that have no total, it is the run's."""
    from ..errors import fail, unknown
    from ..recipes import RECIPES
    from ..schedule import KINDS
    from ..spec import from_dict

    if what not in RECIPES and what not in KINDS:
        command = click.get_current_context().info_name or "glidepath"
        unknown(command, "file, recipe or kind", what, {*RECIPES, *KINDS} - {"Custom"})
    said = given.get("total")
    if said is not None:
        total = run.steps(said, f"{what}.total")
        if total < 1:
            fail(f"{what}.total", "at least one step", said)
        run = lasting(run, total)
        if "total" in _fields_of(what):
            given = {**given, "total": total}  # what shares are measured by, whatever the run's is
        else:
            given = {name: value for name, value in given.items() if name != "total"}
    return {what: from_dict({**given, "recipe" if what in RECIPES else "kind": what}, run=run)}, run


def _read_input(run: Run) -> tuple[dict[str, Schedule], Run]:
    """YAML or JSON on standard input."""
    from ..plain import MAX_BYTES, Source, decoded, read_text
    from ..reader import read as read_data

    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    with Source("standard input") as source:
        text = decoded(data)
        return read_data(read_text(text, "json" if _is_json(text) else "yaml", source), run, source)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


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


def can_show(text: str) -> bool:
    """Whether the terminal has these letters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


# What the shell completes -------------------------------------------------------------------------------------


def _fields_of(what: str) -> Mapping[str, object]:
    """The fields of a recipe or a kind by name; none for any other word."""
    from inspect import signature

    from ..recipes import RECIPES
    from ..schedule import KINDS

    found: Callable[..., object] | None = RECIPES.get(what) or KINDS.get(what)
    return signature(found).parameters if found else {}


def complete_what(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The recipes and kinds that begin like this, and whatever files do."""
    from click.shell_completion import CompletionItem

    from ..recipes import RECIPES
    from ..schedule import KINDS

    names = [name for name in (*RECIPES, *KINDS) if name.startswith(incomplete) and name != "Custom"]
    return [CompletionItem(incomplete, type="file"), *map(CompletionItem, names)]  # bash forgets what is before files


def complete_field(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The fields of the recipe or kind, of those that are not given yet, as ``NAME=``."""
    return _fields_left(context.params.get("what") or "", context.params.get("fields") or (), incomplete)


def complete_what_or_field(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """What may come next in a row of files, recipes and kinds with their fields."""
    words: tuple[str, ...] = context.params.get("words") or ()
    whats = [i for i, word in enumerate(words) if _fields_of(word)]  # some shells cut fields at their "="
    fields = _fields_left(words[whats[-1]], words[whats[-1] + 1 :], incomplete) if whats else []
    return [*complete_what(context, parameter, incomplete), *fields]


def one_schedule(command: Callable[..., Any]) -> Callable[..., Any]:
    """The arguments that name a schedule, ``what`` and ``fields``, as `read` takes them."""
    fields = click.argument("fields", nargs=-1, metavar="[NAME=VALUE]...", shell_complete=complete_field)
    return click.argument("what", metavar="FILE|RECIPE", shell_complete=complete_what)(fields(command))


def _fields_left(what: str, given: tuple[str, ...], incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    known = {**_fields_of(what), "total": None} if _fields_of(what) else {}
    taken = {word.partition("=")[0] for word in given}
    return [CompletionItem(f"{name}=") for name in known if name.startswith(incomplete) and name not in taken]
