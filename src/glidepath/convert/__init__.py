"""Schedules of other programs, read from their configurations and checkpoints.

A file of this room holds the reader of one program, which registers itself with `reader`.
"""

from __future__ import annotations

from . import optimus_dl as optimus_dl, torch as torch  # they register themselves
from .read import (
    READERS as READERS,
    Given as Given,
    Imported as Imported,
    convert as convert,
    load_foreign as load_foreign,
    reader as reader,
)

__all__ = ["READERS", "Given", "Imported", "convert", "load_foreign", "reader"]
