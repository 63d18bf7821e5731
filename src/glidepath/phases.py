"""The phases of a schedule as data, and the steps at which to draw it.

Both are read off the tree: where a join goes on, a cycle begins or a ramp has arrived is known without looking
at values, so that they cost little however many steps a run has.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from .arrays import LAST_STEP, PLAIN, is_number
from .compose import Clip, Join, Maximum, Minimum, Piecewise, Product, Repeat, Shift, Stretch, Sum
from .compose.time import stretched
from .errors import ScheduleError, fail
from .fields import number
from .schedule import Schedule
from .schedules import (
    Cosine,
    Exponential,
    InverseSqrt,
    InverseTime,
    Linear,
    Polynomial,
    PowerLaw,
    Rex,
    Sqrt,
    Triangle,
)
from .tree import leaves

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Phase", "horizon", "phases", "sample", "updates"]

#: The most cycles, stairs and parts that are phases of their own.
MOST = 256
MOST_PARTS = 10_000

#: The kinds that go one way alone, whose ends therefore say which.
_ONE_WAY = {kind.__name__ for kind in (Cosine, Exponential, InverseSqrt, InverseTime, Linear, Polynomial, PowerLaw)}
_ONE_WAY |= {kind.__name__ for kind in (Rex, Sqrt, Triangle)}


@dataclass(frozen=True, kw_only=True)
class Phase:
    """A part of a run in which a schedule follows one formula.

    name: what it does: "warmup", "hold", "decay" or "cooldown" (a decay after a hold, to the end), "rise" for a
        later rise, the kind where it goes up and down.
    kind: the kind of schedule whose formula it follows.
    start, stop: its first step, and the step after its last.
    first, last: the values at its first step and at its last one, ``stop - 1``.
    """

    name: str
    kind: str
    start: int
    stop: int
    first: float
    last: float


def phases(schedule: Schedule, total: int) -> tuple[Phase, ...]:
    """The phases of the first ``total`` updates, from step 0 on without a gap.

    schedule: of plain numbers.
    total: updates of the run, at least 1.

    What lies beyond the end of a ramp is a hold. Of a `Repeat` with more than 256 cycles, all are one
    phase; so are all parts of a `Join` or `Piecewise` with more than 10,000.

    >>> from glidepath import wsd
    >>> for phase in phases(wsd(0.1, warmup=100, decay=200, total=1000), 1000):
    ...     print(phase.name, phase.start, phase.stop, phase.first)
    warmup 0 100 0.0
    hold 100 800 0.1
    cooldown 800 1000 0.1
    """
    total = _checked(schedule, total)
    found: list[_Piece] = []
    ways: list[int | None] = []
    for piece in _pieces(schedule, 0, total, MOST, stairs=False):
        piece = _clipped(piece, 0, total)
        way = _way(schedule, piece)
        if found and way == ways[-1] == 0 and schedule(piece.start) == schedule(found[-1].start):
            found[-1] = _Piece(found[-1].start, piece.stop, "Constant")
        else:
            found.append(piece)
            ways.append(way)
    return tuple(
        Phase(
            name=_name(ways, i) or piece.kind,
            kind=piece.kind,
            start=piece.start,
            stop=piece.stop,
            first=schedule(piece.start),
            last=schedule(piece.stop - 1),
        )
        for i, piece in enumerate(found)
    )


def sample(schedule: Schedule, total: int, count: int) -> list[int]:
    """Steps at which to draw the curve: ascending, 0 and ``total`` among them.

    schedule: of plain numbers.
    total: the last step to draw, at least 1.
    count: about how many; at least 2. There may be half as many again.

    Both sides of every joint are among them, if they are not too many; otherwise both ends of as many pieces,
    spread over the run, so that what the eye sees reaches as far up and down as the curve does.

    >>> from glidepath import Piecewise
    >>> sample(Piecewise(boundaries=(70,), values=(1.0, 2.0)), 100, 4)
    [0, 50, 69, 70, 99, 100]
    """
    total = _checked(schedule, total)
    number("count", count, "an integer of at least 2", lambda n: n >= 2, int)
    found = _pieces(schedule, 0, total, MOST, stairs=True)
    steps = {0, total}
    if 2 * len(found) <= count and not any(piece.folded for piece in found):
        even = max(count - 2 * len(found), count // 2)
        for piece in found:
            steps |= {piece.start, min(piece.stop, total) - 1}
            if 128 * len(found) <= count:  # many curves move most at their beginning
                steps |= {piece.start + 2**i for i in range((min(piece.stop, total) - piece.start).bit_length() - 1)}
    else:
        even = count // 3
        for i in range(even):
            at = total * i // even
            for piece in _pieces(schedule, at, at + 1, MOST, stairs=True):
                steps |= {piece.start, min(piece.stop - 1, total)}
    return sorted(steps | {total * i // max(even, 1) for i in range(even + 1)})


def horizon(schedule: Schedule) -> int:
    """How many steps show what a schedule is like: its length, or for one without an end a few of its longest parts.

    >>> from glidepath import Constant, sgdr, warmup_inverse_sqrt, wsd
    >>> [horizon(s) for s in (wsd(1.0, warmup=1, decay=2, total=9), sgdr(1.0, period=10), Constant(value=1.0))]
    [9, 40, 1000]
    """
    length = _plain(schedule).length
    if length:
        return length
    held = [held if type(held) is tuple else (held,) for _, role, held in leaves(schedule) if role.duration]
    longest = max((abs(steps) for durations in held for steps in durations), default=250)
    return min(4 * max(longest, 1), LAST_STEP)


def updates(schedule: Schedule, total: int | None) -> int:
    """``total``, or the length of a schedule where it is not given.

    >>> from glidepath import Linear
    >>> updates(Linear(start=1.0, end=0.0, steps=9), None)
    9
    """
    if total is not None:
        return _checked(schedule, total)
    length = _plain(schedule).length
    if not length:
        raise ScheduleError(f"{type(schedule).__name__} has no end of its own: say total, the updates of the run")
    return length


def _plain(schedule: Schedule) -> Schedule:
    """The schedule, if it is one of plain numbers."""
    if not isinstance(schedule, Schedule):
        fail("the schedule", "a glidepath schedule", schedule)
    if schedule._host is not None:
        raise ScheduleError(f"the schedule must hold plain numbers, but holds {schedule._host} arrays")
    return schedule


def _checked(schedule: Schedule, total: Any) -> int:
    """``total`` as a plain number, if both can be right."""
    _plain(schedule)
    rule = "a positive integer of at most 2**53 - 1"
    whole: int = number("total", total, rule, lambda n: 1 <= n <= LAST_STEP, int)
    if not is_number(whole):
        fail("total", rule, total)
    return whole


# What a phase does --------------------------------------------------------------------------------------------


def _way(schedule: Schedule, piece: _Piece) -> int | None:
    """1 for a piece that rises, -1 for one that falls, 0 for one that holds, None for one that does several."""
    if piece.folded:
        return None
    if piece.kind == "Constant":
        return 0
    last = max(piece.stop - 1, piece.start + 1)  # a piece of one step goes to what follows it
    looks = 1 if piece.kind in _ONE_WAY else 8
    values = [schedule(piece.start + (last - piece.start) * i // looks) for i in range(looks + 1)]
    rises = all(a <= b for a, b in pairwise(values))
    falls = all(a >= b for a, b in pairwise(values))
    return int(rises) - int(falls) if rises or falls else None


def _name(ways: list[int | None], i: int) -> str | None:
    """What a phase is called among the others; None for one that has no word."""
    way = ways[i]
    if way == 0:
        return "hold"
    if way == 1:
        return "warmup" if not any(ways[:i]) and i + 1 < len(ways) else "rise"
    if way == -1:
        return "cooldown" if i and ways[i - 1] == 0 and not any(ways[i + 1 :]) else "decay"
    return None


# The pieces of a tree -----------------------------------------------------------------------------------------

#: Beyond every step of every clock, however often it is shifted: where the last piece stops.
_END = 1 << 100


class _Piece(NamedTuple):
    """Steps in which one formula holds.

    folded: whether there are joints inside that are not told.
    """

    start: int
    stop: int
    kind: str
    folded: bool = False


def _clipped(piece: _Piece, start: int, stop: int) -> _Piece:
    return piece._replace(start=max(piece.start, start), stop=min(piece.stop, stop))


def _moved(pieces: list[_Piece], by: int, start: int, stop: int) -> list[_Piece]:
    """Pieces on a clock that is ``by`` steps ahead, in the place that their owner has for them."""
    return [_clipped(piece._replace(start=piece.start + by, stop=piece.stop + by), start, stop) for piece in pieces]


def _pieces(schedule: Schedule, first: int, stop: int, room: int, *, stairs: bool) -> list[_Piece]:
    """The pieces that the steps from ``first`` to ``stop`` (excluded) fall in, told in full at both ends.

    first: at least 0, less than ``stop``.
    room: how many cycles or stairs may be told apart; more of them are one piece, folded.
    stairs: whether stairs are told apart.
    """
    if isinstance(schedule, Join):
        return _joined(schedule, first, stop, room, stairs)
    if isinstance(schedule, Repeat):
        return _repeated(schedule, first, stop, room, stairs)
    if isinstance(schedule, Piecewise):
        return _piecewise(schedule, first, stop)
    if isinstance(schedule, Stretch):
        return _pieces(stretched(schedule.schedule, schedule.factor, PLAIN), first, stop, room, stairs=stairs)
    if isinstance(schedule, Shift):
        return _shifted(schedule, first, stop, room, stairs)
    if isinstance(schedule, Product | Sum | Minimum | Maximum | Clip):
        return _together(schedule, first, stop, room, stairs)
    if stairs and isinstance(schedule, Exponential | InverseTime) and schedule.staircase:
        return _stairs(schedule, first, stop, room)
    kind, length = type(schedule).__name__, schedule.length
    joints = [schedule.up] if isinstance(schedule, Triangle) else []
    joints += [] if length is None else [length]
    found = [_Piece(start, end, kind) for start, end in zip((0, *joints), (*joints, _END), strict=True)]
    if length is not None:
        found[-1] = found[-1]._replace(kind="Constant")
    return [piece for piece in found if piece.start < stop and piece.stop > first]


def _joined(join: Join, first: int, stop: int, room: int, stairs: bool) -> list[_Piece]:
    begin, last = bisect_right(join.boundaries, first), bisect_right(join.boundaries, stop - 1)
    if last - begin >= MOST_PARTS:
        return [_Piece(first, stop, "Join", folded=True)]
    found: list[_Piece] = []
    for i in range(begin, last + 1):
        start, end = _place(join.boundaries, i)
        inner = _pieces(join.parts[i], max(first, start) - start, min(stop, end) - start, room, stairs=stairs)
        found += _moved(inner, start, start, end)
    return found


def _piecewise(schedule: Piecewise, first: int, stop: int) -> list[_Piece]:
    boundaries = schedule.boundaries
    begin, last = bisect_right(boundaries, first), bisect_right(boundaries, stop - 1)
    if last - begin >= MOST_PARTS:
        return [_Piece(first, stop, "Piecewise", folded=True)]
    kinds = {"constant": "Constant", "linear": "Linear", "cosine": "Cosine"}
    kind = kinds[schedule.interpolation]
    return [_Piece(*_place(boundaries, i), kind if i < len(boundaries) else "Constant") for i in range(begin, last + 1)]


def _place(boundaries: tuple[int, ...], i: int) -> tuple[int, int]:
    """Where part ``i`` begins, and where the next one does."""
    return boundaries[i - 1] if i else 0, boundaries[i] if i < len(boundaries) else _END


def _repeated(repeat: Repeat, first: int, stop: int, room: int, stairs: bool) -> list[_Piece]:
    cycles = repeat._cycle(stop - 1, PLAIN)[0] - repeat._cycle(first, PLAIN)[0] + 1
    if cycles > room:
        return [_Piece(first, stop, "Repeat", folded=True)]
    found: list[_Piece] = []
    while first < stop:
        _, start, period, body = repeat._cycle(first, PLAIN)
        end = start + period
        if first >= end:  # past the last cycle
            return [*found, _Piece(end, _END, "Constant")]
        inner = _pieces(body, first - start, min(stop, end) - start, room // cycles, stairs=stairs)
        found += _moved(inner, start, start, end)
        first = end
    return found


def _shifted(shift: Shift, first: int, stop: int, room: int, stairs: bool) -> list[_Piece]:
    steps = shift.steps
    found = [_Piece(0, steps, "Constant")] if first < steps else []
    if stop > steps:
        inner = _pieces(shift.schedule, max(first, steps) - steps, stop - steps, room, stairs=stairs)
        found += _moved(inner, steps, max(steps, 0), _END)
    return found


def _together(
    schedule: Product | Sum | Minimum | Maximum | Clip, first: int, stop: int, room: int, stairs: bool
) -> list[_Piece]:
    """Schedules on one clock: a piece ends where one of theirs does. Its kind is that of the only one that moves."""
    parts = (schedule.schedule,) if isinstance(schedule, Clip) else schedule.parts
    lists = [_pieces(part, first, stop, room, stairs=stairs) for part in parts]
    places = [0] * len(lists)
    found: list[_Piece] = []
    while first < stop:
        here = [pieces[place] for pieces, place in zip(lists, places, strict=True)]
        moving = [piece.kind for piece in here if piece.kind != "Constant"]
        kind = moving[0] if len(moving) == 1 else type(schedule).__name__ if moving else "Constant"
        first = min(piece.stop for piece in here)
        folded = any(piece.folded for piece in here)
        found.append(_Piece(max(piece.start for piece in here), first, kind, folded))
        places = [place + (piece.stop == first) for place, piece in zip(places, here, strict=True)]
    return found


def _stairs(schedule: Exponential | InverseTime, first: int, stop: int, room: int) -> list[_Piece]:
    kind, length = type(schedule).__name__, schedule.length
    steps, end = schedule.steps, _END if length is None else length
    if (min(stop, end) - 1) // steps - first // steps >= room:
        return [_Piece(first, stop, kind, folded=True)]
    found = [
        _Piece(i * steps, min((i + 1) * steps, end), kind)
        for i in range(first // steps, (min(stop, end) - 1) // steps + 1)
    ]
    return found if stop <= end else [*found, _Piece(end, _END, "Constant")]
