"""The schedulers in a composite: of this room, composites themselves, or torch's and those of users."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from .member import Member
from .shown import Shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def _is_ours(child: Any) -> bool:
    return isinstance(child, Shown)


def leaves(scheduler: Any) -> Iterator[Any]:
    """All schedulers beneath one, but for the composites."""
    if hasattr(scheduler, "_schedulers"):
        for child in scheduler._schedulers:
            yield from leaves(child)
    else:
        yield scheduler


def rates(child: Any) -> list[Any]:
    """The rates of its last step; of one that does not keep them, those of the optimizer."""
    try:
        held: list[Any] = child._last_lr
    except AttributeError:
        held = [float(group["lr"]) for group in child.optimizer.param_groups]
    return held


def undo(child: Any) -> None:
    """Take back the first step, as torch does."""
    if not isinstance(child, Member):
        child.last_epoch -= 1


def leave(child: Any) -> None:
    """Put it out of force."""
    if _is_ours(child):
        child._leave()


def stand_at(child: Any, t: int) -> None:
    """Let it stand at a step, without effect."""
    if _is_ours(child):
        child._stand_at(t)


def begin(child: Any, t: int) -> None:
    """Put it in force at a step, from the base rates."""
    if _is_ours(child) and getattr(child, "_is_own", True):
        child._begin(t)
    else:
        child._update_lr(t)


def kept(child: Any) -> Callable[[], None]:
    """What puts it back to where it is now."""
    if _is_ours(child):
        restore: Callable[[], None] = child._kept()
        return restore
    state = copy.deepcopy(child.state_dict())
    return lambda: child.load_state_dict(state)


def load(child: Any, state: Any) -> None:
    """Take over a state; of those of this room, with no effect on the optimizer."""
    if _is_ours(child):
        child._load(state)
    else:
        child.load_state_dict(state)


def settle(child: Any, last: list[float]) -> None:
    """Put a loaded state in force."""
    if _is_ours(child):
        child._settle(last)
