"""What the schedulers of this room share: torch's constructors, states and pickles around a curve.

Each is a subclass of torch's class of the same name, which keeps its constructor, attributes, state keys and
warnings.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Self

from ...errors import ScheduleError, fail, show
from ...fields import number
from .arguments import as_dict, copied, warn
from .intact import intact
from .stepped import Stepped

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Member"]

#: Keys that states written by other versions of torch have.
_OLD_KEYS = {"verbose", "_initial_step", "anneal_func", "_get_lr_called_within_step", "_is_initial", "_scale_fn_ref"}


class Member(Stepped):
    """A scheduler of torch's, made, saved and loaded as torch's, whose rates are those of a curve."""

    __slots__ = ()

    __signature__: inspect.Signature
    _theirs: inspect.Signature

    if not TYPE_CHECKING:  # whoever checks types is to see the constructors of torch

        def __new__(cls, *_: Any, **__: Any) -> Self:
            made = super().__new__(cls)
            made._ledger = made._left = made._place = None
            made._made, made._based, made._has_moved = (), ([], []), False
            made._end = 0.0 if cls._is_number else None
            return made

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            given = self._theirs.bind(*args, **kwargs)
            given.apply_defaults()
            with intact(given.arguments["optimizer"]):
                self._prepare(given.arguments)
                super().__init__(*args, **kwargs)
                self._finish()

    def _prepare(self, given: dict[str, Any]) -> None:
        """Check arguments by name, before torch's constructor has them."""

    def _finish(self) -> None:
        """Amend what torch's constructor did."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        below = cls.__mro__[cls.__mro__.index(Member) + 1 :]
        cls._theirs = _signature(next(kind for kind in below if "__init__" in vars(kind)))
        made_by = next(kind for kind in cls.__mro__ if "__init__" in vars(kind))
        cls.__signature__ = cls._theirs if made_by is Member else _signature(made_by)

    # States ---------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """torch's state: plain data with its keys, and copies of its lists."""
        state = {**super().state_dict(), "_last_lr": self.get_last_lr()}
        return {key: [copied(x) for x in held] if type(held) is list else held for key, held in state.items()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a state of this class or of torch's, and write its rates to the optimizer.

        Its hyperparameters win, with a warning that names those that change. Raises `ScheduleError`, and changes
        nothing, for the state of another class, for other parameter groups, and for values that cannot be right.
        """
        is_waiting = self._ledger is None and self._left is not None  # for its turn in a sequence
        self._load(state_dict)
        if not is_waiting:
            self._settle(self._last_lr)

    def _load(self, state_dict: Any) -> None:
        """Take over a state, with no effect on the optimizer."""
        name, state = type(self).__name__, self._checked(state_dict)
        before, restore = self._hyperparameters(), self._kept()
        last = state.pop("_last_lr", None)
        try:
            super().load_state_dict(state)
            number(f"{name}: last_epoch", self.last_epoch, "a number of at least -1", lambda t: t >= -1, float)
            self._made = ()
            self._left = self._evaluate(self._now())
            if last is not None:
                self._last_lr = [float(rate) for rate in last]
        except Exception as error:
            restore()
            if isinstance(error, ScheduleError):
                raise
            raise ScheduleError(f"{name}: the state cannot be loaded ({error!r})") from error
        now = self._hyperparameters()
        changed = [f"{key} {show(old)} -> {show(now[key])}" for key, old in before.items() if now[key] != old]
        if changed:
            warn(f"{name}: the state's hyperparameters replace those given: {', '.join(changed)}")

    def _kept(self) -> Callable[[], None]:
        """What puts the scheduler back to where it is now."""
        attributes, kept = dict(vars(self)), (self._ledger, self._left, self._place)

        def restore() -> None:
            vars(self).clear()
            vars(self).update(attributes)
            self._ledger, self._left, self._place = kept

        return restore

    def _hyperparameters(self) -> dict[str, Any]:
        return {name: vars(self)[name] for name in self._made_of if name in vars(self)}

    def _checked(self, given: Any) -> dict[str, Any]:
        """A copy of a state that may be one of this class, for these parameter groups."""
        name, state = type(self).__name__, as_dict(self, given)
        known = {*vars(self), "lr_lambdas", "_scale_fn_custom", *_OLD_KEYS}
        strange = [key for key in state if key not in known]
        missing = [key for key in self._hyperparameters() if key not in state]
        if strange and missing:
            raise ScheduleError(
                f"{name}: the state is of another class: it has {', '.join(map(repr, strange))} "
                f"and lacks {', '.join(map(repr, missing))}"
            )
        if strange:
            warn(f"{name}: the state has keys that are not known here: {', '.join(map(repr, strange))}")
        count = len(self.optimizer.param_groups)
        for key in ("base_lrs", "_last_lr"):
            if key in state and len(state[key]) != count:
                wanted = f"a list with one entry for each of the {count} parameter groups"
                fail(f"{name}: state[{key!r}]", wanted, state[key])
        return state

    def __getstate__(self) -> dict[str, Any]:
        return vars(self)


def _signature(kind: type) -> inspect.Signature:
    """The signature of a constructor, as its callers see it."""
    full = inspect.signature(kind.__init__)  # type: ignore[misc]
    return full.replace(parameters=list(full.parameters.values())[1:])
