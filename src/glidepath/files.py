"""Files written in one move."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike

__all__ = ["replace_file"]


def replace_file(path: str | PathLike[str], data: bytes) -> None:
    """Write a file so that its reader finds the old content or the new one, whenever writing stops.

    The draft lies beside the file and is named after the process, so that several may write at once: the last
    one wins. A file that was there keeps its permissions. Raises `OSError` where it cannot be written, and for
    what is not a file (a device, a pipe), which a new file must not replace.
    """
    import errno
    import os

    target = os.path.realpath(path)  # a link goes on pointing to the file
    folder, name = os.path.split(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(errno.ENOENT, "there is no such folder", folder)
    if os.path.exists(target) and not os.path.isfile(target):
        raise OSError(errno.EINVAL, "not a file, and a file must not take its place", target)
    _remove_left_behind(folder, name)
    draft = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
    try:
        with open(draft, "xb") as file:
            file.write(data)
            file.flush()
            if os.path.exists(target):
                os.chmod(draft, os.stat(target).st_mode & 0o7777)
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


def _remove_left_behind(folder: str, name: str) -> None:
    """Remove the drafts of processes that were killed (and one under our own number, which is none of ours)."""
    import os

    for draft in os.listdir(folder):
        number = draft.removeprefix(f".{name}.").removesuffix(".tmp")
        if draft == f".{name}.{number}.tmp" and number.isdecimal() and not _runs(int(number)):
            os.remove(os.path.join(folder, draft))


def _runs(process: int) -> bool:
    import os

    if process == os.getpid():
        return False
    if os.name != "posix":  # signal 0 asks nothing there
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
