"""The points that stand for a schedule in a picture."""

from __future__ import annotations

from ..phases import horizon, sample

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..schedule import Schedule

__all__ = ["curve"]


def curve(
    schedule: Schedule,
    total: int | None = None,
    *,
    log: str = "",
    count: int = 800,
    clock: Callable[[int], float] | None = None,
) -> list[tuple[float, float]]:
    """Points of the curve, from step 0 to ``total``, with both sides of every joint.

    schedule: of plain numbers.
    total: the last step; where not given, the length, or for a schedule without an end what shows it.
    log: the axes that are logarithmic: with "x" among them, early steps are taken closer to each other.
    count: about how many points.
    clock: what to show in the place of a number of steps.

    >>> from glidepath import Linear
    >>> curve(Linear(start=0.0, end=1.0, steps=4), count=2)
    [(0.0, 0.0), (3.0, 0.75), (4.0, 1.0)]
    """
    last = horizon(schedule) if total is None else total
    steps = sample(schedule, last, count)
    if "x" in log:
        steps = sorted({*steps, *(round(last ** (i / count)) for i in range(count))})
    return [((clock or float)(step), schedule(step)) for step in steps]
