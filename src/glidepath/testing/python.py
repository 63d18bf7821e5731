"""What can be checked without an array library."""

from __future__ import annotations

import copy
import math
import pickle
from dataclasses import FrozenInstanceError

from ..arrays import LAST_STEP, PLAIN
from ..spec import from_dict, to_dict
from ..text import to_source
from ..tree import walk
from .steps import steps_to_try, with_fractions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from ..schedule import Schedule

__all__ = ["CHECKS"]


def _values(schedule: Schedule) -> Iterator[str]:
    steps = steps_to_try(schedule, LAST_STEP)
    for step in [*steps, *with_fractions(steps)]:
        value = schedule(step)
        if type(value) is not float or not math.isfinite(value):
            yield f"the value at step {step!r} must be a finite float, got {value!r}"
            return
        if step < 0 and value != schedule(0):
            yield f"the value at step {step!r} must be that of step 0 ({schedule(0)!r}), got {value!r}"
            return
        if schedule.length is not None and step > schedule.length and value != schedule(schedule.length):
            held = schedule(schedule.length)
            yield f"the value at step {step!r}, past the length {schedule.length}, must be {held!r}, got {value!r}"
            return


def _compiled(schedule: Schedule) -> Iterator[str]:
    scope: dict[str, Any] = {}
    exec(to_source(schedule), scope)
    steps = steps_to_try(schedule)
    for step in [*steps, *with_fractions(steps)]:
        plain, compiled = float(schedule.at(step, PLAIN)), schedule(step)
        if compiled.hex() != plain.hex() or float(scope["schedule"](step)).hex() != plain.hex():
            yield f"the value at step {step!r} is {compiled!r} compiled, but {plain!r} by at()"
            return


def _a_value(schedule: Schedule) -> Iterator[str]:
    kinds = {type(node).__name__: type(node) for _, node in walk(schedule)}
    copies: dict[str, Callable[[], Any]] = {
        "pickle": lambda: pickle.loads(pickle.dumps(schedule)),
        "copy.deepcopy": lambda: copy.deepcopy(schedule),
        "replace()": lambda: schedule.replace(),
        "eval of repr": lambda: eval(repr(schedule), kinds),
        "from_dict of to_dict": lambda: from_dict(to_dict(schedule)),
    }
    for name, made in copies.items():
        try:
            other = made()
        except Exception as error:
            yield f"{name} raised {type(error).__name__}: {error}"
            continue
        if other != schedule or hash(other) != hash(schedule) or repr(other) != repr(schedule):
            yield f"{name} gives {other!r}"
    for _, node in walk(schedule):
        for name in node._roles:
            try:
                setattr(node, name, None)
            except FrozenInstanceError:
                continue
            yield f"{type(node).__name__}.{name} can be assigned to"


CHECKS = {"values": _values, "compiled": _compiled, "a value": _a_value}
