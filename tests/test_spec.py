"""Schedules as plain data, as text and as files."""

from __future__ import annotations

import doctest
import json
import os
import re
import signal
import subprocess
import sys
import time
from inspect import signature
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import glidepath
from glidepath import (
    Constant,
    Cosine,
    Custom,
    Join,
    Linear,
    Piecewise,
    Product,
    Run,
    Schedule,
    ScheduleError,
    Shift,
    dump,
    from_dict,
    from_json,
    load,
    load_all,
    to_dict,
    to_json,
)
from glidepath.plain import MAX_BYTES, MAX_DEPTH, MAX_ENTRIES, MAX_NODES, MAX_WORD
from glidepath.reader import DURATIONS, MAX_PARTS, VERSION
from glidepath.recipes import RECIPES
from glidepath.schedule import KINDS
from samples import LONG, SAMPLES

COSINE = Cosine(start=0.1, end=0.0, steps=900)
PAGE = Path(__file__).parent.parent / "docs" / "files.md"


@pytest.fixture
def kinds():
    """Kinds made in a test are forgotten after it."""
    before = dict(KINDS)
    yield
    KINDS.clear()
    KINDS.update(before)


@pytest.fixture
def write(tmp_path, monkeypatch):
    """A file of the test's own folder, which is the working folder."""
    monkeypatch.chdir(tmp_path)

    def write(text, name="schedule.yaml"):
        Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return name

    return write


def refusal(function, *args, **more):
    with pytest.raises(ScheduleError) as caught:
        function(*args, **more)
    return str(caught.value)


# Round trips ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("schedule", [*SAMPLES.values(), *LONG.values()], ids=[*SAMPLES, *LONG])
def test_every_kind_comes_back_equal_from_dict_json_and_yaml(schedule, tmp_path):
    assert from_dict(to_dict(schedule)) == schedule
    assert repr(from_json(to_json(schedule))) == repr(schedule)
    assert json.loads(json.dumps(to_dict(schedule))) == to_dict(schedule)


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_every_kind_comes_back_equal_from_a_file(suffix, tmp_path):
    path = tmp_path / f"schedule{suffix}"
    everything = Product(parts=tuple(SAMPLES.values()))
    dump(everything, path)
    assert load(path) == everything


@pytest.mark.parametrize("suffix", [".yaml", ".yml", ".YAML", ".json", ".Json"])
def test_the_suffix_says_the_language_in_either_case(suffix, tmp_path):
    path = str(tmp_path / f"schedule{suffix}")
    dump(COSINE, path)
    assert load(path) == COSINE
    assert Path(path).read_text().startswith("{" if "s" in suffix else "glidepath")


def test_the_canonical_form_names_kind_and_fields_without_defaults():
    join = Join(parts=(COSINE, Constant(value=0)), boundaries=(900,))
    assert to_dict(COSINE) == {"glidepath": 1, "kind": "Cosine", "start": 0.1, "end": 0.0, "steps": 900}
    assert to_dict(join) == {
        "glidepath": 1,
        "kind": "Join",
        "parts": [
            {"kind": "Cosine", "start": 0.1, "end": 0.0, "steps": 900},
            {"kind": "Constant", "value": 0.0},
        ],
        "boundaries": [900],
    }
    sgdr = to_dict(glidepath.sgdr(0.1, period=10, stretch=2))
    assert list(sgdr) == ["glidepath", "kind", "body", "period", "stretch"]
    assert COSINE.to_dict() == to_dict(COSINE)
    assert COSINE.to_json() == to_json(COSINE)


def test_fields_of_their_default_value_may_be_given_all_the_same():
    assert from_dict({"kind": "Exponential", "start": 1, "rate": 0.5, "steps": 1, "staircase": False, "end": None}) == (
        glidepath.Exponential(start=1, rate=0.5)
    )


def test_a_kind_of_the_users_own_comes_back_equal(kinds, tmp_path):
    class Blend(Schedule):
        first: Schedule = glidepath.part()
        others: object = ()
        share: float = glidepath.value()
        steps: int = glidepath.length(default=7)
        word: str = "none"

        def at(self, t, xp):
            return self.share * self.first.at(t, xp)

    inner = Blend(first=COSINE, share=0.5, others=(1, 2.5, (COSINE, None, True, "on")), word="1e3")
    blend = Blend(first=inner, share=1)
    assert from_dict(to_dict(blend)) == blend
    assert from_json(to_json(blend)) == blend
    dump(blend, tmp_path / "a.yaml")
    assert load(tmp_path / "a.yaml") == blend
    assert from_dict({"kind": "Blend", "first": 0.5, "share": 1, "steps": "50%"}, run=Run(total=20)).steps == 10


def test_a_recipe_reads_as_the_tree_that_it_builds():
    data = {"recipe": "wsd", "peak": 3e-4, "warmup": "5%", "decay": "20%", "total": "100k"}
    wsd = glidepath.wsd(3e-4, warmup=5_000, decay=20_000, total=100_000)
    assert from_dict(data) == wsd
    assert to_dict(from_dict(data)) == to_dict(wsd)


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_can_be_named_with_durations_for_its_steps(recipe):
    parameters = signature(RECIPES[recipe]).parameters
    given, called = {}, {}
    for name, parameter in parameters.items():
        if name in DURATIONS:
            steps = {"total": 1000, "warmup": 100, "decay": 50}.get(name, 20)
            given[name], called[name] = f"{steps / 10}%", steps
        elif parameter.default is parameter.empty:
            given[name] = called[name] = {"peak": 0.5, "end": 0.1}[name]
    assert from_dict({"recipe": recipe, **given}, run=Run(total=1000)) == RECIPES[recipe](**called)


def test_every_whole_number_in_a_recipe_is_a_duration_or_a_count():
    annotations = {n: p.annotation for r in RECIPES.values() for n, p in signature(r).parameters.items()}
    assert {n for n, kind in annotations.items() if kind.startswith("int")} <= {*DURATIONS, "times"}
    assert {kind.split(" |")[0] for kind in annotations.values()} <= {"int", "float", "str"}


def test_a_number_where_a_schedule_is_expected_is_a_constant():
    assert from_dict(0.1) == from_json("0.1") == Constant(value=0.1)
    assert from_dict({"kind": "Product", "parts": [2, 0.5]}) == Product(parts=(Constant(value=2), Constant(value=0.5)))


def test_the_version_may_be_left_out_or_repeated_beneath():
    data = to_dict(COSINE)
    assert from_dict({"schedule": data}) == from_dict({k: v for k, v in data.items() if k != "glidepath"}) == COSINE


@pytest.mark.parametrize("version", [0, 2, True, 1.0, "1", None])
def test_another_version_is_refused(version):
    data = to_dict(COSINE) | {"glidepath": version}
    message = f"glidepath must be {VERSION}, the version that is read here, got {version!r}"
    assert refusal(from_dict, data) == message
    assert refusal(from_dict, {"schedule": 1, "glidepath": version}) == message


# What cannot be written -------------------------------------------------------------------------------------------


def test_a_custom_cannot_be_written_and_the_error_says_why():
    message = refusal(to_dict, Join(parts=(COSINE, Custom(function=float)), boundaries=(9,)))
    assert message.startswith("parts[1] is a Custom, which wraps a Python callable: data cannot hold it")
    message = refusal(from_dict, {"kind": "Custom", "function": "print"})
    assert message == "kind must not be Custom: it wraps a Python callable, which data cannot hold"


def test_a_kind_that_is_not_registered_cannot_be_written():
    class Hidden(Schedule, register=False):
        def at(self, t, xp):
            return 0.0

    impostor = type("Cosine", (Schedule,), {"at": Hidden.at}, register=False)
    assert refusal(to_dict, Hidden()).startswith("the schedule is a Hidden, which is not registered by its name")
    assert refusal(to_dict, impostor()).startswith("the schedule is a Cosine, which is not registered by its name")


@pytest.mark.parametrize("name", ["kind", "recipe", "glidepath"])
def test_a_field_with_the_name_of_a_key_cannot_be_written(kinds, name):
    made = type("Odd", (Schedule,), {"__annotations__": {name: "float"}, "__module__": __name__, "__qualname__": name})
    assert refusal(to_dict, made(**{name: 1})) == f"Odd.{name} must have another name: in data it means another thing"


def test_arrays_cannot_be_written():
    numpy = pytest.importorskip("numpy")
    schedule = Product(parts=(Linear(start=numpy.ones(3), end=0.0, steps=5),))
    message = "parts[0].start must hold plain numbers and words to be written as data, got a numpy array"
    assert refusal(to_dict, schedule) == message


def test_a_default_is_left_out_only_where_it_is_of_the_same_type(kinds):
    class Switch(Schedule):
        state: object = 1

        def at(self, t, xp):
            return 0.0

    assert to_dict(Switch(state=1)) == {"glidepath": 1, "kind": "Switch"}
    assert from_dict(to_dict(Switch(state=True))).state is True


def test_words_that_could_not_be_read_again_are_not_written(kinds):
    class Named(Schedule):
        name: str = ""

        def at(self, t, xp):
            return 0.0

    assert from_dict(to_dict(Named(name="a b"))) == Named(name="a b")
    assert "name must be made of letters" in refusal(to_dict, Named(name="<b>"))
    assert "name must have at most" in refusal(to_dict, Named(name="b" * (MAX_WORD + 1)))


def test_what_is_no_schedule_is_not_written():
    assert refusal(to_dict, 0.1) == "the schedule must be a glidepath schedule, got 0.1"


# Limits -----------------------------------------------------------------------------------------------------------


def wrapped(levels):
    schedule = COSINE
    for _ in range(levels - 1):
        schedule = Shift(schedule=schedule, steps=1)
    return schedule


def test_a_schedule_of_the_most_levels_is_written_and_one_more_is_refused():
    assert from_json(to_json(wrapped(MAX_DEPTH))) == wrapped(MAX_DEPTH)
    for write in (to_dict, to_json):
        assert refusal(write, wrapped(MAX_DEPTH + 1)) == f"the specification must be nested at most {MAX_DEPTH} deep"
        assert "nested at most" in refusal(write, wrapped(2000))


def joined(parts):
    return Join(parts=tuple(Constant(value=i) for i in range(parts)), boundaries=tuple(range(1, parts)))


def test_a_text_of_the_most_parts_is_read_and_one_more_is_refused(tmp_path):
    assert from_json(to_json(joined(MAX_PARTS))) == joined(MAX_PARTS)
    more = joined(MAX_PARTS + 1)
    message = f"parts must have at most {MAX_PARTS} parts, got {MAX_PARTS + 1}"
    assert refusal(from_json, json.dumps(to_dict(more))) == message
    assert refusal(to_json, more) == message
    assert message in refusal(dump, more, tmp_path / "a.json")
    assert not list(tmp_path.iterdir())


def test_a_dict_holds_more_parts_than_a_text():
    assert from_dict(to_dict(joined(1000))) == joined(1000)


def table(entries):
    return Piecewise(boundaries=tuple(range(1, entries // 2 + 1)), values=(0.5,) * (entries - entries // 2))


def test_a_table_of_the_most_entries_is_written_and_one_more_is_refused():
    assert from_json(to_json(table(MAX_ENTRIES - 1))) == table(MAX_ENTRIES - 1)
    assert f"at most {MAX_ENTRIES:,} numbers in lists" in refusal(to_dict, table(MAX_ENTRIES + 1))
    assert f"at most {MAX_ENTRIES:,} numbers in lists" in refusal(
        from_dict, {"kind": "Piecewise", "values": [1] * (MAX_ENTRIES + 1), "boundaries": []}
    )


def test_a_file_of_the_most_bytes_is_read_and_one_more_is_refused(write):
    text = to_json(COSINE)
    assert load(write(text.ljust(MAX_BYTES), "a.json")) == COSINE
    message = f"a.json: the text must have at most {MAX_BYTES:,} bytes"
    assert refusal(load, write(text.ljust(MAX_BYTES + 1), "a.json")) == message


# Documents and runs -----------------------------------------------------------------------------------------------


def test_a_file_holds_one_schedule_or_several_by_name(write):
    one = write("schedule: {kind: Constant, value: 1}", "one.yaml")
    bare = write("kind: Constant\nvalue: 1", "bare.yaml")
    two = write("schedules:\n  lr: 1\n  weight_decay: 2\n", "two.yaml")
    only = write("schedules: {momentum: 1}", "only.yaml")
    assert load(one) == load(bare) == load(only) == Constant(value=1)
    assert load_all(one) == load_all(bare) == {"lr": Constant(value=1)}
    assert load_all(two) == {"lr": Constant(value=1), "weight_decay": Constant(value=2)}
    assert load_all(only) == {"momentum": Constant(value=1)}
    message = refusal(load, two)
    assert message == "two.yaml: there are 2 schedules (lr, weight_decay): take a file with load_all"


DECAY = {"kind": "Linear", "start": 1, "end": 0, "steps": "1 epochs"}


def test_a_run_passed_in_goes_before_the_files_own_field_by_field():
    data = {"schedule": {"recipe": "warmup_linear", "peak": 1, "warmup": "2 epochs"}}
    data["run"] = {"total": "10 epochs", "steps_per_epoch": 50}
    assert from_dict(data) == glidepath.warmup_linear(1, warmup=100, total=500)
    assert from_dict(data, run=Run(total=700)) == glidepath.warmup_linear(1, warmup=100, total=700)
    assert from_dict(data, run=Run(steps_per_epoch=60)) == glidepath.warmup_linear(1, warmup=120, total=600)


def test_a_recipe_without_total_takes_that_of_the_run_and_its_own_goes_first():
    data = {"recipe": "warmup_cosine", "peak": 1, "warmup": "10%"}
    assert from_dict(data, run=Run(total=1000)) == glidepath.warmup_cosine(1, warmup=100, total=1000)
    data["total"] = "50%"
    assert from_dict(data, run=Run(total=1000)) == glidepath.warmup_cosine(1, warmup=50, total=500)
    data["total"] = 300
    assert from_dict(data) == glidepath.warmup_cosine(1, warmup=30, total=300)
    assert refusal(from_dict, {"recipe": "wsd", "peak": 1, "warmup": "5%", "decay": 1}) == (
        "wsd.total must be given (or the run's total)"
    )


def test_shares_are_of_the_whole_run_at_any_depth():
    data = {"kind": "Join", "parts": [{**DECAY, "steps": "5%"}, {**DECAY, "steps": "20%"}], "boundaries": ["5%"]}
    join = from_dict(data, run=Run(total=1000))
    assert (join.parts[0].steps, join.parts[1].steps, join.boundaries) == (50, 200, (50,))


def test_offsets_and_boundaries_take_durations():
    run = Run(total=1000, steps_per_epoch=10)
    assert from_dict({"kind": "Shift", "schedule": 1, "steps": "-2 epochs"}, run).steps == -20
    data = {"kind": "Piecewise", "boundaries": [5, "2 epochs", "5%", 1e2], "values": [1, 2, 3, 4, 5]}
    assert from_dict(data, run).boundaries == (5, 20, 50, 100)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"totl": 1}, "run: unknown key 'totl'; did you mean 'total'?"),
        ({"total": 0}, "run.total must be a positive integer of at most 2**53 - 1, got 0"),
        ({"batch_size": 2.5}, "run.batch_size must be a positive integer of at most 2**53 - 1, got 2.5"),
        ({"total": "5%"}, "run.total must be a number of steps, epochs, samples or tokens, got '5%'"),
        ({"total": "2 epochs"}, "run.total: '2 epochs' needs run.steps_per_epoch, which is not given"),
        (5, "run must be a mapping, got 5"),
        (None, "run must be a mapping, got None"),
    ],
)
def test_a_run_block_is_checked_even_where_no_duration_needs_it(block, message):
    assert refusal(from_dict, {"schedule": 1, "run": block}).startswith(message)


def test_a_run_is_passed_in_as_a_run():
    assert refusal(from_dict, 1, run={"total": 5}) == "run must be a glidepath.Run, got {'total': 5}"


# Errors -----------------------------------------------------------------------------------------------------------


def ramp(**changes):
    return {"kind": "Linear", "start": 0, "end": 1, "steps": 5} | changes


def wsd(**changes):
    return {"recipe": "wsd", "peak": 1, "warmup": 5, "decay": 5, "total": 9} | changes


NO_SCHEDULE = "the specification must be a schedule, that is a mapping with a kind or a recipe, or a number, got "


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (ramp(steps=-5), "Linear.steps must be a positive integer, got -5"),
        (ramp(steps=2.5), 'Linear.steps must be a whole number of steps (a share of the run is written "5%"), got 2.5'),
        (ramp(start=True), "Linear.start must be a finite number, got True"),
        (ramp(start="1"), "Linear.start must be a finite number, got '1'"),
        (ramp(start=None), "Linear.start must be a finite number, got None"),
        (ramp(start=ramp()), "Linear.start must be a finite number, got {'kind': 'Linear', 'start': 0, "),
        (ramp(steps=[5]), "Linear.steps must be a positive integer, got (5,)"),
        (ramp(stpes=5), "Linear: unknown field 'stpes'; did you mean 'steps'? (known: end, start, steps)"),
        (ramp(kind="linear"), "kind: unknown kind 'linear'; did you mean 'Linear'? (known: "),
        (ramp(kind="os.system"), "kind: unknown kind 'os.system' (known: "),
        (ramp(kind=["Linear"]), "kind must be the name of a kind, got ['Linear']"),
        (ramp(kind="wsd"), 'kind must be a kind, but wsd is a recipe: write "recipe: wsd"'),
        ({"recipe": "Linear"}, 'recipe must be a recipe, but Linear is a kind: write "kind: Linear"'),
        ({"recipe": "wds"}, "recipe: unknown recipe 'wds'; did you mean 'wsd'? (known: "),
        (ramp(recipe="wsd"), "the specification must have either a kind or a recipe, but has both"),
        (ramp(run={}), 'run stands beside "schedule:", not in the schedule itself'),
        ({"kind": "Linear", "start": 0, "end": 1}, "Linear.steps must be given"),
        ({"start": 0}, "the top level, which has no kind and no recipe: unknown key 'start'"),
        ({"schedlue": 1}, "the top level, which has no kind and no recipe: unknown key 'schedlue'; did you mean"),
        ({}, "the specification must have one of the keys kind, recipe, schedule and schedules"),
        ({"schedule": 1, "schedules": {"lr": 1}}, "the specification must have one of the keys"),
        ({"schedule": {}}, "schedule must have either a kind or a recipe, but has neither"),
        ({"schedules": {}}, "schedules must be a mapping of names to schedules, got {}"),
        ({"schedules": [1]}, "schedules must be a mapping of names to schedules, got [1]"),
        ([1], NO_SCHEDULE + "[1]"),
        ("Linear", NO_SCHEDULE + "'Linear'"),
        (None, NO_SCHEDULE + "None"),
        (True, NO_SCHEDULE + "True"),
        ({"kind": "Sum", "parts": ramp()}, "Sum.parts must be a sequence of schedules, got {"),
        ({"kind": "Sum", "parts": []}, "Sum.parts must be a sequence of at least one schedule, got ()"),
        ({"kind": "Sum", "parts": [1, ramp(steps=0)]}, "parts[1].steps must be a positive integer, got 0"),
        ({"kind": "Sum", "parts": [1, "x"]}, "parts[1] must be a schedule, that is a mapping with a kind or"),
        ({"kind": "Sum", "parts": [1, None]}, "parts[1] must be a schedule, that is a mapping"),
        ({"kind": "Sum", "parts": [{"kind": "Clip", "schedule": 1}]}, "parts[0].low or parts[0].high must be given"),
        (
            {"kind": "Sum", "parts": [{"kind": "Piecewise", "boundaries": [3, 2], "values": [1, 2, 3]}]},
            "parts[0].boundaries must be strictly ascending, got (3, 2)",
        ),
        (
            {"schedule": {"kind": "Shift", "schedule": ramp(steps=0)}},
            "schedule.schedule.steps must be a positive integer, got 0",
        ),
        (
            {"schedules": {"lr": ramp(steps="5 stpes")}},
            "schedules.lr.steps: unknown unit 'stpes' in '5 stpes'; did you mean 'step",
        ),
        (wsd(), "wsd.total must be at least warmup + decay (10), got 9"),
        (wsd(peak="1"), "wsd.peak must be a finite number, got '1'"),
        (wsd(peak=10**400), "wsd.peak must be a finite number, got 1000"),
        (wsd(total=-5), "wsd.total must be a positive integer, got -5"),
        (wsd(end=None), "wsd.end must be a finite number, got None"),
        (wsd(peek=1), "wsd: unknown field 'peek'; did you mean 'peak'?"),
        ({"recipe": "wsd", "warmup": 5, "decay": 5, "total": 9}, "wsd.peak must be given"),
        ({"schedule": wsd(peek=1)}, "schedule (wsd): unknown field 'peek'; did you mean 'peak'?"),
        ({"schedule": wsd()}, "schedule.total must be at least warmup + decay (10), got 9"),
        (
            {"schedule": {"recipe": "sgdr", "peak": 1, "period": 5, "times": 0}},
            "schedule.times must be a positive integer, got 0",
        ),
    ],
)
def test_an_error_names_path_rule_and_value(data, message):
    assert refusal(from_dict, data).startswith(message)


YAML = """\
# a comment
schedule:
  kind: Join
  parts:
    - kind: Linear
      start: 0
      end: 0.1
      steps: 100
    - {kind: Cosine, start: 0.1,
       end: 0, steps: 900}
  boundaries: [100]
run:
  total: 1000
"""


@pytest.mark.parametrize(
    ("old", "new", "message", "line"),
    [
        ("steps: 900", "steps: -9", "schedule.parts[1].steps must be a positive integer, got -9", 10),
        ("steps: 100", "steps: 1 epoch", "schedule.parts[0].steps: '1 epoch' needs run.steps_per_epoch", 8),
        ("steps: 100", "stpes: 100", "schedule.parts[0] (Linear): unknown field 'stpes'; did you mean 'steps'?", 8),
        ("kind: Cosine", "kind: Cosin", "schedule.parts[1].kind: unknown kind 'Cosin'; did you mean 'Cosine'?", 9),
        ("kind: Join", "kind: [Join]", "schedule.kind must be the name of a kind, got ['Join']", 3),
        ("[100]", "[100, 100]", "schedule.boundaries must be strictly ascending, got (100, 100)", 11),
        ("[100]", "\n   - 100\n   - 0.5", "schedule.boundaries[1] must be a whole number of steps", 13),
        ("[100]", "\n   - 100\n   - 0", "schedule.boundaries[1] must be a positive integer, got 0", 13),
        ("[100]", "[]", "schedule.boundaries must be one fewer than its 2 parts, got 0 boundaries", 11),
        ("end: 0.1", "end: 1\n      end: 2", "schedule.parts[0] must have every key once, got 'end' twice", 8),
        ("total: 1000", "total: 0", "run.total must be a positive integer of at most 2**53 - 1, got 0", 13),
        ("total: 1000", "total: 0.5", "run.total must be a whole number of steps", 13),
        ("total: 1000", "totl: 5", "run: unknown key 'totl'; did you mean 'total'?", 13),
        ("      steps: 100\n", "", "schedule.parts[0].steps must be given", 5),
        ("run:", "rum:", "the top level, which has no kind and no recipe: unknown key 'rum'; did you mean 'run'?", 12),
        ("- kind: Linear", "- recipe: wds", "schedule.parts[0].recipe: unknown recipe 'wds'; did you mean 'wsd'?", 5),
    ],
)
def test_an_error_in_a_yaml_file_names_the_file_and_the_line(write, old, new, message, line):
    assert load(write(YAML))
    assert old in YAML
    error = refusal(load, write(YAML.replace(old, new)))
    assert error.startswith(f"schedule.yaml: {message}")
    assert error.endswith(f" (line {line})")


@pytest.mark.parametrize(
    ("field", "value", "line"), [("warmup", 0.5, 3), ("total", "5%", 5), ("peak", "'1'", 2), ("decay", 999, 5)]
)
def test_an_error_in_a_recipe_names_the_line(write, field, value, line):
    fields = {"peak": 1, "warmup": 5, "decay": 5, "total": 100} | {field: value}
    name = write("".join(f"{key}: {value}\n" for key, value in {"recipe": "wsd", **fields}.items()))
    assert re.search(rf"^schedule\.yaml: wsd\.\w+.* \(line {line}\)$", refusal(load, name))


def test_an_error_in_a_json_file_names_the_file(write):
    name = write(json.dumps({"schedule": ramp(steps=0)}), "a.json")
    assert refusal(load, name) == "a.json: schedule.steps must be a positive integer, got 0"


def test_a_file_that_is_no_text_or_of_another_kind_is_refused(write):
    assert refusal(load, write(b"\xff\xfe1", "a.json")) == "a.json: the text must be UTF-8, but its byte 0 is not"
    assert refusal(load, "a.toml") == "a.toml: the suffix must be one of .json, .yaml, .yml, got '.toml'"
    assert refusal(dump, COSINE, "a") == "a: the suffix must be one of .json, .yaml, .yml, got ''"
    assert refusal(from_json, b"1") == "the text must be a string, got b'1'"
    with pytest.raises(FileNotFoundError):
        load("none.json")


def test_a_byte_order_mark_is_passed_over(write):
    assert load(write(b"\xef\xbb\xbf0.5", "a.json")) == Constant(value=0.5)
    assert load(write(b"\xef\xbb\xbf0.5", "a.yaml")) == Constant(value=0.5)


def test_yaml_without_pyyaml_says_how_to_install_it_and_json_works_on(tmp_path):
    code = """
import sys
sys.modules["yaml"] = None
import glidepath
s = glidepath.Constant(value=0.5)
s.dump("a.json")
assert glidepath.load("a.json") == s
open("a.yaml", "w").write("0.5")
for call in (lambda: glidepath.load("a.yaml"), lambda: s.dump("b.yaml")):
    try:
        call()
    except ModuleNotFoundError as error:
        print(error)
"""
    out = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert out == 'YAML files need PyYAML: pip install "glidepath[yaml]"\n' * 2
    assert sorted(os.listdir(tmp_path)) == ["a.json", "a.yaml"]


def test_an_import_of_glidepath_loads_neither_json_nor_yaml():
    code = "import sys, glidepath; print(*{'json', 'yaml', 'fractions', 'inspect'} & {*sys.modules})"
    before = "import sys, dataclasses; print(*{'json', 'yaml', 'fractions', 'inspect'} & {*sys.modules})"
    loaded = [
        set(subprocess.run([sys.executable, "-c", c], capture_output=True, text=True, check=True).stdout.split())
        for c in (code, before)
    ]
    assert loaded[0] == loaded[1]


# Files that are replaced ------------------------------------------------------------------------------------------


def test_dump_leaves_nothing_beside_the_file(tmp_path):
    path = tmp_path / "a.yaml"
    for schedule in (COSINE, Constant(value=1)):
        dump(schedule, path)
        assert os.listdir(tmp_path) == ["a.yaml"]
        assert load(path) == schedule


def test_a_dump_that_cannot_be_finished_leaves_nothing_behind(tmp_path):
    (tmp_path / "a.yaml").mkdir()
    with pytest.raises(OSError, match=r"a\.yaml"):
        dump(COSINE, tmp_path / "a.yaml")
    assert os.listdir(tmp_path) == ["a.yaml"]


def test_a_refused_dump_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.json"
    dump(COSINE, path)
    assert refusal(dump, Custom(function=float), path)
    assert load(path) == COSINE


def test_a_dump_through_a_link_writes_the_file_that_it_points_to(tmp_path):
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    dump(COSINE, tmp_path / "link.json")
    assert (tmp_path / "link.json").is_symlink()
    assert load(tmp_path / "real.json") == COSINE


def test_the_draft_reaches_the_disk_before_it_takes_the_files_place(tmp_path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (calls.append("fsync"), fsync(file)))
    monkeypatch.setattr(os, "replace", lambda old, new: (calls.append("replace"), replace(old, new)))
    dump(COSINE, tmp_path / "a.json")
    assert calls[:2] == ["fsync", "replace"]


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a POSIX signal")
def test_a_killed_writer_leaves_the_old_file_or_the_new_one(tmp_path):
    code = """
import glidepath
old, new = (glidepath.Piecewise(boundaries=tuple(range(1, 2000)), values=(v,) * 2000) for v in (0.25, 0.5))
from glidepath.files import replace_file
text = [s.to_json().encode() for s in (old, new)]
replace_file("a.json", text[0])
print("ready", flush=True)
while True:
    for t in text:
        replace_file("a.json", t)
"""
    for pause in (0.0, 0.003, 0.01, 0.02):
        child = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE)
        assert child.stdout.readline() == b"ready\n"
        time.sleep(pause)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        assert load(tmp_path / "a.json").values[0] in (0.25, 0.5)


# Anything at all --------------------------------------------------------------------------------------------------

WORDS = sorted(
    {*KINDS, *RECIPES, "kind", "recipe", "glidepath", "run", "schedule", "schedules", "total", "batch_size"}
    | {field for kind in KINDS.values() for field in kind._roles}
    | {"Custom", "os.system", "linear", "on", "12:30", "5%", "-5%", "150%", "2 epochs", "20B tokens", "1e99", "100k"}
)
NUMBERS = st.integers(-3, 300) | st.floats() | st.sampled_from([2**53, 10**400, 1e308, 5e-324])
LEAVES = NUMBERS | st.sampled_from(WORDS) | st.text(max_size=4) | st.booleans() | st.none()


def _named(inner):
    """Mappings that are nearly schedules."""

    def fields(name):
        known = KINDS[name]._roles if name in KINDS else signature(RECIPES[name]).parameters
        good = {
            "parts": st.lists(inner, min_size=1, max_size=3),
            "schedule": inner,
            "body": inner,
            "boundaries": st.lists(st.integers(1, 99), max_size=3, unique=True).map(sorted),
            "values": st.lists(st.floats(0, 1), max_size=4),
        }
        values = {f: good.get(f, st.integers(1, 500) | st.floats(0, 2) | LEAVES) for f in known}
        return st.fixed_dictionaries({"kind" if name in KINDS else "recipe": st.just(name)} | values)

    return st.sampled_from([*KINDS, *RECIPES]).flatmap(fields)


DATA = st.recursive(
    LEAVES,
    lambda it: _named(it) | st.lists(it, max_size=3) | st.dictionaries(st.sampled_from(WORDS), it, max_size=4),
    max_leaves=8,
)
PIECES = st.sampled_from([*"[]{}:,&*!|>#%@`\"'\n\x00\ufeff", ": ", "- ", "? ", "<<", "---\n", "1e400", "NaN", "0x1"])
ANY = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
RUN = Run(total=1000, steps_per_epoch=10)


def only_a_schedule_error(read, *args):
    try:
        made = read(*args)
    except ScheduleError:
        return
    try:
        data = to_dict(made)
    except ScheduleError:
        return  # grew beyond the limits by what its recipe made of it
    assert from_dict(data) == made


@settings(ANY, max_examples=150)
@given(DATA)
def test_any_data_is_a_schedule_or_a_schedule_error(data):
    only_a_schedule_error(from_dict, data, RUN)
    only_a_schedule_error(from_dict, {"schedule": data, "run": {"total": 50}})
    only_a_schedule_error(from_dict, {"schedule": 1, "run": data})


@settings(ANY, max_examples=150)
@given(DATA, st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3), PIECES), max_size=3))
def test_any_text_is_a_schedule_or_a_schedule_error(tmp_path_factory, data, edits):
    text = json.dumps(data)
    for place, gone, piece in edits:
        at = int(place * len(text))
        text = text[:at] + piece + text[at + gone :]
    only_a_schedule_error(from_json, text, RUN)
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(text.encode(errors="surrogatepass"))
    only_a_schedule_error(load, path, RUN)


# The page ---------------------------------------------------------------------------------------------------------


def test_the_examples_of_the_page_do_what_it_says(write):
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len([language for language, _ in blocks if language == "yaml"]) >= 8
    scope = {"glidepath": glidepath}
    for (language, text), (following, expected) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if language == "yaml":
            write(text)
            if following == "text":
                assert refusal(load, "schedule.yaml") == expected.rstrip("\n")
            else:
                assert load_all("schedule.yaml")
        elif language == "pycon":
            example = doctest.DocTestParser().get_doctest(text, scope, PAGE.name, str(PAGE), 0)
            runner = doctest.DebugRunner()
            runner.run(example, clear_globs=False)
            scope = example.globs
        else:
            assert language == "text"


def test_the_page_states_the_limits_as_they_are():
    page = PAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([a-z][^|]*) \| ([0-9,]+) \|$", page, re.MULTILINE))
    assert [int(most.replace(",", "")) for most in rows.values()] == [
        MAX_BYTES,
        MAX_DEPTH,
        MAX_NODES,
        MAX_ENTRIES,
        MAX_PARTS,
        MAX_WORD,
    ]
