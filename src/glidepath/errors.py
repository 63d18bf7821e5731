"""The one error of the library, and the sentences it speaks.

Every message names the field, the rule and the value: ``Cosine.steps must be a positive integer, got -5``.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NoReturn

__all__ = ["ScheduleError"]


class ScheduleError(ValueError):
    """A schedule, a specification or a step that cannot be right.

    It is a ``ValueError``. It is raised before anything has changed.
    """


def show(value: object) -> str:
    """``repr(value)``, cut where it would bury the message."""
    try:
        text = repr(value)
    except Exception:  # a foreign repr must not hide the error that is being reported
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 120 else text[:100] + f"... ({len(text)} characters)"


def fail(where: str, rule: str, value: object) -> NoReturn:
    """Raise ``<where> must be <rule>, got <value>``."""
    raise ScheduleError(f"{where} must be {rule}, got {show(value)}")


def unknown(where: str, what: str, name: object, known: Iterable[str]) -> NoReturn:
    """Raise for a name that is not one of ``known``: list them, and point at the nearest."""
    from difflib import get_close_matches

    names = sorted(known)
    near = get_close_matches(str(name), names, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    listed = ", ".join(names) if names else "none"
    raise ScheduleError(f"{where}: unknown {what} {show(name)}{hint} (known: {listed})")
