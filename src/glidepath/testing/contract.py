"""The check, and how what it finds is told."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from ..errors import fail, unknown
from ..expression import has_custom
from ..schedule import Schedule
from .python import CHECKS
from .samples import samples_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["LIBRARIES", "check_contract"]

#: The array libraries; each has a file here with a function ``check``.
LIBRARIES = ("numpy", "jax", "torch")


def check_contract(*subjects: Schedule | type[Schedule], libraries: Sequence[str] | None = None) -> None:
    """Raise where schedules break the contract of a schedule (see `glidepath.Schedule`).

    That is: finite values and gradients everywhere, held before step 0 and past the end; the same numbers
    from Python, from the compiled formula and from every array library; shapes, dtypes, `jit`, `vmap` and
    `grad`; equality, hash, copies, `repr` and specification.

    subjects: schedules to try, or kinds, of which `samples_of` makes some.
    libraries: which of "numpy", "jax" and "torch" to try; those that are installed by default.

    Raises `AssertionError` that lists every breach, `ScheduleError` for what cannot be tried.

    >>> from glidepath import Linear
    >>> check_contract(Linear(start=0.0, end=1.0, steps=10), libraries=["numpy"])
    """
    names = [name for name in LIBRARIES if find_spec(name)] if libraries is None else libraries
    for name in names:
        if name not in LIBRARIES:
            unknown("check_contract", "library", name, LIBRARIES)
    checks = CHECKS | {name: import_module(f"{__package__}.{name}").check for name in names}
    for schedule in _schedules(subjects):
        breaches = [f"  {name}: {found}" for name, check in checks.items() for found in _tried(check, schedule)]
        if breaches:
            raise AssertionError("\n".join([f"{schedule!r} breaks the contract of a schedule:", *breaches]))


def _schedules(subjects: Sequence[Schedule | type[Schedule]]) -> Iterator[Schedule]:
    if not subjects:
        fail("check_contract", "given schedules or kinds", subjects)
    for subject in subjects:
        if isinstance(subject, Schedule):
            found = [subject]
        elif isinstance(subject, type) and issubclass(subject, Schedule):
            found = samples_of(subject)
        else:
            fail("check_contract", "given schedules or kinds", subject)
        for schedule in found:
            if has_custom(schedule):
                fail("check_contract", "given schedules without a Custom, which has no formula", subject)
            yield schedule


def _tried(check: Callable[[Schedule], Iterator[str]], schedule: Schedule) -> Iterator[str]:
    try:
        yield from check(schedule)
    except Exception as error:  # a check that cannot be finished has found something too
        yield f"raised {type(error).__name__}: {(str(error).strip() or repr(error)).splitlines()[0]}"
