"""Schedules as plain data, as JSON and YAML text, and as files. What is written reads back as an equal schedule."""

from __future__ import annotations

from .arrays import is_number, library
from .errors import ScheduleError, fail, show
from .files import replace_file
from .plain import MAX_BYTES, MAX_DEPTH, Source, checked, decoded, join, read_text, too_deep, write_text
from .reader import RESERVED, VERSION, read
from .schedule import KINDS, Schedule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike
    from typing import Any

    from .units import Run

__all__ = ["dump", "from_dict", "from_json", "load", "load_all", "to_dict", "to_json"]

_LANGUAGES = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}


# Plain data -------------------------------------------------------------------------------------------------------


def to_dict(schedule: Schedule) -> dict[str, Any]:
    """A schedule as plain dicts, lists, numbers and strings.

    Definition: ``{"glidepath": 1, "kind": ..., field: value, ...}``, without the fields that have their
    default value; the schedules beneath likewise, without the version. ``from_dict(to_dict(s)) == s``.

    schedule: of plain numbers. A `Custom` beneath it is refused, since data cannot hold a callable; so is
        what `from_dict` would refuse for its size.

    >>> from glidepath import Linear
    >>> to_dict(Linear(start=0.0, end=0.1, steps=100))
    {'glidepath': 1, 'kind': 'Linear', 'start': 0.0, 'end': 0.1, 'steps': 100}
    """
    if not isinstance(schedule, Schedule):
        fail("the schedule", "a glidepath schedule", schedule)
    data = {"glidepath": VERSION, **_written(schedule, "", 0)}
    checked(data, Source())
    return data


def from_dict(data: Any, run: Run | None = None) -> Schedule:
    """The schedule that plain data describes: a mapping with ``kind`` or ``recipe``, or with ``schedule``.

    data: dicts, lists, numbers and strings, as `to_dict` makes them or as a file holds them (see `load`).
    run: what durations such as ``"5%"`` are measured by; what it gives goes before the data's own ``run``.

    Raises `ScheduleError` with the path of what is wrong.

    >>> from glidepath import Run
    >>> from_dict({"recipe": "warmup_constant", "peak": 0.1, "warmup": "5%"}, run=Run(total=2000)).length
    100
    """
    _check_run(run)
    return _only(read(data, run, Source())[0])


def _check_run(run: Any) -> None:
    from .units import Run

    if run is not None and type(run) is not Run:
        fail("run", "a glidepath.Run", run)


def _only(schedules: dict[str, Schedule], prefix: str = "") -> Schedule:
    if len(schedules) > 1:
        names = ", ".join(schedules)
        raise ScheduleError(f"{prefix}there are {len(schedules)} schedules ({names}): take a file with load_all")
    return next(iter(schedules.values()))


def _written(schedule: Schedule, path: str, depth: int) -> dict[str, Any]:
    kind = type(schedule)
    name = kind.__name__
    if KINDS.get(name) is not kind:
        why = "wraps a Python callable" if name == "Custom" else "is not registered by its name"
        raise ScheduleError(
            f"{path or 'the schedule'} is a {name}, which {why}: data cannot hold it; "
            "give the formula a name by subclassing glidepath.Schedule"
        )
    if depth >= MAX_DEPTH:
        too_deep(Source(), path)
    data: dict[str, Any] = {"kind": name}
    for field in kind._roles:
        if field in RESERVED:
            raise ScheduleError(f"{name}.{field} must have another name: in data it means another thing")
        held = _plain(getattr(schedule, field), join(path, field), depth + 1)
        if field not in kind._defaults or not _same(getattr(schedule, field), kind._defaults[field]):
            data[field] = held
    return data


def _same(held: Any, default: Any) -> bool:
    return type(held) is type(default) and bool(held == default)


def _plain(held: Any, path: str, depth: int) -> Any:
    if isinstance(held, Schedule):
        return _written(held, path, depth)
    if type(held) is tuple:
        return [_plain(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(held)]
    if held is None or is_number(held) or type(held) in (bool, str):
        return held
    what = f"a {library(held)} array" if library(held) else show(held)
    raise ScheduleError(f"{path} must hold plain numbers and words to be written as data, got {what}")


# Text and files ---------------------------------------------------------------------------------------------------


def to_json(schedule: Schedule) -> str:
    """A schedule as JSON text, in one line. See `to_dict`.

    >>> from glidepath import Constant
    >>> to_json(Constant(value=0.1))
    '{"glidepath": 1, "kind": "Constant", "value": 0.1}'
    """
    return _text(schedule, "json")


def from_json(text: str, run: Run | None = None) -> Schedule:
    """The schedule that JSON text describes. See `from_dict` and, for the limits, `load`.

    >>> from_json('{"kind": "Linear", "start": 1, "end": 0, "steps": 1e3}').length
    1000
    """
    _check_run(run)
    return _only(_read_text(text, "json", "", run)[0])


def load(path: str | PathLike[str], run: Run | None = None) -> Schedule:
    """The schedule in a YAML or JSON file.

    path: ends in ``.yaml``, ``.yml`` or ``.json``. YAML needs PyYAML.
    run: what durations such as ``"5%"`` are measured by; what it gives goes before the file's own ``run``.

    A file may hold 1 MiB, 32 levels, 10,000 values, as many entries of lists, 256 parts in a list, and 128
    characters in a word.

    Raises `ScheduleError` with the path (and in YAML the line) of what is wrong, and for a file that holds
    several schedules; `OSError` where it cannot be read.
    """
    import os

    return _only(load_all(path, run), f"{os.fspath(path)}: ")


def load_all(path: str | PathLike[str], run: Run | None = None) -> dict[str, Schedule]:
    """The schedules in a YAML or JSON file, by the names under ``schedules``; a single one is ``"lr"``.

    See `load`.
    """
    return read_file(path, run)[0]


def read_file(path: str | PathLike[str], run: Run | None = None) -> tuple[dict[str, Schedule], Run]:
    """What `load_all` reads, and the run by which it was measured: the file's own and ``run``."""
    import os

    _check_run(run)
    name, language = os.fspath(path), _language(path)
    with open(path, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    with Source(name):
        text = decoded(data)
    return _read_text(text, language, name, run)


def dump(schedule: Schedule, path: str | PathLike[str]) -> None:
    """Write a schedule to a YAML or JSON file, as `to_dict` describes it.

    path: ends in ``.yaml``, ``.yml`` or ``.json``. A file that is there is replaced in one move, so that
        what is read is the old one or the new one, whenever writing stops.
    """
    text = _text(schedule, _language(path), indent=2)
    replace_file(path, (text.rstrip("\n") + "\n").encode())


def _language(path: str | PathLike[str]) -> str:
    import os

    suffix = os.path.splitext(os.fspath(path))[1]
    if suffix.lower() not in _LANGUAGES:
        fail(f"{os.fspath(path)}: the suffix", "one of " + ", ".join(_LANGUAGES), suffix)
    return _LANGUAGES[suffix.lower()]


def _text(schedule: Schedule, language: str, indent: int | None = None) -> str:
    text = write_text(to_dict(schedule), language, indent)
    _read_text(text, language, "", None)  # a text that could not be read again is not handed out
    return text


def _read_text(text: str, language: str, name: str, run: Run | None) -> tuple[dict[str, Schedule], Run]:
    with Source(name) as source:
        return read(read_text(text, language, source), run, source)
