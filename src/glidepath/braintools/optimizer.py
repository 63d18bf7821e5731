"""What an optimizer lacks for a scheduler to drive it.

braintools has no hook for a scheduler that wants to know about a new group of parameters, or about a saved
state. So an optimizer becomes, when a scheduler is attached, an instance of a subclass of its class that has
them. It stays what it was in every other way.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from .arguments import finite

if TYPE_CHECKING:
    from .base import Scheduler

__all__ = ["drive"]

#: Where an optimizer's state holds that of its scheduler.
KEY = "lr_scheduler"


def drive(optimizer: Any, scheduler: Scheduler) -> None:
    """Make ``scheduler`` the one that an optimizer uses, saves and loads."""
    earlier = optimizer._lr_scheduler
    if earlier is not scheduler:
        # Its transformation asks the scheduler that it was made with.
        earlier._current_lrs = scheduler._current_lrs
        optimizer._lr_scheduler = scheduler
        optimizer._base_lr = scheduler.base_lrs[0]
    kind: Any = type(optimizer)
    if not hasattr(kind, "_driven_by_glidepath"):
        optimizer.__class__ = _driven(kind)


@cache
def _driven(kind: Any) -> Any:
    class Driven(kind):  # type: ignore[misc]
        _driven_by_glidepath = True

        def add_param_group(self, params: Any, **kwargs: Any) -> None:
            # Held back, or it would stand in the group as a plain number that nothing can change.
            base_lr = kwargs.pop("lr", None)
            if base_lr is not None:
                base_lr = finite(f"{kind.__name__}.add_param_group: lr", base_lr)
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
