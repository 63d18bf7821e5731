"""What the page asks Python for: a specification read and checked, its phases, its texts, and advice.

Everything here takes plain data that anyone may have sent, and answers plain data or raises `ScheduleError`.
"""

from __future__ import annotations

import json

from ..arrays import is_number
from ..errors import ScheduleError, fail, unknown
from ..plain import Source, read_text, write_text
from ..reader import read
from ..spec import to_dict
from ..units import Run
from .limits import MAX_ADVISED, MAX_BYTES, MAX_POINTS, MAX_SCHEDULES, MAX_TEXT, check_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..schedule import Schedule

__all__ = ["WANTED", "schedule"]

_RUN = ("total", "steps_per_epoch", "batch_size", "tokens_per_step")
_KEYS = ("spec", "text", "steps", "want", *_RUN)


def schedule(asked: Any) -> dict[str, Any]:
    """The answer to one request.

    asked: a mapping with ``spec`` (plain data) or ``text`` (JSON or YAML); of the run ``total``,
        ``steps_per_epoch``, ``batch_size`` and ``tokens_per_step``, where they are known; ``steps``, a list of
        steps whose values are wanted; and ``want``, a list of names of `WANTED`.

    Answers ``total`` and ``schedules``, a mapping of names to ``{"spec": ..., "length": ..., ...}`` with what is
    wanted beside them. Where one of these cannot be had, its place holds ``{"error": why}``.
    """
    if type(asked) is not dict:
        fail("the request", "a JSON object", asked)
    for key in asked:
        if key not in _KEYS:
            unknown("the request", "key", key, _KEYS)
    wanted = _words(asked.get("want", []))
    steps = _steps(asked.get("steps", []))
    given = Run(**{name: asked[name] for name in _RUN if asked.get(name) is not None})
    found, run = _read(asked, given)
    if len(found) > MAX_SCHEDULES:
        raise ScheduleError(f"there must be at most {MAX_SCHEDULES} schedules, got {len(found)}")
    answers = {name: _answer(made, run, wanted, steps) for name, made in found.items()}
    return {"total": run.total, "schedules": answers}


def _words(wanted: Any) -> list[str]:
    if type(wanted) is not list:
        fail("want", "a list of words", wanted)
    for word in wanted:
        if type(word) is not str or word not in WANTED:
            unknown("want", "word", word, WANTED)
    return list(dict.fromkeys(wanted))


def _steps(steps: Any) -> list[float]:
    if type(steps) is not list or not all(map(is_number, steps)):
        fail("steps", "a list of numbers", steps)
    if len(steps) > MAX_POINTS:
        raise ScheduleError(f"steps must be at most {MAX_POINTS:,}, got {len(steps):,}")
    return steps


def _read(asked: dict[str, Any], given: Run) -> tuple[dict[str, Schedule], Run]:
    if ("spec" in asked) == ("text" in asked):
        raise ScheduleError("the request must have either spec or text")
    with Source("") as source:
        data = asked["spec"] if "spec" in asked else _parsed(asked["text"], source)
        check_size(data)
        return read(data, given, source)


def _parsed(text: Any, source: Source) -> Any:
    if type(text) is not str or len(text) > MAX_BYTES:
        fail("text", f"a text of at most {MAX_BYTES:,} characters", text)
    return read_text(text, "json" if text.lstrip()[:1] == "{" else "yaml", source)


# What is wanted ---------------------------------------------------------------------------------------------------


def _answer(made: Schedule, run: Run, wanted: list[str], steps: list[float]) -> dict[str, Any]:
    answer: dict[str, Any] = {"spec": to_dict(made), "length": made.length}
    if steps:
        answer["values"] = [made(step) for step in steps]
    for word in wanted:
        try:
            answer[word] = WANTED[word](made, run)
        except ScheduleError as error:
            answer[word] = {"error": str(error)}
        except ModuleNotFoundError as error:
            answer[word] = {"error": f"{error.name} is not installed"}
    return answer


def _total(made: Schedule, run: Run) -> int:
    """The updates of the run: what is said, or the schedule's length."""
    total = run.total or made.length
    if not total:
        raise ScheduleError("the schedule has no end: say how many steps the run has")
    return total


def _phases(made: Schedule, run: Run) -> list[dict[str, Any]]:
    from dataclasses import asdict

    from ..phases import phases

    return [asdict(phase) for phase in phases(made, _total(made, run))]


def _advice(made: Schedule, run: Run) -> list[dict[str, Any]]:
    from dataclasses import asdict, replace

    from ..theory import advise

    total = _total(made, run)
    if total > MAX_ADVISED:
        raise ScheduleError(
            f"advice is given for runs of at most {MAX_ADVISED:,} steps here: glidepath check takes more"
        )
    return [asdict(one) for one in advise(made, run=replace(run, total=total))]


def _text(target: str) -> Callable[[Schedule, Run], str]:
    def written(made: Schedule, run: Run) -> str:
        from ..export import export

        return _short(export(made, target, run.total or made.length))

    return written


def _short(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise ScheduleError(f"the text has {len(text):,} characters, which is more than a page should show")
    return text


#: What can be asked for beside the schedule itself.
WANTED: dict[str, Callable[[Schedule, Run], Any]] = {
    "phases": _phases,
    "advice": _advice,
    "json": lambda made, run: json.dumps(to_dict(made), indent=2),
    "yaml": lambda made, run: write_text(to_dict(made), "yaml"),
    "repr": lambda made, run: _short(repr(made)),
    **{target: _text(target) for target in ("python", "javascript", "latex", "optax", "torch", "hydra")},
}
