"""Schedules that go from a start value to an end value in a number of steps, each in a shape of its own."""

from __future__ import annotations

import math

from ..arrays import is_number
from ..errors import fail
from ..fields import length, value
from ..schedule import Schedule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..arrays import Namespace

    #: ``shape(done, left, steps, xp)``: the share of the way from the near end to the far end.
    Weight = Callable[[Any, Any, Any, Namespace], Any]
    #: ``weight(share, xp)``, the same in both directions, or a weight for each.
    Shape = Callable[[Any, Namespace], Any] | tuple[Weight, Weight]

__all__ = ["Cosine", "Linear", "Polynomial", "Rex", "Sqrt"]

#: Below this distance from an end, a root is taken as 0: its slope would overflow.
_TINY = 1e-20


def ramp(t: Any, start: Any, end: Any, steps: Any, shape: Shape, xp: Namespace) -> Any:
    """``start`` at and before ``t = 0``, ``end`` from ``t = steps`` on, and ``shape`` in between.

    The value is ``near + (far - near) * w``, where ``near`` is the end of smaller size and ``w`` grows from
    0 to 1 with the whole-number distance from it. So small values keep all their digits, neighbours never
    step the wrong way and both ends are met exactly: the near one because ``w`` is 0 there, the far one by
    ``where`` (a library may turn the division by ``steps`` into a multiplication that misses 1).

    shape: one weight of the share of the way; or two, for ``near`` at the end (falling) and for ``near`` at
        the start (rising).
    """
    steps = xp.maximum(steps, 1)  # a traced length of 0 must not divide by it
    done = xp.clip(t, 0, steps)
    falling = abs(start) >= abs(end)
    near = xp.where(falling, end, start)
    far = xp.where(falling, start, end)
    distance = xp.branch(falling, lambda: steps - done, lambda: done)
    if isinstance(shape, tuple):
        left = steps - done
        weight = xp.branch(falling, lambda: shape[0](done, left, steps, xp), lambda: shape[1](done, left, steps, xp))
    else:
        weight = shape(distance / steps, xp)
    upward = far >= near
    value = (far - near) * weight
    if not (upward is True and near == 0):  # 0 + -0.0 is to be 0.0
        value = near + value
    value = xp.branch(upward, lambda: xp.minimum(value, far), lambda: xp.maximum(value, far))
    arrived = (t <= 0 if falling else t >= steps) if type(falling) is bool else distance >= steps
    return xp.where(arrived, far, value)


def check_ends(kind: str, field: str, start: float, end: float) -> None:
    """Raise where the way between two values is longer than the largest float."""
    if abs(end - start) == math.inf:
        fail(f"{kind}.{field}", f"nearer to {start!r}, so that their difference is finite", end)


def _half_cosine(progress: Any, xp: Namespace) -> Any:
    root = xp.sin(progress * (math.pi / 2))  # 1 - cos would lose the small values
    return root * root


LINEAR: Shape = lambda progress, xp: progress  # noqa: E731
COSINE: Shape = _half_cosine


def _root(done: Any, steps: Any, xp: Namespace) -> Any:
    """``sqrt(done / steps)``, with slope 0 where it would be infinite."""
    some = done > _TINY
    return xp.where(some, xp.sqrt(xp.where(some, done, 1) / steps), 0.0)


SQRT: tuple[Weight, Weight] = (
    lambda done, left, steps, xp: (left / steps) / (1 + _root(done, steps, xp)),  # 1 - sqrt(x), without cancellation
    lambda done, left, steps, xp: _root(done, steps, xp),
)


def _rex_falling(done: Any, left: Any, steps: Any, xp: Namespace) -> Any:
    # 2x / (1 + x) with one x, so that no two roundings can go apart.
    some = left > _TINY
    return xp.where(some, 2 / (1 + steps / xp.where(some, left, 1)), 0.0)


def _rex_rising(done: Any, left: Any, steps: Any, xp: Namespace) -> Any:
    some = done > _TINY
    return xp.where(some, 1 / (2 * (steps / xp.where(some, done, 1)) - 1), 0.0)


REX: tuple[Weight, Weight] = (_rex_falling, _rex_rising)


def _polynomial(power: Any) -> tuple[Weight, Weight]:
    def falling(done: Any, left: Any, steps: Any, xp: Namespace) -> Any:
        if is_number(power) and power >= 1:  # its slope is finite everywhere
            return xp.power(left / steps, power)
        some = left > 0
        return xp.where(some, xp.power(xp.where(some, left, 1) / steps, power), 0.0)

    def rising(done: Any, left: Any, steps: Any, xp: Namespace) -> Any:
        # 1 - (1 - x)**p as -expm1(p * log(1 - x)), with the logarithm taken from the nearer end.
        some = left > 0
        early = xp.log1p(-xp.minimum(done, left) / steps)
        late = xp.log(xp.where(some, left, 1) / steps)
        return xp.where(some, -xp.expm1(power * xp.where(done <= left, early, late)), 1.0)

    return falling, rising


def _cosine(power: Any) -> tuple[Weight, Weight]:
    """The half cosine to a power, by the sine of the distance from the end: 1 + cos would lose the small values."""

    def falling(done: Any, left: Any, steps: Any, xp: Namespace) -> Any:
        some = left > _TINY
        root = xp.sin(xp.where(some, left, 1) / steps * (math.pi / 2))
        return xp.where(some, xp.power(root, 2 * power), 0.0)

    def rising(done: Any, left: Any, steps: Any, xp: Namespace) -> Any:
        # 1 - cos(x)**(2p) as -expm1(2p * log(cos(x))), with the logarithm taken from the nearer end.
        some = left > _TINY
        root = xp.sin(xp.minimum(done, left) / steps * (math.pi / 2))
        early = xp.log1p(-root * root)
        late = 2 * xp.log(xp.sin(xp.where(some, left, 1) / steps * (math.pi / 2)))
        return xp.where(some, -xp.expm1(power * xp.where(done <= left, early, late)), 1.0)

    return falling, rising


class Linear(Schedule):
    """A straight line.

    Definition: ``s(t) = start + (end - start) * x`` with ``x = min(max(t, 0), steps) / steps``.

    start, end: the first and last value; any finite numbers.
    steps: the length, in steps; at least 1.

    >>> Linear(start=0.0, end=0.1, steps=100)(50)
    0.05
    """

    start: float = value()
    end: float = value()
    steps: int = length()

    def check(self) -> None:
        check_ends("Linear", "end", self.start, self.end)

    def at(self, t: Any, xp: Namespace) -> Any:
        return ramp(t, self.start, self.end, self.steps, LINEAR, xp)

    @property
    def length(self) -> int:
        return self.steps


class Cosine(Schedule):
    """Half a cosine: flat at both ends, steepest in the middle.

    Definition: ``s(t) = end + (start - end) * ((1 + cos(pi * x)) / 2)**power`` with
    ``x = min(max(t, 0), steps) / steps``.

    Source: Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983, eq. 5, for one period and power 1.

    start, end: the first and last value; any finite numbers.
    steps: the length, in steps; at least 1.
    power: 1 where not given; more falls earlier, less later; positive.

    >>> s = Cosine(start=0.1, end=0.02, steps=1000)
    >>> s(0), round(s(500), 12), s(1000)
    (0.1, 0.06, 0.02)
    """

    start: float = value()
    end: float = value()
    steps: int = length()
    power: float | None = value(default=None, sign="positive")

    def check(self) -> None:
        check_ends("Cosine", "end", self.start, self.end)

    def at(self, t: Any, xp: Namespace) -> Any:
        shape = COSINE if self.power is None else _cosine(self.power)
        return ramp(t, self.start, self.end, self.steps, shape, xp)

    @property
    def length(self) -> int:
        return self.steps


class Polynomial(Schedule):
    """A power of the steps that are left.

    Definition: ``s(t) = end + (start - end) * (1 - x)**power`` with ``x = min(max(t, 0), steps) / steps``.

    start, end: the first and last value; any finite numbers.
    steps: the length, in steps; at least 1.
    power: 1 is a straight line, more starts steeper, less ends steeper; positive. Where the size of the values
        grows, JAX in float32 may step back between neighbours by two units in the last place: its `expm1` does.

    >>> Polynomial(start=1.0, end=0.0, steps=10, power=2.0)(5)
    0.25
    """

    start: float = value()
    end: float = value()
    steps: int = length()
    power: float = value(sign="positive")

    def check(self) -> None:
        check_ends("Polynomial", "end", self.start, self.end)

    def at(self, t: Any, xp: Namespace) -> Any:
        straight = is_number(self.power) and self.power == 1
        return ramp(t, self.start, self.end, self.steps, LINEAR if straight else _polynomial(self.power), xp)

    @property
    def length(self) -> int:
        return self.steps


class Sqrt(Schedule):
    """The 1-sqrt cooldown: steep at first, flat towards the end.

    Definition: ``s(t) = start + (end - start) * sqrt(x)`` with ``x = min(max(t, 0), steps) / steps``.

    Source: Hägele et al. 2024, https://arxiv.org/abs/2405.18392, the "1-sqrt" cooldown.

    start, end: the first and last value; any finite numbers.
    steps: the length, in steps; at least 1.

    >>> Sqrt(start=1.0, end=0.0, steps=100)(25)
    0.5
    """

    start: float = value()
    end: float = value()
    steps: int = length()

    def check(self) -> None:
        check_ends("Sqrt", "end", self.start, self.end)

    def at(self, t: Any, xp: Namespace) -> Any:
        return ramp(t, self.start, self.end, self.steps, SQRT, xp)

    @property
    def length(self) -> int:
        return self.steps


class Rex(Schedule):
    """The reflected exponential: slow at first, steep towards the end.

    Definition: ``s(t) = end + (start - end) * (1 - x) / (1/2 + (1 - x)/2)`` with
    ``x = min(max(t, 0), steps) / steps``.

    Source: Chen et al. 2021, https://arxiv.org/abs/2107.04197, "REX".

    start, end: the first and last value; any finite numbers.
    steps: the length, in steps; at least 1.

    >>> Rex(start=1.0, end=0.0, steps=100)(50)
    0.6666666666666666
    """

    start: float = value()
    end: float = value()
    steps: int = length()

    def check(self) -> None:
        check_ends("Rex", "end", self.start, self.end)

    def at(self, t: Any, xp: Namespace) -> Any:
        return ramp(t, self.start, self.end, self.steps, REX, xp)

    @property
    def length(self) -> int:
        return self.steps
