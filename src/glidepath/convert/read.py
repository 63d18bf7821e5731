"""What readers of other programs' schedules have in common, and which of them reads what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ..arrays import LAST_STEP
from ..errors import ScheduleError, fail, show, unknown
from ..fields import number
from ..plain import MAX_BYTES, Source, decoded, read_text

if TYPE_CHECKING:
    from os import PathLike

    from ..schedule import Schedule

__all__ = ["READERS", "Given", "Imported", "convert", "load_foreign", "reader", "whole"]

_LANGUAGES = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}
_CHECKPOINTS = (".bin", ".ckpt", ".pt", ".pth")


@dataclass(frozen=True, kw_only=True)
class Given:
    """What the caller knows that the data may not say.

    lr: the rate of the optimizer.
    total: updates of the run.
    kind: the class of a scheduler whose state does not name it.
    """

    lr: float | None = None
    total: int | None = None
    kind: str | None = None


class Imported(NamedTuple):
    """What was read.

    schedules: by name: "lr", or "lr_0", "lr_1" ... where parameter groups differ; "momentum" or "beta1" beside it.
    total: updates of the run, where they are known.
    what: what it was: the class or the name that the other program has for it.
    notes: what was lost or changed, in sentences.
    """

    schedules: dict[str, Schedule]
    total: int | None
    what: str
    notes: tuple[str, ...]


class _Reader(NamedTuple):
    knows: Callable[[dict[str, Any]], bool]
    read: Callable[[dict[str, Any], Given], Imported]


#: Every reader by the name of its program.
READERS: dict[str, _Reader] = {}

_Read = Callable[[dict[str, Any], Given], Imported]


def reader(name: str, knows: Callable[[dict[str, Any]], bool]) -> Callable[[_Read], _Read]:
    """Register a function ``read(data, given)`` as the reader of a program.

    name: of the program.
    knows: whether data looks like the program's.
    """

    def register(read: _Read) -> _Read:
        READERS[name] = _Reader(knows, read)
        return read

    return register


def convert(
    data: Any, source: str | None = None, *, lr: float | None = None, total: int | None = None, kind: str | None = None
) -> Imported:
    """The schedules that another program's data describes.

    data: a configuration or a state, in dicts and lists.
    source: "optimus_dl" or "torch"; told by the data where not given.
    lr: the rate of the optimizer, where the data does not say it; positive.
    total: updates of the run, at least 1, where the data does not say it.
    kind: the class of a torch scheduler, where the keys of its state do not tell it.

    Raises `ScheduleError` for data that no reader knows, and for what has no formula.

    >>> state = {"step_size": 30, "gamma": 0.1, "base_lrs": [0.5], "last_epoch": 0, "_step_count": 1}
    >>> convert(state).schedules["lr"]
    Exponential(start=0.5, rate=0.1, steps=30, staircase=True)
    """
    if not isinstance(data, dict):
        fail("what to import", "a mapping", data)
    if lr is not None:
        lr = number("lr", lr, "a positive finite number", lambda x: x > 0, float)
    if total is not None:
        total = number("total", total, "a positive integer", lambda n: 1 <= n <= LAST_STEP, int)
    if source is not None and source not in READERS:
        unknown("import", "source", source, READERS)
    names = [source] if source else [name for name, one in READERS.items() if one.knows(data)]
    if not names:
        keys = ", ".join(map(str, list(data)[:12]))
        raise ScheduleError(f"no reader knows data with the keys {show(keys)} (known sources: {', '.join(READERS)})")
    try:
        return READERS[names[0]].read(data, Given(lr=lr, total=total, kind=kind))
    except ScheduleError:
        raise
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:  # of another form
        raise ScheduleError(f"this is not of the form that {names[0]} gives its data: {error!r}") from error


def load_foreign(path: str | PathLike[str]) -> Any:
    """The data of a YAML or JSON file, or of a checkpoint of torch's, of which nothing but data is loaded."""
    import os

    name = os.fspath(path)
    suffix = os.path.splitext(name)[1].lower()
    if suffix in _CHECKPOINTS:
        from .torch import load_checkpoint

        return load_checkpoint(name)
    if suffix not in _LANGUAGES:
        fail(f"{name}: the suffix", "one of " + ", ".join((*_LANGUAGES, *_CHECKPOINTS)), suffix)
    with open(path, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    with Source(name) as source:
        return read_text(decoded(data), _LANGUAGES[suffix], source, any_words=True)


def whole(where: str, x: Any, least: int = 0) -> int:
    """A number of steps that another program holds, perhaps as a float."""
    if type(x) is float and x.is_integer():
        x = int(x)
    rule = f"a whole number of steps, at least {least}"
    made: int = number(where, x, rule, lambda n: least <= n <= LAST_STEP, int)
    return made
