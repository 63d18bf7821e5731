"""Common schedules in one call each. A recipe returns a plain tree of kinds, to print, save and edit.

In all of them lengths are steps (updates of the optimizer), ``total`` counts every update of the run, the
warmup included, and the last value is reached at step ``total``, that is, after the last update.
"""

from __future__ import annotations

from functools import wraps

from .arrays import is_number
from .compose import Join, Repeat, Shift
from .errors import ScheduleError, fail, unknown
from .fields import number, one_of, whole
from .schedules import Constant, Cosine, Exponential, InverseSqrt, Linear, PowerLaw, Rex, Sqrt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from .schedule import Schedule

    Recipe = TypeVar("Recipe", bound=Callable[..., Schedule])

__all__ = [
    "RECIPES",
    "one_cycle",
    "power",
    "rex",
    "sgdr",
    "warmup_constant",
    "warmup_cosine",
    "warmup_exponential",
    "warmup_inverse_sqrt",
    "warmup_linear",
    "wsd",
]


#: Every recipe by its name. Files can name these beside the kinds.
RECIPES: dict[str, Callable[..., Schedule]] = {}

_STEPS, _STEPS_OR_NONE = whole("steps", 1), whole("steps", 0)

#: What a number may be, where that is not just finite, by the name of the parameter.
_RULES: dict[str, tuple[str, Callable[[float], bool]]] = {
    "exponent": ("a non-negative finite number", lambda x: x >= 0),
    "scale": ("a positive finite number", lambda x: x > 0),
    "stretch": ("a finite number of at least 1", lambda x: x >= 1),
}


def _recipe(make: Recipe) -> Recipe:
    """Register a recipe, and check its arguments by their names before anything is made of them."""
    name, code = make.__name__, make.__code__
    first = code.co_varnames[: code.co_argcount]
    known = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    defaults = dict(zip(first[::-1], (make.__defaults__ or ())[::-1], strict=False)) | (make.__kwdefaults__ or {})

    def accepted(field: str, x: Any) -> Any:
        where, hint = f"{name}.{field}", make.__annotations__[field]
        if (x is None and defaults.get(field, ()) is None) or hint == "str":
            return x
        if hint.startswith("float"):
            rule, ok = _RULES.get(field, ("a finite number", lambda _: True))
            return number(where, x, rule, ok, float)
        return (_STEPS_OR_NONE if field == "warmup" else _STEPS).accept(where, x)

    @wraps(make)
    def checked(*positional: Any, **named: Any) -> Schedule:
        for field in named:
            if field not in known:
                unknown(name, "parameter", field, known)
        given = dict(zip(first, positional, strict=False))
        if len(positional) > len(first) or given.keys() & named.keys():
            return make(*positional, **named)  # Python says what is wrong
        return make(**{field: accepted(field, x) for field, x in (given | named).items()})

    RECIPES[name] = checked
    return checked  # type: ignore[return-value]


def _rest(name: str, total: Any, **phases: Any) -> Any:
    """How many of ``total`` updates the phases leave; at least one where both are plain numbers."""
    rest = total - sum(phases.values())
    if is_number(rest) and rest < 1:
        needed = " + ".join(phases)
        fail(f"{name}.total", f"more than {needed} ({total - rest})", total)
    return rest


def _warmed_up(start: Any, peak: Any, warmup: Any, then: Schedule) -> Schedule:
    """A straight line from ``start`` to ``peak``, then the rest; the rest alone where there is no warmup."""
    if is_number(warmup) and warmup == 0:
        return then
    ramp = Linear(start=start, end=peak, steps=warmup)
    if isinstance(then, Join):
        return Join(parts=(ramp, *then.parts), boundaries=(warmup, *(b + warmup for b in then.boundaries)))
    return Join(parts=(ramp, then), boundaries=(warmup,))


@_recipe
def warmup_constant(peak: float, warmup: int, start: float = 0.0) -> Schedule:
    """A linear warmup, then constant.

    Definition: `Linear` from ``start`` to ``peak`` in ``warmup`` steps, then ``peak``.

    peak, start: any finite numbers.
    warmup: steps, at least 0.

    >>> warmup_constant(0.1, warmup=100)(50)
    0.05
    """
    return _warmed_up(start, peak, warmup, Constant(value=peak))


@_recipe
def warmup_linear(peak: float, warmup: int, total: int, start: float = 0.0, end: float = 0.0) -> Schedule:
    """A linear warmup, then linear decay: a trapezoid without a top.

    Definition: `Linear` from ``start`` to ``peak`` in ``warmup`` steps, then `Linear` to ``end`` at ``total``.

    peak, start, end: any finite numbers.
    warmup, total: steps; ``warmup`` at least 0 and less than ``total``.

    >>> warmup_linear(0.1, warmup=100, total=1100)(600)
    0.05
    """
    rest = _rest("warmup_linear", total, warmup=warmup)
    return _warmed_up(start, peak, warmup, Linear(start=peak, end=end, steps=rest))


@_recipe
def warmup_cosine(peak: float, warmup: int, total: int, start: float = 0.0, end: float = 0.0) -> Schedule:
    """A linear warmup, then half a cosine down.

    Definition: `Linear` from ``start`` to ``peak`` in ``warmup`` steps, then `Cosine` to ``end`` at ``total``.

    Source: Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983, for one period; the warmup after
    Goyal et al. 2017, https://arxiv.org/abs/1706.02677.

    peak, start, end: any finite numbers.
    warmup, total: steps; ``warmup`` at least 0 and less than ``total``.

    >>> s = warmup_cosine(3e-4, warmup=100, total=1000)
    >>> s(0), s(50), s(100), s(1000)
    (0.0, 0.00015, 0.0003, 0.0)
    """
    rest = _rest("warmup_cosine", total, warmup=warmup)
    return _warmed_up(start, peak, warmup, Cosine(start=peak, end=end, steps=rest))


@_recipe
def warmup_exponential(peak: float, warmup: int, total: int, *, end: float, start: float = 0.0) -> Schedule:
    """A linear warmup, then exponential decay to a given value.

    Definition: `Linear` from ``start`` to ``peak`` in ``warmup`` steps, then the `Exponential` that is
    ``end`` at ``total``, and ``end`` from there on.

    peak, end: of one sign, not 0, ``end`` not beyond ``peak``.
    start: any finite number.
    warmup, total: steps; ``warmup`` at least 0 and less than ``total``.

    >>> round(warmup_exponential(0.1, warmup=100, total=1100, end=0.001)(600), 12)
    0.01
    """
    rest = _rest("warmup_exponential", total, warmup=warmup)
    return _warmed_up(start, peak, warmup, _exponential("warmup_exponential", peak, end, rest))


@_recipe
def warmup_inverse_sqrt(peak: float, warmup: int, start: float = 0.0, timescale: int | None = None) -> Schedule:
    """A linear warmup, then one over the square root of the step: the schedule of the first transformer.

    Definition: `Linear` from ``start`` to ``peak`` in ``warmup`` steps, then
    ``peak * sqrt(timescale / (timescale + t - warmup))``. It has no end.

    Source: Vaswani et al. 2017, https://arxiv.org/abs/1706.03762, eq. 3.

    peak, start: any finite numbers.
    warmup: steps, at least 0 (at least 1 where ``timescale`` is not given).
    timescale: steps, at least 1; ``warmup`` where not given.

    >>> warmup_inverse_sqrt(0.1, warmup=100)(400)
    0.05
    """
    scale = warmup if timescale is None else timescale
    if is_number(scale) and scale == 0:
        fail("warmup_inverse_sqrt.warmup", "a positive integer where timescale is not given", scale)
    then = Shift(schedule=InverseSqrt(peak=peak, timescale=scale), steps=-scale)
    return _warmed_up(start, peak, warmup, then)


_DECAYS: dict[str, Callable[[str, Any, Any, Any], Schedule]] = {
    "linear": lambda name, start, end, steps: Linear(start=start, end=end, steps=steps),
    "sqrt": lambda name, start, end, steps: Sqrt(start=start, end=end, steps=steps),
    "cosine": lambda name, start, end, steps: Cosine(start=start, end=end, steps=steps),
    "exponential": lambda name, start, end, steps: _exponential(name, start, end, steps),
}


def _decay(name: str, shape: str, start: Any, end: Any, steps: Any) -> Schedule:
    return _DECAYS[one_of(f"{name}.shape", shape, *_DECAYS)](name, start, end, steps)


def _exponential(name: str, start: Any, end: Any, steps: Any) -> Schedule:
    """The exponential that goes from ``start`` to ``end`` in ``steps``."""
    if is_number(start) and is_number(end) and not (start * end > 0 and abs(end) <= abs(start)):
        raise ScheduleError(
            f"{name}.end must be of the sign of peak, not 0 and not beyond it for exponential decay, "
            f"got end {end!r} with peak {start!r}"
        )
    return Exponential(start=start, rate=end / start, steps=steps, end=end)


@_recipe
def wsd(
    peak: float,
    warmup: int,
    decay: int,
    total: int,
    shape: str = "linear",
    start: float = 0.0,
    end: float = 0.0,
) -> Schedule:
    """Warmup, stable, decay: a linear warmup, a constant stretch, and a cooldown at the end.

    Definition: `Linear` from ``start`` to ``peak`` in ``warmup`` steps, ``peak`` until ``total - decay``,
    then down to ``end`` at ``total``.

    Source: Hu et al. 2024, https://arxiv.org/abs/2404.06395; the "sqrt" cooldown of Hägele et al. 2024,
    https://arxiv.org/abs/2405.18392.

    peak, start, end: any finite numbers.
    warmup, decay, total: steps; ``warmup`` at least 0, ``decay`` at least 1, together at most ``total``.
    shape: the cooldown: "linear", "sqrt" (`Sqrt`), "cosine" or "exponential" (``end`` of the sign of ``peak``).

    >>> s = wsd(0.1, warmup=100, decay=200, total=1000)
    >>> s(50), s(100), s(800), s(900), s(1000)
    (0.05, 0.1, 0.1, 0.05, 0.0)
    """
    hold = total - warmup - decay
    if is_number(hold) and hold < 0:
        fail("wsd.total", f"at least warmup + decay ({warmup + decay})", total)
    down = _decay("wsd", shape, peak, end, decay)
    if is_number(hold) and hold == 0:
        return _warmed_up(start, peak, warmup, down)
    return _warmed_up(start, peak, warmup, Join(parts=(Constant(value=peak), down), boundaries=(hold,)))


@_recipe
def one_cycle(
    peak: float,
    total: int,
    warmup: int | None = None,
    start: float | None = None,
    end: float | None = None,
    shape: str = "cosine",
) -> Schedule:
    """The 1cycle policy: a rise to the peak and a long fall far below the start.

    Definition: `Cosine` (or `Linear`) from ``start`` to ``peak`` in ``warmup`` steps, then to ``end`` at
    ``total``.

    Source: Smith and Topin 2018, https://arxiv.org/abs/1708.07120, with the two phases and the proportions
    that PyTorch's OneCycleLR has as defaults.

    peak: any finite number.
    total, warmup: steps; ``warmup`` at least 1 and less than ``total``, 30 % of it (rounded down, at least
        1) where not given.
    start, end: ``peak / 25`` and ``start / 10_000`` where not given.
    shape: "cosine" or "linear".

    >>> s = one_cycle(1.0, total=1000)
    >>> s(0), s(300), s(1000)
    (0.04, 1.0, 4e-06)
    """
    if warmup is None:
        warmup = max(3 * total // 10, 1) if is_number(total) else 3 * total // 10
    if is_number(warmup) and warmup == 0:
        fail("one_cycle.warmup", "a positive integer", warmup)
    rest = _rest("one_cycle", total, warmup=warmup)
    if shape not in ("cosine", "linear"):
        fail("one_cycle.shape", "one of 'cosine', 'linear'", shape)
    start = peak / 25 if start is None else start
    end = start / 10_000 if end is None else end
    up, down = _decay("one_cycle", shape, start, peak, warmup), _decay("one_cycle", shape, peak, end, rest)
    return Join(parts=(up, down), boundaries=(warmup,))


@_recipe
def sgdr(
    peak: float,
    period: int,
    times: int | None = None,
    stretch: float = 1,
    scale: float = 1.0,
    end: float = 0.0,
) -> Schedule:
    """Stochastic gradient descent with warm restarts: half cosines, again and again.

    Definition: `Repeat` of the `Cosine` from ``peak`` to ``end`` in ``period`` steps.

    Source: Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983 (``stretch`` is its ``T_mult``).

    peak, end: any finite numbers, of the first cycle.
    period: steps of the first cycle, at least 1.
    times: how many cycles; without end where not given.
    stretch: how much longer each cycle is than the one before, at least 1.
    scale: how much higher, positive; above 1 it needs ``times``.

    >>> s = sgdr(0.1, period=10, stretch=2)
    >>> s(0), s(10), s(30)
    (0.1, 0.1, 0.1)
    """
    return Repeat(
        body=Cosine(start=peak, end=end, steps=period), period=period, times=times, stretch=stretch, scale=scale
    )


@_recipe
def rex(peak: float, total: int, warmup: int = 0, start: float = 0.0, end: float = 0.0) -> Schedule:
    """A linear warmup, then the reflected exponential, which falls late.

    Definition: `Linear` from ``start`` to ``peak`` in ``warmup`` steps, then `Rex` to ``end`` at ``total``.

    Source: Chen et al. 2021, https://arxiv.org/abs/2107.04197.

    peak, start, end: any finite numbers.
    warmup, total: steps; ``warmup`` at least 0 and less than ``total``.

    >>> rex(0.3, total=100)(50)
    0.19999999999999998
    """
    rest = _rest("rex", total, warmup=warmup)
    return _warmed_up(start, peak, warmup, Rex(start=peak, end=end, steps=rest))


@_recipe
def power(
    peak: float,
    warmup: int,
    decay: int,
    total: int,
    timescale: int,
    exponent: float = 0.51,
    start: float = 0.0,
    end: float = 0.0,
) -> Schedule:
    """The power schedule: a power of the step once past ``timescale``, and a linear cooldown.

    Definition: `Linear` from ``start`` to ``peak`` in ``warmup`` steps, `PowerLaw` of the run's step until
    ``total - decay``, then `Linear` to ``end`` at ``total``.

    Source: Shen et al. 2024, https://arxiv.org/abs/2408.13359, eq. 6, at one batch size; its exponent is
    0.51.

    peak, start, end: any finite numbers.
    warmup, decay, total: steps; ``warmup`` at least 0, ``decay`` at least 1, together less than ``total``.
    timescale: the step from which the values fall, at least 1.
    exponent: how fast they fall, non-negative.

    >>> s = power(0.1, warmup=100, decay=100, total=2000, timescale=400, exponent=0.5)
    >>> s(100), s(1600), s(2000)
    (0.1, 0.05, 0.0)
    """
    hold = _rest("power", total, warmup=warmup, decay=decay)
    law: Schedule = PowerLaw(peak=peak, timescale=timescale, power=exponent)
    last = law(total - decay)
    if not (is_number(warmup) and warmup == 0):
        law = Shift(schedule=law, steps=-warmup)
    down = Linear(start=last, end=end, steps=decay)
    return _warmed_up(start, peak, warmup, Join(parts=(law, down), boundaries=(hold,)))
