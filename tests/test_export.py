"""Schedules written out as code and configuration, run, and compared with the schedules."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess

import hydra.utils
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import torch
from hypothesis import Phase, given, settings, strategies as st
from omegaconf import OmegaConf

import glidepath as g
import oracle
from conftest import EXAMPLES
from glidepath.export import TARGETS, export
from glidepath.testing import landmarks, steps_to_try
from latex_reader import function_of
from samples import FEW, SAMPLES
from test_trees import last_in_an_integer, limit
from trees import SMALL, trees

MOST = 2**31 - 1 - 10**6


def drawn(strategy, count):
    """So many random trees, the same in every run."""
    found = []

    @settings(max_examples=EXAMPLES or count, phases=[Phase.generate])
    @given(strategy)
    def draw(tree):
        found.append(tree)

    draw()
    return found


def thousand(s, last=MOST):
    """A thousand steps: both sides of all that happens, and evenly over the run."""
    tried = [step for step in steps_to_try(s, last) if 0 <= step <= last]
    span = max(1000, min(max(landmarks(s)), last))
    even = [span * i // 1000 for i in range(1001)]
    return sorted(list(dict.fromkeys([*tried, *even]))[:1000])


def python(source):
    scope = {}
    exec(source, scope)
    return scope["schedule"]


def assert_close(s, steps, got, limit=1e-12):
    """Within ``limit`` of the value; of the largest term where terms of different sign cancel."""
    for step, value in zip(steps, got, strict=True):
        want = s(step)
        if not math.isclose(value, want, rel_tol=limit):
            assert oracle.answer(s, step).error(value) <= limit, (s, step, value, want)


# Python, JavaScript, LaTeX --------------------------------------------------------------------------------------


def test_python_answers_to_the_last_bit_at_1000_steps_of_random_trees():
    for s in drawn(trees(), 60):
        run = python(export(s, "python"))
        steps = thousand(s, 2**53 - 1)
        assert [run(step).hex() for step in steps] == [s(step).hex() for step in steps]


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_javascript_answers_as_python_does_at_1000_steps_of_random_trees():
    schedules = drawn(trees(), 60)
    steps = [thousand(s) for s in schedules]
    given = [(export(s, "javascript"), at) for s, at in zip(schedules, steps, strict=True)]
    program = (
        "const answers = [];"
        f"for (const [source, steps] of {json.dumps(given)})"
        "    answers.push(steps.map(new Function(source + ';return schedule;')()));"
        "console.log(JSON.stringify(answers));"
    )
    done = subprocess.run(["node", "-"], input=program, capture_output=True, text=True, check=True)
    for s, at, got in zip(schedules, steps, json.loads(done.stdout), strict=True):
        assert_close(s, at, got)


def test_latex_says_what_the_schedule_answers_at_1000_steps_of_random_trees():
    for s in drawn(trees(), 25):
        steps = thousand(s)
        assert_close(s, steps, map(function_of(export(s, "latex")), steps))


@pytest.mark.parametrize("name", SAMPLES)
def test_latex_says_what_every_kind_answers(name):
    s = SAMPLES[name]
    steps = [step for step in steps_to_try(s) if step >= 0][::3]
    assert_close(s, steps, map(function_of(export(s, "latex")), steps))


def test_two_signs_do_not_meet_in_latex():
    s = g.Linear(start=0.0, end=1.0, steps=9) * -2.0
    assert r"\cdot \left(-2\right)" in export(s, "latex")
    assert not re.search(r"[-+] -|\\cdot -|--", "".join(export(one, "latex") for one in SAMPLES.values()))


# optax ----------------------------------------------------------------------------------------------------------


def assert_right_in_float32(s, steps, got):
    """As near as the schedule itself is in JAX's float32."""
    for step, value in zip(steps, got, strict=True):
        if not math.isclose(value, s(step), rel_tol=4.8e-7):
            readings = oracle.as_float32(s), oracle.node(s)
            assert min(oracle.answer(one, step).error(value, 1.2e-38) for one in readings) <= limit(s), (s, step)


def test_optax_code_answers_to_a_few_units_in_the_last_place_of_float32_at_1000_steps_of_random_trees():
    for s in drawn(trees(SMALL), 20):
        steps = thousand(s, last_in_an_integer(s, 2**30))
        got = jax.jit(python(export(s, "optax")))(jnp.asarray(steps))
        assert got.dtype == jnp.float32
        assert_right_in_float32(s, steps, got.tolist())


def test_optax_code_answers_to_1e_12_with_64_bits_at_1000_steps_of_random_trees():
    for s in drawn(trees(SMALL | st.integers(1, 10**6)), 20):
        steps = thousand(s, last_in_an_integer(s, 2**30))
        with jax.enable_x64(True):
            got = jax.jit(python(export(s, "optax")))(jnp.asarray(steps))
        assert got.dtype == jnp.float64
        assert_close(s, steps, got.tolist())


@pytest.mark.parametrize("name", ["Join-9", "Join-11", "Repeat-14"])
def test_optax_code_looks_up_rows_of_tables_for_steps_of_any_shape(name):
    s = SAMPLES[name]
    steps = jnp.arange(0, 400, 7)[:56].reshape(8, 7)
    got = python(export(s, "optax"))(steps)
    assert got.tolist() == [pytest.approx(row, rel=2e-6, abs=1e-9) for row in s(steps).tolist()]


def test_optax_code_keeps_the_digits_of_a_rate_over_many_steps():
    s = g.Exponential(start=0.1, rate=0.9999)
    steps = [10, 1000, 10**5]
    got = python(export(s, "optax"))(jnp.asarray(steps))
    assert got.tolist() == pytest.approx([s(step) for step in steps], rel=2e-6)


def test_optax_code_holds_a_length_that_no_32_bit_step_reaches():
    s = g.warmup_cosine(0.1, warmup=10, total=2**40)
    steps = [0, 5, 10, 11, 10**6, 2**31 - 1]
    got = python(export(s, "optax"))(jnp.asarray(steps))
    assert got.tolist() == pytest.approx([s(step) for step in steps], rel=4.8e-7)


def test_optax_code_refuses_a_table_that_no_32_bit_integer_holds():
    parts = tuple(g.Linear(start=float(i), end=0.0, steps=9) for i in range(20))
    s = g.Join(parts=parts, boundaries=tuple(range(2**31, 2**31 + 19)))
    with pytest.raises(g.ScheduleError, match="at most 2147483647 for JAX's 32-bit steps, got 2147483666"):
        export(s, "optax")


@pytest.mark.parametrize("name", [name for name in FEW if name.endswith("-0")])
def test_optax_code_of_every_kind_works_under_jit_vmap_and_grad(name):
    s = SAMPLES[name]
    run = python(export(s, "optax"))
    steps = jnp.arange(0, 60, 3)
    want = s(steps)
    assert run(steps).tolist() == pytest.approx(want.tolist(), rel=4.8e-7)
    assert run(steps.reshape(4, 5)).shape == (4, 5)
    assert jax.vmap(run)(steps).tolist() == pytest.approx(want.tolist(), rel=4.8e-7)
    assert jax.jit(run)(7).shape == run(7).shape == ()
    assert jnp.isfinite(jax.vmap(jax.grad(run))(steps + 0.5)).all()
    assert jnp.isfinite(jax.vmap(jax.grad(run))(steps.astype(float))).all()


@pytest.mark.parametrize("kind", ["wsd", "table", "constant"])
def test_optax_takes_the_code_for_its_own_schedule_and_trains_the_same(kind):
    s = {
        "wsd": g.wsd(0.1, warmup=3, decay=5, total=20),
        "table": g.Piecewise(boundaries=tuple(range(1, 19)), values=tuple(0.1 / (1 + i) for i in range(19))),
        "constant": g.Constant(value=0.1),
    }[kind]

    def trained(learning_rate):
        optimizer = optax.adamw(learning_rate=learning_rate)
        weights = jnp.array([1.0, -2.0])
        state = optimizer.init(weights)

        @jax.jit
        def update(weights, state):
            updates, state = optimizer.update(weights, state, weights)
            return optax.apply_updates(weights, updates), state

        for _ in range(20):
            weights, state = update(weights, state)
        return weights.tolist()

    assert trained(python(export(s, "optax"))) == pytest.approx(trained(s), rel=1e-6)


# torch ----------------------------------------------------------------------------------------------------------


def scheduler_of(s, *rates):
    """The exported scheduler, and the optimizer of as many groups as there are rates."""
    scope = {}
    exec(export(s, "torch"), scope)
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": rate} for rate in rates]
    optimizer = torch.optim.AdamW(groups)
    return optimizer, scope["make_scheduler"](optimizer)


def stepped(optimizer, scheduler, count):
    """The rates of so many updates, one list for each."""
    used = []
    for _ in range(count):
        used.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        scheduler.step()
    return used


@pytest.mark.parametrize("name", [name for name in SAMPLES if name.endswith(("-0", "-5"))])
def test_torch_code_gives_the_values_of_every_kind_to_the_last_bit_at_1000_steps(name):
    s = SAMPLES[name]
    used = stepped(*scheduler_of(s, 1.0), 1000)
    assert [rate for (rate,) in used] == [s(step) for step in range(1000)]


def test_torch_code_of_random_trees_gives_their_values_to_the_last_bit():
    for s in drawn(trees(), 30):
        run = python(export(s, "torch"))
        assert [run(step).hex() for step in thousand(s)] == [s(step).hex() for step in thousand(s)]


def test_torch_code_gives_each_group_its_share():
    s = g.wsd(0.1, warmup=3, decay=5, total=20)
    assert stepped(*scheduler_of(s, 1.0, 0.5), 20) == [[s(step), 0.5 * s(step)] for step in range(20)]


def test_torch_code_resumes_with_the_bits_it_would_have_gone_on_with(tmp_path):
    s = g.sgdr(0.1, period=7, stretch=2, scale=0.9)
    optimizer, scheduler = scheduler_of(s, 1.0, 0.5)
    stepped(optimizer, scheduler, 31)
    torch.save({"optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()}, tmp_path / "saved.pt")

    saved = torch.load(tmp_path / "saved.pt", weights_only=True)
    resumed = scheduler_of(s, 1.0, 0.5)
    resumed[0].load_state_dict(saved["optimizer"])
    resumed[1].load_state_dict(saved["scheduler"])
    assert stepped(*resumed, 31) == stepped(optimizer, scheduler, 31)


# Hydra and YAML -------------------------------------------------------------------------------------------------


def instantiated(text):
    return hydra.utils.instantiate(OmegaConf.create(text))


@pytest.mark.parametrize("name", SAMPLES)
def test_hydra_makes_the_same_schedule_of_its_yaml(name):
    assert instantiated(export(SAMPLES[name], "hydra")) == SAMPLES[name]


def test_hydra_and_the_library_make_random_trees_of_their_yaml(tmp_path):
    for s in drawn(trees(), 40):
        assert instantiated(export(s, "hydra")) == s
        (tmp_path / "s.yaml").write_text(export(s, "yaml"))
        assert g.load(tmp_path / "s.yaml") == s


def test_hydra_takes_recipes_that_are_written_by_hand():
    text = "{_target_: glidepath.wsd, _convert_: all, peak: 3.0e-4, warmup: 10, decay: 20, total: 100}"
    assert instantiated(text) == g.wsd(3e-4, warmup=10, decay=20, total=100)


def test_the_yaml_says_how_many_updates_the_run_has(tmp_path):
    s = g.wsd(0.1, warmup=10, decay=20, total=100)
    (tmp_path / "s.yaml").write_text(export(s, "yaml", 120))
    from glidepath.spec import read_file

    schedules, run = read_file(tmp_path / "s.yaml")
    assert schedules == {"lr": s}
    assert run.total == 120


# All of them ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["python", "javascript", "latex", "optax", "torch"])
def test_code_does_not_need_the_library(target):
    for s in SAMPLES.values():
        text = export(s, target)
        assert "glidepath" not in text.lower()
        assert text.endswith("\n")
        assert not text.endswith("\n\n")


@pytest.mark.parametrize("target", TARGETS)
def test_a_plain_callable_is_refused_by_name(target):
    s = g.Linear(start=0.0, end=1.0, steps=9).then(g.Custom(function=abs))
    with pytest.raises(g.ScheduleError, match="Custom"):
        export(s, target)


@pytest.mark.parametrize("target", TARGETS)
def test_arrays_are_refused(target):
    s = g.Linear(start=np.zeros(3), end=1.0, steps=9)
    with pytest.raises(g.ScheduleError, match="numpy array"):
        export(s, target)


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_nested_too_deeply_is_refused(target):
    s = g.Constant(value=0.1)
    for _ in range(3000):
        s = g.Shift(schedule=g.Linear(start=0.0, end=1.0, steps=5) * s, steps=1)
    with pytest.raises(g.ScheduleError, match="nested"):
        export(s, target)


def test_an_unknown_target_and_a_total_that_is_none_are_refused():
    s = g.Constant(value=0.1)
    with pytest.raises(g.ScheduleError, match="export: unknown target 'optx'; did you mean 'optax'"):
        export(s, "optx")
    with pytest.raises(g.ScheduleError, match="total must be a positive integer"):
        export(s, "yaml", 0)
    with pytest.raises(g.ScheduleError, match="what to export must be a glidepath schedule"):
        export(0.1, "yaml")
