"""How much the designer's server takes, and how much the page. Each is checked before anything is made of it."""

from __future__ import annotations

from ..errors import ScheduleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["check_size"]

#: The most bytes of a request.
MAX_BYTES = 64 * 1024
#: The most mappings, lists, numbers and words of a specification.
MAX_NODES = 1_000
#: The most numbers and words of a specification that stand in lists.
MAX_ENTRIES = 1_000
#: The most mappings and lists in each other.
MAX_DEPTH = 32
#: The most parts of a schedule in one list.
MAX_PARTS = 256
#: The most points of a curve.
MAX_POINTS = 2_000
#: The most schedules beside each other.
MAX_SCHEDULES = 8
#: The most updates of a run that is looked at one by one, for the advice.
MAX_ADVISED = 1_000_000
#: The most characters of a text that is written.
MAX_TEXT = 256 * 1024
#: The most seconds that a connection may take to say what it wants.
MAX_SECONDS = 10
#: The most connections at a time.
MAX_CONNECTIONS = 32


def check_size(data: Any) -> None:
    """Raise `ScheduleError` where plain data is more than a specification may be."""
    nodes = entries = 0
    level = [data]
    for _ in range(MAX_DEPTH + 1):
        below: list[Any] = []
        for item in level:
            below += item.values() if type(item) is dict else item if type(item) is list else ()
            entries += len(item) if type(item) is list else 0
        nodes += len(level)
        if nodes > MAX_NODES + entries:
            raise ScheduleError(f"the specification must have at most {MAX_NODES:,} values")
        if entries > MAX_ENTRIES:
            raise ScheduleError(f"the specification must have at most {MAX_ENTRIES:,} numbers in lists")
        level = below
        if not level:
            return
    raise ScheduleError(f"the specification must be nested at most {MAX_DEPTH} deep")
