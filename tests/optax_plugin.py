"""A pytest plugin that runs optax's own tests with the functions of glidepath in the place of optax's.

The tests are those in optax's wheel; names are exchanged in memory, wherever optax holds them, before any
test is imported: ``PYTHONPATH=tests python -m pytest -p optax_plugin --pyargs optax.schedules._schedule_test``.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import optax
import optax.schedules

import glidepath.optax
import glidepath.optax.schedules

#: What of optax is exchanged: every public name that `glidepath.optax.schedules` defines itself.
NAMES = sorted(
    name
    for name, theirs in vars(optax.schedules).items()
    if name[0] != "_" and vars(glidepath.optax.schedules).get(name, theirs) is not theirs
)


def exchange() -> list[str]:
    """Put ours in the place of every object of optax's of those names; which places these were."""
    ours = {id(getattr(optax.schedules, name)): getattr(glidepath.optax.schedules, name) for name in NAMES}
    places = []
    for module_name, module in sorted(sys.modules.items()):
        if module_name.split(".")[0] != "optax":
            continue
        for name, held in list(vars(module).items()):
            if id(held) in ours:
                setattr(module, name, ours[id(held)])
                places.append(f"{module_name}.{name}")
    return places


#: Which places were exchanged: none before pytest has been told to use this plugin.
PLACES: list[str] = []


def pytest_configure() -> None:
    PLACES.extend(exchange())
    if find_spec("sklearn") is None:  # a file that optax's tests import needs it, for tests that are not run
        sklearn: Any = ModuleType("sklearn")
        sklearn.datasets = sklearn.linear_model = None
        sys.modules["sklearn"] = sklearn


def pytest_report_header() -> str:
    return f"glidepath stands in for {len(NAMES)} names of optax, in {len(PLACES)} places"
