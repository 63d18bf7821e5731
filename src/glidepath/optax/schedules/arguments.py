"""What the schedule functions take: every argument is checked by its name before anything is made of it."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from functools import wraps
from inspect import signature
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import jax

from ...arrays import is_number, library
from ...errors import ScheduleError, fail, unknown
from ...fields import number, true_or_false, whole
from ...jax import concrete

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import ParamSpec

    from ...schedule import Schedule

    P = ParamSpec("P")
    #: What may stand by position in another order than by name: ``(positional) -> (positional, named)``.
    Reading = Callable[[tuple[Any, ...]], tuple[tuple[Any, ...], dict[str, Any]]]

__all__ = ["ascending", "check", "checked", "non_negative", "read_as", "real", "row", "steps", "warn"]


def _real(rule: str, ok: Callable[[float], bool]) -> Callable[[str, Any], Any]:
    return lambda where, x: number(where, concrete(x), rule, ok, float)


def _steps(smallest: int) -> Callable[[str, Any], Any]:
    accept = whole("steps", smallest).accept

    def accepted(where: str, x: Any) -> Any:
        x = concrete(x)
        # Programs write 1e4, or compute a length by division; nothing is lost where it is whole.
        return accept(where, int(x) if isinstance(x, float) and x.is_integer() else x)

    return accepted


real = _real("a finite number", lambda _: True)
steps = _steps(0)
_any_steps, _some_steps = _steps(-(2**53) + 1), _steps(1)
_positive = _real("a positive finite number", lambda x: x > 0)
non_negative = _real("a non-negative finite number", lambda x: x >= 0)
_share = _real("a number from 0 to 1", lambda x: 0 <= x <= 1)


def row(where: str, x: Any, accept: Callable[[str, Any], Any]) -> Any:
    """Numbers in a row, each of them accepted: a tuple, or one traced array."""
    if isinstance(x, jax.core.Tracer) and x.ndim == 1:
        return accept(where, x)
    if library(x) is not None and not isinstance(x, jax.core.Tracer):
        x = x.tolist()
    if isinstance(x, str) or not isinstance(x, Iterable):
        fail(where, "a sequence of numbers", x)
    return tuple(accept(f"{where}[{i}]", entry) for i, entry in enumerate(x))


def ascending(where: str, x: Any) -> Any:
    """Steps from 0 on in strictly ascending order, as a tuple or one traced array."""
    marks = row(where, x, steps)
    if type(marks) is tuple:
        for earlier, later in pairwise(marks):
            if is_number(earlier) and is_number(later) and earlier >= later:
                fail(where, "strictly ascending", marks)
    return marks


#: What an argument of that name takes. Those that are not here are looked at by their functions.
_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(("value", "init_value", "end_value", "peak_value", "alpha"), real),
    **dict.fromkeys(("power", "exponent", "div_factor", "final_div_factor"), _positive),
    **dict.fromkeys(("pct_start", "pct_final"), _share),
    **dict.fromkeys(("transition_begin", "warmup_steps"), steps),
    **dict.fromkeys(("decay_steps", "steps_after_warmup", "restart_period"), _some_steps),
    "transition_steps": _any_steps,
    "decay_rate": non_negative,
    "staircase": true_or_false,
}


def check(where: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments in their normal form, each checked as ``<where>.<name>``; None stays what it is."""
    return {
        name: x if x is None or name not in _CHECKS else _CHECKS[name](f"{where}.{name}", x)
        for name, x in given.items()
    }


def checked(make: Callable[P, Schedule]) -> Callable[P, Schedule]:
    """``make``, with its arguments checked first."""
    return read_as(lambda positional: (positional, {}))(make)


def read_as(reading: Reading) -> Callable[[Callable[P, Schedule]], Callable[P, Schedule]]:
    """As `checked`, where what the positional arguments are called depends on them."""

    def decorate(make: Callable[P, Schedule]) -> Callable[P, Schedule]:
        form, where = signature(make), make.__name__
        optional = {name for name, parameter in form.parameters.items() if parameter.default is None}

        @wraps(make)
        def call(*args: P.args, **kwargs: P.kwargs) -> Schedule:
            named: dict[str, Any] = dict(kwargs)
            for name in named:
                if name not in form.parameters:
                    unknown(where, "argument", name, form.parameters)
            positional, more = reading(args)
            for name in more.keys() & named.keys():
                raise ScheduleError(f"{where}.{name} is given twice, by position and by name")
            try:
                given = form.bind(*positional, **more, **named).arguments
            except TypeError as error:
                raise TypeError(f"{where}: {error}") from None
            for name, x in given.items():
                if x is None and name not in optional:
                    fail(f"{where}.{name}", "given", x)
            return make(**check(where, given))  # type: ignore[call-arg]

        return call

    return decorate


def warn(where: str, got: Any, what: str) -> None:
    """Warn, at the line of the caller, about an argument for which optax goes on with something else."""
    warnings.warn(f"{where} is {got!r}: {what}", UserWarning, stacklevel=5)
