"""Warm restarts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from inspect import signature
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from ...compose import Join, Repeat
from ...errors import ScheduleError, fail, unknown
from ...schedules import Custom
from .arguments import check, checked, real
from .join import as_part
from .warmup import warmup_cosine, warmup_cosine_decay_schedule

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...schedule import Schedule

__all__ = ["sgdr_schedule"]

_CYCLE = signature(warmup_cosine_decay_schedule).parameters


@checked
def sgdr_schedule(
    cosine_kwargs: Iterable[dict[str, Any]] | Callable[[Any], Any] | None = None,
    restart_period: int | None = None,
    t_mult: float = 1.0,
    *,
    cosine_decay_schedule: Callable[[Any], Any] | None = None,
) -> Schedule:
    """Stochastic gradient descent with warm restarts: cycles given one by one, or one cycle over and over.

    Definition, for cycles one by one: `join_schedules` of the `warmup_cosine_decay_schedule` of each, a cycle
    being as long as its ``decay_steps``. For one cycle over and over: cycle ``i`` takes
    ``ceil(restart_period * t_mult**i)`` steps, and its schedule takes so much longer, too
    (`glidepath.Repeat`); it goes on without end.

    Source: Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983.

    cosine_kwargs: a dict of arguments of `warmup_cosine_decay_schedule` for each cycle; or a schedule, which
        is the one cycle; ``cosine_decay_schedule`` is another name for it.
    restart_period: steps of the first cycle, at least 1; for the form with a schedule alone.
    t_mult: how much longer each cycle is than the one before; a plain number of at least 1.

    >>> from glidepath.optax import cosine_decay_schedule
    >>> s = sgdr_schedule(cosine_decay_schedule(1.0, 1000), restart_period=1000, t_mult=2.0)
    >>> s(0), s(1000), round(s(2000), 12), s(3000)
    (1.0, 1.0, 0.5, 1.0)
    >>> cycle = dict(init_value=0.0, peak_value=1.0, warmup_steps=10, decay_steps=100)
    >>> s = sgdr_schedule([cycle, cycle | {"peak_value": 0.5}])
    >>> s(10), s(110)
    (1.0, 0.5)
    """
    if cosine_decay_schedule is not None:
        if cosine_kwargs is not None:
            raise ScheduleError("sgdr_schedule takes cosine_kwargs or cosine_decay_schedule, got both")
        cosine_kwargs = cosine_decay_schedule
    if cosine_kwargs is None:
        raise ScheduleError("sgdr_schedule.cosine_kwargs must be given")
    if callable(cosine_kwargs):
        return _repeated(as_part("sgdr_schedule.cosine_decay_schedule", cosine_kwargs), restart_period, t_mult)
    if restart_period is not None or t_mult != 1.0:
        raise ScheduleError(
            "sgdr_schedule.restart_period and t_mult are for a schedule that is repeated, got a list of cycles"
        )
    return _one_by_one(cosine_kwargs)


def _repeated(cycle: Schedule, period: Any, t_mult: Any) -> Schedule:
    if period is None:
        raise ScheduleError("sgdr_schedule.restart_period must be given with a schedule that is repeated")
    t_mult = real("sgdr_schedule.t_mult", t_mult)
    if type(t_mult) is not float or t_mult < 1:
        fail("sgdr_schedule.t_mult", "a plain number of at least 1", t_mult)
    if t_mult > 1 and isinstance(cycle, Custom):
        fail("sgdr_schedule.t_mult", "1 for a plain function, which cannot be stretched", t_mult)
    return Repeat(body=cycle, period=period, stretch=t_mult)


def _one_by_one(cosine_kwargs: Any) -> Schedule:
    where = "sgdr_schedule.cosine_kwargs"
    if isinstance(cosine_kwargs, str | Mapping) or not isinstance(cosine_kwargs, Iterable):
        fail(where, "a sequence of dicts", cosine_kwargs)
    cycles, lengths = [], []
    for i, given in enumerate(cosine_kwargs):
        arguments = _arguments(f"{where}[{i}]", given)
        cycles.append(warmup_cosine(f"{where}[{i}]", **arguments))
        after = arguments.get("steps_after_warmup")
        lengths.append(arguments["decay_steps"] if after is None else arguments["warmup_steps"] + after)
    if not cycles:
        fail(where, "a sequence of at least one dict", cosine_kwargs)
    if len(cycles) == 1:
        return cycles[0]
    return Join(parts=tuple(cycles), boundaries=tuple(accumulate(lengths[:-1])))


def _arguments(where: str, given: Any) -> dict[str, Any]:
    """The arguments of one cycle."""
    if not isinstance(given, Mapping):
        fail(where, "a dict of arguments of warmup_cosine_decay_schedule", given)
    for name in given:
        if name not in _CYCLE:
            unknown(where, "argument", name, _CYCLE)
    for name, parameter in _CYCLE.items():
        if parameter.default is parameter.empty and given.get(name) is None:
            raise ScheduleError(f"{where}.{name} must be given")
    return check(where, given)
