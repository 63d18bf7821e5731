"""What a reader of specifications may be given by chance or by malice, for hypothesis.

`CASES` holds a strategy for each way in, with the function that reads what it draws.
"""

from __future__ import annotations

import math
import tempfile
from functools import cache
from pathlib import Path

from hypothesis import strategies as st

import glidepath as g
from glidepath.plain import write_text
from glidepath.recipes import RECIPES
from glidepath.schedule import KINDS
from samples import FEW
from trees import SMALL

OURS = {name: kind for name, kind in KINDS.items() if kind.__module__.startswith("glidepath.")}

WORDS = [*OURS, *RECIPES, "Custom", "linear", "cosine", "5%", "2 epochs", "20B tokens", "1e-99%", "1e99T", "-3%", "0.5"]
KEYS = ["glidepath", "kind", "recipe", "run", "schedule", "schedules", "x", "total", "steps_per_epoch", "batch_size"]
KEYS += sorted({field for kind in OURS.values() for field in kind._roles} | {"peak", "warmup", "decay", "shape"})

NUMBERS = st.one_of(
    st.integers(-5, 50),
    st.integers(),
    st.sampled_from([2**53 - 1, 2**53, 2**63, 10**30, -(2**70), 10**400]),
    st.floats(),
    st.sampled_from([1e-320, 1.0000001, 1e308, -1e308, 0.0, -0.0]),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, st.sampled_from(WORDS), st.text(max_size=6))

#: Dicts and lists of any shape, with keys that mean something or nothing.
DATA = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), inner, max_size=6)
        | st.tuples(inner, inner)
    ),
    max_leaves=25,
)


@st.composite
def specs(draw, depth=0):
    """Data that looks like a specification: a kind or a recipe with its fields, right or wrong."""
    if depth > 4 or not draw(st.integers(0, 12)):
        return draw(SCALARS)
    if draw(st.booleans()):
        kind = draw(st.sampled_from(sorted(OURS)))
        left_out = {name for name in OURS[kind]._defaults if draw(st.booleans())}
        roles = {name: role for name, role in OURS[kind]._roles.items() if name not in left_out}
        fields = {name: draw(_field(role.name, depth)) for name, role in roles.items()}
        made = {"kind": kind, **fields}
    else:
        made = {"recipe": draw(st.sampled_from(sorted(RECIPES)))}
        made |= draw(st.dictionaries(st.sampled_from(["peak", "warmup", "decay", "total", "end", "period"]), SCALARS))
    if not draw(st.integers(0, 5)):
        made.pop(draw(st.sampled_from(sorted(made))))
    return {"run": draw(DATA), "schedule": made} if not depth and not draw(st.integers(0, 5)) else made


def _field(role, depth):
    """What a field of that role may hold; now and then something else."""
    some = {
        "schedule": st.deferred(lambda: specs(depth=depth + 1)),
        "schedules": st.lists(st.deferred(lambda: specs(depth=depth + 1)), max_size=4),
        "steps": SMALL,
        "steps, ascending": st.lists(SMALL, max_size=5).map(sorted),
        "numbers": st.lists(st.floats(-1, 1), max_size=6),
        "number": st.floats(-1, 1),
    }.get(role, st.floats(0.1, 0.9) | st.integers(1, 4) | st.booleans())
    return st.one_of(some, some, some, some, SCALARS)


TOKENS = [
    "[",
    "]",
    "{",
    "}",
    ":",
    ": ",
    ",",
    "- ",
    "\n",
    "\n  ",
    "\t",
    '"',
    "'",
    "#",
    "&a ",
    "*a",
    "!!python/name:os.x ",
    "!x ",
    "<<: ",
]
TOKENS += [
    "---",
    "...",
    "%YAML 1.1\n",
    "\x00",
    "\x85",
    "\u2028",
    "\ufeff",
    "\ud800",
    "|",
    ">",
    "? ",
    "1e400",
    "0x1F",
    "0o7",
]
TOKENS += [
    "1_000",
    "12:30:45",
    ".inf",
    "NaN",
    "-Infinity",
    "9" * 200,
    "9" * 5000,
    "e",
    "\\u0000",
    "\\",
    "true",
    "null",
    "~",
]


@cache
def _written(name, language):
    return write_text(g.to_dict(FEW[name]), language)


@st.composite
def texts(draw, language):
    """The text of a schedule with a few slips in it."""
    text = _written(draw(st.sampled_from(sorted(FEW))), language)
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text)))
        stop = min(start + draw(st.integers(0, 12)), len(text))
        middle = draw(st.sampled_from(TOKENS) | st.just(text[start:stop] * 2) | st.text(max_size=4))
        text = text[:start] + middle + text[stop:]
    return text


def bytes_of(language):
    """The bytes of a file: anything, or a text of ours in some encoding."""
    encodings = st.sampled_from(["utf-8", "utf-16", "utf-32", "utf-8-sig", "latin-1"])
    ours = st.builds(lambda text, code: text.encode(code, "replace"), texts(language), encodings)
    return st.binary(max_size=200) | ours


_FOLDER = tempfile.TemporaryDirectory(prefix="glidepath-fuzz-")


def _load(data, language):
    path = Path(_FOLDER.name) / f"spec.{language}"
    path.write_bytes(data)
    return list(g.load_all(path).values())


def _yaml(text):
    return _load(text.encode("utf-8", "surrogatepass"), "yaml")


#: Each way in: what may be given, and the function that reads it.
CASES = {
    "data": (DATA, lambda data: [g.from_dict(data)]),
    "specs": (specs(), lambda data: [g.from_dict(data, run=g.Run(total=1000))]),
    "JSON text": (texts("json") | st.text(), lambda text: [g.from_json(text)]),
    "YAML text": (texts("yaml") | st.text(), _yaml),
    "JSON bytes": (bytes_of("json"), lambda data: _load(data, "json")),
    "YAML bytes": (bytes_of("yaml"), lambda data: _load(data, "yaml")),
}


def _check(message):
    """An error is a sentence of a length that can be read."""
    assert 10 < len(message) < 2000


def outcome(case, given):
    """ "refused" or "read": whatever else happens is a mistake. What was read is used as a schedule would be."""
    try:
        schedules = CASES[case][1](given)
    except g.ScheduleError as error:
        _check(str(error))
        return "refused"
    for schedule in schedules:
        assert all(math.isfinite(schedule(step)) for step in (0, 7, 10**6, 2**53 - 1))
        assert schedule.length is None or schedule.length >= 0
        try:
            assert g.from_dict(g.to_dict(schedule)) == schedule
        except g.ScheduleError as error:  # recipes make more than a text may hold
            _check(str(error))
    return "read"
