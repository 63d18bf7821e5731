"""A schedule as a ``LambdaLR``, which needs PyTorch alone."""

from __future__ import annotations

from ..text import to_source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..schedule import Schedule

__all__ = ["to_torch"]

_ABOUT = '''"""A learning-rate schedule for PyTorch.

    optimizer = torch.optim.AdamW(model.parameters(), lr=1.0)
    scheduler = make_scheduler(optimizer)

LambdaLR multiplies: the optimizer's lr must be 1.0, or, for each parameter group, its share of the schedule.
To resume, make both anew in this order, and load both states: the rate depends on the number of the step alone.
"""

'''

_LAMBDA = '''

def make_scheduler(optimizer):
    """Call its step() after each update."""
    return LambdaLR(optimizer, schedule)
'''


def to_torch(schedule: Schedule, total: int | None = None) -> str:
    """A function ``schedule(step)`` of plain numbers, and ``make_scheduler(optimizer)`` around it."""
    head, define, body = to_source(schedule).partition("def schedule(step):")
    lines = head.split("\n")
    standard = [line for line in lines if line.startswith("from ")]
    tables = [line for line in lines if line.startswith("TABLE_")]
    imports = [*standard, *([""] if standard else []), "from torch.optim.lr_scheduler import LambdaLR"]
    above = "\n".join([*imports, *([""] if tables else []), *tables])
    return f"{_ABOUT}{above}\n\n\n{define}{body.rstrip()}\n{_LAMBDA}"
