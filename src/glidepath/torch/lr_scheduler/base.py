"""What the schedulers of this room share: torch's contract outside, a core schedule and the ledger inside.

Each is a subclass of torch's class of the same name, which keeps its constructor, attributes, state keys and
warnings. Only how a rate comes about is replaced: torch changes the rate it finds, these compute it from
``last_epoch``. What is kept for that lies in slots, so that ``__dict__``, which is torch's state, stays torch's.
"""

from __future__ import annotations

import inspect
import warnings
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Self, cast

import torch
from torch.optim import lr_scheduler as theirs

from ...errors import ScheduleError, fail, show
from ...fields import number
from .ledger import Ledger, ledger_of, mixed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Member", "copied", "plain", "signature_of", "steps"]

#: Keys that states written by other versions of torch have.
_OLD_KEYS = {"verbose", "_initial_step", "anneal_func", "_get_lr_called_within_step", "_is_initial", "_scale_fn_ref"}


class Member(theirs.LRScheduler):
    """A scheduler of torch's whose rates are a core schedule of ``last_epoch``.

    A subclass names in `_made_of` the attributes that its curve depends on, and defines `_make`.
    """

    __slots__ = ("_based", "_curve", "_last", "_ledger", "_left", "_made", "_place")

    #: The attributes that the curve is made of: the hyperparameters.
    _made_of: tuple[str, ...] = ()

    #: Whether each step starts from ``base_lrs``, whatever was written to the groups by hand.
    _is_absolute = False

    _rank = 1

    #: Whether the rates are those of this room, and not of a user's subclass.
    _is_own = True

    #: Whether one number is all that it adds to what is here.
    _is_simple = False

    __signature__: inspect.Signature
    _read: Callable[[Any], Any]
    _ledger: Ledger | None
    _left: Any
    _made: Any
    _place: Any
    _based: tuple[list[Any], list[float]]
    _curve: Callable[[float], float]
    _last: list[float]

    def __new__(cls, *_: Any, **__: Any) -> Self:
        made = super().__new__(cls)
        made._ledger = made._left = made._place = None
        made._made, made._last, made._based = (), [], ([], [])
        return made

    # The curve ------------------------------------------------------------------------------------------------

    def _make(self) -> Callable[[float], float]:
        """The compiled curve: which share of the starting rate is left. Raises for what is wrong with it."""
        raise NotImplementedError

    def __init_subclass__(cls) -> None:
        cls.__signature__ = signature_of(cls)
        cls._is_own = cls.get_lr is Member.get_lr
        cls._is_simple = (
            cls._is_own
            and cls._evaluate is Member._evaluate
            and cls._applied is Member._applied
            and cls._update_lr is Member._update_lr
        )
        cls._read = staticmethod(attrgetter(*cls._made_of)) if cls._made_of else staticmethod(_no_key)

    def _key(self) -> Any:
        """What the curve is made of, to be compared."""
        return self._read(self)

    def _evaluate(self, t: Any) -> Any:
        """What is left at ``t``: one number, or one for each group."""
        key = self._key()
        if key != self._made:
            self._curve = self._make()
            self._made = key
        return self._curve(t)

    def _ends(self) -> Sequence[float] | float:
        """Where the rate goes to, for each group or for all."""
        return 0.0

    def _applied(self, rates: Sequence[float], starts: Sequence[float], trial: bool) -> list[float]:
        left, ends = self._left, self._ends()
        if type(ends) is float and ends == 0:
            if type(left) is list:
                self._check_groups(left)
                return [rate * share for rate, share in zip(rates, left, strict=True)]
            return [rate * left for rate in rates]
        several = [ends] * len(rates) if isinstance(ends, float) else ends
        if rates is starts:
            return mixed(starts, several, left)
        # A factor of other rates: its own rates over what they start from.
        held = self._ledger.starts if trial and self._ledger is not None else starts
        own = mixed(held, several, left)
        return [rate * (x / start if start else 1.0) for rate, x, start in zip(rates, own, held, strict=True)]

    def _check_groups(self, given: Sequence[Any]) -> None:
        wanted = len(self.optimizer.param_groups)
        if len(given) != wanted:
            raise ScheduleError(
                f"{type(self).__name__} was given values for {len(given)} parameter groups, but the optimizer has "
                f"{wanted} now: make a new scheduler"
            )

    # Steps ----------------------------------------------------------------------------------------------------

    def step(self, epoch: Any = None) -> None:
        """Go to the next epoch; or, deprecated, to ``epoch``."""
        ledger = self._ledger
        if epoch is not None or ledger is None or not self._is_simple or self._step_count < 2:
            super().step(epoch)
            return
        self._step_count += 1
        groups = self.optimizer.param_groups
        if len(ledger.members) > 1 or ledger.has_tensors or not ledger.is_current(groups):
            self._update_lr()
            return
        # One scheduler and plain numbers, as almost always: the same without the calls.
        t = self.last_epoch + 1
        left, end = self._evaluate(t), cast("float", self._ends())
        self._left, self.last_epoch = left, t
        rates = mixed(ledger.starts, [end] * len(groups), left) if end else [rate * left for rate in ledger.starts]
        for group, rate in zip(groups, rates, strict=True):
            group["lr"] = rate
        ledger._held = self._last = rates

    def _update_lr(self, epoch: Any = None) -> None:
        ledger = self._ledger
        if ledger is None or epoch is not None or self._is_initial or not self._is_own:
            self._update_otherwise(epoch)
            return
        groups = self.optimizer.param_groups
        if len(ledger.members) > 1 or not ledger.is_current(groups):
            ledger.notice(groups)
        t = self.last_epoch + 1
        self._left = self._evaluate(t)
        self.last_epoch = t
        self._put(ledger)

    def _put(self, ledger: Ledger) -> None:
        if len(ledger.groups) != len(self.base_lrs):
            self._grow(ledger)
        if self._is_absolute:
            ledger.starts = self._bases()
        if len(ledger.members) == 1:  # there is no other share to ask for
            starts = ledger.starts
            self._last = ledger.write(self._applied(starts, starts, False))
        else:
            self._last = ledger.write()

    def _update_otherwise(self, epoch: Any) -> None:
        if not self._is_own:
            super()._update_lr(epoch)
            return
        ledger = ledger_of(self.optimizer)
        self._get_lr_called_within_step = False
        t = self.last_epoch + 1 if epoch is None else epoch
        if self._is_initial:
            self._begin_in(ledger, t, is_fresh=self.last_epoch < 0)
        elif epoch is not None:  # as in torch: the value of the epoch, whatever else there is
            self._left = self._evaluate(t)
            ledger.notice(self.optimizer.param_groups)
            for other in ledger.active():
                if other._rank < 2 and other is not self and isinstance(other, Member):
                    other._leave()
            ledger.starts = self._bases()
        else:  # as if it had been in force until now
            current = self._refreshed(ledger)
            self._left = self._evaluate(self.last_epoch)
            self._join(ledger)
            if not ledger.solve(current):
                ledger.starts = self._bases()
            self._left = self._evaluate(t)
        self.last_epoch = t
        self._join(ledger)
        self._put(ledger)

    def _refreshed(self, ledger: Ledger) -> list[float]:
        ledger.notice(self.optimizer.param_groups)
        return ledger.rates_held()

    def _begin_in(self, ledger: Ledger, t: Any, is_fresh: bool) -> None:
        """The first step: a fresh scheduler goes on from the rates it finds, a resumed one from its base."""
        ledger.leave(self)
        ledger.trusted = None
        current = self._refreshed(ledger)
        left = self._evaluate(t)
        others = [other for other in ledger.active() if not self._replaces(other, t)]
        if self._is_absolute or not (is_fresh or others):
            ledger.starts = self._bases()
        elif is_fresh and (not others or not ledger.solve(current)):
            ledger.members, ledger.starts = [], current
        self._left = left

    def _replaces(self, other: Any, t: Any) -> bool:
        """Whether another scheduler, which has been stepped, is the one that this one resumes."""
        same = type(other) is type(self) and other._key() == self._key()
        if same and t > 0 and other.last_epoch == t and other._step_count > 1:
            other._leave()
            return True
        return False

    def _join(self, ledger: Ledger) -> None:
        self._ledger = ledger
        ledger.enter(self)

    def _grow(self, ledger: Ledger) -> None:
        """Drive the parameter groups that were added: what they hold is what they start from."""
        for index in range(len(self.base_lrs), len(ledger.groups)):
            group = ledger.groups[index]
            base = group.setdefault("initial_lr", copied(group["lr"]))
            self.base_lrs.append(copied(base))
            ledger.starts = [*ledger.starts[:index], float(base), *ledger.starts[index + 1 :]]

    def _bases(self) -> list[float]:
        kept, floats = self._based
        if kept != self.base_lrs:
            floats = [float(base) for base in self.base_lrs]
            self._based = list(self.base_lrs), floats
        return floats

    # For composites -------------------------------------------------------------------------------------------

    def _leave(self) -> None:
        """Be in force no longer."""
        if self._ledger is not None:
            self._ledger.leave(self)
            self._ledger = None

    def _move_to(self, t: Any) -> None:
        """Stand at a step, without effect."""
        self.last_epoch = t

    def _begin(self, t: Any) -> None:
        """Come into force at a step, from the base rates."""
        ledger = ledger_of(self.optimizer)
        ledger.notice(self.optimizer.param_groups)
        self._move_to(t)
        self._left = self._evaluate(t)
        self._join(ledger)
        ledger.starts = self._bases()
        self._put(ledger)

    # What it shows --------------------------------------------------------------------------------------------

    @property
    def _last_lr(self) -> list[Any]:
        ledger, groups = self._ledger, self.optimizer.param_groups
        if ledger is not None and not ledger.has_tensors:
            return self._last[:]
        return [
            torch.full_like(group["lr"], rate) if isinstance(group["lr"], torch.Tensor) else rate
            for group, rate in zip(groups, self._last, strict=False)
        ]

    @_last_lr.setter
    def _last_lr(self, rates: Sequence[Any]) -> None:
        self._last = [float(rate) for rate in rates]

    def get_last_lr(self) -> list[Any]:
        """The rates that this scheduler wrote last: copies."""
        return self._last_lr

    def get_lr(self) -> list[Any]:
        """The rates at ``last_epoch``. For those in force, ask `get_last_lr`."""
        if not self._get_lr_called_within_step:
            text = "To get the last learning rate computed by the scheduler, please use `get_last_lr()`."
            warnings.warn(text, UserWarning, stacklevel=2)
        kept = self._left
        try:
            self._left = self._evaluate(self.last_epoch)
            ledger = self._ledger
            starts = self._bases() if ledger is None or self._is_absolute else ledger.starts
            rates = self._applied(starts, starts, False) if ledger is None else ledger.rates(starts)
        finally:
            self._left = kept
        held = [group["lr"] for group in self.optimizer.param_groups]
        return [torch.full_like(h, r) if isinstance(h, torch.Tensor) else r for h, r in zip(held, rates, strict=False)]

    # State ----------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """torch's state: plain data with its keys, and copies of its lists."""
        state = super().state_dict()
        state = {key: list(map(copied, held)) if type(held) is list else held for key, held in state.items()}
        made: dict[str, Any] = {**state, "_last_lr": self._last_lr}
        return made

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a state of this class or of torch's, and write its rates to the optimizer.

        Its hyperparameters win, with a warning that names those that change. Raises `ScheduleError`, and changes
        nothing, for the state of another class, for other parameter groups, and for values that cannot be right.
        """
        last = self._load(state_dict)
        if self._ledger is not None:
            self._settle(last)

    def _load(self, state_dict: Any) -> list[float]:
        """Take over a state, with no effect on the optimizer. Returns the rates that it was saved with."""
        state = self._checked(state_dict)
        last, before, kept = state.pop("_last_lr", None), dict(self.__dict__), self._left
        named = self._hyperparameters()
        try:
            super().load_state_dict(state)
            number(f"{type(self).__name__}: last_epoch", self.last_epoch, "a number of at least -1", _epoch, float)
            self._left = self._evaluate(self.last_epoch)
        except Exception as error:
            self.__dict__.clear()
            self.__dict__.update(before)
            self._left = kept
            if isinstance(error, ScheduleError):
                raise
            raise ScheduleError(f"{type(self).__name__}: the state cannot be loaded ({error!r})") from error
        changed = [f"{key} {show(old)} -> {show(new)}" for key, old in named.items() if (new := vars(self)[key]) != old]
        if changed:
            text = f"{type(self).__name__}: the state's hyperparameters replace those given: {', '.join(changed)}"
            warnings.warn(text, UserWarning, stacklevel=4)
        if last is not None:
            self._last_lr = last
        return self._last

    def _hyperparameters(self) -> dict[str, Any]:
        return {name: vars(self)[name] for name in self._made_of if name in vars(self)}

    def _checked(self, given: Any) -> dict[str, Any]:
        name = type(self).__name__
        if not hasattr(given, "keys"):
            fail(f"{name}: the state", "a dictionary", given)
        state: dict[str, Any] = dict(given)
        known = {*vars(self), "_last_lr", "lr_lambdas", "_scale_fn_custom", *_OLD_KEYS}
        strange = [key for key in state if key not in known]
        missing = [key for key in self._hyperparameters() if key not in state]
        if strange and missing:
            raise ScheduleError(
                f"{name}: the state is of another class: it has {', '.join(map(repr, strange))} "
                f"and lacks {', '.join(map(repr, missing))}"
            )
        if strange:
            text = f"{name}: the state has keys that are not known here: {', '.join(map(repr, strange))}"
            warnings.warn(text, UserWarning, stacklevel=5)
        for key in ("base_lrs", "_last_lr"):
            if key in state and len(state[key]) != len(self.optimizer.param_groups):
                wanted = f"a list with one entry for each of the {len(self.optimizer.param_groups)} parameter groups"
                fail(f"{name}: state[{key!r}]", wanted, state[key])
        return state

    def _settle(self, last: list[float]) -> None:
        """Put a loaded state in force.

        The rates of an optimizer that was loaded too, before or after, are right to the last by-hand change: they
        are kept. Without such an optimizer the rates are those of the curve.
        """
        ledger = ledger_of(self.optimizer)
        groups = self.optimizer.param_groups
        if not ledger.is_current(groups):
            ledger.bind(groups)
            ledger.trusted = ledger.rates_held()
        elif ledger.trusted is None and ledger.found == last:
            ledger.trusted = last
        self._join(ledger)
        ledger.starts = self._bases()
        if ledger.trusted is not None and not self._is_absolute:
            ledger.solve(ledger.trusted)
        ledger.write()
        self._last = self._last or ledger.rates_held()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_last_lr": self._last_lr}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._last_lr = self.__dict__.pop("_last_lr")


def signature_of(cls: type) -> inspect.Signature:
    """The signature of the constructor, which the ``__new__`` that fills the slots would hide."""
    full = inspect.signature(cls.__init__)  # type: ignore[misc]
    return full.replace(parameters=list(full.parameters.values())[1:])


def _no_key(_: Any) -> Any:
    return ()


def copied(x: Any) -> Any:
    return x.clone() if isinstance(x, torch.Tensor) else x


def _epoch(t: float) -> bool:
    return t >= -1


def steps(name: str, x: Any, least: float = 0) -> Any:
    """A number of steps, which may be broken; whole ones as an integer."""
    x = x.item() if isinstance(x, torch.Tensor) and x.numel() == 1 else x
    rule = "a positive finite number" if least else "a finite number of at least 0"
    made = number(name, x, rule, (lambda v: v > 0) if least else (lambda v: v >= 0), float)
    return int(made) if made == int(made) else made


def plain(name: str, x: Any, rule: str = "a finite number", ok: Callable[[float], bool] = lambda _: True) -> float:
    """A number, which may be in a tensor."""
    return float(number(name, x.item() if isinstance(x, torch.Tensor) and x.numel() == 1 else x, rule, ok, float))
