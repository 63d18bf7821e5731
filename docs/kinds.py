"""Write docs/kinds.md from the docstrings: `python docs/kinds.py`."""

from __future__ import annotations

import inspect
from pathlib import Path

from glidepath.recipes import RECIPES
from glidepath.schedule import KINDS

PAGE = Path(__file__).with_name("kinds.md")
HEAD = """# Kinds and recipes

Written by `docs/kinds.py` from the docstrings.

Which one? For a run whose length is known, `warmup_cosine` and `wsd` are the usual choices, and `wsd` can be
prolonged before its decay begins. `sgdr` and `one_cycle` suit small models; `warmup_inverse_sqrt` and `power`
need no end. Try them on your own task, or on a small one with `glidepath compare`.

All of these are in `glidepath`. Fields are given by name. Steps are updates of the optimizer, from 0.
"""


def entry(thing: object, name: str) -> str:
    """A kind or recipe: its signature and its docstring, with the example as a block of code."""
    text = inspect.getdoc(thing) or ""
    prose, _, example = text.partition("\n>>> ")
    signature = str(inspect.signature(thing)).split(" ->")[0].replace("'", "")  # type: ignore[arg-type]
    call = f"{name}{signature.replace('*, ', '')}"
    parts = [f"### {name}", f"```\n{call}\n```", prose.strip()]
    if example:
        parts.append(f"```python\n>>> {example.strip()}\n\n```")
    return "\n\n".join(parts)


def page() -> str:
    built_in = {name: kind for name, kind in KINDS.items() if kind.__module__.startswith("glidepath.")}
    simple = {n: k for n, k in built_in.items() if ".schedules." in k.__module__}
    composed = {n: k for n, k in built_in.items() if n not in simple}
    blocks = [HEAD]
    for title, things in (("Recipes", RECIPES), ("Kinds", simple), ("Schedules made of schedules", composed)):
        blocks.append(f"## {title}")
        blocks += [entry(thing, name) for name, thing in sorted(things.items())]
    return "\n\n".join(blocks) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
