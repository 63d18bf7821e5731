"""Plain data read as schedules.

The data names kinds (see `KINDS`) and recipes, and nothing else: it cannot import, call or evaluate anything.
An unknown word is an error that says where it stands and which words are known.
"""

from __future__ import annotations

from dataclasses import fields

from .arrays import is_number
from .errors import ScheduleError, show, unknown
from .fields import PLAIN_FIELD, number
from .plain import Source, checked, join
from .recipes import RECIPES
from .schedule import KINDS, Schedule
from .schedules import Constant
from .units import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    from .fields import Role

    T = TypeVar("T")

__all__ = ["MAX_PARTS", "RESERVED", "VERSION", "read"]

#: The version of what the data means, under the key "glidepath".
VERSION = 1

#: The most parts that a schedule in a text may have in one list.
MAX_PARTS = 256

#: Keys with a meaning of their own beside the fields of a kind.
RESERVED = ("glidepath", "kind", "recipe")

#: The keys of data that is not itself a schedule.
TOP = ("glidepath", "run", "schedule", "schedules")

#: The parameters of recipes that are numbers of steps.
DURATIONS = frozenset({"at", "decay", "period", "timescale", "total", "warmup"})


def read(data: Any, run: Run | None, source: Source) -> tuple[dict[str, Schedule], Run]:
    """The schedules in data of one of three forms: bare, under ``schedule``, by name under ``schedules``.

    The run by which their durations were measured comes with them.
    """
    data = checked(data, source)
    if type(data) is not dict or "kind" in data or "recipe" in data:
        given = run or Run()
        return {"lr": _Reader(source, given).schedule(data, "")}, given
    for key in data:
        if key not in TOP:
            source.here = key
            unknown("the top level, which has no kind and no recipe", "key", key, (*TOP, "kind", "recipe"))
    _check_version(data, "", source)
    if ("schedule" in data) == ("schedules" in data):
        source.refuse("", "must have one of the keys kind, recipe, schedule and schedules")
    run = _run(data.get("run", {}), run or Run(), source)
    reader = _Reader(source, run)
    if "schedule" in data:
        return {"lr": reader.schedule(data["schedule"], "schedule")}, run
    named = data["schedules"]
    if type(named) is not dict or not named:
        source.refuse("schedules", f"must be a mapping of names to schedules, got {show(named)}")
    return {name: reader.schedule(part, f"schedules.{name}") for name, part in named.items()}, run


def _run(data: Any, given: Run, source: Source) -> Run:
    """The run block, with what is ``given`` in front of it. Its total may be a duration."""
    if type(data) is not dict:
        source.refuse("run", f"must be a mapping, got {show(data)}")
    names = [field.name for field in fields(Run)]
    for key in data:
        if key not in names:
            source.here = f"run.{key}"
            unknown("run", "key", key, names)
    merged = data | {name: held for name, held in vars(given).items() if held is not None}
    total = merged.pop("total", None)
    run = _build(Run, merged, "run", "Run", source)
    if total is None:
        return run
    if type(total) is str and "%" in total:
        source.refuse("run.total", f"must be a number of steps, epochs, samples or tokens, got {show(total)}")
    source.here = "run.total"
    return _build(Run, {**merged, "total": run.steps(total, "run.total")}, "run", "Run", source)


def _check_version(data: Mapping[str, Any], path: str, source: Source) -> None:
    version = data.get("glidepath", VERSION)
    if type(version) is not int or version != VERSION:
        source.refuse(join(path, "glidepath"), f"must be {VERSION}, the version that is read here, got {show(version)}")


def _build(make: Callable[..., T], given: Mapping[str, Any], path: str, name: str, source: Source) -> T:
    """``make(**given)``; what it raises about ``name.field`` is about ``path.field``."""
    import re

    source.here = path
    try:
        return make(**given)
    except ScheduleError as error:
        text = str(error)
        own = rf"\b{re.escape(name)}\.(?=([A-Za-z_]\w*(?:\[\d+\])*))"
        found = re.match(own, text)
        if found:
            source.here = join(path, found[1])
        if path:
            text = re.sub(own, f"{path}.", text) if found else f"{path}: {text}"
        raise ScheduleError(text) from None


def _where(path: str, name: str, field: str) -> str:
    """A field as errors call it: by its path, or by its owner's name at the top."""
    return join(path or name, field)


class _Reader:
    """Builds schedules, the parts of each before itself."""

    def __init__(self, source: Source, run: Run) -> None:
        self.source = source
        self.run = run

    def schedule(self, data: Any, path: str) -> Schedule:
        self.source.here = path
        if is_number(data):
            return _build(Constant, {"value": data}, path, "Constant", self.source)
        if type(data) is not dict:
            rule = "must be a schedule, that is a mapping with a kind or a recipe, or a number"
            self.source.refuse(path, f"{rule}, got {show(data)}")
        if ("kind" in data) == ("recipe" in data):
            have = "both" if "kind" in data else "neither"
            self.source.refuse(path, f"must have either a kind or a recipe, but has {have}")
        _check_version(data, path, self.source)
        given = {key: value for key, value in data.items() if key not in RESERVED}
        if "kind" in data:
            return self._kind(data["kind"], given, path)
        return self._recipe(data["recipe"], given, path)

    def _kind(self, name: Any, given: Mapping[str, Any], path: str) -> Schedule:
        kind = self._named(name, KINDS, "kind", join(path, "kind"))
        self._check_names(given, kind._roles, name, path)
        arguments = {
            field: self._held(value, kind._roles[field], _where(path, name, field), join(path, field))
            for field, value in given.items()
        }
        return _build(kind, arguments, path, name, self.source)

    def _held(self, value: Any, role: Role, where: str, path: str) -> Any:
        """What a field of that role holds; what it may not hold is left for the role to refuse."""
        self.source.here = path
        if value is None:
            return value
        if role.name == "schedule" or (role is PLAIN_FIELD and type(value) is dict):
            return self.schedule(value, path)
        if type(value) is not list:
            return self.run.steps(value, where) if role.duration and not role.axes else value
        if role.name == "schedules" and self.source.name is not None and len(value) > MAX_PARTS:
            self.source.refuse(path, f"must have at most {MAX_PARTS} parts, got {len(value)}")
        return tuple(self._item(item, role, f"{where}[{i}]", f"{path}[{i}]") for i, item in enumerate(value))

    def _item(self, item: Any, role: Role, where: str, path: str) -> Any:
        if role.name == "schedules":
            return self.schedule(item, path)
        if role is PLAIN_FIELD:
            return self._held(item, role, where, path)
        self.source.here = path
        return self.run.steps(item, where) if role.duration else item

    def _recipe(self, name: Any, given: Mapping[str, Any], path: str) -> Schedule:
        from inspect import signature

        recipe = self._named(name, RECIPES, "recipe", join(path, "recipe"))
        parameters = signature(recipe).parameters
        self._check_names(given, parameters, name, path)
        if "total" in parameters and self.run.total is not None:
            given = {"total": self.run.total, **given}
        for field, parameter in parameters.items():
            if parameter.default is parameter.empty and field not in given:
                also = " (or the run's total)" if field == "total" else ""
                raise ScheduleError(f"{_where(path, name, field)} must be given{also}")
        run = self.run
        if "total" in given:
            self.source.here = join(path, "total")
            total = run.steps(given["total"], _where(path, name, "total"))
            if total > 0:  # shares are of the total that the recipe itself says
                run = Run(**{**vars(run), "total": total})
            given = {**given, "total": total}
        arguments = {}
        for field, value in given.items():
            self.source.here = join(path, field)
            arguments[field] = _argument(value, parameters[field], run, _where(path, name, field))
        return _build(recipe, arguments, path, name, self.source)

    def _named(self, name: Any, table: Mapping[str, T], what: str, path: str) -> T:
        """What has that name in the table of kinds or of recipes, and nowhere else."""
        self.source.here = path
        if type(name) is not str:
            self.source.refuse(path, f"must be the name of a {what}, got {show(name)}")
        if name == "Custom":
            raise ScheduleError(f"{path} must not be Custom: it wraps a Python callable, which data cannot hold")
        if name not in table:
            other = "kind" if name in KINDS else "recipe" if name in RECIPES else None
            if other:
                raise ScheduleError(f'{path} must be a {what}, but {name} is a {other}: write "{other}: {name}"')
            unknown(path, what, name, table)
        return table[name]

    def _check_names(self, given: Mapping[str, Any], known: Mapping[str, Any], name: str, path: str) -> None:
        for field in given:
            if field not in known:
                self.source.here = join(path, field)
                if field == "run":
                    raise ScheduleError(f'{self.source.here} stands beside "schedule:", not in the schedule itself')
                unknown(f"{path} ({name})" if path else name, "field", field, known)


def _argument(value: Any, parameter: Any, run: Run, where: str) -> Any:
    """What a parameter of a recipe is given; a setting is left for the recipe to check."""
    if value is None and parameter.default is None:
        return value
    if parameter.name in DURATIONS:
        return run.steps(value, where)
    if parameter.annotation.startswith("float"):
        return number(where, value, "a finite number", lambda _: True, float)
    return value
