"""Every kind of schedule once more, from the definitions in the docstrings alone, at 60 digits.

It shares no code with the library: what a field means is written down here a second time, in the plainest
form, with every formula as it stands in the docstring.
"""

from __future__ import annotations

import dataclasses
import math
import struct
from fractions import Fraction
from math import ceil, floor

import mpmath
from mpmath import mpf

import glidepath

mpmath.mp.dps = 60


@dataclasses.dataclass
class Answer:
    """A value, and the size of the largest term where terms of different sign cancel in it."""

    value: mpf
    size: mpf

    def error(self, got: float, smallest: float = 2.3e-308) -> float:
        """How far off ``got`` is, relative to the size.

        smallest: what a library cannot tell from 0 (for float64, the numbers with fewer digits than others).
        """
        off = abs(mpf(float(got)) - self.value)
        return 0.0 if off <= smallest else float(off / self.size) if self.size else math.inf


class Node:
    """A schedule as a bare record: the name of its kind, and its fields."""

    def __init__(self, kind, **fields):
        self.kind = kind
        self.__dict__.update(fields)

    def map(self, change):
        """A copy with ``change(name, x)`` for every ``x`` that is not a node."""

        def changed(name, x):
            if isinstance(x, tuple):
                return tuple(changed(name, item) for item in x)
            return x.map(change) if isinstance(x, Node) else change(name, x)

        return Node(self.kind, **{name: changed(name, x) for name, x in vars(self).items() if name != "kind"})


def node(schedule) -> Node:
    """A schedule as a `Node`."""

    def taken(x):
        return tuple(map(taken, x)) if isinstance(x, tuple) else node(x) if isinstance(x, glidepath.Schedule) else x

    names = [field.name for field in dataclasses.fields(schedule)]
    return Node(type(schedule).__name__, **{name: taken(getattr(schedule, name)) for name in names})


def answer(schedule, step) -> Answer:
    """The value of ``schedule``, or of its `Node`, at ``step``, a whole or broken number."""
    schedule = schedule if isinstance(schedule, Node) else node(schedule)
    return _KINDS[schedule.kind](schedule, Fraction(step))


def as_float32(schedule) -> Node:
    """The schedule with its values as a float32 holds them; factors of time stay as they are."""

    def single(name, x):
        rounded = type(x) is float and name not in ("factor", "stretch")
        return struct.unpack("f", struct.pack("f", x))[0] if rounded else x

    return node(schedule).map(single)


# A helper or two ----------------------------------------------------------------------------------------------


def _number(x) -> mpf:
    return mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else mpf(x)


def _between(start, end, value) -> Answer:
    """A value on the way from ``start`` to ``end``: the smaller of them, plus the way from there."""
    near = min(mpf(start), mpf(end), key=abs)
    return Answer(value, max(abs(value), abs(near), abs(value - near)))


def _share(t, steps) -> mpf:
    """``min(max(t, 0), steps) / steps``."""
    return _number(min(max(t, Fraction(0)), Fraction(steps)) / steps)


def _decimal(factor) -> Fraction:
    """1.1 counts as the decimal number that it is written as."""
    return Fraction(repr(factor))


def lengthened(schedule: Node, factor: Fraction) -> Node:
    """Every length and boundary beneath multiplied by ``factor`` and rounded up to a whole step."""
    durations = {"steps", "timescale", "up", "down", "boundaries", "period"}
    return schedule.map(lambda name, x: ceil(x * factor) if name in durations and x is not None else x)


# The kinds ----------------------------------------------------------------------------------------------------


def _constant(s, t):
    return Answer(mpf(s.value), abs(mpf(s.value)))


def _linear(s, t):
    return _between(s.start, s.end, mpf(s.start) + (mpf(s.end) - mpf(s.start)) * _share(t, s.steps))


def _cosine(s, t):
    power = mpf(getattr(s, "power", None) or 1)  # a piece of a Piecewise has none
    weight = ((1 + mpmath.cospi(_share(t, s.steps))) / 2) ** power
    return _between(s.start, s.end, mpf(s.end) + (mpf(s.start) - mpf(s.end)) * weight)


def _polynomial(s, t):
    left = 1 - _share(t, s.steps)
    return _between(s.start, s.end, mpf(s.end) + (mpf(s.start) - mpf(s.end)) * left ** mpf(s.power))


def _sqrt(s, t):
    return _between(s.start, s.end, mpf(s.start) + (mpf(s.end) - mpf(s.start)) * mpmath.sqrt(_share(t, s.steps)))


def _rex(s, t):
    left = 1 - _share(t, s.steps)
    weight = left / (mpf(1) / 2 + left / 2)
    return _between(s.start, s.end, mpf(s.end) + (mpf(s.start) - mpf(s.end)) * weight)


def _exponential(s, t):
    t = max(t, Fraction(0))
    exponent = _number(Fraction(floor(t / s.steps)) if s.staircase else t / s.steps)
    growth = mpf(s.rate) ** exponent
    value = mpf(s.start) * growth
    if s.end is not None:
        if s.start != 0 and growth > mpmath.exp(80):
            value = mpf(s.end)  # "a growth by more than e**80 jumps to end from there"
        else:
            low, high = sorted((mpf(s.start), mpf(s.end)))
            value = min(max(value, low), high)
    return Answer(value, abs(value))


def _inverse_sqrt(s, t):
    value = mpf(s.peak) * mpmath.sqrt(s.timescale / _number(max(t, Fraction(s.timescale))))
    return Answer(value, abs(value))


def _power_law(s, t):
    value = mpf(s.peak) * (s.timescale / _number(max(t, Fraction(s.timescale)))) ** mpf(s.power)
    return Answer(value, abs(value))


def _inverse_time(s, t):
    periods = max(t, Fraction(0)) / s.steps
    value = mpf(s.start) / (1 + mpf(s.rate) * _number(Fraction(floor(periods)) if s.staircase else periods))
    return Answer(value, abs(value))


def _triangle(s, t):
    if t < s.up:
        return _linear(Node("Linear", start=s.low, end=s.high, steps=s.up), t)
    return _linear(Node("Linear", start=s.high, end=s.low, steps=s.up if s.down is None else s.down), t - s.up)


def _piecewise(s, t):
    bounds = (0, *s.boundaries)
    i = max((i for i, b in enumerate(bounds) if b <= t), default=0)
    if s.interpolation == "constant" or i == len(s.boundaries):
        return _constant(Node("Constant", value=s.values[i]), t)
    piece = Node(s.interpolation.capitalize(), start=s.values[i], end=s.values[i + 1], steps=bounds[i + 1] - bounds[i])
    return answer(piece, t - bounds[i])


def _join(s, t):
    bounds = (0, *s.boundaries)
    i = max((i for i, b in enumerate(bounds) if b <= t), default=0)
    return answer(s.parts[i], max(t, Fraction(bounds[i])) - bounds[i])


def _product(s, t):
    found = [answer(part, t) for part in s.parts]
    return Answer(mpmath.fprod(a.value for a in found), mpmath.fprod(a.size for a in found))


def _sum(s, t):
    found = [answer(part, t) for part in s.parts]
    total = mpmath.fsum(a.value for a in found)
    return Answer(total, max(abs(total), *(a.size for a in found)))


def _extreme(choose):
    def kind(s, t):
        found = [answer(part, t) for part in s.parts]
        return _chosen(choose(a.value for a in found), found)

    return kind


def _chosen(value, among) -> Answer:
    """One of some answers; where two are as good as equal, either may be taken, with its own error."""
    close = [a.size for a in among if abs(a.value - value) <= a.size * mpf("1e-5")]
    return Answer(value, max(close))


def _clip(s, t):
    held = answer(s.schedule, t)
    value, among = held.value, [held]
    for bound, choose in ((s.low, max), (s.high, min)):
        if bound is not None:
            value = choose(value, mpf(bound))
            among.append(Answer(mpf(bound), abs(mpf(bound))))
    return _chosen(value, among)


def _shift(s, t):
    return answer(s.schedule, max(t, Fraction(0)) - s.steps)


def _stretch(s, t):
    return answer(lengthened(s.schedule, _decimal(s.factor)), t)


def _repeat(s, t):
    t, ratio = max(t, Fraction(0)), _decimal(s.stretch)
    if ratio == 1:
        cycle = floor(t / s.period)
        cycle = cycle if s.times is None else min(cycle, s.times - 1)
        start, period, growth = cycle * s.period, s.period, Fraction(1)
    else:
        cycle, start, growth = 0, 0, Fraction(1)
        period = s.period
        while t >= start + period and (s.times is None or cycle < s.times - 1):
            cycle, start, growth = cycle + 1, start + period, growth * ratio
            period = ceil(s.period * growth)
    clock = t - start if s.times is None else min(t - start, Fraction(period))
    inner = answer(s.body if growth == 1 else lengthened(s.body, growth), clock)
    factor = mpf(s.scale) ** cycle
    return Answer(inner.value * factor, inner.size * factor)


_KINDS = {
    "Constant": _constant,
    "Linear": _linear,
    "Cosine": _cosine,
    "Polynomial": _polynomial,
    "Sqrt": _sqrt,
    "Rex": _rex,
    "Exponential": _exponential,
    "InverseSqrt": _inverse_sqrt,
    "PowerLaw": _power_law,
    "InverseTime": _inverse_time,
    "Triangle": _triangle,
    "Piecewise": _piecewise,
    "Join": _join,
    "Product": _product,
    "Sum": _sum,
    "Minimum": _extreme(min),
    "Maximum": _extreme(max),
    "Clip": _clip,
    "Shift": _shift,
    "Stretch": _stretch,
    "Repeat": _repeat,
}
