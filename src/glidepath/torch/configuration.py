"""What a `Scheduler` was told, as a value and as plain data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ScheduleError, fail, show
from ..fields import one_of, true_or_false
from ..plateau import Plateau
from ..spec import from_dict, to_dict
from .driven import ByGroup, Driven, Group

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Configuration", "Unsaved", "differences"]

#: What a step may count.
CLOCKS = ("updates", "tokens", "samples")


class Unsaved(ScheduleError):
    """Data names a schedule that it cannot hold."""


@dataclass(frozen=True)
class Configuration:
    """Everything a `Scheduler` was told that decides its values.

    groups: what is known of each parameter group; nothing before they are looked at.
    """

    clock: str
    relative: bool
    hyperparameters: dict[str, Driven]
    plateau: Plateau | None
    groups: tuple[Group, ...] = ()

    def __post_init__(self) -> None:
        one_of("clock", self.clock, *CLOCKS)
        true_or_false("relative", self.relative)
        if self.plateau is not None and not isinstance(self.plateau, Plateau):
            fail("plateau", "a glidepath.Plateau", self.plateau)
        if not self.hyperparameters:
            raise ScheduleError("Scheduler needs a hyperparameter to drive, such as lr=glidepath.warmup_cosine(...)")

    def to_dict(self) -> dict[str, Any]:
        return {
            "clock": self.clock,
            "relative": self.relative,
            "hyperparameters": {key: _written(driven) for key, driven in self.hyperparameters.items()},
            "plateau": None if self.plateau is None else self.plateau.to_dict(),
            "groups": [group._asdict() for group in self.groups],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Configuration:
        """What `to_dict` wrote. Raises `Unsaved` where a schedule is a Python function."""
        return cls(
            clock=data["clock"],
            relative=data["relative"],
            hyperparameters={key: _read(driven) for key, driven in data["hyperparameters"].items()},
            plateau=None if data["plateau"] is None else Plateau.from_dict(data["plateau"]),
            groups=tuple(Group(**group).checked(f"groups[{i}]") for i, group in enumerate(data["groups"])),
        )


def _written(driven: Any) -> Any:
    if driven is None:
        return None
    if isinstance(driven, ByGroup):
        return {"by_group": [[name, _written(followed)] for name, followed in driven.items]}
    if isinstance(driven, tuple):
        return {"elements": [_written(item) for item in driven]}
    try:
        return to_dict(driven)
    except ScheduleError:  # it calls a Python function: say which, so that another one is noticed
        return {"callable": re.sub(r" at 0x[0-9A-Fa-f]+", "", repr(driven))}


def _read(data: Any) -> Any:
    if data is None:
        return None
    if "by_group" in data:
        return ByGroup(tuple((name, _read(followed)) for name, followed in data["by_group"]))
    if "elements" in data:
        return tuple(_read(item) for item in data["elements"])
    if "callable" in data:
        raise Unsaved(
            f"the state names a schedule that it cannot hold, {data['callable']}: build the scheduler with it, and "
            'load with resume="strict"'
        )
    return from_dict(data)


# Compared ---------------------------------------------------------------------------------------------------------


def differences(saved: Any, mine: Any, path: str = "") -> Iterator[str]:
    """Where the data of two configurations differ, one line for each field."""
    saved, mine = _by_name(saved), _by_name(mine)
    if isinstance(saved, dict) and isinstance(mine, dict) and saved.get("kind") == mine.get("kind"):
        for key in [*saved, *(key for key in mine if key not in saved)]:
            if saved.get(key) != mine.get(key):
                inner = key if not path or path == "hyperparameters" else f"{path}{_link(key)}"
                yield from differences(saved.get(key), mine.get(key), inner)
    elif isinstance(saved, list) and isinstance(mine, list) and len(saved) == len(mine):
        for i, (there, here) in enumerate(zip(saved, mine, strict=True)):
            yield from differences(there, here, f"{path}[{i}]")
    elif isinstance(saved, list) and isinstance(mine, list):
        yield f"{path}: {len(saved)} in the state, {len(mine)} here"
    elif saved != mine:
        yield f"{path}: {_shown(saved)} in the state, {_shown(mine)} here"


def _by_name(data: Any) -> Any:
    """What a hyperparameter follows, in the form in which the user gave it."""
    if isinstance(data, dict) and "by_group" in data:
        return {f"[{name!r}]": followed for name, followed in data["by_group"]}
    if isinstance(data, dict) and "elements" in data:
        return data["elements"]
    return data


def _link(key: str) -> str:
    return key if key.startswith("[") else f".{key}"


def _shown(data: Any) -> str:
    """A whole schedule by its kind alone."""
    if data is None:
        return "not given"
    return str(data["kind"]) if isinstance(data, dict) and "kind" in data else show(data)
