"""The learning rates of one optimizer, as a product that several schedulers have a share in.

torch lets each scheduler multiply whatever learning rate it finds. What it found is then lost: at a factor of
zero, after a load, past an end. Here every scheduler declares its factor, and the rate is computed anew from all
of them: from where the groups start, times every factor that is in force.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, Protocol

import torch

from ...errors import fail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch.optim import Optimizer

__all__ = ["Ledger", "Share", "ledger_of", "mixed"]


class Share(Protocol):
    """What a scheduler has entered: how it changes the rates of all groups."""

    #: Rates of its own come first, factors next; last what leads the whole product to a value.
    _rank: int

    def _applied(self, rates: Sequence[float], starts: Sequence[float], trial: bool) -> list[float]:
        """The rates with its share.

        starts: what the product starts from; ``rates`` itself where nothing was applied before.
        trial: these starts are not those of the groups, but asked for to see what rates they would give.
        """


def mixed(starts: Sequence[float], ends: Sequence[float], left: float) -> list[float]:
    """What lies between rates, where ``left`` of the way from ``starts`` to ``ends`` is left."""
    if left == 1:
        return list(starts)
    return [end + (start - end) * left for start, end in zip(starts, ends, strict=True)]


class Ledger:
    """What is in force for one optimizer. It holds neither the optimizer nor the schedulers.

    starts: what the product of each group starts from.
    found: the rates before anything was written here.
    has_tensors: whether a group holds its rate in a tensor.
    trusted: rates that came with a loaded optimizer, while a load goes on; else None.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.members: list[weakref.ref[Share]] = []
        self.trusted: list[float] | None = None
        self.bind(optimizer.param_groups)
        self.found = self.starts = self.rates_held()

    # Groups ---------------------------------------------------------------------------------------------------

    def bind(self, groups: list[dict[str, Any]]) -> None:
        """Note what the groups hold; groups that share one tensor get one each."""
        self.groups = groups
        seen: set[int] = set()
        for index, group in enumerate(groups):
            held = group["lr"]
            if isinstance(held, torch.Tensor):
                if not held.is_floating_point() or held.numel() != 1:
                    fail(f"lr of parameter group {index}", "a number or a floating tensor with one entry", held)
                if id(held) in seen:
                    group["lr"] = held.clone()
                seen.add(id(held))
        self._note()

    def _note(self) -> None:
        self._held = [group["lr"] for group in self.groups]
        self._tensors = [held for held in self._held if isinstance(held, torch.Tensor)]
        self.has_tensors = bool(self._tensors)
        self._versions = [_version(tensor) for tensor in self._tensors]

    def rates_held(self) -> list[float]:
        return [float(group["lr"]) for group in self.groups]

    def is_current(self, groups: list[dict[str, Any]]) -> bool:
        """Whether the groups hold what was written to them."""
        if groups is not self.groups or [group["lr"] for group in groups] != self._held:
            return False
        return not self.has_tensors or [_version(tensor) for tensor in self._tensors] == self._versions

    def notice(self, groups: list[dict[str, Any]]) -> bool:
        """Take over what others wrote to the groups, by hand or from a checkpoint. Whether there was any.

        The share of a scheduler that is gone stays in the rates, as with torch.
        """
        some_died = None in [reference() for reference in self.members]
        if self.is_current(groups):
            if some_died:
                self.members = [reference for reference in self.members if reference() is not None]
                self.solve(self.rates_held())
            return False
        self.members = [reference for reference in self.members if reference() is not None]
        self.bind(groups)
        current = self.rates_held()
        self.starts = (self.starts + current[len(self.starts) :])[: len(current)]
        self.solve(current)
        return True

    # The product ----------------------------------------------------------------------------------------------

    def active(self) -> list[Share]:
        """The schedulers in force, in the order in which they apply."""
        return [member for reference in self.members if (member := reference()) is not None]

    def enter(self, member: Share) -> None:
        if all(known is not member for known in self.active()):
            self.members = sorted([*self.members, weakref.ref(member)], key=_rank)

    def leave(self, member: Share) -> None:
        self.members = [reference for reference in self.members if reference() is not member]

    def rates(self, starts: Sequence[float], trial: bool = False) -> list[float]:
        """The rates that the product has from given starts."""
        rates: Any = starts
        for member in self.active():
            rates = member._applied(rates, starts, trial)
        return list(rates)

    def solve(self, wanted: Sequence[float]) -> bool:
        """Start from what gives the rates wanted; from where it was, where the start has no influence.

        The rates depend on the starts by a straight line: two points of it are enough.
        """
        zeros = self.rates([0.0] * len(wanted), trial=True)
        ones = self.rates([1.0] * len(wanted), trial=True)
        starts, all_solved = [], True
        for rate, zero, one, before, held in zip(wanted, zeros, ones, self.starts, self._held, strict=True):
            slope = one - zero
            start = (rate - zero) / slope if slope else before
            all_solved &= slope != 0
            starts.append(_settled(start, before, held))
        self.starts = starts
        return all_solved

    def write(self, rates: list[float] | None = None) -> list[float]:
        """Write the product to the groups: numbers are replaced, tensors filled."""
        if rates is None:
            rates = self.rates(self.starts)
        if not self.has_tensors:
            for group, rate in zip(self.groups, rates, strict=True):
                group["lr"] = rate
            self._held = rates
            return rates
        for index, held in enumerate(self._held):
            if isinstance(held, torch.Tensor):
                held.fill_(rates[index])
            else:
                self.groups[index]["lr"] = self._held[index] = rates[index]
        self._versions = [_version(tensor) for tensor in self._tensors]
        return rates


def _rank(reference: weakref.ref[Share]) -> int:
    member = reference()
    return 0 if member is None else member._rank


def _version(tensor: torch.Tensor) -> int:
    return -1 if tensor.is_inference() else tensor._version


def _settled(start: float, before: float, held: Any) -> float:
    """``before`` where the difference is no more than the rounding of a rate explains."""
    eps = torch.finfo(held.dtype).eps if isinstance(held, torch.Tensor) else 1e-14
    return before if abs(start - before) <= 2 * eps * abs(before) else start


_LEDGERS: weakref.WeakKeyDictionary[Optimizer, Ledger] = weakref.WeakKeyDictionary()


def ledger_of(optimizer: Optimizer) -> Ledger:
    """The one ledger of an optimizer."""
    ledger = _LEDGERS.get(optimizer)
    if ledger is None:
        ledger = _LEDGERS[optimizer] = Ledger(optimizer)
    return ledger
