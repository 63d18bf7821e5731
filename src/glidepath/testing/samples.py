"""Schedules of any kind, made from the roles of its fields."""

from __future__ import annotations

from dataclasses import fields

from ..errors import ScheduleError
from ..fields import role_of
from ..schedules import Cosine, Linear

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ..fields import Role
    from ..schedule import Schedule

__all__ = ["samples_of"]

_RAMPS = (Linear(start=0.0, end=1.0, steps=10), Cosine(start=0.5, end=0.1, steps=25))

#: What a field may hold. A role gets those of the first row that has some that it accepts.
_OFFERS: tuple[tuple[Any, ...], ...] = (
    (0.5, 0.1, 2.0, 0.9),
    (10, 25, 3),
    (False, True),
    ((0.5, 0.1), (0.0, 1.0)),
    ((10,), (7,)),
    _RAMPS,
    (_RAMPS, _RAMPS[::-1]),
)


def samples_of(kind: type[Schedule]) -> list[Schedule]:
    """Some schedules of a kind, with fields that fit their roles.

    Raises `ScheduleError` where the kind's own ``check`` refuses them all: make samples by hand then.

    >>> from glidepath import Linear
    >>> samples_of(Linear)[0]
    Linear(start=0.5, end=0.1, steps=3)
    """
    made, refusal = [], None
    for turn in range(4):
        offers = [_offers(role_of(f), str(f.type)) for f in fields(kind)]  # type: ignore[arg-type]
        given = {
            name: some[(turn + i) % len(some)] for i, (name, some) in enumerate(zip(kind._roles, offers, strict=True))
        }
        try:
            made.append(kind(**given))
        except ScheduleError as error:
            refusal = error
    if not made:
        raise ScheduleError(f"no samples of {kind.__name__} can be made ({refusal}): pass schedules instead") from None
    return list(dict.fromkeys(made))


def _offers(role: Role, annotation: str) -> Sequence[Any]:
    if role.name.startswith("one of "):
        return role.name.removeprefix("one of ").split(", ")
    for row in _OFFERS[1:] if annotation in ("int", "<class 'int'>") else _OFFERS:
        if accepted := [offer for offer in row if _accepts(role, offer)]:
            return accepted
    raise ScheduleError(f"there are no samples of a {role.name}: pass schedules instead of a kind")


def _accepts(role: Role, offer: Any) -> bool:
    try:
        role.accept("", offer)
    except ScheduleError:
        return False
    return True
