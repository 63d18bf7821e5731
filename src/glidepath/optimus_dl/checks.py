"""What a configuration or a state may hold. Every refusal names the scheduler, the field, the rule and the value."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..arrays import LAST_STEP, is_number, library
from ..errors import ScheduleError, fail
from ..fields import number

__all__ = ["finite", "finites", "need", "plain", "whole"]


def plain(x: Any) -> Any:
    """The number of an array that holds one number; all else as it is."""
    return x.item() if library(x) in ("numpy", "torch") and math.prod(x.shape) == 1 else x


def finite(where: str, x: Any) -> Any:
    """``x``, a finite number. Whole ones stay integers."""
    x = plain(x)
    if not is_number(x):
        fail(where, "a finite number", x)
    number(where, x, "a finite number", lambda _: True, float)
    return x


def finites(where: str, x: Any) -> list[Any]:
    """``x``, a sequence of finite numbers, as a list of its own."""
    if library(x) in ("numpy", "torch") and len(x.shape) == 1:
        x = x.tolist()
    if not isinstance(x, Sequence) or isinstance(x, str | bytes):
        fail(where, "a list of numbers", x)
    return [finite(f"{where}[{i}]", entry) for i, entry in enumerate(x)]


def whole(where: str, x: Any, least: int) -> int:
    """``x``, a whole number from ``least`` to 2**53 - 1."""
    x = plain(x)
    if type(x) is not int or not least <= x <= LAST_STEP:
        rule = {0: "a non-negative integer", 1: "a positive integer"}.get(least, f"an integer of at least {least}")
        fail(where, f"{rule}, at most 2**53 - 1" if type(x) is int and x > LAST_STEP else rule, x)
    return x


class _MissingKey(ScheduleError, KeyError):
    """optimus_dl raises a `KeyError` here."""

    __str__ = Exception.__str__  # that of KeyError quotes the sentence


def need(where: str, state: Any, *names: str, remedy: str = "") -> None:
    """Raise where a state lacks one of some keys, and say what to do about it."""
    if not isinstance(state, Mapping):
        fail(f"{where}: the state", "a mapping", state)
    missing = [name for name in names if name not in state]
    if missing:
        has = ", ".join(map(str, state))
        raise _MissingKey(f"{where}: the state has no {', '.join(missing)} (it has {has}){remedy}")
