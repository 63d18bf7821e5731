"""What to do with the steps that are left when the end of a running job moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ScheduleError, fail, show
from ..recipes import wsd
from ..schedule import Schedule
from .bound import bound, tuned_distance
from .from_rates import as_schedule
from .horizon import horizon
from .optimal import continuation
from .rates import LONGEST, Array, Norms, Rates, how_many, norms_of, positive, rates_of, values_of
from .tail import best_size, noise

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
    problem and to be compared with each other only. The very last rate of "optimal" comes out higher than those
    before it: it moves no weights that the bound speaks of (see `bound`), and may as well be lower.

    history: the rates used so far; or the schedule of the run, with ``done``.
    remaining: how many updates are left, 2 to 10**8.
    done: how many updates of the schedule are done, at least 1; not with rates.
    planned: for how many updates the schedule was tuned, at least 2 and those that are done; its length where it
        comes down until then. Not with rates.
    G: the bound on the gradient norms, one positive number or one for each update, done or left.
    D: the distance from the start to a solution, in the units of rate times ``G``; positive. Where it is not given,
        it is the `tuned_distance` of the schedule, as it was planned.
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
    left = how_many("remaining", remaining, 2, LONGEST)
    before = _history(history, done)
    total = _planned(history, planned, len(before))
    distance = _distance(history, total, G) if D is None else positive("D", D)
    norms = norms_of(G, len(before) + left)
    highest = _highest(history, total, before) if cap is None else positive("cap", cap)
    share = positive("cooldown", cooldown)
    if share > 1:
        fail("cooldown", "above 0 and at most 1, a share of the whole run", cooldown)
    usual = min(left, max(1, round(share * (len(before) + left))))

    def value(rest: Rates) -> float:
        return bound(np.concatenate([before, rates_of(rest, left)]), None, norms, distance).value

    rate = min(float(before[-1]), highest)
    length = _best_whole(lambda n: value(_held(rate, n, left)), 1, left)
    everywhere = np.broadcast_to(norms, (len(before) + left,)).astype(np.float64)
    found = {
        "optimal": as_schedule(continuation(before, everywhere, distance, highest)),
        "longer cooldown": _held(rate, length, left),
        "scaled rate": _held(min(_best_rate(before, everywhere, distance, usual), highest), usual, left),
        "same rate": _held(rate, usual, left),
    }
    ways = [Continuation(name, schedule, value(schedule)) for name, schedule in found.items()]
    return tuple(sorted(ways, key=lambda way: way.value))


def _history(history: Rates, done: int | None) -> Array:
    """The rates of the updates that are done."""
    if not isinstance(history, Schedule):
        rates = rates_of(history, None, where="history", fewest=1)
        if done is not None:
            raise ScheduleError(f"done must not be given with a history of rates, {len(rates)} here, got {show(done)}")
        return rates
    if done is None:
        raise ScheduleError("done must be given with a schedule: how many of its updates are done")
    return rates_of(history, how_many("done", done, 1, LONGEST), where="history", fewest=1)


def _planned(history: Rates, planned: int | None, done: int) -> int | None:
    """For how many updates the run was planned, None where nothing says it."""
    if planned is not None:
        total = how_many("planned", planned, 2, LONGEST)
        if not isinstance(history, Schedule):
            raise ScheduleError(f"planned must not be given with a history of rates, got {total}: give D")
        if total < done:
            fail("planned", f"at least the {done} updates that are done", total)
        return total
    if not isinstance(history, Schedule):
        return None
    end = horizon(history)
    return end if end is not None and end >= max(done, 2) else None


def _highest(history: Rates, total: int | None, before: Array) -> float:
    """The highest rate of the run as planned, or of what is done where no more is known."""
    if total is None or not isinstance(history, Schedule):
        return float(before.max())
    return float(max(before.max(), values_of(history, total, "history").max()))


def _distance(history: Rates, total: int | None, G: Norms) -> float:
    """The distance for which the run that was planned was tuned."""
    if not isinstance(history, Schedule):
        raise ScheduleError("D must be given with rates: what they were tuned for cannot be known")
    if total is None:
        raise ScheduleError(
            "planned must be given (or D) where the schedule does not say for how many updates it was tuned: "
            "it has no end, or one before the updates that are done"
        )
    if np.ndim(G):
        raise ScheduleError("D must be given where G is one number for each update")
    return tuned_distance(history, total, G)


def _best_rate(before: Array, norms: Array, distance: float, cooldown: int) -> float:
    """The best rate to hold before a cooldown of so many updates."""
    left = len(norms) - len(before)
    shape = rates_of(_held(1.0, cooldown, left), left)
    shape /= shape.sum()
    size = best_size(before, norms[: len(before)], distance, noise(shape, norms[len(before) :]))
    return size * float(shape[0])


def _held(rate: float, cooldown: int, steps: int) -> Schedule:
    """A rate held, and a straight line to 0 at the end."""
    return wsd(rate, warmup=0, decay=cooldown, total=steps)


def _best_whole(value: Callable[[int], float], low: int, high: int) -> int:
    """The whole number with the smallest value: a grid, and finer grids about the best."""
    while True:
        grid: list[int] = sorted({round(x) for x in np.linspace(low, high, 17).tolist()})
        place = int(np.argmin([value(n) for n in grid]))
        if high - low < 17:
            return grid[place]
        low, high = grid[max(place - 1, 0)], grid[min(place + 1, len(grid) - 1)]
