"""The idea of the library: a schedule is a frozen value that states one formula of the step."""

from __future__ import annotations

from dataclasses import MISSING, FrozenInstanceError, dataclass, fields

from .arrays import LAST_STEP, is_number, library
from .errors import ScheduleError, fail, show, unknown
from .fields import (
    boundaries,
    choice,
    count,
    flag,
    function,
    length,
    offset,
    part,
    parts,
    ratio,
    role_of,
    value,
    values,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from os import PathLike
    from typing import Any, Self, dataclass_transform

    from matplotlib.axes import Axes

    from .arrays import Namespace
    from .fields import Role
    from .phases import Phase
else:

    def dataclass_transform(**_: object) -> Callable[[type], type]:
        return lambda cls: cls


__all__ = ["KINDS", "Schedule"]

#: Every kind by its name, built in or a user's own. Files can name these, and nothing else.
KINDS: dict[str, type[Schedule]] = {}

#: Called with every kind that is made, the earlier ones too (see `on_kind`).
_observers: list[Callable[[type[Schedule]], None]] = []


def on_kind(observer: Callable[[type[Schedule]], None]) -> None:
    """Call ``observer`` with every kind that exists and every one to come."""
    for kind in _every_kind:
        observer(kind)
    _observers.append(observer)


_every_kind: list[type[Schedule]] = []


class _Signature:
    """The signature of a kind's constructor, for ``help`` and ``inspect``, made when asked for."""

    def __get__(self, _: object, kind: type[Schedule]) -> object:
        from inspect import Parameter, Signature

        declared = [] if kind is Schedule else fields(kind)  # type: ignore[arg-type]
        return Signature(
            [
                Parameter(
                    f.name,
                    Parameter.KEYWORD_ONLY,
                    default=Parameter.empty if f.default is MISSING else f.default,
                    annotation=f.type,
                )
                for f in declared
            ]
        )


@dataclass_transform(
    frozen_default=True,
    kw_only_default=True,
    eq_default=False,
    field_specifiers=(boundaries, choice, count, flag, function, length, offset, part, parts, ratio, value, values),
)
class Schedule:
    """A value that depends on the step: a learning rate, a weight decay, a momentum.

    ``s(k)`` is the value that update number ``k`` uses; the first update is 0. Before step 0 the value of
    step 0 holds, and past the end the last value holds. ``k`` may be a Python number (the answer is a
    float), a NumPy array, a JAX array or tracer, or a torch tensor; the answer has its shape.

    A kind of schedule is a subclass with numbers for fields and one method, `at`. Subclassing makes it a
    frozen, keyword-only dataclass and registers its name, so that files, text and tests know it::

        class Sawtooth(Schedule):
            peak: float = glidepath.value()
            period: int = glidepath.length()

            def at(self, t, xp):
                t = xp.maximum(t, 0)
                return self.peak * (1 - (t - self.period * xp.floor_divide(t, self.period)) / self.period)

    Every numeric field may also hold an array or a tracer. `glidepath.testing.check_contract` tests a kind.
    """

    if TYPE_CHECKING:
        _roles: dict[str, Role]
        _defaults: dict[str, Any]
        _host: str | None

    #: NumPy leaves ``array * schedule`` to the schedule instead of multiplying it by every number of the array.
    __array_ufunc__ = None

    __signature__ = _Signature()

    #: Whether lengths beneath cannot be traced, because a table is built from them.
    _lengths_are_structure = False

    def __init_subclass__(cls, *, register: bool = True) -> None:
        if cls.__bases__ != (Schedule,):
            raise TypeError(f"{cls.__name__}: a kind of schedule is final; subclass Schedule itself, or compose")
        if "__post_init__" in cls.__dict__:
            raise TypeError(f"{cls.__name__}.__post_init__ is where fields are checked: define check(self) instead")
        # The constructor below serves all kinds: one made for each would take most of the time of an import.
        dataclass(init=False, repr=False, eq=False, kw_only=True)(cls)
        declared = fields(cls)  # type: ignore[arg-type]
        cls._roles = {f.name: role_of(f) for f in declared}
        for f in declared:
            if hasattr(Schedule, f.name) or f.name in ("_roles", "_defaults", "_host"):
                raise TypeError(f"{cls.__name__}.{f.name} must have another name, which Schedule does not use itself")
        cls._defaults = {f.name: f.default for f in declared if f.default is not MISSING}
        if register:
            earlier = KINDS.get(cls.__name__, cls)
            if (earlier.__module__, earlier.__qualname__) != (cls.__module__, cls.__qualname__):
                raise TypeError(f"there is a kind named {cls.__name__} already, in {earlier.__module__}")
            KINDS[cls.__name__] = cls
        _every_kind.append(cls)
        for observer in _observers:
            observer(cls)

    if not TYPE_CHECKING:  # type checkers know a constructor of their own for every kind

        def __init__(self, /, *positional: Any, **given: Any) -> None:
            name = type(self).__name__
            if type(self) is Schedule:
                raise TypeError("Schedule is the base of all kinds: call one of them, or subclass it")
            if len(positional) == len(self._roles) == 1:  # of one field there is no doubt
                positional, given = (), {**dict.fromkeys(self._roles, positional[0]), **given}
            if positional:
                wanted = ", ".join(f"{field}=..." for field in self._roles)
                raise ScheduleError(f"{name} takes its fields by name, {name}({wanted}), got {show(positional)}")
            for field in given:
                if field not in self._roles:
                    unknown(name, "field", field, self._roles)
            for field in self._roles:
                if field not in given and field not in self._defaults:
                    raise ScheduleError(f"{name}.{field} must be given")
                object.__setattr__(self, field, given[field] if field in given else self._defaults[field])
            self.__post_init__()

    def __post_init__(self) -> None:
        name = type(self).__name__
        for field, role in self._roles.items():
            given = getattr(self, field)
            if given is None and self._defaults.get(field, MISSING) is None:
                continue
            accepted = role.accept(f"{name}.{field}", given)
            if accepted is not given:
                object.__setattr__(self, field, accepted)
        self._find_host()
        if self._host is None:
            self.check()

    def _find_host(self) -> None:
        """Note which library the fields are in: None where all of them are plain numbers."""
        from .tree import below

        host = None
        for field in self._roles:
            held = getattr(self, field)
            items = below(held) or (held if type(held) is tuple else (held,))
            for item in items:
                found = item._host if isinstance(item, Schedule) else library(item)
                if found is None or found == host:
                    continue
                if host is not None and {host, found} != {"numpy", "jax"}:
                    raise ScheduleError(f"{type(self).__name__}.{field} holds {found} arrays, other fields {host} ones")
                host = found if host in (None, "numpy") else host
        object.__setattr__(self, "_host", host)

    # The contract of a kind -----------------------------------------------------------------------------------

    def at(self, t: Any, xp: Namespace) -> Any:
        """The formula: the value at step ``t`` of the schedule's own clock.

        t: a number, array, tracer or symbol of any shape; whole or not, of either sign.
        xp: the `Namespace` whose functions to use.

        It must be finite at every ``t``, with every gradient, in every branch of every ``xp.where``; hold
        its first value before 0 and its last value past the end; and use operators and ``xp`` alone.
        """
        raise NotImplementedError(f"{type(self).__name__} must define at(self, t, xp)")

    def check(self) -> None:
        """Raise `ScheduleError` where fields do not fit together. Called when all of them are plain."""

    @property
    def length(self) -> int | None:
        """The number of steps until the last value holds; None where there is no such step."""
        return None

    # Evaluation -----------------------------------------------------------------------------------------------

    def __call__(self, step: Any) -> Any:
        kind = type(step)
        if kind is int or (kind is float and step - step == 0):  # not NaN, not infinite
            try:
                return self._number(step)
            except OverflowError:  # a step beyond what a float can hold
                return self._number(max(-LAST_STEP, min(step, LAST_STEP)))
        return self._evaluate(step)

    def _number(self, step: float) -> Any:
        """Answer a plain number. The first call compiles the formula, which then stands in this method's place."""
        if self._host is not None:
            return self._evaluate(step)
        from .compiled import compile

        return compile(self)(step)

    def _evaluate(self, step: Any) -> Any:
        theirs = library(step)
        ours = self._host
        host = theirs if ours is None or (ours == "numpy" and theirs is not None) else ours
        if theirs is None and not (is_number(step) and step - step == 0):
            fail("step", "a finite number or an array of numbers", step)
        if theirs not in (None, "numpy", host):
            raise ScheduleError(f"step is a {theirs} array, but {type(self).__name__} holds {ours} arrays")
        if host == "numpy":
            from .arrays.numpy import evaluate
        elif host == "jax":
            from .arrays.jax import evaluate
        else:
            from .arrays.torch import evaluate
        try:
            return evaluate(self, step)
        except OverflowError as error:
            from .tree import longest

            raise ScheduleError(f"{longest(self)}, which is more than this {host} setup can hold ({error})") from None

    # A value --------------------------------------------------------------------------------------------------

    def replace(self, **changes: Any) -> Self:
        """A copy with other values in some fields, checked anew."""
        return type(self)(**{name: getattr(self, name) for name in self._roles} | changes)

    def _state(self) -> Mapping[str, Any]:
        """What the schedule is made of, for `tree`: numbers, schedules, tuples of either, and settings."""
        return {name: getattr(self, name) for name in self._roles}

    @classmethod
    def _from_state(cls, state: Mapping[str, Any]) -> Self:
        """The reverse of `_state`. Nothing is checked: tracers, None or ``object()`` may stand in any field."""
        made = object.__new__(cls)
        for name, held in state.items():
            object.__setattr__(made, name, held)
        made._find_host()
        return made

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"{type(self).__name__} is frozen; make another with replace({name}=...)")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"{type(self).__name__} is frozen")

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(other) is not type(self):
            return NotImplemented
        if self._host is not None or other._host is not None:
            return False  # arrays and tracers have no truth value; such schedules are equal to themselves only
        return all(getattr(self, name) == getattr(other, name) for name in self._roles)

    def __hash__(self) -> int:
        if self._host is not None:
            raise TypeError(f"unhashable: {type(self).__name__} holds {self._host} arrays")
        return hash((type(self), *(getattr(self, name) for name in self._roles)))

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), {name: getattr(self, name) for name in self._roles})

    def __repr__(self) -> str:
        given = []
        for name in self._roles:
            held, default = getattr(self, name), self._defaults.get(name, MISSING)
            if type(held) is not type(default) or held != default:
                given.append(f"{name}={held!r}")
        return f"{type(self).__name__}({', '.join(given)})"

    # Composition ----------------------------------------------------------------------------------------------

    def __mul__(self, other: Schedule | float) -> Schedule:
        from .compose import Product

        return Product.of(self, other)

    def __rmul__(self, other: float) -> Schedule:
        from .compose import Product

        return Product.of(other, self)

    def __add__(self, other: Schedule | float) -> Schedule:
        from .compose import Sum

        return Sum.of(self, other)

    def __radd__(self, other: float) -> Schedule:
        from .compose import Sum

        return Sum.of(other, self)

    def then(self, other: Schedule, at: int | None = None) -> Schedule:
        """This schedule up to step ``at`` (its own `length` by default), then ``other`` on its own clock.

        >>> from glidepath import Constant, Linear
        >>> warmup = Linear(start=0.0, end=0.1, steps=100)
        >>> warmup.then(Constant(value=0.1)) == warmup.then(Constant(value=0.1), at=100)
        True
        """
        from .compose import Join

        return Join.of(self, other, at)

    # Written out ----------------------------------------------------------------------------------------------

    def to_source(self, language: str = "python") -> str:
        """The formula as a program: ``"python"``, ``"javascript"`` or ``"latex"`` (see `glidepath.text`)."""
        from .text import to_source

        return to_source(self, language)

    def to_dict(self) -> dict[str, Any]:
        """The schedule as plain dicts, lists, numbers and strings (see `glidepath.from_dict`)."""
        from .spec import to_dict

        return to_dict(self)

    def to_json(self) -> str:
        """The schedule as JSON text (see `glidepath.from_json`)."""
        from .spec import to_json

        return to_json(self)

    def dump(self, path: str | PathLike[str]) -> None:
        """Write the schedule to a YAML or JSON file (see `glidepath.dump`)."""
        from .spec import dump

        dump(self, path)

    # Shown ----------------------------------------------------------------------------------------------------

    def phases(self, total: int | None = None) -> tuple[Phase, ...]:
        """The phases of the first ``total`` updates (its own `length` by default): names, steps and values.

        >>> from glidepath import wsd
        >>> [phase.name for phase in wsd(0.1, warmup=100, decay=200, total=1000).phases()]
        ['warmup', 'hold', 'cooldown']
        """
        from .phases import phases, updates

        return phases(self, updates(self, total))

    def preview(self, steps: int | None = None, width: int | None = None) -> str:
        """The curve and the phases as text, to print in a terminal.

        steps: updates to show; the length where not given, or what shows a schedule without an end.
        width: characters of a line, 24 to 1000; as many as the terminal has where not given.
        """
        from .braille import preview

        return preview(self, steps, width)

    def plot(
        self, ax: Axes | None = None, total: int | None = None, *, log: str = "", label: str | None = None
    ) -> Axes:
        """Draw the schedule with matplotlib, on ``ax`` or the current Axes, and return it (see `glidepath.plot`)."""
        from .plot import plot

        return plot(self, ax, total, log=log, label=label)

    def _repr_html_(self) -> str | None:
        """The curve, for notebooks."""
        from .svg import notebook

        return notebook(self)


def _rebuild(cls: type[Schedule], state: dict[str, Any]) -> Schedule:
    """Unpickle by construction, so that a pickle is checked like any other input."""
    return cls(**state)


def as_schedule(where: str, x: Any) -> Schedule:
    """``x`` itself, or the constant schedule of the number ``x``."""
    if isinstance(x, Schedule):
        return x
    from .schedules.flat import Constant

    if is_number(x) or library(x) is not None:
        return Constant(value=x)
    raise ScheduleError(f"{where} must be a schedule or a number, got {show(x)}")
