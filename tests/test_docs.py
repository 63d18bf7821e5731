"""What the pages say is run (docs/files.md has its own test, which writes its files first)."""

from __future__ import annotations

import doctest
import runpy
import sys
from pathlib import Path
from types import ModuleType

import pytest

import glidepath
from glidepath.schedule import KINDS

ROOT = Path(__file__).parents[1]
PAGES = [
    "README.md",
    "docs/kinds.md",
    "docs/own-kinds.md",
    "docs/torch.md",
    "docs/torch-lr-scheduler.md",
    "docs/optax.md",
    "docs/braintools.md",
    "docs/optimus-dl.md",
    "docs/look.md",
    "docs/export.md",
    "docs/designer.md",
    "docs/theory.md",
]


@pytest.mark.parametrize("page", PAGES)
def test_every_example_of_a_page_prints_what_the_page_says(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    session = ModuleType("session")  # a module of its own, so that what a page defines can be pickled
    session.__dict__.update(
        {name: getattr(glidepath, name) for name in dir(glidepath) if name[0] != "_"}, glidepath=glidepath
    )
    monkeypatch.setitem(sys.modules, "session", session)
    for name, kind in list(KINDS.items()):  # those of other tests, and of other pages
        if not kind.__module__.startswith("glidepath."):
            monkeypatch.delitem(KINDS, name)
    text = (ROOT / page).read_text(encoding="utf-8")
    examples = doctest.DocTestParser().get_doctest(text, {}, page, page, 0)
    examples.globs = session.__dict__
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL)
    runner.run(examples, clear_globs=False)

    assert runner.failures == 0
    assert runner.tries > 0


def test_the_page_of_kinds_is_what_the_docstrings_say() -> None:
    script = runpy.run_path(str(ROOT / "docs/kinds.py"))

    assert (ROOT / "docs/kinds.md").read_text(encoding="utf-8") == script["page"](), "run: python docs/kinds.py"


def test_the_readme_shows_the_picture_that_its_script_draws(tmp_path: Path) -> None:
    script = runpy.run_path(str(ROOT / "docs/pictures.py"))
    drawn = (ROOT / "docs/schedules.svg").read_text(encoding="utf-8")
    curves = {n: [(k, s(k)) for k in range(0, script["STEPS"] + 1, 2)] for n, s in script["SHOWN"].items()}

    assert drawn == script["chart"](curves, title="learning rate", width=760, height=300) + "\n"
