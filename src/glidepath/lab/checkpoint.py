"""One file that holds a training, and is never half of one.

A checkpoint is written beside its place and moved there when it is whole and on the disk, so that a crash, a
``kill -9`` or a full disk at any moment leaves the one before. A file that was cut, or of which a bit has flipped,
is refused. There is no pickle in it: a JSON header, and the bytes of the arrays.

The layout: eight bytes that name the format; the CRC-32 of all that follows; the length of the header; the header,
which is JSON in UTF-8; the arrays one after the other, in C order and little-endian.
"""

from __future__ import annotations

import json
import math
import os
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ScheduleError, fail, show
from ..files import replace_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from os import PathLike
    from typing import Any

    from numpy.typing import NDArray

__all__ = ["differences", "load", "resume", "save"]

_MAGIC = b"glide\x00\x01\n"
_START = struct.Struct("<8sIQ")
_CHECKED_FROM = 12  # the name of the format and the checksum itself are not under the checksum
#: What an array may hold: a closed list, so that a file cannot name anything else.
_DTYPES = frozenset(np.dtype(code).newbyteorder("<").str for code in "?bhilqBHILQefdFD")


def save(path: str | PathLike[str], arrays: Mapping[str, NDArray[Any]], header: Mapping[str, Any]) -> None:
    """Write a checkpoint, in place of the one that may be there.

    path: the file.
    arrays: arrays of numbers or booleans, by name.
    header: anything that JSON can hold: the step, the schedule as a dict.

    Raises `ScheduleError` where something cannot be held, and `OSError` where it cannot be written; the checkpoint
    that was there is whole in either case.

    >>> import numpy, tempfile
    >>> path = tempfile.mkdtemp() + "/run.ckpt"
    >>> save(path, {"weights": numpy.ones(3)}, {"step": 7})
    >>> load(path)
    ({'step': 7}, {'weights': array([1., 1., 1.])})
    """
    replace_file(path, _encode(arrays, header))


def load(path: str | PathLike[str]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The header and the arrays of a checkpoint. A file that is not a whole one raises `ScheduleError`."""
    try:
        return _decode(Path(path).read_bytes())
    except _Damaged as error:
        raise ScheduleError(f"{os.fspath(path)} is not a whole checkpoint: {error}") from None


def resume(path: str | PathLike[str], run: Mapping[str, Any]) -> tuple[int, dict[str, NDArray[Any]]] | None:
    """The step and the arrays of the checkpoint at ``path``; None where there is no file.

    run: what the run is made of: the schedule as a dict, the settings, the seed. The checkpoint must have been
        saved with the header ``{"step": step, **run}``; where it holds another run, `ScheduleError` says what
        differs.
    """
    if not Path(path).exists():
        return None
    header, arrays = load(path)
    step = header.pop("step", None)
    if type(step) is not int or step < 0:
        fail(f"{os.fspath(path)}: step", "a non-negative integer", step)
    found = list(differences(header, json.loads(json.dumps(run))))
    if found:
        raise ScheduleError(
            f"{os.fspath(path)} is from a different run: {'; '.join(found)}. "
            "Put back what it was made with, or start anew with another checkpoint"
        )
    return step, arrays


def differences(saved: Any, now: Any, where: str = "") -> Iterator[str]:
    """What differs between two values made of dicts, lists and plain values, one line for each.

    >>> list(differences({"steps": 100, "parts": [1, 2]}, {"steps": 200, "parts": [1, 3]}))
    ['steps: 100 in the checkpoint, 200 now', 'parts[1]: 2 in the checkpoint, 3 now']
    """
    if type(saved) is type(now) is dict:
        for name in saved | now:
            inside = f"{where}.{name}" if where else name
            yield from differences(saved.get(name, _NOTHING), now.get(name, _NOTHING), inside)
    elif type(saved) is type(now) is list and len(saved) == len(now):
        for i, (old, new) in enumerate(zip(saved, now, strict=True)):
            yield from differences(old, new, f"{where}[{i}]")
    elif (type(saved), saved) != (type(now), now):
        yield f"{where}: {show(saved)} in the checkpoint, {show(now)} now"


class _Nothing:
    def __repr__(self) -> str:
        return "nothing"


_NOTHING = _Nothing()


class _Damaged(Exception):
    """Why bytes are no checkpoint."""


def _encode(arrays: Mapping[str, NDArray[Any]], header: Mapping[str, Any]) -> bytes:
    listed, pieces = [], []
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray) or array.dtype.newbyteorder("<").str not in _DTYPES:
            fail(f"checkpoint.arrays[{name!r}]", "a NumPy array of numbers or booleans", array)
        stored = array.astype(array.dtype.newbyteorder("<"), copy=False)
        listed.append({"name": name, "dtype": stored.dtype.str, "shape": stored.shape})
        pieces.append(stored.tobytes())
    try:
        text = json.dumps({"header": header, "arrays": listed}, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ScheduleError(f"checkpoint.header must be what JSON can hold: {error}") from None
    content = b"".join([_START.pack(_MAGIC, 0, len(text)), text, *pieces])
    checksum = zlib.crc32(content[_CHECKED_FROM:])
    return _START.pack(_MAGIC, checksum, len(text)) + content[_START.size :]


def _decode(content: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    if len(content) < _START.size:
        raise _Damaged(f"it has {len(content)} bytes")
    magic, checksum, length = _START.unpack_from(content)
    if magic != _MAGIC:
        raise _Damaged("it does not begin like one")
    if zlib.crc32(content[_CHECKED_FROM:]) != checksum:
        raise _Damaged("its checksum is wrong")
    try:  # the file is as it was written, though perhaps not by `save`
        return _read(content, _START.size + length)
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise _Damaged(f"its header cannot be right ({error})") from None


def _read(content: bytes, at: int) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The header and the arrays of ``content``; the arrays begin at ``at``."""
    written = json.loads(content[_START.size : at])
    header, arrays = dict(written["header"]), {}
    for entry in written["arrays"]:
        if entry["dtype"] not in _DTYPES:
            raise ValueError(f"it names the dtype {show(entry['dtype'])}")
        dtype, shape = np.dtype(entry["dtype"]), entry["shape"]
        end = at + math.prod(shape) * dtype.itemsize
        arrays[str(entry["name"])] = np.frombuffer(content[at:end], dtype).reshape(shape).copy()
        at = end
    if at != len(content):
        raise ValueError(f"it tells of {at} bytes, and there are {len(content)}")
    return header, arrays
