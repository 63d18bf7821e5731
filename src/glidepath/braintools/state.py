"""States as data: what `state_dict` writes, checked before anything of it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..arrays import is_number
from ..errors import ScheduleError, fail, unknown
from ..jax import concrete
from .arguments import finite, items

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["VERSION", "checked", "is_data", "plain"]

#: The version of the states that are written here.
VERSION = 1

#: What the states of braintools' own schedulers have too; their states have no class.
_THEIRS = ("last_epoch", "base_lrs", "current_lrs")


def checked(where: str, state: Any, mine: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of a state, those common to all schedulers checked and in their normal form.

    where: what to call the scheduler in errors.
    mine: the state that it is in itself: the one to load must have the same names, class and version.
    arguments: the entries that must be equal in both.
    """
    where = f"{where}: state"
    if not hasattr(state, "keys"):
        fail(where, "a dictionary", state)
    ours = "class" in state or "version" in state
    for name in mine if ours else _THEIRS:
        if name not in state:
            raise ScheduleError(f"{where} must have {name!r}, got {', '.join(map(repr, state)) or 'nothing'}")
    if ours and (state["class"], state["version"]) != (mine["class"], mine["version"]):
        rule = f"one of a {mine['class']}, version {mine['version']}"
        fail(where, rule, f"{state['class']}, version {state['version']}")
    for name in state:
        if name not in mine:
            unknown(where, "key", name, mine)
    for name, argument in arguments.items():
        if name in state and plain(state[name]) != argument:
            fail(f"{where}[{name!r}]", f"{argument!r}, as in the scheduler", state[name])
    made = dict(state)
    made["last_epoch"] = epoch(f"{where}['last_epoch']", state["last_epoch"])
    for name in ("base_lrs", "current_lrs"):
        made[name] = numbers(f"{where}[{name!r}]", state[name])
    groups = len(made["base_lrs"])
    if len(made["current_lrs"]) != groups:
        fail(f"{where}['current_lrs']", f"as long as base_lrs ({groups})", state["current_lrs"])
    return made


def plain(x: Any) -> Any:
    """An argument as JSON gives it back."""
    if getattr(x, "ndim", 0):
        return x.tolist()
    return [concrete(entry) for entry in x] if isinstance(x, list | tuple) else concrete(x)


def is_data(x: Any) -> bool:
    """Whether an argument can be saved: a word, a setting, a number or a list of numbers."""
    return x is None or isinstance(x, str | bool) or all(map(is_number, x if isinstance(x, list) else [x]))


def epoch(where: str, x: Any) -> int | float:
    """An epoch: whole, unless a broken one was asked for."""
    x = concrete(x)
    return x if type(x) is int else finite(where, x)


def numbers(where: str, x: Any) -> list[float]:
    given = items(where, x, "a list of numbers")
    if not given:
        fail(where, "a list of at least one number", x)
    return [finite(f"{where}[{i}]", entry) for i, entry in enumerate(given)]
