"""optimus_dl's schedulers over their configurations, to the last bit: `python benchmarks/optimus_dl_schedulers.py`.

    pip download --no-deps optimus_dl==0.2.6 && unzip optimus_dl-*.whl -d unpacked
    python benchmarks/optimus_dl_schedulers.py [configurations] [seed] [unpacked]

With a folder in which optimus_dl lies, its own classes are compared, and saves and loads from one to the other are
made; otherwise the formulas as `tests/optimus_dl_samples.py` writes them.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from optimus_dl_samples import CLASSES, draw, expected, made, quiet, steps


def originals(folder: str) -> dict[str, tuple[type, type]]:
    """optimus_dl's classes, without what the rest of it needs: its packages are not run, its modules are."""
    for name in ("optimus_dl", "optimus_dl.core", "optimus_dl.modules"):
        package = ModuleType(name)
        package.__path__ = [str(Path(folder, *name.split(".")))]
        sys.modules[name] = package
    import_module("optimus_dl.modules.lr_scheduler")
    registry = import_module("optimus_dl.core.registry").registries["lr_scheduler"]
    return {name: registry[name] for name in CLASSES}


def same(found: list[Any], wanted: list[Any]) -> bool:
    return list(map(repr, found)) == list(map(repr, wanted))


def compared(seed: str, theirs: dict[str, tuple[type, type]]) -> int:
    """How many rates were compared; raises where one differs."""
    name, settings, iterations, rates = draw(seed)
    scheduler, config = CLASSES[name]
    try:
        ours = made(scheduler, config(**settings), rates, iterations)
    except ValueError as error:
        return refused(name, settings, iterations, rates, theirs, error)
    other = made(theirs[name][0], theirs[name][1](**settings), rates, iterations) if theirs else None
    assert other is None or same(ours.optimizer.rates, other.optimizer.rates), (seed, settings)
    looked = steps(seed, iterations, ours)
    for at, k in enumerate(looked):
        ours._step_count = k
        wanted = expected(name, settings, iterations, rates, k)
        assert same(ours.get_lr(), wanted), (seed, name, settings, iterations, k, ours.get_lr(), wanted)
        if other is not None:
            other._step_count = k
            assert same(ours.get_lr(), other.get_lr()), (seed, name, settings, iterations, k)
            if at == 0:
                exchanged(ours, other)
    return len(looked) * len(rates) * (2 if theirs else 1)


def exchanged(ours: Any, other: Any) -> None:
    """States are equal, and load on either side."""
    mine, their = ours.state_dict(), other.state_dict()
    assert list(mine) == list(their)
    assert mine == their
    with quiet():
        ours.load_state_dict(their)
        other.load_state_dict(mine)
    assert same(ours.optimizer.rates, other.optimizer.rates)


def refused(
    name: str, settings: Any, iterations: int, rates: list[float], theirs: dict[str, tuple[type, type]], error: Any
) -> int:
    """What is refused here gives no rates there either."""
    if theirs:
        try:
            made(theirs[name][0], theirs[name][1](**settings), rates, iterations)
        except (ArithmeticError, ValueError, AssertionError):
            return 0
        raise AssertionError((name, settings, iterations)) from error
    return 0


def main(configurations: int = 100_000, seed: int = 0, folder: str = "") -> None:
    """Make them, and print how many rates were compared."""
    theirs = originals(folder) if folder else {}
    counts = [compared(f"{seed}/{i}", theirs) for i in range(configurations)]
    against = "optimus_dl's own classes and its formulas" if theirs else "optimus_dl's formulas"
    print(f"{configurations:,} configurations, seed {seed}, of which {counts.count(0):,} are refused: ", end="")
    print(f"{sum(counts):,} rates equal to those of {against}, to the last bit")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), *sys.argv[3:4])
