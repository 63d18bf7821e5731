"""What the browser computes is what Python computes."""

from __future__ import annotations

import math

from hypothesis import HealthCheck, Phase, given, settings

import glidepath as g
from glidepath.export import export
from glidepath.testing import steps_to_try
from trees import trees

COMPUTE = """async (cases) => {
    const { compile } = await import("./evaluate.js");
    const { problem } = await import("./check.js");
    return cases.map(([tree, steps]) => [problem(tree), steps.map(compile(tree))]);
}"""


def drawn(count):
    """Random schedules, the same every time."""
    found = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(trees())
    def draw(schedule):
        found.append(schedule)

    draw()
    return found


def test_two_hundred_random_schedules_have_the_values_of_python(visit, static_url):
    page = visit(static_url)
    schedules = drawn(200)
    assert len(schedules) == 200
    steps = [[step for step in steps_to_try(s) if abs(step) < 2**53] for s in schedules]
    answers = page.evaluate(COMPUTE, [[g.to_dict(s), k] for s, k in zip(schedules, steps, strict=True)])
    for schedule, asked, (problem, got) in zip(schedules, steps, answers, strict=True):
        assert problem == ""
        for step, value in zip(asked, got, strict=True):
            assert math.isclose(value, schedule(step), rel_tol=1e-12, abs_tol=0.0), (schedule, step)


def test_every_step_of_growing_cycles_falls_in_the_cycle_of_python(visit, static_url):
    page = visit(static_url)
    ramp = g.Linear(start=1.0, end=0.0, steps=7)
    schedules = [
        g.Repeat(body=ramp, period=7, stretch=stretch, scale=0.9, times=times)
        for stretch in (1, 2, 3, 1.5, 1.1, 1.3333333)
        for times in (None, 1, 5)
    ]
    steps = [*range(-2, 700), 2**40, 2**53 - 1]
    answers = page.evaluate(COMPUTE, [[g.to_dict(s), steps] for s in schedules])
    for schedule, (problem, got) in zip(schedules, answers, strict=True):
        assert problem == ""
        for step, value in zip(steps, got, strict=True):
            assert math.isclose(value, schedule(step), rel_tol=1e-12), (schedule, step)


WRITE = """async (trees) => {
    const { asJSON, asPython, asYAML } = await import("./text.js");
    const { parse } = await import("./read.js");
    return trees.map((tree) => [asJSON(tree), asYAML(tree), asPython(tree), parse(asYAML(tree))]);
}"""


def test_the_texts_that_the_page_writes_make_the_same_schedule(visit, static_url, tmp_path):
    page = visit(static_url)
    schedules = drawn(60)
    for schedule, (json, yaml, python, parsed) in zip(
        schedules, page.evaluate(WRITE, [g.to_dict(s) for s in schedules]), strict=True
    ):
        assert g.from_json(json) == schedule
        (tmp_path / "lr.yaml").write_text(yaml)
        assert g.load(tmp_path / "lr.yaml") == schedule
        scope = {}
        exec(python, scope)
        assert scope["schedule"] == schedule
        assert g.from_dict(parsed) == schedule


def test_the_page_reads_the_yaml_that_python_writes(visit, static_url):
    page = visit(static_url)
    schedules = drawn(60)
    read = "async (texts) => { const { parse } = await import('./read.js'); return texts.map(parse); }"
    texts = [export(schedule, "yaml", 5000) for schedule in schedules]
    for schedule, data in zip(schedules, page.evaluate(read, texts), strict=True):
        assert g.from_dict(data) == schedule
