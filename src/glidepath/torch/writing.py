"""How values get into the parameter groups: Python numbers are replaced, tensors are filled in place."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol

import torch

from ..compiled import compile
from ..errors import fail
from .driven import check_slot, describe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..schedule import Schedule
    from .driven import Groups, Slot

    Function = Callable[[int], float]
    Sourced = tuple[Slot, int]

__all__ = ["Plan", "keep_tensors"]


class Plan:
    """What is to be written where: slots, with each distinct schedule compiled once.

    scaled: turns the function of a learning rate into one that takes account of a metric.
    t: the present step.
    fast: writes the values of a step in the common cases, at the price of a loop by hand; False where `write_all`
        must look at them.
    """

    def __init__(
        self, slots: Sequence[Slot], groups: Groups, scaled: Callable[[Function], Function] | None = None
    ) -> None:
        self.slots = slots
        self.groups = groups
        self.t = 0
        self.fast: Callable[[int], bool] = _never
        self.functions: list[Function] = []
        self.sources: list[int] = []  # for each slot, which function gives its value
        known: dict[tuple[Any, bool], int] = {}  # by identity too: a schedule of many parts takes long to hash
        for slot in slots:
            is_scaled = scaled is not None and slot.key == "lr"
            pair = id(slot.schedule), is_scaled
            if pair not in known:
                equal = _hashable(slot.schedule), is_scaled
                if equal not in known:
                    known[equal] = len(self.functions)
                    function = compile(slot.schedule)
                    self.functions.append(scaled(function) if scaled is not None and is_scaled else function)
                known[pair] = known[equal]
            self.sources.append(known[pair])
        self._limits = [_LARGEST] * len(self.functions)
        self._writers: list[_Writer] = []

    def per_schedule(self, t: int) -> list[float]:
        """The value of each schedule at step ``t``, checked."""
        found = [function(t) for function in self.functions]
        if not (min(found) >= 0.0 and sum(found) <= min(self._limits)):  # quick, and never wrong about a NaN
            for source, (value, limit) in enumerate(zip(found, self._limits, strict=True)):
                if not 0.0 <= value <= limit:
                    slot = self.slots[self.sources.index(source)]
                    too_large = limit < value <= _LARGEST
                    rule = f"at most {limit:.6g} to fit its place" if too_large else "a finite number of at least 0"
                    fail(f"{describe(slot, self.groups)} at step {t}", rule, value)
        return found

    def per_slot(self, t: int) -> list[float]:
        """What each slot is to hold at step ``t``."""
        found = self.per_schedule(t)
        return [found[source] * slot.factor for slot, source in zip(self.slots, self.sources, strict=True)]

    def held(self) -> list[float]:
        """What each slot holds now."""
        return [float(_held(self.groups, slot)) for slot in self.slots]

    def _bind(self) -> None:
        """Give each driven tensor storage of its own. Raises, and changes nothing, where a slot cannot be written."""
        for slot in self.slots:
            check_slot(slot, self.groups)
        parts: dict[Any, list[Sourced]] = {}
        limits = [_LARGEST] * len(self.functions)
        for slot, source in zip(self.slots, self.sources, strict=True):
            held = _held(self.groups, slot)
            parts.setdefault((slot.key, slot.position, _place(held)), []).append((slot, source))
            largest = torch.finfo(held.dtype).max if isinstance(held, torch.Tensor) else _LARGEST
            limits[source] = min(limits[source], largest / max(slot.factor, 1.0))
        self._limits = limits
        self._writers = [_writer(self.groups, part, place) for (_, _, place), part in parts.items()]
        only = self._writers[0]
        is_one = len(self._writers) == 1 and only.is_one_value
        self.fast = only.alone(self.functions[0], limits[0]) if is_one else _never

    def write(self, t: int) -> None:
        """Write the values of step ``t``. Raises, and writes nothing, where one of them cannot be."""
        if not self.fast(t):
            self.write_all(t)
        self.t = t

    def write_all(self, t: int) -> None:
        """`write`, with a look at everything; binds first, and again where a group holds another tensor than then."""
        values = self.per_schedule(t)
        if not self._writers or not all(writer.is_bound() for writer in self._writers):
            self._bind()
            values = self.per_schedule(t)
        for writer in self._writers:
            writer.write(values)


_LARGEST = sys.float_info.max


def _hashable(schedule: Schedule) -> Any:
    """What equal schedules have in common: themselves, unless they wrap a callable that has no hash."""
    try:
        hash(schedule)
    except TypeError:
        return id(schedule)
    return schedule


def _never(_t: int) -> bool:
    return False


class _Writer(Protocol):
    """Writes the values of the slots that have one key, one position and one kind of place."""

    is_one_value: bool  # whether all of them take the same value

    def write(self, values: Sequence[float]) -> None: ...
    def is_bound(self) -> bool: ...

    def alone(self, function: Function, limit: float) -> Callable[[int], bool]:
        """`Plan.fast`, where all slots take the value of one function, and there is no other writer.

        It holds nothing of the plan, so that a plan is freed with its parameters as soon as nobody needs it.
        """


def _held(groups: Groups, slot: Slot) -> Any:
    held = groups[slot.group][slot.key]
    return held if slot.position is None else held[slot.position]


def _hold(groups: Groups, slot: Slot, x: Any) -> None:
    group = groups[slot.group]
    if slot.position is not None:
        held = list(group[slot.key])
        held[slot.position] = x
        x = type(group[slot.key])(held)
    group[slot.key] = x


def keep_tensors(slots: Sequence[Slot], before: Groups, now: Groups) -> None:
    """Put tensors where there were tensors before, and numbers are now: torch loads a state as it was saved."""
    for slot in slots:
        check_slot(slot, now)
        old, new = _held(before, slot), _held(now, slot)
        if isinstance(old, torch.Tensor) and isinstance(new, int | float):
            _hold(now, slot, torch.full_like(old, new))


def _place(held: Any) -> tuple[torch.device, torch.dtype] | None:
    return (held.device, held.dtype) if isinstance(held, torch.Tensor) else None


def _one_value(part: Sequence[Sourced]) -> bool:
    return len({source for _, source in part}) == 1 and all(slot.factor == 1.0 for slot, _ in part)


def _writer(groups: Groups, part: Sequence[Sourced], place: tuple[torch.device, torch.dtype] | None) -> _Writer:
    return _Numbers(groups, part) if place is None else _Tensors(groups, part)


class _Numbers:
    """Slots that hold Python numbers."""

    def __init__(self, groups: Groups, part: Sequence[Sourced]) -> None:
        self._groups = groups
        self._part = part
        self._is_element = part[0][0].position is not None
        self.is_one_value = _one_value(part) and not self._is_element

    def write(self, values: Sequence[float]) -> None:
        groups = self._groups
        if self._is_element:
            for slot, source in self._part:
                _hold(groups, slot, values[source] * slot.factor)
        else:
            for slot, source in self._part:
                groups[slot.group][slot.key] = values[source] * slot.factor

    def is_bound(self) -> bool:
        # A look at the first: numbers become tensors in all groups or in none.
        return not isinstance(_held(self._groups, self._part[0][0]), torch.Tensor)

    def alone(self, function: Function, limit: float) -> Callable[[int], bool]:
        key, groups = self._part[0][0].key, [self._groups[slot.group] for slot, _ in self._part]
        first = groups[0]

        def fast(t: int) -> bool:
            value = function(t)
            if 0.0 <= value <= limit and type(first[key]) is float:
                for group in groups:
                    group[key] = value
                return True
            return False

        return fast


class _Tensors:
    """Slots that hold tensors of one dtype on one device: views of one vector, written by one copy.

    The tensors that were there are replaced once, by views, because they may be shared: one tensor given to an
    optimizer is the learning rate of all its groups, and its default for those to come.
    """

    def __init__(self, groups: Groups, part: Sequence[Sourced]) -> None:
        slots = [slot for slot, _ in part]
        self.is_one_value = _one_value(part)
        self._sources = [(source, slot.factor) for slot, source in part]
        self._key, self._position = slots[0].key, slots[0].position
        with torch.inference_mode(False), torch.no_grad():  # an evaluation may be where it is bound again
            held = [_held(groups, slot) for slot in slots]
            self._vector = torch.stack([tensor.reshape(()) for tensor in held])
            views = [self._vector[i].reshape(tensor.shape) for i, tensor in enumerate(held)]
        for slot, view in zip(slots, views, strict=True):
            _hold(groups, slot, view)
        self._bound = [(groups[slot.group], view) for slot, view in zip(slots, views, strict=True)]

    def write(self, values: Sequence[float]) -> None:
        if self.is_one_value:
            self._vector.fill_(values[self._sources[0][0]])
        else:
            each = [values[source] * factor for source, factor in self._sources]
            self._vector.copy_(torch.tensor(each, dtype=torch.float64, device="cpu"))

    def is_bound(self) -> bool:
        key, position = self._key, self._position
        if position is None:
            for group, view in self._bound:  # noqa: SIM110  all() takes twice the time
                if group[key] is not view:
                    return False
            return True
        return all(group[key][position] is view for group, view in self._bound)

    def alone(self, function: Function, limit: float) -> Callable[[int], bool]:
        fill, is_bound = self._vector.fill_, self.is_bound

        def fast(t: int) -> bool:
            value = function(t)
            if 0.0 <= value <= limit and is_bound():
                fill(value)
                return True
            return False

        return fast
