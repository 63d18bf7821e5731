"""The commands that judge a schedule before training: check, predict and replan."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from glidepath import Constant, load, warmup_constant, wsd
from glidepath.cli.program import program
from glidepath.theory import Optimizer, advise, best_scale, efficiency, replan

RUN = wsd(0.008, warmup=0, decay=800, total=4000)
THREE = """\
run: {total: 1000}
schedules:
  constant: {kind: Constant, value: 0.1}
  linear: {kind: Linear, start: 0.1, end: 0.0, steps: "100%"}
  wsd: {recipe: wsd, peak: 0.1, warmup: 0, decay: "20%"}
"""


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "three.yaml").write_text(THREE)
    RUN.dump(tmp_path / "run.yaml")
    warmup_constant(0.1, warmup=100).dump(tmp_path / "up.yaml")
    Constant(0.1).dump(tmp_path / "constant.yaml")


def glidepath(*words):
    return CliRunner().invoke(program, [str(word) for word in words])


# predict --------------------------------------------------------------------------------------------------------


def test_predict_prints_the_best_first_with_its_numbers():
    done = glidepath("predict", "three.yaml")
    assert done.exit_code == 0
    head, *rows = [line.split() for line in done.stdout.splitlines()]
    assert head == ["schedule", "updates", "efficiency", "bound"]
    assert [row[0] for row in rows] == ["linear", "wsd", "constant"]
    expected = wsd(0.1, warmup=0, decay=200, total=1000)
    assert rows[1][:4] == [
        "wsd",
        "1000",
        f"{efficiency(expected, 1000):.4f}",
        f"{best_scale(expected, 1000).value:.3g}",
    ]
    assert len(rows[0][4]) < len(rows[1][4]) < len(rows[2][4])


def test_predict_names_the_schedules_of_several_files_by_file_and_gives_json():
    rows = json.loads(glidepath("predict", "run.yaml", "three.yaml", "--steps", 900, "--json").stdout)
    assert {row["schedule"] for row in rows} == {"run", "three/linear", "three/wsd", "three/constant"}
    assert {row["steps"] for row in rows} == {900}
    assert [row["efficiency"] for row in rows] == sorted(row["efficiency"] for row in rows)


def test_predict_draws_all_schedules(tmp_path):
    done = glidepath("predict", "three.yaml", "--plot", "three.svg")
    assert done.stdout.endswith("Plot: three.svg\n")
    picture = (tmp_path / "three.svg").read_text()
    assert picture.startswith("<svg")
    assert all(f">{name}<" in picture for name in ("linear", "wsd", "constant"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run.yaml", "--steps", 5000], "the rate of schedule at step 4000 must be a positive finite number"),
        (["three.yml"], "three.yml"),
        (["run.yaml", "run.yaml"], "run is given twice"),
        ([], "Missing argument"),
        (["wsdd"], "predict: unknown file, recipe or kind 'wsdd'; did you mean 'wsd'?"),
    ],
)
def test_predict_says_what_is_wrong(words, message):
    done = glidepath("predict", *words)
    assert done.exit_code == 2
    assert message in done.stderr


def test_predict_asks_for_the_updates_where_no_schedule_has_an_end():
    done = glidepath("predict", "constant.yaml")
    assert done.exit_code == 2
    assert "lr has no end: say how many updates the run has, --steps N" in done.stderr


def test_predict_judges_what_has_no_end_for_the_longest_of_the_others():
    rows = json.loads(glidepath("predict", "run.yaml", "constant.yaml", "--json").stdout)
    assert {row["schedule"]: row["steps"] for row in rows} == {"run": 4000, "constant": 4000}


@pytest.mark.parametrize("command", [["predict"], ["check"], ["replan", "--done", 50, "--remaining", 100]])
def test_the_end_of_a_warmup_is_not_taken_for_that_of_the_run(command):
    warmup = ["up.yaml"]
    done = glidepath(*command, *warmup)
    assert done.exit_code == 2
    assert "lr has no end: say how many updates the run has, --steps N" in done.stderr
    assert glidepath(*command, *warmup, "--steps", 1000).exit_code == 0


# check ----------------------------------------------------------------------------------------------------------


def test_check_prints_every_finding_and_fails_where_one_is_an_error():
    done = glidepath("check", "run.yaml", "--steps", 3000)
    assert done.exit_code == 1
    first, *_ = lines = done.stdout.splitlines()
    assert first.startswith("lr: error: the schedule ends at step 4000, the run at 3000: the rate is 0.008 then")
    assert first.endswith("[end-missed; arithmetic]")
    assert any("warning: the warmup takes 0 updates" in line for line in lines)


def test_check_takes_the_run_of_the_file(tmp_path):
    run = "run: {total: 1000}\nschedule: {kind: Cosine, start: 0.1, end: 0.0, steps: 1200}\n"
    (tmp_path / "one.yaml").write_text(run)
    assert glidepath("check", "one.yaml", "--optimizer", "sgd").exit_code == 1
    assert glidepath("check", "one.yaml", "--optimizer", "sgd", "--steps", 1200).exit_code == 0
    assert json.loads(glidepath("predict", "one.yaml", "--json").stdout)[0]["steps"] == 1000


def test_check_succeeds_where_nothing_is_an_error():
    done = glidepath("check", "warmup_cosine", "peak=3e-4", "warmup=2000", "total=10000", "--json")
    assert done.exit_code == 0
    assert [one["level"] for one in json.loads(done.stdout)["warmup_cosine"]] == ["note"]


def test_check_says_so_where_nothing_was_found():
    done = glidepath("check", "warmup_cosine", "peak=0.1", "warmup=9", "start=0.01", "total=100", "--optimizer", "sgd")
    assert (done.exit_code, done.stdout) == (0, "warmup_cosine: nothing found\n")


def test_check_hands_on_what_it_is_told_of_the_run():
    words = ("--optimizer", "adamw", "--beta2", 0.95, "--weight-decay", 0.1, "--batch-size", 64, "--width", 256)
    reference = [f"--reference={word}" for word in ("peak=0.1", "total=4000", "batch_size=4096", "width=32")]
    found = json.loads(glidepath("check", "run.yaml", *words, *reference, "--json").stdout)["lr"]
    rules = {one["rule"] for one in found}
    assert {"memory", "peak-batch", "peak-width"} <= rules
    settings = Optimizer(name="adamw", beta2=0.95, weight_decay=0.1)
    assert {one.rule for one in advise(RUN, settings)} <= rules


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--reference", "pek=1"], "--reference: unknown name 'pek'; did you mean 'peak'?"),
        (["--reference", "total=100"], "--reference needs peak=VALUE"),
        (["--reference", "peak"], "fields are written NAME=VALUE, got 'peak'"),
        (["--beta2", "1"], "Optimizer.beta2 must be from 0 to below 1"),
    ],
)
def test_check_says_what_is_wrong(words, message):
    done = glidepath("check", "run.yaml", *words)
    assert done.exit_code == 2
    assert message in done.stderr


# replan ---------------------------------------------------------------------------------------------------------


def test_replan_prints_every_way_with_its_bound():
    done = glidepath("replan", "run.yaml", "--done", 3200, "--remaining", 4800)
    assert done.exit_code == 0
    _, *rows = done.stdout.splitlines()
    expected = replan(RUN, 4800, done=3200, planned=4000)
    assert [row[:26].rsplit(maxsplit=1) for row in rows] == [[way.name, f"{way.value:.4g}"] for way in expected]


@pytest.mark.parametrize("take", [None, "same rate"])
def test_replan_writes_the_best_way_or_the_one_that_is_named(take):
    done = glidepath(
        "replan", "run.yaml", "--done", 30, "--remaining", 60, "--out", "next.yaml", *(["--take", take] if take else [])
    )
    ways = {way.name: way.schedule for way in replan(RUN, 60, done=30, planned=4000)}
    assert load("next.yaml") == ways[take or next(iter(ways))]
    assert done.stdout.splitlines()[-1] == f"{take or next(iter(ways))}: next.yaml"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run.yaml", "--done", 5000, "--remaining", 10], "at step 4000 must be a positive finite number"),
        (["run.yaml", "--done", 30, "--remaining", 60, "--cap", 0], "cap must be a positive finite number"),
        (["run.yaml", "--done", 30, "--remaining", 60, "--take", "optimal"], "--take says what to write"),
        (["three.yaml", "--done", 30, "--remaining", 60], "holds 3 schedules (constant, linear, wsd)"),
        (["run.yaml", "--remaining", 60], "Missing option '--done'"),
    ],
)
def test_replan_says_what_is_wrong(words, message):
    done = glidepath("replan", *words)
    assert done.exit_code == 2
    assert message in done.stderr
