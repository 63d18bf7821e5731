"""PyTorch's part of a namespace, and evaluation."""

from __future__ import annotations

from struct import pack, unpack
from typing import TYPE_CHECKING, Any

import torch

from ..errors import fail
from . import MOST_REST, ArrayTables, Namespace, depth, first_entry, is_plain, split_base

if TYPE_CHECKING:
    from ..schedule import Schedule


class _Functions(ArrayTables):
    """The functions for one floating dtype on one device: plain numbers must not fall back to the defaults."""

    last = 2**63 - 1
    few = 2

    def __init__(self, dtype: torch.dtype, device: torch.device) -> None:
        self.dtype = dtype
        self.device = device

    def real(self, x: Any) -> torch.Tensor:
        """``x`` as a tensor of the floating dtype."""
        if isinstance(x, torch.Tensor):
            return x.to(self.dtype)
        return torch.full((), x, dtype=self.dtype, device=self.device)

    def _pair(self, a: Any, b: Any) -> tuple[Any, Any]:
        """Two operands as tensors: whole where both are whole."""
        a, b = self._as_tensor(a), self._as_tensor(b)
        if a.dtype != b.dtype and (a.dtype.is_floating_point or b.dtype.is_floating_point):
            return a.to(self.dtype), b.to(self.dtype)
        return a, b

    def _as_tensor(self, x: Any) -> torch.Tensor:
        if isinstance(x, torch.Tensor):
            return x
        return torch.full((), x, dtype=self.dtype if type(x) is float else torch.int64, device=self.device)

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        return torch.where(condition, *self._pair(a, b))

    def minimum(self, a: Any, b: Any) -> Any:
        return torch.minimum(*self._pair(a, b))

    def maximum(self, a: Any, b: Any) -> Any:
        return torch.maximum(*self._pair(a, b))

    def floor_divide(self, a: Any, b: Any) -> Any:
        return torch.div(a, b, rounding_mode="floor")

    def power(self, base: Any, exponent: Any) -> Any:
        whole = isinstance(exponent, torch.Tensor) and not exponent.dtype.is_floating_point
        held, exponent = self.real(base), self.real(exponent)
        power = torch.pow(held, exponent)
        if not (whole and type(base) is float and self.dtype is torch.float32):
            return power
        rest = split_base(base, unpack("f", pack("f", base))[0])
        return power if rest is None else power * torch.exp(torch.clamp(exponent * rest, max=MOST_REST))

    def sqrt(self, x: Any) -> Any:
        return torch.sqrt(x)

    def exp(self, x: Any) -> Any:
        return torch.exp(x)

    def log(self, x: Any) -> Any:
        return torch.log(x)

    def expm1(self, x: Any) -> Any:
        return torch.expm1(x)

    def log1p(self, x: Any) -> Any:
        return torch.log1p(x)

    def sin(self, x: Any) -> Any:
        return torch.sin(x)

    def ceil(self, x: Any) -> Any:
        return torch.ceil(x).to(torch.int64)

    def column(self, table: Any) -> torch.Tensor:
        """A tuple as a tensor, of int64 or the floating dtype."""
        if type(table) is not tuple:
            return table  # type: ignore[no-any-return]
        if not is_plain(table):
            entries = [self.column(x) if type(x) is tuple else self._as_tensor(x) for x in table]
            return torch.stack(torch.broadcast_tensors(*entries), dim=-depth(table))  # type: ignore[no-untyped-call]
        dtype = self.dtype if type(first_entry(table)) is float else torch.int64
        return torch.tensor(table, dtype=dtype, device=self.device)

    def searchsorted(self, table: Any, t: Any) -> Any:
        table = self.column(table)
        t = self._as_tensor(t)
        if table.ndim > 1:
            return (t[..., None] >= table).sum(-1)
        return torch.bucketize(t, table, right=True)

    def take(self, table: Any, index: Any, axes: int) -> Any:
        table = self.column(table)
        if table.ndim == axes:
            return table[index]
        index = index[(..., *[None] * axes)].expand(*index.shape, 1, *table.shape[table.ndim - axes + 1 :])
        return torch.take_along_dim(table, index, -axes).squeeze(-axes)

    def span(self, boundaries: Any, t: Any) -> None:
        return None


_INTEGERS = (
    *(torch.int8, torch.int16, torch.int32, torch.int64),
    *(torch.uint8, torch.uint16, torch.uint32, torch.uint64),
)


def evaluate(schedule: Schedule, step: Any) -> torch.Tensor:
    """The values at a tensor of steps, on its device and in its floating dtype (the default one for whole steps)."""
    default = torch.get_default_dtype()
    if type(step) is int:
        step = max(-_Functions.last, min(step, _Functions.last))
    if not isinstance(step, torch.Tensor):  # a plain or NumPy number, and tensors in the fields
        step = torch.as_tensor(step, device=_device(schedule))
    if step.dtype in _INTEGERS:
        steps, dtype = step.to(torch.int64), default
    elif step.dtype.is_floating_point:
        steps, dtype = step, step.dtype
    else:
        fail("step", "a tensor of numbers", step)
    # Half precision has too few digits for a step: compute in float32, and round the result.
    compute = dtype if dtype in (torch.float32, torch.float64) else torch.float32
    steps = steps if steps.dtype is torch.int64 else steps.to(compute)
    value = schedule.at(steps, Namespace(_Functions(compute, step.device)))
    if not isinstance(value, torch.Tensor):
        return torch.full(step.shape, value, dtype=dtype, device=step.device)
    shape = torch.broadcast_shapes(value.shape, step.shape)  # type: ignore[no-untyped-call]
    values = value.to(dtype).expand(shape)
    # What is handed out must not be a field of the schedule, nor one number under many names.
    return values if values is value and schedule._host is None else values.clone()


def _device(schedule: Schedule) -> torch.device:
    from ..tree import leaves

    for _, _, held in leaves(schedule):
        if isinstance(held, torch.Tensor):
            return held.device
    return torch.device("cpu")
