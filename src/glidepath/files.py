"""Files written in one move."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike

__all__ = ["replace_file"]


def replace_file(path: str | PathLike[str], data: bytes) -> None:
    """Write a file so that its reader finds the old content or the new one, whenever writing stops.

    The draft lies beside the file under one fixed name; one that a killed process has left is put away first.
    """
    import os

    target = os.path.realpath(path)  # a link goes on pointing to the file
    folder, name = os.path.split(target)
    draft = os.path.join(folder, f".{name}.tmp")
    if os.path.lexists(draft):  # it may be a link, which must not be written through
        os.remove(draft)
    try:
        with open(draft, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, target)
    except BaseException:
        if os.path.exists(draft):
            os.remove(draft)
        raise
    if os.name == "posix":  # the move lasts once the folder is written too
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
