"""The JavaScript text, run in node."""

from __future__ import annotations

import json
import math
import shutil
import subprocess

import pytest

import glidepath as g
from glidepath.testing import steps_to_try
from samples import SAMPLES

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")

#: One program for all schedules: starting node costs more than all of them.
PROGRAM = """
const schedules = %s;
const answers = {};
for (const [name, [source, steps]] of Object.entries(schedules)) {
    const schedule = new Function('"use strict";' + source + "\\nreturn schedule;")();
    answers[name] = steps.map(step => schedule(step)).map(x => Number.isFinite(x) ? x : String(x));
}
console.log(JSON.stringify(answers));
"""


def run(schedules, steps):
    """What the schedules answer in JavaScript."""
    given = {name: (s.to_source("javascript"), steps[name]) for name, s in schedules.items()}
    done = subprocess.run(["node", "-"], input=PROGRAM % json.dumps(given), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


STEPS = {
    name: [*steps_to_try(s), *(step + 0.5 for step in steps_to_try(s)[::5] if abs(step) < 2**20)]
    for name, s in SAMPLES.items()
}


@pytest.fixture(scope="module")
def answers():
    return run(SAMPLES, STEPS)


@pytest.mark.parametrize("name", SAMPLES)
def test_javascript_answers_what_python_answers(answers, name):
    s = SAMPLES[name]
    want = [s(step) for step in STEPS[name]]
    assert answers[name] == pytest.approx(want, rel=1e-12, abs=1e-15 * max(map(abs, want)))


@pytest.mark.parametrize("name", SAMPLES)
def test_javascript_holds_both_ends_to_the_last_bit(answers, name):
    s = SAMPLES[name]
    got = dict(zip(STEPS[name], answers[name], strict=True))
    assert got[-7] == got[-1] == got[0]
    if s.length is not None:
        held = {value for step, value in got.items() if step >= s.length}
        assert len(held) <= 1


def test_javascript_needs_nothing_but_its_function():
    source = g.wsd(0.1, warmup=10, decay=20, total=100).to_source("javascript")
    assert source.count("function ") == 1
    assert "import" not in source
    assert "require" not in source


def test_javascript_is_right_at_very_large_steps():
    s = g.Repeat(body=g.Linear(start=1.0, end=0.0, steps=7), period=7)
    steps = [2**53 - 1, 2**53 - 2, 2**52 + 1, 10**15]
    got = run({"s": s}, {"s": steps})["s"]
    assert got == pytest.approx([s(step) for step in steps], rel=1e-12)
    assert all(math.isfinite(x) for x in got)
