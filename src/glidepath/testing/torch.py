"""What can be checked with PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from ..tree import transform
from .answers import SHAPES, off
from .steps import steps_to_try, with_fractions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..fields import Role
    from ..schedule import Schedule


def check(schedule: Schedule) -> Iterator[str]:
    whole = steps_to_try(schedule)
    broken = with_fractions(whole)
    for steps, dtype in ((whole, torch.int64), (whole, torch.float64), (broken, torch.float32)):
        exact = dtype is torch.float64 or (torch.get_default_dtype() is torch.float64 and dtype is torch.int64)
        answer = torch.float64 if exact else torch.float32
        got = schedule(torch.tensor(steps, dtype=dtype))
        if got.dtype is not answer:
            yield f"the values at {dtype} steps must be {answer}, got {got.dtype}"
        yield from off(schedule, steps, got.tolist(), str(answer).removeprefix("torch."))
    for shape in SHAPES:
        if (found := tuple(schedule(torch.ones(shape, dtype=torch.int32)).shape)) != shape:
            yield f"the values at steps of shape {shape} have shape {found}"
    yield from _gradients(schedule, broken)


def _gradients(schedule: Schedule, steps: list[float]) -> Iterator[str]:
    held: list[Any] = []

    def tensor(role: Role, number: Any, *axes: int) -> Any:
        plain = number[0] if type(number) is tuple else number
        if type(plain) is not float:
            return number
        held.append(torch.tensor(number, dtype=torch.float64, requires_grad=True))
        return held[-1]

    t = torch.tensor(steps, dtype=torch.float64, requires_grad=True)
    value = transform(schedule, tensor)(t)
    if not value.requires_grad:
        return
    slopes = torch.autograd.grad(value.sum(), [t, *held], allow_unused=True)
    for i, slope in enumerate(slopes):
        if slope is not None and not bool(torch.isfinite(slope).all()):
            yield f"the gradient by {f'number {i - 1}' if i else 'the step'} is not finite"
