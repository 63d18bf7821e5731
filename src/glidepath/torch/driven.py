"""What a `Scheduler` drives: which key of which parameter group follows which schedule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from ..arrays import is_number
from ..errors import ScheduleError, fail, show, unknown
from ..schedule import Schedule, as_schedule

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "ByGroup",
    "Driven",
    "Group",
    "Groups",
    "Slot",
    "accept",
    "check_slot",
    "describe",
    "element",
    "label",
    "slots_of",
    "titles",
]

Groups = list[dict[str, Any]]

#: The schedules for the elements of a tuple such as ``betas``; None leaves an element alone.
Elements = tuple[Schedule | None, ...]


class ByGroup(NamedTuple):
    """A schedule for some parameter groups: pairs of a group's name or index, and what it follows."""

    items: tuple[tuple[str | int, Schedule | Elements], ...]

    def __repr__(self) -> str:
        return repr(dict(self.items))


Driven = Schedule | Elements | ByGroup


class Slot(NamedTuple):
    """One number that is written: element ``position`` of ``key`` in group ``group`` (None: the key itself)."""

    group: int
    key: str
    position: int | None
    schedule: Schedule
    factor: float


class Group(NamedTuple):
    """What matters of a parameter group: its name, its ``lr_scale``, and, if relative, its starting values."""

    name: str | None
    scale: float
    bases: dict[str, float | list[float]]

    def checked(self, where: str) -> Group:
        """The group itself, if what it holds can be: starting values and scales are never negative."""
        if self.name is not None and type(self.name) is not str:
            fail(f"name of {where}", "a string", self.name)
        for key, held in {"lr_scale": self.scale, **self.bases}.items():
            for x in held if isinstance(held, list) else [held]:
                if not is_number(x) or not 0 <= x < inf:
                    fail(f"{key} of {where}", "a finite number of at least 0", x)
        return self


# What the user names ----------------------------------------------------------------------------------------------


def accept(given: Mapping[str, Any]) -> dict[str, Driven]:
    """The hyperparameters as named by the user, in their normal form: numbers become constant schedules."""
    return {key: _driven(key, x) for key, x in given.items()}


def _driven(key: str, x: Any) -> Driven:
    if not isinstance(x, Mapping):
        return _one(key, x)
    for name in x:
        if type(name) not in (str, int):
            fail(f"{key}: each parameter group", "a name or an index", name)
    if not x:
        fail(key, "a schedule, a number, or a mapping with at least one parameter group", x)
    return ByGroup(tuple((name, _one(f"{key}[{name!r}]", item)) for name, item in x.items()))


def _one(where: str, x: Any) -> Schedule | Elements:
    if isinstance(x, tuple | list):
        if not any(item is not None for item in x):
            fail(where, "a tuple with a schedule or a number for at least one element", x)
        return tuple(None if item is None else _plain(f"{where}[{i}]", item) for i, item in enumerate(x))
    return _plain(where, x)


def _plain(where: str, x: Any) -> Schedule:
    """A schedule of plain numbers: one that holds arrays would answer with an array."""
    made = as_schedule(where, x)
    if made._host is not None:
        raise ScheduleError(f"{where} must be a schedule of plain numbers, got one that holds {made._host} arrays")
    return made


# What the optimizers have -----------------------------------------------------------------------------------------


def titles(groups: Groups) -> list[str | int]:
    """What to call each parameter group: its name, if it has one of its own, or else its index."""
    names = [group.get("name") for group in groups]
    often = Counter(names)
    return [i if name is None or often[name] > 1 else name for i, name in enumerate(names)]


def label(groups: Groups, index: int) -> str:
    """A parameter group in a message."""
    name = groups[index].get("name")
    return f"parameter group {index if name is None else name!r}"


def describe(slot: Slot, groups: Groups) -> str:
    """``betas[1] of parameter group 'head'``"""
    return f"{element(slot.key, slot.position)} of {label(groups, slot.group)}"


def element(key: str, position: int | None) -> str:
    return key if position is None else f"{key}[{position}]"


def check_slot(slot: Slot, groups: Groups) -> None:
    """Refuse a slot that cannot be written to, as the groups are now."""
    held = groups[slot.group].get(slot.key)
    if slot.position is not None:
        if not isinstance(held, tuple | list) or len(held) <= slot.position:
            fail(f"{slot.key} of {label(groups, slot.group)}", f"a tuple with an element {slot.position}", held)
        held = held[slot.position]
    if fault := _fault(held):
        raise ScheduleError(f"{describe(slot, groups)} {fault}")


def slots_of(
    hyperparameters: Mapping[str, Driven], relative: bool, groups: Groups, noted: Sequence[Group]
) -> list[Slot]:
    """Every number that is written, in the order of keys and groups. Raises where one cannot be.

    noted: what is known of each of the groups.
    """
    slots = []
    for key, driven in hyperparameters.items():
        for index, followed in _followed(key, driven, groups):
            _check(key, followed, groups, index)
            scale = noted[index].scale if key == "lr" else 1.0
            several = isinstance(followed, tuple)
            bases = _bases(key, groups, index, noted[index], several) if relative else None
            for position, schedule in enumerate(followed) if isinstance(followed, tuple) else [(None, followed)]:
                if schedule is not None:
                    base = 1.0 if bases is None else bases[position or 0]
                    slots.append(Slot(index, key, position, schedule, scale * base))
    return slots


def _bases(key: str, groups: Groups, index: int, noted: Group, several: bool) -> list[float]:
    """What a key of a group started with, one number for each element."""
    bases = noted.bases.get(key)
    made = bases if isinstance(bases, list) else [bases]
    if bases is None or several != isinstance(bases, list) or (several and len(made) != len(groups[index][key])):
        rule = "a list of numbers, one for each element" if several else "a number"
        fail(f"what {key} of {label(groups, index)} started with", rule, bases)
    return made  # type: ignore[return-value]  # no None, as was checked


def _followed(key: str, driven: Driven, groups: Groups) -> Iterable[tuple[int, Schedule | Elements]]:
    if isinstance(driven, ByGroup):
        found = {_index(key, name, groups): followed for name, followed in driven.items}
        if len(found) < len(driven.items):
            fail(key, "a mapping that names each parameter group once", [name for name, _ in driven.items])
        return sorted(found.items())
    having = [i for i, group in enumerate(groups) if key in group]
    if not having:
        _lacks(key, groups, "the parameter groups")
    return [(i, driven) for i in having]


def _index(key: str, name: str | int, groups: Groups) -> int:
    if isinstance(name, int):
        if not 0 <= name < len(groups):
            there = "is one parameter group" if len(groups) == 1 else f"are {len(groups)} parameter groups"
            raise ScheduleError(f"{key}: there is no parameter group {name}: there {there}, counted from 0")
        return name
    names = [group.get("name") for group in groups]
    if name not in names:
        known = [known for known in names if known is not None]
        if not known:
            raise ScheduleError(
                f"{key}: there is no parameter group named {name!r}: none has a name; give the group one, "
                f'{{"params": ..., "name": {name!r}}}, or use its index'
            )
        unknown(key, "parameter group", name, known)
    if names.count(name) > 1:
        raise ScheduleError(f"{key}: {names.count(name)} parameter groups are named {name!r}: use the index of one")
    return names.index(name)


def _lacks(key: str, groups: Groups, where: str) -> None:
    known = {name for group in groups for name, held in group.items() if name != "params" and _drivable(held)}
    unknown(where, "hyperparameter", key, known)


def _drivable(held: object) -> bool:
    if isinstance(held, tuple | list):
        return any(map(_drivable, held))
    return isinstance(held, int | float | torch.Tensor) and not isinstance(held, bool)


def _check(key: str, followed: Schedule | Elements, groups: Groups, index: int) -> None:
    """Refuse what cannot be written to ``key`` of a group."""
    if key == "params" or key not in groups[index]:
        _lacks(key, [groups[index]], label(groups, index))
    held = groups[index][key]
    if isinstance(followed, Schedule):
        if isinstance(held, tuple | list):
            wanted = ", ".join("..." for _ in held)
            how = f"drive them with {key}=({wanted}), None for as it is"
            raise ScheduleError(f"{key} of {label(groups, index)} has {len(held)} elements: {how}")
        if fault := _fault(held):
            raise ScheduleError(f"{key} of {label(groups, index)} {fault}")
        return
    if not isinstance(held, tuple | list):
        fail(f"{key} of {label(groups, index)}", "a tuple, since a tuple of schedules is to drive it", held)
    if len(held) != len(followed):
        raise ScheduleError(f"{key} of {label(groups, index)} has {len(held)} elements, but {len(followed)} are given")
    for position, schedule in enumerate(followed):
        if schedule is not None and (fault := _fault(held[position])):
            raise ScheduleError(f"{element(key, position)} of {label(groups, index)} {fault}")


def _fault(held: object) -> str | None:
    """Why what a group holds cannot be driven; None where it can."""
    if not isinstance(held, torch.Tensor):
        if isinstance(held, tuple | list) or not _drivable(held):
            return f"must be a number to be driven, got {show(held)}"
        return None
    if not held.is_floating_point():
        return f"must be a tensor of floating point to be driven, got one of {held.dtype}"
    if held.numel() != 1:
        return f"must be a tensor of one number to be driven, got one of shape {tuple(held.shape)}"
    if held.requires_grad:
        return "must be a tensor that requires no gradient to be driven, got one that does"
    return None
