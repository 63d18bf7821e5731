"""What an optimizer lacks for a scheduler to drive it.

braintools has no hook for a scheduler that wants to know about a new group of parameters, or about a saved
state. So an optimizer becomes, when a scheduler is attached, an instance of a subclass of its class that has
them. It stays what it was in every other way, but for one: what its updates apply is what it reports.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any

from .arguments import finite

if TYPE_CHECKING:
    from .base import Scheduler

__all__ = ["Asked", "drive"]

#: Where an optimizer's state holds that of its scheduler.
KEY = "lr_scheduler"


def drive(optimizer: Any, scheduler: Scheduler) -> None:
    """Make ``scheduler`` the one that an optimizer uses, saves and loads."""
    earlier = optimizer._lr_scheduler
    if not hasattr(optimizer, "_made_with"):
        kind: Any = type(optimizer)
        optimizer.__class__ = _driven(kind)
        optimizer._made_with = earlier
        if not isinstance(earlier, Asked):
            kind = type(earlier)
            earlier.__class__ = type(kind.__name__, (Asked, kind), {"__module__": kind.__module__})
    if earlier is not scheduler:
        if earlier.optimizer is optimizer:
            earlier.optimizer = None
        optimizer._lr_scheduler = scheduler
        optimizer._base_lr = scheduler.base_lrs[0]


#: The optimizer that makes an update.
_updating: ContextVar[Any] = ContextVar("updating", default=None)


class Asked:
    """A scheduler that answers an optimizer's transformation with what that optimizer reports.

    A transformation goes on asking the scheduler that the optimizer was made with, which may drive others by
    now; and a compiled update goes on reading what it read when it was traced.
    """

    def __call__(self, count: Any) -> Any:
        optimizer = _updating.get()
        if optimizer is not None and (self is optimizer._made_with or self is optimizer.lr_scheduler):
            return -optimizer.current_lr
        return super().__call__(count)  # type: ignore[misc]


@cache
def _driven(kind: Any) -> Any:
    class Driven(kind):  # type: ignore[misc]
        @property
        def current_lr(self) -> Any:
            return self._current_lr.value

        @current_lr.setter
        def current_lr(self, rate: Any) -> None:
            scheduler = self._lr_scheduler
            scheduler._hold([finite(f"{kind.__name__}.current_lr", rate), *scheduler.current_lrs.value[1:]])

        def step(self, *args: Any, **kwargs: Any) -> Any:
            token = _updating.set(self)
            try:
                return super().step(*args, **kwargs)
            finally:
                _updating.reset(token)

        def add_param_group(self, params: Any, **kwargs: Any) -> None:
            # Held back, or it would stand in the group as a plain number that nothing can change.
            base_lr = kwargs.pop("lr", None)
            if base_lr is not None:
                base_lr = finite(f"{kind.__name__}.add_param_group: lr", base_lr)
                self._lr_scheduler._rate(base_lr, len(self.param_groups))
            super().add_param_group(params, **kwargs)
            self._lr_scheduler.add_group(len(self.param_groups) - 1, base_lr)

        def state_dict(self) -> dict[str, Any]:
            return {**super().state_dict(), KEY: self._lr_scheduler.state_dict()}

        def load_state_dict(self, state_dict: dict[str, Any]) -> None:
            if KEY not in state_dict:  # saved with a scheduler of braintools
                super().load_state_dict(state_dict)
                return
            checked = self._lr_scheduler._checked(state_dict[KEY], f"{kind.__name__}.{KEY}")
            super().load_state_dict(state_dict)
            self._lr_scheduler._restore(checked)

    Driven.__name__, Driven.__qualname__, Driven.__module__ = kind.__name__, kind.__qualname__, kind.__module__
    Driven.__doc__ = kind.__doc__
    return Driven
