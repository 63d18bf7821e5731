"""What to do with the steps that are left when the end of a running job moves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize_scalar

from ..errors import ScheduleError, fail
from ..recipes import wsd
from ..schedule import Schedule
from .bound import bound, tuned_distance
from .optimal import continuation
from .rates import Array, Norms, Rates, as_schedule, norms_of, positive, rates_of, whole

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Continuation", "replan"]


@dataclass(frozen=True)
class Continuation:
    """A way to go on.

    name: "optimal", "longer cooldown", "scaled rate" or "same rate".
    schedule: the rates of the updates that are left, on a clock of their own: its step 0 is the next update.
    value: the predicted `bound` of the whole run, what is done included.
    """

    name: str
    schedule: Schedule
    value: float


def replan(
    history: Rates,
    remaining: int,
    *,
    done: int | None = None,
    planned: int | None = None,
    G: Norms = 1.0,
    D: float | None = None,
    cap: float | None = None,
    cooldown: float = 0.2,
) -> tuple[Continuation, ...]:
    """The ways to go on with a run that will now take ``remaining`` more updates, the best first.

    Definition: with the rates of the updates that are done held fixed, each way is the best of its family by the
    `bound` of the whole run:

    - "optimal": the best of all rates that are not above ``cap``;
    - "longer cooldown": the last rate held, then a straight line to 0, from the best step;
    - "scaled rate": the last rate times the best factor held, then the usual cooldown;
    - "same rate": the last rate held, then the usual cooldown.

    What the bound is true for is said there: it is a guarantee for plain gradient steps on convex losses, whose
    order of schedules has been that of real runs in most cases compared, not in all. Values are those of one
    problem and to be compared with each other only.

    history: the rates used so far; or the schedule of the run, with ``done``.
    remaining: how many updates are left, at least 2.
    done: how many updates of the schedule are done, at least 1; not with rates.
    planned: for how many updates the schedule was tuned; its length where it has one. Only where ``D`` is not
        given: it is then the `tuned_distance` of the schedule, as it was planned.
    G: the bound on the gradient norms, one positive number or one for each update, done or left.
    D: the distance from the start to a solution, in the units of rate times ``G``; positive.
    cap: the highest rate of what is left, positive. Where it is not given, the highest of the run as planned, or of
        the rates that were used: a higher one may be more than the run bears, and the bound would not tell.
    cooldown: the usual cooldown as a share of the whole run, above 0 and at most 1.

    Raises `ScheduleError` for numbers that are not as above, and where neither ``D`` nor a planned run is known.

    >>> from glidepath import wsd
    >>> run = wsd(0.008, warmup=0, decay=800, total=4000)
    >>> for way in replan(run, remaining=4800, done=3200):
    ...     print(f"{way.name:16}{way.value:.4f}")
    optimal         0.0222
    longer cooldown 0.0222
    scaled rate     0.0227
    same rate       0.0253
    """
    left = whole("remaining", remaining, 2)
    before = _history(history, done)
    distance = _distance(history, planned, len(before), G) if D is None else positive("D", D)
    norms = norms_of(G, len(before) + left)
    highest = _highest(history, planned, before) if cap is None else positive("cap", cap)
    share = positive("cooldown", cooldown)
    if share > 1:
        fail("cooldown", "above 0 and at most 1, a share of the whole run", cooldown)
    usual = min(left, max(1, round(share * (len(before) + left))))

    def value(rest: Rates) -> float:
        return bound(np.concatenate([before, rates_of(rest, left)]), None, norms, distance).value

    rate = min(float(before[-1]), highest)
    length = _best_whole(lambda n: value(_held(rate, n, left)), 1, left)
    factor = _best_factor(lambda x: value(_held(x * rate, usual, left)), highest / rate)
    everywhere = np.broadcast_to(norms, (len(before) + left,)).astype(np.float64)
    found = {
        "optimal": as_schedule(continuation(before, everywhere, distance, highest)),
        "longer cooldown": _held(rate, length, left),
        "scaled rate": _held(factor * rate, usual, left),
        "same rate": _held(rate, usual, left),
    }
    ways = [Continuation(name, schedule, value(schedule)) for name, schedule in found.items()]
    return tuple(sorted(ways, key=lambda way: way.value))


def _history(history: Rates, done: int | None) -> Array:
    """The rates of the updates that are done."""
    if not isinstance(history, Schedule):
        if done is not None:
            raise ScheduleError(f"done must not be given with rates, whose number it is, got {done!r}")
        rates = rates_of(history, None, where="history", fewest=1)
    elif done is None:
        raise ScheduleError("done must be given with a schedule: how many of its updates are done")
    else:
        rates = rates_of(history, whole("done", done, 1), where="history", fewest=1)
    return rates


def _highest(history: Rates, planned: int | None, before: Array) -> float:
    """The highest rate of the run as planned, or of what is done where no more is known."""
    total = (planned or history.length or 0) if isinstance(history, Schedule) else 0
    if not isinstance(history, Schedule) or total <= len(before):
        return float(before.max())
    return float(np.max(history(np.arange(total))))


def _distance(history: Rates, planned: int | None, done: int, G: Norms) -> float:
    """The distance for which the run that was planned was tuned."""
    if not isinstance(history, Schedule):
        raise ScheduleError("D must be given with rates: what they were tuned for cannot be known")
    total = history.length if planned is None else whole("planned", planned, 2)
    if total is None or total < 2:
        raise ScheduleError(
            "planned must be given where the schedule has no end: for how many updates it was tuned (or give D)"
        )
    if np.ndim(G):
        raise ScheduleError("D must be given where G is one number for each update")
    if total < done:
        fail("planned", f"at least the {done} updates that are done", total)
    return tuned_distance(history, total, G)


def _held(rate: float, cooldown: int, steps: int) -> Schedule:
    """A rate held, and a straight line to 0 at the end."""
    return wsd(rate, warmup=0, decay=cooldown, total=steps)


def _best_factor(value: Callable[[float], float], highest: float) -> float:
    """The factor, at most ``highest``, with the smallest value, which falls and then rises with it."""
    low, high = math.log(1e-6 * min(highest, 1.0)), math.log(highest)
    found = minimize_scalar(lambda x: value(math.exp(x)), bounds=(low, high), method="bounded", options={"xatol": 1e-9})
    return math.exp(float(found.x)) if found.fun < value(highest) else highest


def _best_whole(value: Callable[[int], float], low: int, high: int) -> int:
    """The whole number with the smallest value: a grid, and finer grids about the best."""
    while True:
        grid: list[int] = sorted({round(x) for x in np.linspace(low, high, 17).tolist()})
        place = int(np.argmin([value(n) for n in grid]))
        if high - low < 17:
            return grid[place]
        low, high = grid[max(place - 1, 0)], grid[min(place + 1, len(grid) - 1)]
