"""A pytest plugin: braintools' own tests see the schedulers of glidepath in place of theirs.

``python -m pytest -p braintools_plugin <braintools>/optim/_optax_lr_scheduler_test.py`` (with tests/ on the path).
"""

from __future__ import annotations

import braintools.optim

import glidepath.braintools.optim as ours


def pytest_configure() -> None:
    for scheduler in ours.SCHEDULERS:
        setattr(braintools.optim, scheduler.__name__, scheduler)
