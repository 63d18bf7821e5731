"""How a rate comes about: a curve of ``last_epoch``, a place in the ledger, and what a step does.

torch changes the rate that it finds, these schedulers compute it. What is kept for that lies in slots, so that
``__dict__``, which is torch's state, stays torch's.
"""

from __future__ import annotations

import warnings
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ...errors import ScheduleError
from .arguments import copied
from .ledger import Ledger, ledger_of
from .shown import Shown, as_held

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .ledger import Groups, Share

__all__ = ["Stepped"]


class Stepped(Shown):
    """A scheduler whose rates are a core schedule of ``last_epoch``.

    A subclass names in `_made_of` the attributes that its curve depends on, and defines `_make`.
    """

    __slots__ = ("_based", "_curve", "_end", "_has_moved", "_ledger", "_left", "_made", "_place")

    #: The attributes that the curve is made of: the hyperparameters.
    _made_of: tuple[str, ...] = ()

    #: Whether each step starts from ``base_lrs``, whatever was written to the groups by hand.
    _is_absolute = False

    #: Its place in the product, as in `Share`.
    _rank = 1

    #: Whether its share is one number for all groups.
    _is_number = True

    #: Whether the rates are those of this room, and not of a user's subclass.
    _is_own = True

    _read: Callable[[Any], Any] = staticmethod(lambda _: None)

    _last_lr: list[Any]
    _based: tuple[list[Any], list[float]]
    _curve: Callable[[Any], Any]
    _end: float | None
    _has_moved: bool
    _ledger: Ledger | None
    _left: Any
    _made: Any
    _place: Any

    def __init_subclass__(cls) -> None:
        cls._is_own = cls.get_lr is Stepped.get_lr
        if cls._made_of and "_read" not in vars(cls):
            cls._read = staticmethod(attrgetter(*cls._made_of))

    # The curve ------------------------------------------------------------------------------------------------

    def _make(self) -> Callable[[Any], Any]:
        """The compiled curve: which share of the starting rate is left. Raises for what is wrong with it."""
        raise NotImplementedError

    def _evaluate(self, t: Any) -> Any:
        """What is left at ``t``: one number, or one for each group."""
        made_of = self._read(self)
        if made_of != self._made:
            self._curve = self._make()
            self._made = made_of
        return self._curve(t)

    def _applied(self, rates: Sequence[float], starts: Sequence[float]) -> list[float]:
        left = self._left
        return [rate * left for rate in rates]

    def _bases(self) -> list[float]:
        given, floats = self._based
        if given != self.base_lrs:
            floats = [float(base) for base in self.base_lrs]
            self._based = list(self.base_lrs), floats
        return floats

    # Steps ----------------------------------------------------------------------------------------------------

    def step(self, epoch: Any = None) -> None:
        """Go to the next epoch; or, deprecated, to ``epoch``."""
        ledger = self._ledger
        if ledger is None or epoch is not None or self._step_count < 2:
            super().step(epoch)  # with the warnings of torch
        else:
            self._go_on(ledger)
            self._step_count += 1

    def _update_lr(self, epoch: Any = None) -> None:
        ledger = self._ledger
        if ledger is None or epoch is not None:
            self._update_otherwise(epoch)
        else:
            self._go_on(ledger)

    def _go_on(self, ledger: Ledger) -> None:
        t = self.last_epoch + 1
        before, self._left = self._left, self._evaluate(t)
        groups = self.optimizer.param_groups
        rates = ledger.follow(groups)
        if rates is None:
            # What others wrote, they wrote to the rates as they were.
            now, self._left = self._left, before
            ledger.refresh(groups)
            self._left = now
            if self._ledger is None:
                self._join(ledger)
            self._put(ledger)
        else:
            self._last_lr = rates
        self.last_epoch = t
        self._has_moved = True

    def _put(self, ledger: Ledger) -> None:
        """Write the product of all that are in force."""
        if self._is_absolute:
            ledger.starts = self._bases()
        rates = ledger.product(ledger.starts)
        ledger.write(rates)
        self._last_lr = rates

    def _grow(self, groups: Groups) -> bool:
        """Drive the parameter groups that were added: what they hold is what they start from."""
        for group in groups[len(self.base_lrs) :]:
            self.base_lrs.append(copied(group.setdefault("initial_lr", copied(group["lr"]))))
        return len(self.base_lrs) == len(groups)

    def _update_otherwise(self, epoch: Any) -> None:
        """A step to an epoch, and a step of one that is not in force: the first one above all."""
        if not self._is_own:
            super()._update_lr(epoch)
            return
        ledger = ledger_of(self.optimizer)
        self._get_lr_called_within_step = False
        t = self.last_epoch + 1 if epoch is None else epoch
        if self._is_initial:
            self._start(ledger, t, is_fresh=self.last_epoch < 0)
        elif epoch is not None:  # as in torch: the value of the epoch, whatever else there is
            self._left = self._evaluate(t)
            ledger.refresh(self.optimizer.param_groups)
            for other in ledger.active():
                other._leave()
            ledger.starts = self._bases()
        else:
            self._rejoin(ledger)
            self._left = self._evaluate(t)
        self._join(ledger)
        self._put(ledger)
        self._stand_at(t)

    # Being in force -------------------------------------------------------------------------------------------

    def _start(self, ledger: Ledger, t: Any, is_fresh: bool) -> None:
        """Start from the rates that are there, or from the base: resumed, or with rates of its own.

        What an earlier run left in force, and was stepped, ends where a fresh scheduler has rates of its own, or comes
        before it in the product.
        """
        left = self._evaluate(t)
        ledger.loaded = None
        ledger.refresh(self.optimizer.param_groups)
        for other in ledger.active():
            is_over = other._has_moved and (self._is_absolute or other._rank > self._rank)
            if (is_fresh and is_over) or self._replaces(other, t):
                other._leave()
        found, others = ledger.rates, ledger.active()
        if self._is_absolute or not (is_fresh or others):
            ledger.starts = self._bases()
        elif is_fresh and not (others and ledger.solve(found)):
            for other in others:
                other._leave()
            ledger.starts = found
        self._left = left

    def _replaces(self, other: Share, t: Any) -> bool:
        """Whether another scheduler, which has been stepped, is the one that this one resumes."""
        return (
            isinstance(other, Stepped)
            and type(other) is type(self)
            and other._made == self._made
            and other._has_moved
            and other.last_epoch == t > 0
        )

    def _rejoin(self, ledger: Ledger) -> None:
        """Come into force as if it had been until now."""
        ledger.refresh(self.optimizer.param_groups)
        found = ledger.rates
        self._left = self._evaluate(self._now())
        self._join(ledger)
        if not ledger.solve(found):
            ledger.starts = self._bases()

    def _join(self, ledger: Ledger) -> None:
        """Come into force. Raises where there are parameter groups that it cannot drive."""
        if not self._grow(ledger.groups):
            raise ScheduleError(
                f"{type(self).__name__} was made for other parameter groups than the {len(ledger.groups)} that the "
                "optimizer has now: make a new scheduler"
            )
        self._ledger = ledger
        ledger.enter(self)

    def _leave(self) -> None:
        """Be in force no longer."""
        if self._ledger is not None:
            self._ledger.leave(self)
            self._ledger = None

    def _initial_step(self) -> None:
        self._leave()
        super()._initial_step()

    def _begin(self, t: Any) -> None:
        """Come into force at a step, from the base rates."""
        ledger = ledger_of(self.optimizer)
        ledger.refresh(self.optimizer.param_groups)
        self._left = self._evaluate(t)
        self._join(ledger)
        ledger.starts = self._bases()
        self._put(ledger)
        self._stand_at(t)

    def _settle(self, last: list[float]) -> None:
        """Put a loaded state in force.

        The rates of an optimizer that was loaded too, before or after, are right to the last by-hand change: they
        are kept. Without such an optimizer the rates are those of the curve.
        """
        ledger = ledger_of(self.optimizer)
        if not ledger.is_current(self.optimizer.param_groups):
            ledger.refresh(self.optimizer.param_groups)
            known: list[float] | None = ledger.rates
        elif ledger.loaded is not None and ledger.loaded[1] is ledger.rates:
            known = ledger.loaded[0]
        else:
            known = last if ledger.found == last else None
        self._join(ledger)
        ledger.starts = self._bases()
        if known is not None and not self._is_absolute:
            ledger.solve(known)
        rates = ledger.product(ledger.starts)
        ledger.write(rates)
        ledger.loaded = None if known is None else (known, rates)

    # What it shows --------------------------------------------------------------------------------------------

    def _now(self) -> Any:
        """The step it stands at."""
        return self.last_epoch

    def _stand_at(self, t: Any) -> None:
        """Stand at a step, without effect on the rates."""
        self.last_epoch = t

    def get_lr(self) -> list[Any]:
        """The rates at ``last_epoch``. For those in force, ask `get_last_lr`."""
        if not self._get_lr_called_within_step:
            text = "To get the last learning rate computed by the scheduler, please use `get_last_lr()`."
            warnings.warn(text, UserWarning, stacklevel=2)
        kept, ledger = self._left, self._ledger
        try:
            self._left = self._evaluate(self._now())
            starts = self._bases() if ledger is None or self._is_absolute else ledger.starts
            rates = self._applied(starts, starts) if ledger is None else ledger.product(starts)
        finally:
            self._left = kept
        return as_held(self.optimizer, rates)
