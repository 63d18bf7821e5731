"""A schedule as configuration: for Hydra, and as a file of our own."""

from __future__ import annotations

from ..plain import write_text
from ..schedule import KINDS
from ..spec import to_dict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..schedule import Schedule

__all__ = ["file_of", "to_hydra", "to_yaml"]


def to_yaml(schedule: Schedule, total: int | None = None) -> str:
    """A file that `glidepath.load` reads; the updates of the run stand in its ``run`` block."""
    return file_of({"lr": schedule}, total)


def file_of(schedules: Mapping[str, Schedule], total: int | None = None) -> str:
    """A file that `glidepath.load_all` reads, with as few levels as what it holds needs."""
    bare = {name: to_dict(schedule) for name, schedule in schedules.items()}
    if len(bare) == 1 and total is None:
        return write_text(next(iter(bare.values())), "yaml")
    version = {data.pop("glidepath") for data in bare.values()}.pop()
    held = {"schedule": next(iter(bare.values()))} if len(bare) == 1 else {"schedules": bare}
    return write_text({"glidepath": version, **held, **({"run": {"total": total}} if total else {})}, "yaml")


def to_hydra(schedule: Schedule, total: int | None = None) -> str:
    """YAML of which ``hydra.utils.instantiate`` makes the same schedule."""
    data = to_dict(schedule)
    del data["glidepath"]
    target, *fields = _targets(data).items()
    # Hydra would hand over lists of its own.
    return write_text(dict([target, ("_convert_", "all"), *fields]), "yaml")


def _targets(data: Any) -> Any:
    """Plain data with the place of each kind instead of its name."""
    if type(data) is list:
        return [_targets(item) for item in data]
    if type(data) is not dict:
        return data
    named = {"_target_": _place(data["kind"])}
    return named | {field: _targets(held) for field, held in data.items() if field != "kind"}


def _place(name: str) -> str:
    """Where a kind is imported from: our own from the face of the library."""
    kind = KINDS[name]
    return (
        f"glidepath.{name}"
        if kind.__module__.split(".")[0] == "glidepath"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
