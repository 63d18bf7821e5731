"""Finding the numbers that a built transformation holds, and putting others in their place.

An optax transformation is two functions, ``init`` and ``update``, that keep the arguments of the factory that made
them in their closures, under the factory's own names. To bind a value is to make both functions anew around other
closure cells; the transformation that was given is never written to.

Functions are followed where they are part of a transformation: those of the transformations that they hold (a chain,
``masked``, ``partition``), functions held under a name with "init" or "update" in it, and helpers that the same
factory made. Masks, labels and schedules, which belong to others, are left as they are.
"""

from __future__ import annotations

import inspect
import sys
from functools import partial
from types import CellType, FunctionType
from typing import TYPE_CHECKING, NamedTuple

import optax

from ...arrays import is_number
from ...errors import ScheduleError, show, unknown
from .schedules import is_scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    Swap = Callable[["Site"], Any]

#: The factories of optax whose ``update`` is a function of the caller's.
_HOSTS = frozenset({"stateless", "stateless_with_tree_map"})


class Site(NamedTuple):
    """A number in a closure.

    name: what the closure calls it.
    value: the number.
    home: module and name of the factory whose function holds it.
    update: whether an update reads it; otherwise the initial state alone does.
    """

    name: str
    value: Any
    home: tuple[str, str]
    update: bool


class Contents:
    """What a transformation holds.

    sites: the numbers.
    opaque: the functions that are not plain Python functions, or hold injected values already, by name.
    schedules: whether a stage multiplies the updates by a schedule of its own.
    """

    def __init__(self, transformation: optax.GradientTransformation) -> None:
        self.sites: list[Site] = []
        walk = _Walk(self._note)
        walk.transformation(transformation)
        self.opaque: list[str] = walk.opaque
        self.schedules = walk.schedules

    def _note(self, site: Site) -> Any:
        self.sites.append(site)
        return site.value

    @property
    def names(self) -> set[str]:
        """The names that a schedule can be bound to."""
        return {site.name for site in self.sites if site.update}

    def own_scales(self) -> list[str]:
        """What ``optax.scale`` and its like multiply the updates by, as text.

        1 and -1 count only where something holds a learning rate besides: it may be the same one, which both keep.
        """
        signs = any(site.name == "learning_rate" for site in self.sites)
        scales = [site.value for site in self.sites if site.name == "step_size" and site.update]
        own = [show(x) for x in scales if signs or not (is_number(x) and abs(x) == 1)]
        return own + ["a schedule"] * self.schedules

    def check(self, where: str, name: str, extra: Iterable[str]) -> None:
        """Raise where ``name`` cannot be bound. ``extra`` are names that are known besides."""
        found = [site for site in self.sites if site.name == name]
        if not found:
            if self.opaque:
                listed = ", ".join(sorted(set(self.opaque)))
                raise ScheduleError(f"{where}.{name} was not found, and cannot be looked for in {listed}")
            unknown(where, "hyperparameter", name, {*self.names, *extra})
        if not any(site.update for site in found):
            raise ScheduleError(
                f"{where}.{name} is read when the state is made and never again, so that a schedule has no effect"
            )
        values = [site.value for site in found if site.update]
        if not all(_same(values[0], other) for other in values):
            listed = ", ".join(map(show, values))
            raise ScheduleError(
                f"{where}.{name} stands for several numbers ({listed}): inject into each stage by itself"
            )
        for home in {site.home for site in found}:
            self._check_derived(where, name, home)

    def _check_derived(self, where: str, name: str, home: tuple[str, str]) -> None:
        """Raise where the factory kept numbers that it computed, from ``name`` perhaps."""
        factory = _factory(home)
        if factory is None:
            return
        given = inspect.signature(factory).parameters
        derived = sorted({site.name for site in self.sites if site.home == home} - set(given))
        # A function that makes its transformation of plain variables, and not of arguments, computed nothing.
        if derived and (name in given or home[0].startswith("optax.")):
            raise ScheduleError(
                f"{where}.{name} cannot be bound into {home[1]} once it is built, since that keeps numbers that it "
                f"computed from its arguments ({', '.join(derived)}): give the function that builds it, "
                f"inject_hyperparams({home[1]})(...)"
            )


def rebound(
    transformation: optax.GradientTransformation, values: Mapping[str, Any]
) -> optax.GradientTransformationExtraArgs:
    """A copy of ``transformation`` that holds ``values`` in the place of its own numbers of these names."""
    walk = _Walk(lambda site: values.get(site.name, site.value))
    return optax.with_extra_args_support(walk.transformation(transformation))


class _Walk:
    """Copies a transformation, with ``swap`` deciding on every number in it."""

    def __init__(self, swap: Swap) -> None:
        self.swap = swap
        self.opaque: list[str] = []
        self.schedules = 0
        self._update = False
        self._functions: dict[tuple[bool, Any], Any] = {}
        self._cells: dict[tuple[bool, int], CellType] = {}

    def transformation(self, given: optax.GradientTransformation) -> optax.GradientTransformation:
        outer = self._update
        # Within an init, an update runs only where it makes a state; within an update, both do their own.
        self._update = False
        init = self._function(given.init)
        self._update = True
        update = self._function(given.update)
        self._update = outer
        return given._replace(init=init, update=update)

    def _function(self, given: Any) -> Any:
        if isinstance(given, partial):
            named = {name: self._held(given.func, name, held) for name, held in given.keywords.items()}
            return partial(self._function(given.func), *given.args, **named)
        if type(given) is not FunctionType or _injects(given):
            self.opaque.append(getattr(given, "__qualname__", type(given).__qualname__))
            return given
        if given.__closure__ is None:
            return given
        key = (self._update, given)
        if key not in self._functions:
            cells = tuple(self._cell(cell) for cell in given.__closure__)
            copy = FunctionType(given.__code__, given.__globals__, given.__name__, given.__defaults__, cells)
            copy.__kwdefaults__, copy.__qualname__, copy.__module__ = (
                given.__kwdefaults__,
                given.__qualname__,
                given.__module__,
            )
            copy.__dict__.update(given.__dict__)
            self._functions[key] = copy  # before the cells are filled: a function may hold itself
            self._fill(given, cells)
        return self._functions[key]

    def _cell(self, given: CellType) -> CellType:
        """The new cell for an old one; functions that shared a cell go on sharing it."""
        return self._cells.setdefault((self._update, id(given)), CellType())

    def _fill(self, given: FunctionType, cells: tuple[CellType, ...]) -> None:
        for name, old, new in zip(given.__code__.co_freevars, given.__closure__ or (), cells, strict=True):
            try:
                held = old.cell_contents
            except ValueError:  # a variable that has no value yet
                continue
            new.cell_contents = self._held(given, name, held)

    def _held(self, owner: Any, name: str, held: Any) -> Any:
        if is_scalar(held):
            return self.swap(Site(name, held, _home(owner), self._update))
        if name == "step_size_fn" and callable(held):
            self.schedules += 1
        return self._part(owner, name, held)

    def _part(self, owner: Any, name: str, held: Any) -> Any:
        if isinstance(held, optax.GradientTransformation):
            return self.transformation(held)
        if type(held) in (list, tuple):
            return type(held)(self._part(owner, name, item) for item in held)
        if type(held) is dict:
            return {key: self._part(owner, name, item) for key, item in held.items()}
        if callable(held) and _belongs(owner, name, held):
            return self._function(held)
        return held


def _same(a: Any, b: Any) -> bool:
    return a is b or (is_number(a) and is_number(b) and a == b)


def _home(function: Any) -> tuple[str, str]:
    """Module and name of the factory that made a function; no name for one that stands in a module."""
    name = getattr(function, "__qualname__", "")
    return getattr(function, "__module__", ""), name.rpartition(".<locals>.")[0]


def _belongs(owner: Any, name: str, held: Any) -> bool:
    """Whether a function in a closure is a part of the transformation, and not a mask or the like."""
    home = _home(owner)
    if "init" in name or "update" in name or (home[1] and home == _home(held)):
        return True
    return home[1] in _HOSTS and home[0].startswith("optax.")


def _injects(function: FunctionType) -> bool:
    return (function.__globals__.get("__name__") or "").endswith((".inject.built", ".inject.factory", "._inject"))


def _factory(home: tuple[str, str]) -> Any:
    """The factory itself, where it can be reached by its name."""
    found: Any = sys.modules.get(home[0])
    for word in home[1].split("."):
        found = getattr(found, word, None)
    return found if home[1] and callable(found) else None
