"""The formulas of all kinds in JavaScript, with their parameters as arguments.

`glidepath.expression` records what ``at`` does with the step of one schedule. Here the fields are symbols too
(numeric fields are leaves by the contract of a kind), and schedules beneath are functions that the page
supplies. So each kind is traced once for every combination of its settings, and what the page evaluates is what
``at`` says, for any parameters.
"""

from __future__ import annotations

import math
from contextlib import suppress
from itertools import product

from ..arrays import Namespace, is_number
from ..compose import Repeat, Stretch
from ..errors import ScheduleError
from ..expression import Expression, Symbols, uses
from ..schedule import KINDS, Schedule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..fields import Role

__all__ = ["formulas", "options_of"]


class Part(Schedule, register=False):
    """Stands for a schedule beneath another: its value is a call that the page answers.

    place: which of the schedules beneath it is.
    """

    place: int

    def at(self, t: Any, xp: Namespace) -> Any:
        return t.make("part", self.place, t)


def formulas() -> dict[type[Schedule], dict[str, str]]:
    """The formulas of every kind, by kind and by name: texts of JavaScript functions ``(t, p, parts)``.

    ``t`` is the step, ``p`` holds the fields, ``parts`` the functions beneath. The name is that of the kind,
    followed by its settings and by the optional fields that are given: ``Exponential staircase=true end``.

    What is made of any number of parts is traced with two: the page folds more of them into two. A `Repeat`
    whose cycles grow is traced with the cycle looked up, as ``Repeat cycle``. `Stretch` has no formula but
    that of the schedule with longer lengths. A kind of one's own that symbols cannot trace is left out, and so
    is one with sequences, since only their kind knows how to fold those.
    """
    found = {}
    for kind in KINDS.values():
        if kind.__module__.startswith(f"{__name__.split('.')[0]}."):
            found[kind] = _of_kind(kind)
        elif not any(role.axes or role.name == "schedules" for role in kind._roles.values()):
            with suppress(Exception):  # their `at` may do anything
                found[kind] = _of_kind(kind)
    return found


def _of_kind(kind: type[Schedule]) -> dict[str, str]:
    if kind is Stretch:
        return {}
    found = {}
    for settings in _settings(kind):
        found[_name(kind, settings)] = _traced(kind, settings)
        if kind is Repeat:
            found[_name(kind, settings, "cycle")] = _traced(kind, settings, looked_up=True)
    return found


def options_of(role: Role) -> tuple[Any, ...]:
    """The settings that a field chooses from; none where it holds numbers or schedules."""
    if role.name == "True or False":
        return False, True
    return tuple(role.name.removeprefix("one of ").split(", ")) if role.name.startswith("one of ") else ()


#: In the place of a field that is given, and is no setting.
_GIVEN = object()


def _settings(kind: type[Schedule]) -> Iterator[dict[str, Any]]:
    """Every combination of what is not a number: settings, and whether optional fields are given."""
    choices = {}
    for field, role in kind._roles.items():
        options = options_of(role)
        if kind._defaults.get(field, 0) is None:
            options = (None, *(options or (_GIVEN,)))
        if options:
            choices[field] = options
    for chosen in product(*choices.values()):
        yield dict(zip(choices, chosen, strict=True))


def _name(kind: type[Schedule], settings: dict[str, Any], *more: str) -> str:
    words = [
        field if held is _GIVEN else f"{field}={str(held).lower() if type(held) is bool else held}"
        for field, held in settings.items()
        if held is not None
    ]
    return " ".join([kind.__name__, *more, *words])


def _traced(kind: type[Schedule], settings: dict[str, Any], looked_up: bool = False) -> str:
    known: dict[Any, Expression] = {}
    names: dict[Expression, str] = {}

    def symbol(text: str) -> Expression:
        made = Expression("step", (), known)
        names[made] = text
        return made

    def held(field: str, role: Role) -> Any:
        if settings.get(field, _GIVEN) is not _GIVEN:
            return settings[field]
        if field in settings and settings[field] is None:
            return None
        if role.name == "schedule":
            return Part(place=0)
        if role.name == "schedules":
            return Part(place=0), Part(place=1)
        if role.axes:
            return tuple(symbol(f"p.{field}[{i}]") for i in range(1 if role.duration else 2))
        return 1 if role.static else symbol(f"p.{field}")

    step = symbol("t")
    schedule = kind._from_state({field: held(field, role) for field, role in kind._roles.items()})
    if looked_up:
        cycle = symbol("p.cycle"), symbol("p.begin"), symbol("p.length"), Part(place=0)
        object.__setattr__(schedule, "_cycle", lambda t, xp: cycle)
    return _Writer(names).function(schedule.at(step, Namespace(Symbols(step))))


class _Writer:
    """Writes an expression as a function. What is used twice becomes a constant, but for what lies in a branch."""

    def __init__(self, names: dict[Expression, str]) -> None:
        self.names = dict(names)
        self.lines: list[str] = []
        self.uses: dict[Expression, int] = {}

    def function(self, value: Any) -> str:
        self.uses = uses(value)
        text = self._text(value)
        return f"(t, p, parts) => {{ {' '.join(self.lines)} return {text}; }}"

    def _text(self, x: Any) -> str:
        if type(x) is not Expression:
            return _number(x)
        if x in self.names:
            return self.names[x]
        text = self._operation(x.op, [self._text(arg) for arg in x.args])
        if self.uses[x] == 1 or x.op == "part":  # a call costs more than an operation: it stays in its branch
            return text
        self.names[x] = name = f"x{len(self.lines)}"
        self.lines.append(f"const {name} = {text};")
        return name

    def _operation(self, op: str, args: list[str]) -> str:
        if op == "where":
            return f"({args[0]} ? {args[1]} : {args[2]})"
        if op == "neg":
            return f"(-{args[0]})"
        if op == "part":
            return f"parts[{args[0]}]({args[1]})"
        if op in _CALLS:
            return f"{_CALLS[op]}({', '.join(args)})"
        if op in _OPERATORS:
            return f"({args[0]} {_OPERATORS[op]} {args[1]})"
        raise ScheduleError(f"the page cannot write {op!r}")


_OPERATORS = {op: op for op in ("+", "-", "*", "/", "<", "<=", ">", ">=")} | {"==": "==="}
_CALLS = {name: f"Math.{name}" for name in ("abs", "sqrt", "exp", "log", "expm1", "log1p", "sin", "ceil")} | {
    "**": "Math.pow",
    "//": "wholes",
    "min": "least",
    "max": "most",
}


def _number(x: Any) -> str:
    if type(x) is bool:
        return str(x).lower()
    if not is_number(x):
        raise ScheduleError(f"the page cannot write {x!r}")
    if x in (math.inf, -math.inf):
        return "Infinity" if x > 0 else "-Infinity"
    return repr(x) if x >= 0 else f"({x!r})"
