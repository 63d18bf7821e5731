"""What constructors and states may hold, and warnings about it."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

import torch

from ...errors import fail
from ...fields import number

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["as_dict", "check_rates", "copied", "plain", "rate", "steps", "warn"]


def plain(name: str, x: Any, rule: str = "a finite number", ok: Callable[[float], bool] = lambda _: True) -> float:
    """A number, which may be in a tensor."""
    return float(number(name, _out_of_tensor(x), rule, ok, float))


def rate(name: str, x: Any) -> float:
    return plain(name, x, "a finite number of at least 0", lambda v: v >= 0)


def check_rates(name: str, x: Any) -> None:
    """A rate, or one for each group."""
    for each in x if isinstance(x, list | tuple) else [x]:
        rate(name, each)


def steps(name: str, x: Any, least: float = 0) -> Any:
    """A number of steps, which may be broken; whole ones as an integer."""
    rule = "a positive finite number" if least else "a finite number of at least 0"
    made = plain(name, x, rule, (lambda v: v > 0) if least else (lambda v: v >= 0))
    return int(made) if made == int(made) else made


def _out_of_tensor(x: Any) -> Any:
    return x.item() if isinstance(x, torch.Tensor) and x.numel() == 1 else x


def copied(x: Any) -> Any:
    return x.clone() if isinstance(x, torch.Tensor) else x


def as_dict(scheduler: Any, given: Any) -> dict[str, Any]:
    """A copy of a state, which has to be a dictionary."""
    if not hasattr(given, "keys"):
        fail(f"{type(scheduler).__name__}: the state", "a dictionary", given)
    return dict(given)


def warn(text: str) -> None:
    """Warn at the line outside of this room that led here."""
    level = 1
    while sys._getframe(level).f_globals.get("__name__", "").startswith(f"{__package__}."):
        level += 1
    warnings.warn(text, UserWarning, stacklevel=level + 1)
