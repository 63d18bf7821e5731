"""What the page knows of kinds and recipes: one JavaScript module, written from the classes themselves."""

from __future__ import annotations

import json
from re import findall

from ..errors import ScheduleError
from ..recipes import RECIPES
from ..spec import from_dict, to_dict
from ..units import Run
from .formulas import formulas, options_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..fields import Role
    from ..schedule import Schedule

__all__ = ["RECIPE_TOTAL", "module"]

#: How many steps the trees of the recipes take; the page stretches them to its run.
RECIPE_TOTAL = 10_000

#: What the recipes are called with, but for what they work out themselves.
_ARGUMENTS: dict[str, Any] = {
    "peak": 1e-3,
    "total": RECIPE_TOTAL,
    "warmup": "5%",
    "decay": "20%",
    "period": "25%",
    "timescale": "10%",
}
_OWN: dict[str, dict[str, Any]] = {"warmup_exponential": {"end": 1e-5}, "one_cycle": {"warmup": "30%"}}

_HEAD = """\
// Written by glidepath from its kinds of schedules: every formula is what a kind's own `at` does with symbols.

// Whole b in a, exactly: the remainder is exact, where the quotient would be rounded first.
const wholes = (a, b) => { const rest = a % b; return (a - (rest < 0 ? rest + b : rest)) / b; };
const least = (a, b) => (a < b ? a : b);
const most = (a, b) => (a > b ? a : b);

"""


def module() -> str:
    """The text of ``kinds.js``."""
    drawn = {kind: texts for kind, texts in formulas().items() if _is_plain(kind)}
    entries = "".join(f"  {json.dumps(name)}: {text},\n" for texts in drawn.values() for name, text in texts.items())
    kinds = {kind.__name__: _described(kind) for kind in drawn}
    recipes = {name: _recipe(name, make) for name, make in RECIPES.items()}
    return (
        f"{_HEAD}export const formulas = {{\n{entries}}};\n\n"
        f"export const kinds = {json.dumps(kinds, indent=1)};\n\n"
        f"export const recipeTotal = {RECIPE_TOTAL};\n"
        f"export const recipes = {json.dumps(recipes, indent=1)};\n"
    )


def _is_plain(kind: type[Schedule]) -> bool:
    """Whether the page can hold the default values of a kind."""
    return all(held is None or type(held) in (bool, int, float, str) for held in kind._defaults.values())


def _summary(documented: object) -> str:
    """The first sentence of a docstring."""
    return (documented.__doc__ or "").strip().split("\n")[0]


def _described(kind: type[Schedule]) -> dict[str, Any]:
    return {
        "summary": _summary(kind),
        "fields": {name: _field(kind, name, role) for name, role in kind._roles.items()},
    }


def _field(kind: type[Schedule], name: str, role: Role) -> dict[str, Any]:
    """What a field takes, and how errors say it."""
    found: dict[str, Any] = {"role": role.name, "rule": _rule(role, object())}
    if options := options_of(role):
        found["options"] = options
    if role.axes:
        found |= {"axes": role.axes, "item": _rule(role, (object(),))}
    if role.duration:
        found["duration"] = True
    if name in kind._defaults:
        found["default"] = kind._defaults[name]
    return found


def _rule(role: Role, probe: object) -> str:
    """What a value must be, in the words in which the role refuses one that is nothing of the kind."""
    try:
        role.accept("", probe)
    except ScheduleError as error:
        return str(error).partition(" must be ")[2].partition(", got ")[0]
    return ""


def _recipe(name: str, make: Callable[..., Schedule]) -> dict[str, Any]:
    from inspect import signature

    takes = signature(make).parameters
    given = {key: _given(name, key, parameter.default) for key, parameter in takes.items()}
    spec = {"recipe": name} | {key: held for key, held in given.items() if held is not None}
    parameters = {
        key: {"given": held, "options": _words(spec, key) if takes[key].annotation == "str" else []}
        for key, held in given.items()
        if key != "total"
    }
    return {"summary": _summary(make), "tree": to_dict(_made(spec)), "parameters": parameters}


def _given(recipe: str, key: str, default: Any) -> Any:
    """What a recipe is called with; None where it works that out itself."""
    if key in _OWN.get(recipe, {}):
        return _OWN[recipe][key]
    return default if default is None else _ARGUMENTS.get(key, default)


def _made(spec: dict[str, Any]) -> Schedule:
    return from_dict(spec, run=Run(total=RECIPE_TOTAL))


def _words(spec: dict[str, Any], key: str) -> list[str]:
    """The words that a parameter of a recipe chooses from, which it names where it refuses another."""
    try:
        _made(spec | {key: "nothing"})
    except ScheduleError as error:
        return findall(r"\w+", str(error).partition(" one of ")[2].partition(", got ")[0])
    return []
