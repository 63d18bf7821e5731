"""A schedule on another clock: later, earlier, or slower."""

from __future__ import annotations

import math

from ..arrays import PLAIN, is_number, library
from ..errors import ScheduleError
from ..fields import offset, part, ratio
from ..schedule import Schedule
from ..tree import leaves, transform, walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..arrays import Namespace
    from ..fields import Role

__all__ = ["Shift", "Stretch"]


class Shift(Schedule):
    """A schedule that starts later, or that has started already.

    Definition: ``s(t) = schedule(max(t, 0) - steps)``. A later start holds the first value until then; an
    earlier one leaves out the first steps.

    schedule: what to shift.
    steps: how much later; negative is earlier. Where a library's integers end (in JAX without 64 bits at
        2**31 - 1), so does the clock of a schedule that has started already.

    >>> from glidepath import Linear
    >>> ramp = Linear(start=0.0, end=1.0, steps=10)
    >>> Shift(schedule=ramp, steps=5)(10), Shift(schedule=ramp, steps=-5)(0)
    (0.5, 0.5)
    """

    schedule: Schedule = part()
    steps: int = offset()

    def at(self, t: Any, xp: Namespace) -> Any:
        # Held before the subtraction on both sides, where it could overflow.
        t = xp.maximum(t, xp.maximum(self.steps, 0))
        if xp.last is not None and not (is_number(self.steps) and self.steps >= 0):
            t = xp.minimum(t, xp.minimum(self.steps, 0) + xp.last)
        return self.schedule.at(t - self.steps, xp)

    @property
    def length(self) -> int | None:
        inner = self.schedule.length
        return inner if inner is None or inner == 0 else max(inner + self.steps, 0)


class Stretch(Schedule):
    """A schedule that takes longer, or less long.

    Definition: every length and boundary beneath is multiplied by ``factor`` and rounded up to a whole step.
    The clock is never divided, so that no digits are lost.

    schedule: what to stretch; a `Custom` beneath it is refused, since its lengths are not known.
    factor: a plain positive number, part of the structure: JAX compiles anew for another. A factor like 1.1
        counts as the decimal number that it is written as.

    >>> from glidepath import Linear
    >>> Stretch(schedule=Linear(start=0.0, end=1.0, steps=10), factor=2.5).length
    25
    """

    schedule: Schedule = part()
    factor: float = ratio()

    def check(self) -> None:
        refuse_custom(self.schedule, "Stretch.schedule")
        # Built once by construction, so that lengths that come to lie on each other are named now.
        for path, role, held in leaves(stretched(self.schedule, self.factor, PLAIN)):
            if role is not None and role.duration:
                try:
                    role.accept(path, held)
                except ScheduleError as error:
                    raise ScheduleError(f"Stretch.factor {self.factor!r} does not fit: {error}") from None

    def at(self, t: Any, xp: Namespace) -> Any:
        return stretched(self.schedule, self.factor, xp).at(t, xp)

    @property
    def length(self) -> int | None:
        return stretched(self.schedule, self.factor, PLAIN).length


def refuse_custom(schedule: Schedule, where: str) -> None:
    """Raise where a `Custom` lies in the tree: its lengths are not known."""
    from ..schedules.custom import Custom

    for path, node in walk(schedule, where):
        if isinstance(node, Custom):
            raise ScheduleError(f"{path} must have lengths that can be multiplied, but a Custom has none")


def stretched(schedule: Schedule, factor: float, xp: Namespace) -> Schedule:
    """``schedule`` with every length and boundary multiplied by ``factor``, rounded up to a whole step."""

    ratio = exact(factor)

    def longer(n: Any, _: int) -> Any:
        return ceil_product(n, ratio) if is_number(n) else _traced_ceil_product(n, ratio, xp)

    return with_lengths(schedule, longer, xp)


def _traced_ceil_product(n: Any, ratio: tuple[int, int], xp: Namespace) -> Any:
    """`ceil_product` for a traced ``n``: exact, unless the ratio has so many digits that it overflows."""
    above, below = ratio
    if above * below >= 2**31:  # as exact as the floats of the library
        return xp.ceil(n * (above / below))
    # A length whose product would overflow counts as the longest whose product does not.
    size = abs(n) if xp.last is None else xp.minimum(abs(n), min(xp.last, xp.last // above * below))
    times = xp.floor_divide(size, below)
    rest = (size - times * below) * above
    up = times * above + xp.floor_divide(rest + below - 1, below)
    down = times * above + xp.floor_divide(rest, below)
    return xp.where(n < 0, -down, up)


def with_lengths(schedule: Schedule, change: Callable[[Any, int], Any], xp: Namespace) -> Schedule:
    """``schedule`` with every length and boundary ``n`` replaced by ``change(n, axes)``.

    axes: how many axes of ``n``, if it is an array, are not those of the steps.
    """

    def changed(n: Any, axes: int) -> Any:
        n = xp.entries(n) if axes else n
        return tuple(changed(item, axes - 1) for item in n) if type(n) is tuple else change(n, axes)

    def leaf(role: Role, held: Any, axes: int, columns: int) -> Any:
        return changed(held, axes + columns) if role.duration else held

    return transform(schedule, leaf)


def aligned(x: Any, axes: int) -> Any:
    """``x``, which has the axes of the steps, ready to be combined with arrays that have ``axes`` more."""
    return x[(..., *[None] * axes)] if axes and library(x) is not None else x


def exact(factor: float) -> tuple[int, int]:
    """The decimal number that a float is written as, as a fraction: 1.1 is 11/10, so that 10 steps become 11.

    Whole numbers alone, no `fractions.Fraction`: this runs while other libraries trace.
    """
    digits, _, exponent = repr(factor).partition("e")
    whole, _, rest = digits.partition(".")
    above, power = int(whole + rest), int(exponent or "0") - len(rest)
    if power >= 0:
        return above * 10**power, 1
    common = math.gcd(above, 10**-power)
    return above // common, 10**-power // common


def ceil_product(n: int, ratio: tuple[int, int]) -> int:
    """``ceil(n * ratio)``."""
    return -(-n * ratio[0] // ratio[1])
