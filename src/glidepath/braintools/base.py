"""What all schedulers of this room are: an epoch, and a core schedule for every group of parameters.

braintools asks a scheduler for the current learning rates, which are held in a brainstate state so that a
jitted step can read and write them. Here they are always what the schedules say at the epoch, from the
construction on; the epoch is the only thing that moves.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from braintools.optim import LRScheduler, OptaxOptimizer, OptimState

from .. import jax as _pytrees  # noqa: F401  schedules cross jit as arguments wherever this room is used
from ..arrays import library
from ..errors import fail
from ..fields import number
from ..jax import concrete
from . import state
from .arguments import finite, rates, single, whole
from .optimizer import Asked, drive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..schedule import Schedule

__all__ = ["Scheduler", "held"]


class Scheduler(Asked, LRScheduler):  # type: ignore[misc, unused-ignore]
    """A braintools scheduler whose learning rates are core schedules of ``last_epoch``.

    A subclass sets its arguments as attributes, names in `made_of` those that the curve depends on, and
    defines `curve`.

    base_lr: the learning rate that the schedule starts from or scales; a list has one for each group.
    last_epoch: the epoch to start at; 0 and -1 are the start.

    optimizer: the optimizer attached last, None before the first, and where another scheduler has taken it over.
    last_epoch, current_lrs: brainstate states, of the epoch and of the learning rates that the next update uses.
    base_lrs: a list with one number for each group.
    """

    #: The attributes that the curve is made of, besides ``base_lrs``.
    made_of: tuple[str, ...] = ()

    #: The attributes that are brainstate states.
    _states: tuple[str, ...] = ("last_epoch", "_current_lrs")

    def __init__(self, base_lr: Any = 1e-3, last_epoch: Any = 0) -> None:
        name = type(self).__name__
        self.base_lrs = rates(f"{name}.base_lr", base_lr)
        self.last_epoch: Any = OptimState(max(whole(f"{name}.last_epoch", last_epoch, -1), 0))
        self._current_lrs: Any = OptimState([held(rate) for rate in self.base_lrs])
        self._detach()
        self._hold(self.get_lr())

    def _detach(self) -> None:
        self.optimizer: Any = None
        self._optimizers: list[weakref.ref[Any]] = []
        self._made: tuple[Any, tuple[Any, ...]] = None, ()

    # The curves -----------------------------------------------------------------------------------------------

    def curve(self, base_lr: float, group: int) -> Schedule:
        """The learning rate of a group of parameters, as a core schedule of the epoch."""
        raise NotImplementedError(f"{type(self).__name__} must define curve(self, base_lr, group)")

    def curves(self) -> tuple[Schedule, ...]:
        """The schedules of all groups. They are made anew when an attribute has been changed."""
        made_from = self._made_from()
        if self._made[0] != made_from:
            self._made = made_from, tuple(self.curve(base, group) for group, base in enumerate(self.base_lrs))
        return self._made[1]

    def _made_from(self) -> Any:
        return tuple(self.base_lrs), [_frozen(getattr(self, name)) for name in self.made_of]

    def get_lr(self) -> list[Any]:
        """The learning rates at ``last_epoch``: floats, or arrays where it is traced."""
        epoch = concrete(self.last_epoch.value)
        return [curve(epoch) for curve in self.curves()]

    def get_last_lr(self) -> list[Any]:
        """The learning rates that the next update uses."""
        return [float(rate) if isinstance(rate, float) else rate for rate in self._current_lrs.value]

    # Steps ----------------------------------------------------------------------------------------------------

    def step(self, epoch: Any = None) -> None:
        """Go to the next epoch, or to ``epoch``: a whole or broken number, which may be traced."""
        self._move(self._target(epoch))
        self._hold(self.get_lr())

    def _target(self, epoch: Any) -> Any:
        if epoch is None:
            return concrete(self.last_epoch.value) + 1
        where, rule = f"{type(self).__name__}.step: epoch", "a finite number"
        return number(where, single(where, epoch, rule), rule, _any, _kind(epoch))

    def _move(self, epoch: Any) -> None:
        """Note the epoch."""
        self.last_epoch.value = epoch

    def apply(self, apply_fn: Callable[[Any], Any]) -> None:
        """Use ``apply_fn`` of the learning rates at ``last_epoch`` until the next step."""
        self._hold([apply_fn(rate) for rate in self.get_lr()])

    def _hold(self, current: list[Any]) -> None:
        self._current_lrs.value = current = [held(rate) for rate in current]
        for optimizer in self._attached():
            _show(optimizer, current)

    # Optimizers -----------------------------------------------------------------------------------------------

    def _attached(self) -> Iterator[Any]:
        """The optimizers that it drives: those that are still there and have not got another scheduler."""
        for reference in self._optimizers:
            optimizer = reference()
            if optimizer is not None and optimizer.lr_scheduler is self:
                yield optimizer

    def attach_optimizer(self, optimizer: Any) -> None:
        """Drive an optimizer, besides those attached before. An optimizer that is made with ``lr=`` does this.

        The scheduler that drove it until then goes on driving its other optimizers.

        Raises `TypeError` for what is not a braintools optimizer.
        """
        if not isinstance(optimizer, OptaxOptimizer):
            raise TypeError(f"optimizer must be an OptaxOptimizer, got {type(optimizer)}")
        others = [other for other in self._attached() if other is not optimizer]
        self._optimizers = [weakref.ref(each) for each in (*others, optimizer)]
        drive(optimizer, self)
        self.optimizer = optimizer
        self._fit(optimizer)

    def _fit(self, optimizer: Any) -> None:
        """Have a learning rate for each of its groups, and let it report them."""
        for group in range(len(self.base_lrs), len(optimizer.param_groups)):
            self.add_group(group, None)
        _show(optimizer, self._current_lrs.value)

    def add_group(self, group: int, base_lr: float | None) -> None:
        """Drive one more group of parameters.

        base_lr: its base learning rate; where not given, that of the group in ``base_lrs``, or the last there.

        Raises `ScheduleError` for one that is no number, or that the schedule cannot start from.
        """
        base_lrs = self.base_lrs + [self.base_lrs[-1]] * (group + 1 - len(self.base_lrs))
        if base_lr is not None:
            base_lrs[group] = finite(f"{type(self).__name__}.base_lr", base_lr)
        current = list(self._current_lrs.value)
        current += [self._rate(base_lrs[new], new) for new in range(len(current), group + 1)]
        current[group] = self._rate(base_lrs[group], group)
        self.base_lrs = base_lrs
        self._hold(current)

    def _rate(self, base_lr: float, group: int) -> Any:
        """The learning rate of a group at ``last_epoch``, for a base learning rate that it need not have yet."""
        return self.curve(base_lr, group)(concrete(self.last_epoch.value))

    def _factor(self, base_lr: float, first: float) -> float:
        """What makes a curve for the base learning rate ``first`` one for ``base_lr``."""
        if first == 0 != base_lr:
            rule = "0, as a schedule that starts from 0 cannot be scaled (give one schedule for each group)"
            fail(f"{type(self).__name__}.base_lr", rule, base_lr)
        return 1.0 if base_lr == first else base_lr / first

    # State ----------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """The state, as data that JSON can hold."""
        return {
            "class": type(self).__name__,
            "version": state.VERSION,
            "last_epoch": concrete(self.last_epoch.value),
            "base_lrs": [float(rate) for rate in self.base_lrs],
            "current_lrs": [float(rate) for rate in self._current_lrs.value],
            **self._arguments(),
        }

    def _arguments(self) -> dict[str, Any]:
        """The arguments that are data. A state is of this schedule if it was saved with the same."""
        return {name: x for name in self.made_of if state.is_data(x := state.plain(getattr(self, name)))}

    def load_state_dict(self, state_dict: Any) -> None:
        """Go on from a state that `state_dict` wrote. An attached optimizer shows the learning rates at once.

        Raises `ScheduleError`, and changes nothing, for a state of another class or of other arguments, and for
        one that lacks something or that cannot be right.
        """
        self._restore(self._checked(state_dict, type(self).__name__))

    def _checked(self, state_dict: Any, where: str) -> dict[str, Any]:
        """A state in its normal form, all of it checked."""
        return state.checked(where, state_dict, self.state_dict(), self._arguments())

    def _restore(self, checked: dict[str, Any]) -> None:
        """Take over a checked state."""
        self.base_lrs = checked["base_lrs"]
        self.last_epoch.value = checked["last_epoch"]
        self._current_lrs.value = [held(rate) for rate in checked["current_lrs"]]
        for optimizer in self._attached():
            self._fit(optimizer)

    # A value --------------------------------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(other) is not type(self):
            return NotImplemented
        same = all(getattr(self, name) == getattr(other, name) for name in self.made_of)
        return same and self.state_dict() == other.state_dict()

    def __hash__(self) -> int:  # a brainstate graph hashes what its nodes hold
        return hash(type(self))

    def __repr__(self) -> str:
        given = [f"{name}={getattr(self, name)!r}" for name in ("base_lrs", *self.made_of)]
        return f"{type(self).__name__}({', '.join(given)}, last_epoch={concrete(self.last_epoch.value)!r})"

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the optimizers and the states, of which the values remain."""
        left_out = ("optimizer", "_optimizers", "_made")
        kept = {name: x for name, x in vars(self).items() if name not in left_out}
        for name in self._states:
            kept[name] = kept[name].value
        return {name: list(x) if type(x) is list else x for name, x in kept.items()}

    def __setstate__(self, kept: dict[str, Any]) -> None:
        vars(self).update(kept)
        for name in self._states:
            setattr(self, name, OptimState(kept[name]))
        self._detach()


def _any(_: float) -> bool:
    return True


def _kind(epoch: Any) -> type[int | float]:
    """Whether an epoch is checked as an integer or as a float."""
    whole = type(epoch) is int or (library(epoch) is not None and "int" in str(epoch.dtype))
    return int if whole else float


def held(rate: Any) -> Any:
    """A learning rate as a state holds it.

    A NumPy number is a float for everyone, but has a type of its own for JAX, as the values of a trace do: with
    a float of Python, the second call of a jitted step would compile it anew.
    """
    return rate if isinstance(rate, jax.Array) else np.float64(rate)


def _frozen(x: Any) -> Any:
    return tuple(x) if type(x) is list else x


def _show(optimizer: Any, current: list[Any]) -> None:
    """Let an optimizer report the learning rates, and its groups use them."""
    # Its setter of current_lr would turn the number into a float, which a tracer cannot be.
    own = optimizer._current_lr
    own.value = current[0]
    for group, rate in zip(optimizer.param_groups, current, strict=False):
        if group["lr"] is not own:
            group["lr"].value = rate
