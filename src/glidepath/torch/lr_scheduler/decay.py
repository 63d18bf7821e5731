"""Schedulers that multiply the learning rate by a factor of the step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch.optim import lr_scheduler as theirs

from ...compiled import compile
from ...compose import Piecewise
from ...compose.pace import Pace
from ...compose.powers import powers
from ...errors import fail
from ...schedules import Constant, Linear, Polynomial
from .arguments import plain, rate, steps
from .member import Member

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...schedule import Schedule

    Curve = Callable[[float], float]

__all__ = ["ConstantLR", "ExponentialLR", "LinearLR", "MultiStepLR", "PolynomialLR", "StepLR"]


def over(shape: Callable[[int], Schedule], length: Any) -> Schedule:
    """A shape of so many steps, broken ones too."""
    return shape(length) if type(length) is int else Pace(schedule=shape(1), start=0.0, span=length)


class StepLR(Member, theirs.StepLR):
    """torch's StepLR: ``gamma ** floor(t / step_size)``."""

    __slots__ = ()
    _made_of = ("step_size", "gamma")

    def _make(self) -> Curve:
        size = steps("StepLR.step_size", self.step_size, 1)
        if type(size) is not int:
            fail("StepLR.step_size", "a whole number", self.step_size)
        gamma = rate("StepLR.gamma", self.gamma)
        return compile(powers(1.0, gamma, size, staircase=size > 1))


class MultiStepLR(Member, theirs.MultiStepLR):
    """torch's MultiStepLR: ``gamma`` to the power of how many milestones are past."""

    __slots__ = ()
    _made_of = ("milestones", "gamma")

    @staticmethod
    def _read(scheduler: Any) -> Any:
        return tuple(scheduler.milestones.items()), scheduler.gamma

    def _make(self) -> Curve:
        counts: dict[int, int] = {}
        for milestone, times in self.milestones.items():
            at = plain("MultiStepLR.milestones: each", milestone)
            if at != int(at):
                fail("MultiStepLR.milestones: each", "a whole number of steps", milestone)
            if at >= 0:  # one before the start is never met
                counts[int(at)] = counts.get(int(at), 0) + times
        power = compile(powers(1.0, rate("MultiStepLR.gamma", self.gamma)))
        past = counts.pop(0, 0)
        values, boundaries = [power(past)], sorted(counts)
        for boundary in boundaries:
            past += counts[boundary]
            values.append(power(past))
        if not boundaries:
            return compile(Constant(value=values[0]))
        return compile(Piecewise(boundaries=tuple(boundaries), values=tuple(values)))


class ConstantLR(Member, theirs.ConstantLR):
    """torch's ConstantLR: ``factor`` for ``total_iters`` steps, then 1."""

    __slots__ = ()
    _made_of = ("factor", "total_iters")

    def _make(self) -> Curve:
        length = steps("ConstantLR.total_iters", self.total_iters)
        if length == 0:
            return compile(Constant(value=1.0))
        if type(length) is not int:
            fail("ConstantLR.total_iters", "a whole number", self.total_iters)
        return compile(Piecewise(boundaries=(length,), values=(rate("ConstantLR.factor", self.factor), 1.0)))


class LinearLR(Member, theirs.LinearLR):
    """torch's LinearLR: from ``start_factor`` to ``end_factor`` in ``total_iters`` steps."""

    __slots__ = ()
    _made_of = ("start_factor", "end_factor", "total_iters")

    def _make(self) -> Curve:
        start, end = rate("LinearLR.start_factor", self.start_factor), rate("LinearLR.end_factor", self.end_factor)
        length = steps("LinearLR.total_iters", self.total_iters)
        if length == 0:
            return compile(Constant(value=end))
        return compile(over(lambda n: Linear(start=start, end=end, steps=n), length))


class ExponentialLR(Member, theirs.ExponentialLR):
    """torch's ExponentialLR: ``gamma ** t``."""

    __slots__ = ()
    _made_of = ("gamma",)

    def _make(self) -> Curve:
        return compile(powers(1.0, rate("ExponentialLR.gamma", self.gamma)))


class PolynomialLR(Member, theirs.PolynomialLR):
    """torch's PolynomialLR: ``(1 - t / total_iters) ** power``, then 0."""

    __slots__ = ()
    _made_of = ("total_iters", "power")

    def _make(self) -> Curve:
        length = steps("PolynomialLR.total_iters", self.total_iters, 1)
        power = rate("PolynomialLR.power", self.power)
        if power == 0:
            return compile(Constant(value=1.0))
        return compile(over(lambda n: Polynomial(start=1.0, end=0.0, steps=n, power=power), length))
