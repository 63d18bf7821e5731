"""Random schedules for hypothesis: trees of up to a dozen leaves, lengths of all sizes."""

from __future__ import annotations

import contextlib

from hypothesis import strategies as st

import glidepath as g
from glidepath.schedule import KINDS

LAST = 2**53 - 1

#: Values over many orders of magnitude, of either sign, and 0.
VALUES = st.one_of(
    st.sampled_from([0.0, 1.0, 0.1, -1.0, 3e-4]),
    st.builds(lambda m, e, s: s * m * 10.0**e, st.floats(1, 9.99), st.integers(-6, 1), st.sampled_from([1, 1, 1, -1])),
)
SMALL = st.one_of(st.integers(1, 20), st.integers(1, 1000))
ANY_LENGTH = st.one_of(
    SMALL,
    st.integers(1, 5000),
    st.integers(1, 2**31 - 1),
    st.sampled_from([2**24 - 1, 2**24 + 1, 2**31 - 1, 2**40 + 1, LAST]),
)


@st.composite
def _built(draw, kind, fields):
    """A schedule of fields that are drawn; again, where they do not fit each other."""
    for _ in range(20):
        with contextlib.suppress(g.ScheduleError):
            return KINDS[kind](**{name: draw(strategy) for name, strategy in fields.items()})
    return g.Constant(value=draw(VALUES))


@st.composite
def _boundaries(draw, lengths, count):
    return tuple(sorted(draw(st.lists(lengths, min_size=count, max_size=count, unique=True))))


@st.composite
def _piecewise(draw, lengths):
    count = draw(st.integers(1, 4))
    return g.Piecewise(
        boundaries=draw(_boundaries(lengths, count)),
        values=tuple(draw(VALUES) for _ in range(count + 1)),
        interpolation=draw(st.sampled_from(["constant", "linear", "cosine"])),
    )


@st.composite
def _exponential(draw, lengths):
    start, rate, staircase = draw(VALUES), draw(st.floats(0.01, 100.0)), draw(st.booleans())
    end = draw(VALUES) if rate > 1 else draw(st.none() | VALUES)
    fields = {"start": start, "rate": rate, "steps": draw(lengths), "staircase": staircase, "end": end}
    try:
        return g.Exponential(**fields)
    except g.ScheduleError:  # the end lies on the other side
        return g.Exponential(**(fields | {"rate": 1 / rate, "end": None if rate > 1 else start / rate}))


def leaves(lengths):
    ends = {"start": VALUES, "end": VALUES, "steps": lengths}
    return st.one_of(
        _built("Constant", {"value": VALUES}),
        *(_built(kind, ends) for kind in ("Linear", "Cosine", "Sqrt", "Rex")),
        _built("Polynomial", ends | {"power": st.sampled_from([0.5, 0.9, 1.0, 2.0, 3.0])}),
        _built("InverseSqrt", {"peak": VALUES, "timescale": lengths}),
        _built("PowerLaw", {"peak": VALUES, "timescale": lengths, "power": st.floats(0, 1.5)}),
        _built(
            "InverseTime", {"start": VALUES, "rate": st.floats(0, 100), "steps": lengths, "staircase": st.booleans()}
        ),
        _built("Triangle", {"low": VALUES, "high": VALUES, "up": lengths, "down": st.none() | lengths}),
        _piecewise(lengths),
        _exponential(lengths),
    )


@st.composite
def _joined(draw, inner, lengths):
    parts = draw(st.lists(inner, min_size=1, max_size=4))
    if draw(st.booleans()):  # a join of parts of one structure, which is looked up in columns
        parts = [parts[0]] * draw(st.integers(1, 24))
    return g.Join(parts=tuple(parts), boundaries=draw(_boundaries(lengths, len(parts) - 1)))


@st.composite
def _clipped(draw, inner):
    low, high = sorted([draw(VALUES), draw(VALUES)])
    which = draw(st.sampled_from([(low, high), (low, None), (None, high)]))
    return g.Clip(schedule=draw(inner), low=which[0], high=which[1])


def _composed(inner, lengths):
    few = st.lists(inner, min_size=1, max_size=3).map(tuple)
    stretches = st.sampled_from([1, 1, 2, 3, 1.5, 1.1])
    repeat = {
        "body": inner,
        "period": SMALL,
        "times": st.none() | st.integers(1, 6),
        "stretch": stretches,
        "scale": st.sampled_from([1.0, 0.5, 0.9, 1.1]),
    }
    return st.one_of(
        _joined(inner, lengths),
        *(_built(kind, {"parts": few}) for kind in ("Product", "Sum", "Minimum", "Maximum")),
        _clipped(inner),
        _built("Shift", {"schedule": inner, "steps": st.integers(-1000, 1000)}),
        _built("Stretch", {"schedule": inner, "factor": st.sampled_from([0.3, 1.1, 2, 2.5])}),
        _built("Repeat", repeat),
    )


def trees(lengths=ANY_LENGTH):
    """Schedules of any kind, nested."""
    return st.recursive(leaves(lengths), lambda inner: _composed(inner, lengths), max_leaves=12)
