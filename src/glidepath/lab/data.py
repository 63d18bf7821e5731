"""Real text that every Python brings along: nothing to download."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Text", "topics"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Text:
    """A text as character codes: 0 for the first of ``characters``, and so on.

    train: what to learn from.
    valid: what to judge by; the part after it.
    characters: the alphabet, in the order of the codes.
    """

    train: NDArray[np.int32]
    valid: NDArray[np.int32]
    characters: str

    @property
    def checksum(self) -> int:
        """The same for the same text: what a checkpoint compares, since the text differs between Pythons."""
        return zlib.crc32(self.characters.encode() + self.train.tobytes() + self.valid.tobytes())


@cache
def topics() -> Text:
    """The help pages that come with CPython (``pydoc_data.topics``), about 460,000 characters of English.

    The pages are joined in the order of their names; the last 10 % are held out. The text differs a little from
    one version of Python to the next, and so do the losses that a model reaches on it.

    >>> text = topics()
    >>> len(text.train) > 400_000, len(text.characters) > 90
    (True, True)
    """
    from pydoc_data.topics import topics as pages

    whole = "\n".join(pages[name] for name in sorted(pages))
    points = np.frombuffer(whole.encode("utf-32-le"), dtype="<u4")
    alphabet, places = np.unique(points, return_inverse=True)
    codes: NDArray[np.int32] = places.astype(np.int32)
    codes.flags.writeable = False  # everyone shares one copy
    cut = len(codes) * 9 // 10
    return Text(train=codes[:cut], valid=codes[cut:], characters="".join(map(chr, alphabet)))
