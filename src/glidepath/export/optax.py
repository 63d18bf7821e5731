"""A schedule as a function for optax, which needs JAX alone."""

from __future__ import annotations

from ..expression import trace
from ..text.jax import LAST, Jax

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..schedule import Schedule

__all__ = ["to_optax"]

#: Up to so many parts, a join is written out part by part.
_FEW = 8

_ABOUT = '''"""A learning-rate schedule for optax, for steps up to 2**31 - 1: optax.adamw(learning_rate=schedule)."""

'''


def to_optax(schedule: Schedule, total: int | None = None) -> str:
    """A function ``schedule(step)`` of ``jax.numpy``, for ``jit``, ``vmap`` and ``grad``.

    It takes steps of any shape, and answers in JAX's default float. The formula is written out as it is, since
    what one branch rules out is computed all the same.
    """
    step, value = trace(schedule, few=_FEW, last=LAST)
    return _ABOUT + Jax().program(step, value)
