"""The commands that write schedules for other programs, read theirs, and compare two."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

import glidepath as g
from glidepath.cli.program import program
from glidepath.export import TARGETS, export

WSD = ("wsd", "peak=3e-4", "warmup=10%", "decay=20%", "total=1000")
SCHEDULE = g.wsd(3e-4, warmup=100, decay=200, total=1000)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")


def glidepath(*words: object, given: str | None = None) -> Result:
    return CliRunner().invoke(program, [str(word) for word in words], input=given)


# export ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", TARGETS)
def test_export_prints_what_the_library_writes(target) -> None:
    result = glidepath("export", *WSD, "--to", target)
    assert result.exit_code == 0, result.output
    assert result.stdout == export(SCHEDULE, target, 1000)
    assert result.stderr == ""


def test_export_knows_every_target() -> None:
    from glidepath.cli.export import TARGETS as offered

    assert set(offered) == set(TARGETS)


def test_export_writes_to_a_file_and_says_so_as_json() -> None:
    result = glidepath("export", *WSD, "--to", "torch", "--out", "schedule.py", "--json")
    said = json.loads(result.stdout)
    assert (said["target"], said["name"], said["file"]) == ("torch", "wsd", "schedule.py")
    assert said["text"] == Path("schedule.py").read_text() == export(SCHEDULE, "torch")


def test_export_takes_one_of_several_schedules() -> None:
    Path("two.yaml").write_text("schedules: {lr: 0.1, momentum: 0.9}\n")
    Path("other.yaml").write_text("schedules: {a: 0.1, b: 0.9}\n")
    assert "0.1" in glidepath("export", "two.yaml").stdout
    assert "0.9" in glidepath("export", "two.yaml", "--name", "momentum").stdout
    refused = glidepath("export", "other.yaml")
    assert refused.exit_code == 2
    assert "other.yaml has several schedules (a, b): choose one with --name" in refused.stderr
    unknown = glidepath("export", "two.yaml", "--name", "lrr")
    assert unknown.exit_code == 2
    assert "--name: unknown schedule 'lrr'; did you mean 'lr'?" in unknown.stderr


def test_export_reads_standard_input_and_what_it_writes() -> None:
    text = glidepath("export", *WSD, "--to", "yaml").stdout
    assert glidepath("export", "-", "--to", "yaml", given=text).stdout == text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((*WSD, "--to", "keras"), "'keras' is not one of 'python', 'javascript'"),
        (("none.yaml",), "none.yaml: No such file or directory"),
        ((*WSD, "--out", "no/folder.py"), "no"),
    ],
)
def test_export_refuses_what_cannot_be(words, message) -> None:
    result = glidepath("export", *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


# import ---------------------------------------------------------------------------------------------------------


def state():
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    warmup = torch.optim.lr_scheduler.LinearLR(optimizer, 0.1, 1.0, 10)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 90)
    return torch.optim.lr_scheduler.SequentialLR(optimizer, [warmup, cosine], [10]).state_dict()


def test_import_writes_a_file_of_a_torch_checkpoint_that_the_library_reads() -> None:
    torch.save({"scheduler": state()}, "last.pt")
    result = glidepath("import", "last.pt", "--steps", 100, "--out", "imported.yaml")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert g.load("imported.yaml") == g.warmup_cosine(0.5, warmup=10, total=100, start=0.05)
    assert "total: 100" in Path("imported.yaml").read_text()


def test_import_says_on_stderr_what_was_changed() -> None:
    Path("state.json").write_text(json.dumps(state()))
    result = glidepath("import", "state.json")
    assert result.exit_code == 0, result.output
    assert result.stderr.startswith("Note: past its T_max of 90 steps, torch's cosine rises again")
    assert g.from_json(json.dumps(json.loads(glidepath("import", "state.json", "--json").stdout)["schedules"]["lr"]))(
        190
    ) == pytest.approx(0.5)


def test_import_reads_optimus_dl() -> None:
    Path("wsd.yaml").write_text("_name: wsd\nwarmup_steps: 10\nfract_decay: 0.2\n")
    result = glidepath("import", "wsd.yaml", "--lr", "3e-4", "--steps", 100)
    Path("out.yaml").write_text(result.stdout)
    assert g.load("out.yaml")(80) == 3e-4
    assert g.load("out.yaml").length == 100


def test_import_gives_several_schedules_their_names() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5, momentum=0.9)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps=50)
    torch.save({"optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()}, "both.pt")
    Path("out.yaml").write_text(glidepath("import", "both.pt").stdout)
    assert sorted(g.load_all("out.yaml")) == ["lr", "momentum"]


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        ('{"a": 1}', (), "no reader knows data with the keys 'a'"),
        ("[1]", (), "what to import must be a mapping"),
        ('{"base_lrs": [0.1], "lr_lambdas": [null]}', (), "functions, which are not in its state"),
        ('{"_name": "wsd"}', (), "wsd needs to know how many updates the run has: --steps N"),
        ('{"_name": "wsd"}', ("--lr", "-1"), "lr must be a positive finite number, got -1.0"),
        ("{", (), "one.json: not JSON"),
    ],
)
def test_import_refuses_what_cannot_be_in_one_line(text, words, message) -> None:
    Path("one.json").write_text(text)
    result = glidepath("import", "one.json", *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


# diff -----------------------------------------------------------------------------------------------------------


def test_diff_of_equal_schedules_ends_with_0() -> None:
    g.dump(SCHEDULE, "same.yaml")
    result = glidepath("diff", "same.yaml", *WSD)
    assert (result.exit_code, result.stdout) == (0, "equal at all 1,000 steps\n")


def test_diff_prints_where_schedules_differ_and_ends_with_1() -> None:
    result = glidepath("diff", *WSD, "wsd", "peak=3e-4", "warmup=10%", "decay=40%", "total=1000")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[:2] == ["first difference    step 601", "largest, absolute   0.00015 at step 800"]
    assert lines[2].startswith("largest, relative   0.5 at step")
    assert lines[3:] == [
        "compared            all 1,000 steps",
        "",
        "phases that differ:",
        "  hold 100..799 (0.0003 to 0.0003)  ->  hold 100..599 (0.0003 to 0.0003)",
        "  cooldown 800..999 (0.0003 to 1.5e-06)  ->  cooldown 600..999 (0.0003 to 7.5e-07)",
        "",
        "fields that differ:",
        "  parts[2].steps: 200  ->  400",
        "  boundaries[1]: 800  ->  600",
    ]


def test_diff_within_the_tolerance_ends_with_0() -> None:
    other = ("wsd", "peak=3.0000001e-4", *WSD[2:])
    assert glidepath("diff", *WSD, *other).exit_code == 1
    result = glidepath("diff", *WSD, *other, "--tolerance", "1e-6")
    assert result.exit_code == 0
    assert result.stdout.startswith("equal to 1e-06 at all 1,000 steps\n")


def test_diff_of_a_long_run_says_that_it_was_sampled() -> None:
    result = glidepath("diff", *WSD[:4], "total=1e9", *WSD[:3], "decay=10%", "total=1e9")
    assert result.exit_code == 1
    assert "of 1,000,000,000 steps, sampled: what lies between is not known" in result.stdout


def test_diff_as_json_has_everything() -> None:
    result = glidepath("diff", *WSD, *WSD[:3], "decay=40%", "total=1000", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert (found["first"], found["complete"], found["compared"], found["total"]) == (601, True, 1000, 1000)
    assert found["fields"] == [
        {"path": "parts[2].steps", "a": 200, "b": 400},
        {"path": "boundaries[1]", "a": 800, "b": 600},
    ]
    assert [[phase["stop"] for phase in pair] for pair in found["phases"]] == [[800, 600], [1000, 1000]]


def test_diff_takes_schedules_without_an_end() -> None:
    result = glidepath("diff", "Constant", "value=0.1", "warmup_constant", "peak=0.1", "warmup=10")
    assert result.exit_code == 1
    assert result.stdout.startswith("first difference    step 0\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (WSD, "two schedules are compared, got 1"),
        ((*WSD, "a.yaml", "b.yaml"), "two schedules are compared, got 3"),
        (("peak=1", *WSD), "a file or a recipe must stand before its fields, got 'peak=1'"),
        (("-", "-"), "standard input can be read once"),
        ((*WSD, "wsdd"), "unknown file, recipe or kind 'wsdd'; did you mean 'wsd'?"),
        ((*WSD, "two.yaml"), "unknown schedule of two.yaml 'lr'"),
        ((*WSD, *WSD, "--tolerance", "-1"), "'--tolerance': -1.0 is not in the range x>=0"),
    ],
)
def test_diff_refuses_what_cannot_be(words, message) -> None:
    Path("two.yaml").write_text("schedules: {a: 0.1, b: 0.9}\n")
    result = glidepath("diff", *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


# The page -------------------------------------------------------------------------------------------------------


def test_every_command_of_the_page_prints_what_the_page_says() -> None:
    import re
    import shlex

    page = (Path(__file__).parents[1] / "docs/export.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n\$ glidepath (.*)\n([^`]*)```", page)
    assert len(blocks) == 2
    for words, printed in blocks:
        assert glidepath(*shlex.split(words)).stdout == printed
