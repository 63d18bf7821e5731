"""Control by a metric: lower the learning rate when a metric has stopped getting better.

A schedule knows the step alone. What depends on how training goes is kept apart from it: a machine that reads
one metric after the other and gives a factor, and the factor multiplies whatever the schedule says.
"""

from __future__ import annotations

import math
from collections import namedtuple
from dataclasses import dataclass, fields

from .arrays import PLAIN, Namespace, is_number, library
from .errors import ScheduleError, fail, unknown
from .fields import choice, number, role_of, value, whole
from .reader import VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Self

__all__ = ["Plateau", "PlateauState"]

_COUNT = whole("count", 0)


class PlateauState(
    namedtuple(  # noqa: PYI024  importing typing takes longer than all of this
        "PlateauState", ("factor", "best", "best_at", "bad", "cooldown", "seen"), defaults=(1.0, 0.0, 0, 0, 0, 0)
    )
):
    """What a `Plateau` has made of the metrics so far: a named tuple of six numbers, and so a pytree for JAX.

    factor: what to multiply the schedule with; it changes when the machine lowers it, and at no other time.
    best: the best metric so far; 0 before there is one.
    best_at: the number of the metric that was the best, counted from 1; 0 before there is one.
    bad: metrics since the last that counted and was good.
    cooldown: metrics of the cooldown that are still to come.
    seen: metrics so far.
    """

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The state as a dict of plain numbers, all of them finite, that JSON can hold. Arrays become numbers.

        >>> Plateau().init().to_dict()
        {'factor': 1.0, 'best': 0.0, 'best_at': 0, 'bad': 0, 'cooldown': 0, 'seen': 0}
        """
        plain = {name: held if library(held) is None else _item(name, held) for name, held in self._asdict().items()}
        return PlateauState.from_dict(plain)._asdict()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The state that `to_dict` wrote. Raises `ScheduleError` for names and numbers that no state has."""
        where = "the state of a Plateau"
        if not hasattr(data, "keys"):
            fail(where, "a mapping", data)
        for name in data:
            if name not in cls._fields:
                unknown(where, "name", name, cls._fields)
        made: dict[str, Any] = {}
        for name in cls._fields:
            if name not in data:
                raise ScheduleError(f"{where} must have {name}, got {', '.join(data) or 'nothing'}")
            held, path = data[name], f"{where}: {name}"
            if name == "factor":
                made[name] = _plain(path, held, "a number from 0 to 1", 0.0, 1.0)
            elif name == "best":
                made[name] = _plain(path, held, "a finite number", -math.inf, math.inf)
            else:
                made[name] = _COUNT.accept(path, held)
        if made["best_at"] > made["seen"]:
            fail(f"{where}: best_at", "at most seen", (made["best_at"], made["seen"]))
        return cls(**made)


def _item(name: str, held: Any) -> Any:
    if held.ndim:
        fail(f"the state of a Plateau: {name}", "one number to be written as data", held)
    return held.item()


def _plain(where: str, x: Any, rule: str, least: float, most: float) -> float:
    accepted = number(where, x, rule, lambda v: least <= v <= most, float)
    if not is_number(accepted):
        fail(where, rule, x)
    return accepted  # type: ignore[no-any-return]


@dataclass(frozen=True, kw_only=True)
class Plateau:
    """A factor that falls when a metric has stopped getting better: "reduce on plateau".

    Definition: a metric is good if it is the first, or better than the best so far by more than the
    threshold; then it is the best. After more than ``patience`` metrics in a row that are not good, the
    factor becomes ``max(factor * self.factor, floor)``, and the next ``cooldown`` metrics count neither as
    good nor as bad (but may be the best). The factor begins at 1.

    What is better by more than the threshold, for ``mode="min"``: less than ``best - threshold`` if
    ``threshold_mode`` is ``"abs"``, and less than ``best - threshold * abs(best)`` if it is ``"rel"``, so that
    it means the same for a loss that is negative. For ``"max"`` likewise, more than the sum.

    A metric that is not finite is not good, and is never the best: a loss of NaN counts as a bad one.

    Source: the rule of ReduceLROnPlateau in Keras and PyTorch. With metrics that are not negative, factors
    are those of PyTorch.

    mode: whether a good metric is small (``"min"``) or large (``"max"``).
    factor: what the factor is multiplied with; at least 0 and less than 1.
    patience: how many bad metrics in a row are put up with; 0 or more.
    threshold: how much better is better; 0 or more, and in the mode ``"min"`` less than 1 if it is relative.
    threshold_mode: ``"rel"`` (a share of the best) or ``"abs"``.
    cooldown: how many metrics to pass over after the factor was lowered; 0 or more.
    floor: the smallest factor; 0 or more. What is below it already stays as it is.
    eps: a change of the factor that is not more than this is not made; 0 or more.
    warmup: how many metrics to pass over at the start, without a look; 0 or more.

    The machine itself never changes. `init` gives the first state, and `update` the next:

    >>> import glidepath
    >>> schedule = glidepath.Linear(start=1.0, end=0.0, steps=10)
    >>> plateau = Plateau(factor=0.5, patience=1)
    >>> state = plateau.init()
    >>> for loss in [3.0, 2.0, 2.5, 2.2, 1.0]:
    ...     state = plateau.update(state, loss)
    >>> state.factor, schedule(5) * state.factor
    (0.5, 0.25)
    """

    mode: str = choice("min", "max", default="min")
    factor: float = value(default=0.1, sign="non-negative")
    patience: int = _COUNT.declare(10)
    threshold: float = value(default=1e-4, sign="non-negative")
    threshold_mode: str = choice("rel", "abs", default="rel")
    cooldown: int = _COUNT.declare(0)
    floor: float = value(default=0.0, sign="non-negative")
    eps: float = value(default=0.0, sign="non-negative")
    warmup: int = _COUNT.declare(0)

    def __post_init__(self) -> None:
        for field in fields(self):
            where, given = f"Plateau.{field.name}", getattr(self, field.name)
            accepted = role_of(field).accept(where, given)
            if library(accepted) is not None:
                fail(where, "a plain number", given)
            object.__setattr__(self, field.name, accepted)
        if self.factor >= 1:
            fail("Plateau.factor", "less than 1", self.factor)
        if self.threshold >= 1 and (self.mode, self.threshold_mode) == ("min", "rel"):
            fail("Plateau.threshold", "less than 1, as a share of the best", self.threshold)

    # The machine ----------------------------------------------------------------------------------------------

    def init(self) -> PlateauState:
        """The state before the first metric."""
        return PlateauState()

    def update(self, state: PlateauState, metric: Any) -> PlateauState:
        """The state after one more metric.

        state: from `init`, or from an `update`.
        metric: a number, an array or a tracer. Plain and NumPy numbers give a state of plain numbers; an
            array gives a state of arrays of its library, and one that has several entries stands for as many
            machines. It works under ``jax.jit``, in loops too.

        Raises `ScheduleError` for a metric that is no number, and for what is no state.
        """
        if not isinstance(state, PlateauState):
            fail("state", "a PlateauState, from init() or update()", state)
        metric = _accept_metric(metric)
        xp = _namespace(metric, *state)
        seen = state.seen + 1
        better = (seen > self.warmup) & self._is_better(state, metric, xp)
        passed_over = (seen <= self.warmup) | (state.cooldown > 0)
        bad = xp.where(better | passed_over, 0, state.bad + 1)
        stuck = bad > self.patience
        return PlateauState(
            factor=xp.where(stuck, self.reduce(state.factor), state.factor),
            best=xp.where(better, metric, state.best),
            best_at=xp.where(better, seen, state.best_at),
            bad=xp.where(stuck, 0, bad),
            cooldown=xp.where(stuck, self.cooldown, xp.maximum(state.cooldown - 1, 0)),
            seen=seen,
        )

    def _is_better(self, state: PlateauState, metric: Any, xp: Namespace) -> Any:
        share = self.threshold if self.mode == "max" else -self.threshold
        if self.threshold_mode == "rel":
            target = state.best * xp.where(state.best >= 0, 1 + share, 1 - share)
        else:
            target = state.best + share
        improves = metric > target if self.mode == "max" else metric < target
        return (abs(metric) < math.inf) & (improves | (state.best_at == 0))

    def reduce(self, value: Any) -> Any:
        """What a value becomes when it is lowered once: ``max(value * factor, floor)``.

        The value itself, where that would be larger, or smaller by no more than ``eps``.

        value: a number, an array or a tracer: the factor of a state; or a learning rate, for those who keep
            one for each group of parameters and lower it whenever the factor of the state has changed.

        >>> plateau = Plateau(factor=0.1, floor=0.002)
        >>> plateau.reduce(0.1), plateau.reduce(0.01), plateau.reduce(0.001)
        (0.010000000000000002, 0.002, 0.001)
        """
        xp = _namespace(value)
        smaller = xp.maximum(value * self.factor, self.floor)
        return xp.where(value - smaller > self.eps, smaller, value)

    # Data -----------------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """The machine as plain data, without the fields that have their default value.

        >>> Plateau(patience=3).to_dict()
        {'glidepath': 1, 'kind': 'Plateau', 'patience': 3}
        """
        changed = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        return {"glidepath": VERSION, "kind": "Plateau", **changed}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The machine that `to_dict` wrote. Raises `ScheduleError` for what is wrong with it.

        >>> Plateau.from_dict({"kind": "Plateau", "patience": 3}) == Plateau(patience=3)
        True
        """
        if not hasattr(data, "keys"):
            fail("a Plateau as data", "a mapping", data)
        given = dict(data)
        if given.pop("kind", None) != "Plateau":
            fail("kind", "'Plateau'", data.get("kind"))
        version = given.pop("glidepath", VERSION)
        if type(version) is not int or version != VERSION:
            fail("glidepath", f"{VERSION}, the version that is read here", version)
        known = [f.name for f in fields(cls)]
        for name in given:
            if name not in known:
                unknown("Plateau", "field", name, known)
        return cls(**given)


def _accept_metric(metric: Any) -> Any:
    """A metric as a float, or an array as it is."""
    rule = "a number or an array of numbers"
    kind = library(metric)
    if kind == "numpy":
        if metric.dtype.kind not in "iuf":
            fail("metric", rule, metric)
        return metric * 1.0 if metric.ndim else float(metric)
    if kind is not None:
        metric = number("metric", metric, rule, lambda _: True, float) * 1.0
        return metric.detach() if kind == "torch" else metric  # the best must not keep a graph alive
    if not is_number(metric):
        fail("metric", rule, metric)
    try:
        return float(metric)
    except OverflowError:
        fail("metric", "a number that a float can hold", metric)


def _namespace(*numbers: Any) -> Namespace:
    """The functions for some numbers: of the library of the first that is no plain number."""
    for held in numbers:
        kind = library(held)
        if kind == "jax":
            from .arrays import jax

            return Namespace(jax._Functions())
        if kind == "torch":
            from .arrays import torch

            return Namespace(torch._Functions((held * 1.0).dtype, held.device))
        if kind == "numpy":
            from .arrays.numpy import NUMPY

            return NUMPY
    return PLAIN
