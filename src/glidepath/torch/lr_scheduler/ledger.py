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

    Groups = list[dict[str, Any]]

__all__ = ["Ledger", "Share", "ledger_of", "ledgers", "mixed"]


class Share(Protocol):
    """What a scheduler has entered: how it changes the rates of all groups."""

    #: Rates of its own come first, factors next; last what leads the whole product to a value.
    _rank: int

    #: What is left of the way to `_end`.
    _left: Any

    @property
    def _end(self) -> float | None:
        """Where the rates of all groups are led to, 0 by a factor; None where `_left` and this are not one number."""

    @property
    def _has_moved(self) -> bool:
        """Whether it was stepped since it was made."""

    def _applied(self, rates: Sequence[float], starts: Sequence[float]) -> list[float]:
        """The rates with its share.

        starts: what the product starts from; ``rates`` itself where nothing was applied before.
        """

    def _grow(self, groups: Groups) -> bool:
        """Drive the groups that were added. Whether that is possible."""

    def _leave(self) -> None:
        """Be in force no longer."""


def mixed(starts: Sequence[float], ends: Sequence[float], left: float) -> list[float]:
    """What lies between rates, where ``left`` of the way from ``starts`` to ``ends`` is left."""
    if left == 1:
        return list(starts)
    return [end + (start - end) * left for start, end in zip(starts, ends)]  # noqa: B905  strict is slow


class Ledger:
    """What is in force for one optimizer. It holds neither the optimizer nor the schedulers.

    starts: what the product of each group starts from.
    rates: the product, as it was written or found last.
    found: the rates before anything was written here.
    loaded: while a load goes on, the rates that came with a loaded optimizer, and those written since; else None.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.members: list[weakref.ref[Share]] = []
        self.loaded: tuple[list[float], list[float]] | None = None
        self._bind(optimizer.param_groups)
        self.found = self.starts = self.rates

    # Groups ---------------------------------------------------------------------------------------------------

    def _bind(self, groups: Groups) -> None:
        """Note what the groups hold; groups that share one tensor get one each."""
        seen: set[int] = set()
        for index, group in enumerate(groups):
            held = group["lr"]
            if isinstance(held, torch.Tensor):
                if not held.is_floating_point() or held.numel() != 1:
                    fail(f"lr of parameter group {index}", "a number or a floating tensor with one entry", held)
                if id(held) in seen:
                    group["lr"] = held.clone()
                seen.add(id(held))
        self.groups, self._indexes = groups, tuple(range(len(groups)))
        self._held = [group["lr"] for group in groups]
        self.rates = [float(held) for held in self._held]
        self._tensors = [held for held in self._held if isinstance(held, torch.Tensor)]
        self._versioned = [tensor for tensor in self._tensors if not tensor.is_inference()]
        self._versions = [tensor._version for tensor in self._versioned]
        self._has_lost, self._is_plain = False, not self._tensors

    def is_current(self, groups: Groups) -> bool:
        """Whether the groups hold what was written to them."""
        if groups is not self.groups or [group["lr"] for group in groups] != self._held:
            return False
        return not self._tensors or [tensor._version for tensor in self._versioned] == self._versions

    def refresh(self, groups: Groups) -> None:
        """Take over what others wrote to the groups, by hand or from a checkpoint, and groups that were added.

        The share of a scheduler that is gone stays in the rates, as with torch.
        """
        if not self._has_lost and self.is_current(groups):
            return
        self.members = [reference for reference in self.members if reference() is not None]
        for member in self.active():
            if not member._grow(groups):
                member._leave()
        self._bind(groups)
        count = len(self.starts)
        added = self.rates[count:]
        self.starts = self.starts[: len(groups)] + added
        self.solve(self.rates)
        self.starts = self.starts[:count] + added

    def kept(self) -> Any:
        """What `restore` needs to undo all that happens to the entries until then."""
        return self.members, self.starts, self.loaded

    def restore(self, kept: Any) -> None:
        self.members, self.starts, self.loaded = kept
        self._bind(self.groups)

    # The product ----------------------------------------------------------------------------------------------

    def active(self) -> list[Share]:
        """The schedulers in force, in the order in which they apply."""
        return [member for reference in self.members if (member := reference()) is not None]

    def enter(self, member: Share) -> None:
        if any(known is member for known in self.active()):
            return
        this = weakref.ref(self)

        def lose(_: Any) -> None:
            if (ledger := this()) is not None:
                ledger._has_lost, ledger._is_plain = True, False

        self.members = sorted([*self.members, weakref.ref(member, lose)], key=_rank)

    def leave(self, member: Share) -> None:
        self.members = [reference for reference in self.members if reference() is not member]

    def product(self, starts: Sequence[float]) -> list[float]:
        """The rates that all shares make of given starts."""
        rates: Any = starts
        for reference in self.members:
            member = reference()
            if member is not None:
                rates = member._applied(rates, starts)
        return list(starts) if rates is starts else rates

    def solve(self, wanted: Sequence[float]) -> bool:
        """Start from what gives the rates wanted; from where it was, where the start has no influence.

        The rates depend on the starts by a straight line: two points of it are enough.
        """
        zeros, ones = self.product([0.0] * len(wanted)), self.product([1.0] * len(wanted))
        starts, all_solved = [], True
        for rate, zero, one, before, held in zip(wanted, zeros, ones, self.starts, self._held, strict=True):
            slope = one - zero
            start = (rate - zero) / slope if slope else before
            all_solved &= slope != 0
            starts.append(_settled(start, before, held))
        self.starts = starts
        return all_solved

    # Writing --------------------------------------------------------------------------------------------------

    def write(self, rates: list[float]) -> None:
        """Write rates to the groups: numbers are replaced, tensors filled."""
        self.rates = rates
        if not self._tensors:
            for group, rate in zip(self.groups, rates):  # noqa: B905  strict is slow
                group["lr"] = rate
            self._held = rates
            return
        held = list(self._held)
        for index, rate in enumerate(rates):
            if isinstance(held[index], torch.Tensor):
                held[index].fill_(rate)
            else:
                self.groups[index]["lr"] = held[index] = rate
        self._held = held
        self._versions = [tensor._version for tensor in self._versioned]

    def follow(self, groups: Groups) -> list[float] | None:
        """Write the product if the groups hold the numbers that were written last; else None, and nothing is written.

        This is what almost every step of every run is, and so it is one loop. Where the share of each is one number,
        so is the product of the shares.
        """
        if not self._is_plain or groups is not self.groups or len(groups) != len(self._indexes):
            return None
        starts, held = self.starts, self._held
        line = self._line()
        if line is None:
            starts, line = self.product(starts), (1.0, 0.0)
        scale, shift = line
        rates = held[:]
        for index in self._indexes:
            group = groups[index]
            if group["lr"] is not held[index]:
                for known, rate in zip(groups[:index], held, strict=False):
                    known["lr"] = rate
                return None
            rates[index] = group["lr"] = starts[index] * scale + shift
        self.rates = self._held = rates
        return rates

    def _line(self) -> tuple[float, float] | None:
        """What the starts are multiplied with, and what is added, if that is all the product is."""
        members = self.members
        first: Any = members[0]()
        scale, end = first._left, first._end
        if end is None:
            return None
        shift = end * (1.0 - scale)
        if len(members) > 1:
            for reference in members[1:]:
                other: Any = reference()
                if other._end != 0:
                    return None
                scale *= other._left
                shift *= other._left
        return scale, shift


def _rank(reference: weakref.ref[Share]) -> int:
    member = reference()
    return 0 if member is None else member._rank


def _settled(start: float, before: float, held: Any) -> float:
    """``before`` where the difference is no more than the rounding of a rate explains."""
    eps = torch.finfo(held.dtype).eps if isinstance(held, torch.Tensor) else 1e-14
    return before if abs(start - before) <= 2 * eps * abs(before) else start


#: The ledgers of all optimizers that have one.
ledgers: weakref.WeakKeyDictionary[Optimizer, Ledger] = weakref.WeakKeyDictionary()


def ledger_of(optimizer: Optimizer) -> Ledger:
    """The one ledger of an optimizer."""
    ledger = ledgers.get(optimizer)
    if ledger is None:
        ledger = ledgers[optimizer] = Ledger(optimizer)
    return ledger
