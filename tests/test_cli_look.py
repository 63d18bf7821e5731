"""The commands that show schedules: show, plot, table, and what the shell completes."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

import glidepath as g
from glidepath.cli.program import COMMANDS, program
from glidepath.phases import phases

SNAPSHOTS = Path(__file__).parent / "data" / "snapshots"
UPDATE = "GLIDEPATH_UPDATE_SNAPSHOTS"

WSD = ("wsd", "peak=3e-4", "warmup=5%", "decay=20%", "total=100k")
PLAN = g.wsd(3e-4, warmup=5000, decay=20_000, total=100_000)
BOTH = """\
run: {total: 1000, steps_per_epoch: 100}
schedules:
  lr: {recipe: warmup_cosine, peak: 0.1, warmup: 10%}
  momentum: {recipe: one_cycle, peak: 0.85, start: 0.95, end: 0.95}
"""


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "both.yaml").write_text(BOTH)


def glidepath(*words: object, **how: object) -> Result:
    return CliRunner().invoke(program, [str(word) for word in words], **how)


# The terminal -------------------------------------------------------------------------------------------------

SHOWN = {
    "wsd": (*WSD, "--at", "1000", "--at", "5%"),
    "restarts": ("sgdr", "peak=0.1", "period=1000", "stretch=2", "total=15k"),
    "epochs": ("both.yaml", "--unit", "epochs"),
    "logarithmic": ("warmup_inverse_sqrt", "peak=1e-3", "warmup=100", "total=1M", "--log", "xy"),
    "drops": ("Piecewise", "boundaries=[30, 60, 80]", "values=[0.1, 0.02, 0.004, 0.0008]", "total=90"),
}


@pytest.mark.parametrize("colour", [False, True], ids=["plain", "coloured"])
@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.parametrize("name", SHOWN)
def test_the_terminal_shows_what_it_showed(
    name: str, columns: int, colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    result = glidepath("show", *SHOWN[name], "--color" if colour else "--no-color", color=colour)
    assert result.exit_code == 0, result.output
    path = SNAPSHOTS / f"{name}-{columns}{'-coloured' if colour else ''}.txt"
    if os.environ.get(UPDATE):
        path.parent.mkdir(exist_ok=True)
        path.write_text(result.stdout, encoding="utf-8")
    assert result.stdout == path.read_text(encoding="utf-8"), f"if it is meant to be so: {UPDATE}=1 pytest"


@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.parametrize("name", SHOWN)
def test_no_line_of_a_picture_or_table_is_wider_than_the_terminal(name: str, columns: int) -> None:
    lines = (SNAPSHOTS / f"{name}-{columns}.txt").read_text(encoding="utf-8").splitlines()
    assert max(len(line) for line in lines if "(" not in line) <= columns


def test_every_snapshot_belongs_to_a_test() -> None:
    kept = {f"{name}-{columns}{end}.txt" for name in SHOWN for columns in (40, 80, 200) for end in ("", "-coloured")}
    assert {path.name for path in SNAPSHOTS.iterdir()} == kept


def test_a_pipe_gets_no_colours_and_they_can_be_asked_for() -> None:
    assert "\x1b" not in glidepath("show", *WSD, color=True).stdout
    assert "\x1b[32m" in glidepath("show", *WSD, "--color", color=True).stdout


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of POSIX")
@pytest.mark.parametrize(
    ("environment", "colours"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_a_terminal_gets_colours_unless_they_are_unwelcome(environment: dict[str, str], colours: bool) -> None:
    import pty

    ours, theirs = pty.openpty()
    settings = {**os.environ, "TERM": "xterm", "PYTHONIOENCODING": "utf-8", **environment}
    command = [sys.executable, "-m", "glidepath", "show", *WSD]
    with subprocess.Popen(command, stdout=theirs, stdin=theirs, stderr=theirs, env=settings) as process:
        os.close(theirs)
        seen = b""
        while True:
            try:
                seen += (data := os.read(ours, 4096))
            except OSError:  # the other side is closed
                break
            if not data:
                break
    os.close(ours)
    assert process.returncode == 0
    assert b"cooldown" in seen
    assert (b"\x1b[" in seen) == colours


def test_show_as_json_has_the_schedule_its_phases_and_values() -> None:
    result = glidepath("show", *WSD, "--at", 1000, "--json")
    told = json.loads(result.stdout)["wsd"]
    assert g.from_dict(told["schedule"]) == PLAN
    assert told["total"] == 100_000
    assert told["phases"] == [vars(phase) for phase in phases(PLAN, 100_000)]
    assert told["values"] == [{"step": 1000, "value": PLAN(1000)}]


def test_a_schedule_without_an_end_is_shown_for_as_long_as_tells_it() -> None:
    assert json.loads(glidepath("show", "sgdr", "peak=1", "period=10", "--json").stdout)["sgdr"]["total"] == 40


@pytest.mark.parametrize(
    ("option", "value"), [("1000", 1000), ("5%", 5000), ("2 epochs", 1000), ("1.5k", 1500), ("51200 samples", 200)]
)
def test_a_step_can_be_given_in_any_unit(option: str, value: int) -> None:
    words = ("show", *WSD, "--at", option, "--steps-per-epoch", 500, "--batch-size", 256, "--json")
    assert json.loads(glidepath(*words).stdout)["wsd"]["values"][0]["step"] == value


def test_every_unit_counts_the_run_in_its_own_way() -> None:
    sizes = ("--steps-per-epoch", 1000, "--batch-size", 8, "--tokens-per-step", 4096)
    for unit, end in (("epochs", "100"), ("samples", "8e5"), ("tokens", "4.096e8")):
        result = glidepath("show", *WSD, *sizes, "--unit", unit, "--at", "100%")
        assert result.stdout.splitlines()[-2].split() == ["100000", end, "0"], result.output


# What is read -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ['{"kind": "Linear", "start": 1, "end": 0, "steps": 10}', "kind: Linear\nstart: 1\nend: 0\nsteps: 10\n"]
)
def test_standard_input_may_be_json_or_yaml(text: str) -> None:
    result = glidepath("show", "-", input=text)
    assert result.stdout.startswith("lr: Linear(start=1.0, end=0.0, steps=10)\n")


def test_json_on_standard_input_needs_no_yaml() -> None:
    code = (
        "import sys; sys.modules['yaml'] = None; sys.argv = ['glidepath', 'table', '-']; "
        "from glidepath.cli import main; main()"
    )
    text = '{"kind": "Constant", "value": 1}'
    done = subprocess.run([sys.executable, "-c", code], input=text, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[:2] == ["step,lr", "0,1.0"], done.stderr


def test_the_total_among_the_fields_is_that_of_the_run() -> None:
    told = json.loads(glidepath("show", "sgdr", "peak=1", "period=10%", "total=1k", "--json").stdout)["sgdr"]
    assert told["total"] == 1000
    assert told["schedule"]["period"] == 100


def test_a_run_may_be_longer_than_the_schedule_in_it() -> None:
    told = json.loads(glidepath("show", *WSD, "--steps", 200_000, "--json").stdout)["wsd"]
    assert g.from_dict(told["schedule"]) == PLAN
    assert [phase["name"] for phase in told["phases"]] == ["warmup", "hold", "cooldown", "hold"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("shw",), "glidepath: unknown command 'shw'; did you mean 'show'? (known: "),
        (("show", "wds"), "show: unknown file, recipe or kind 'wds'; did you mean 'wsd'?"),
        (("show", "wsd", "pek=1", "total=9"), "wsd: unknown field 'pek'; did you mean 'peak'?"),
        (("show", *WSD[:-1]), "wsd.total must be given"),
        (("show", "wsd", "peak=3e-4", "warmup=5x", "decay=1", "total=9"), "wsd.warmup: unknown unit 'x' in '5x'"),
        (("show", "-", "peak=1"), "standard input takes no fields, got 'peak=1'"),
        (("show", *WSD, "--at", "101%"), "--at: at most 100 %"),
        (("show", *WSD, "--at", "5 parsecs"), "--at: unknown unit 'parsecs'"),
        (("show", *WSD, "--at", "-5"), "--at must be 0 or a later step, got '-5'"),
        (("show", *WSD, "--unit", "epochs"), "--unit epochs needs --steps-per-epoch, or run.steps_per_epoch"),
        (("show", *WSD, "--unit", "parsecs"), "'parsecs' is not one of 'steps', 'epochs', 'samples', 'tokens'"),
        (("plot", *WSD, "--out", "a.jpg"), "'--out': must end in .html, .png, .svg, got 'a.jpg'"),
        (("plot", "both.yaml", "--only", "momentom"), "--only: unknown schedule 'momentom'; did you mean 'momentum'?"),
        (("plot", *WSD, *WSD), "is given twice"),
        (("plot", *WSD, "--out", "none/a.svg"), "there is no such folder"),
        (("table", *WSD, "--every", "0"), "--every must be at least one step, got '0'"),
        (("table", *WSD, "--every", "5", "--count", "5"), "--every and --count cannot be given together"),
        (("table", *WSD, "--steps", "2000000", "--every", "1", "--json"), "--json prints at most 1,000,000 steps"),
        (("show", *WSD[:-1], "total=-5"), "wsd.total must be at least one step, got -5"),
        (("show", *WSD, "--steps", str(2**53)), "'--steps': 9007199254740992 is not in the range"),
        (("diff", *WSD, *WSD, "--steps", str(2**53)), "--steps: at most 2**53 - 1, got"),
        (("table", "peak=3"), "unknown file, recipe or kind 'peak=3'"),
    ],
)
def test_what_cannot_be_right_is_named_with_status_2(words: tuple[str, ...], message: str) -> None:
    result = glidepath(*words)
    assert result.exit_code == 2
    assert message.replace(": at most", " must be at most") in result.stderr
    assert result.stdout == ""


def test_a_text_on_standard_input_that_is_wrong_is_told_by_its_line() -> None:
    result = glidepath("show", "-", input="kind: Linear\nstart: 1\nend: zero\nsteps: 10\n")
    assert result.stderr == "Error: standard input: Linear.end must be a finite number, got 'zero' (line 3)\n"
    assert "must be UTF-8" in glidepath("show", "-", input=b"\xff").stderr


# plot ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["svg", "html", "png", "SVG"])
def test_plot_draws_what_the_suffix_says(suffix: str) -> None:
    result = glidepath("plot", *WSD, "warmup_cosine", "peak=3e-4", "warmup=5%", "total=50k", "--out", f"a.{suffix}")
    assert result.stdout == f"Plot: a.{suffix}\n", result.output
    data = Path(f"a.{suffix}").read_bytes()
    if suffix == "png":
        assert data.startswith(b"\x89PNG")
    else:
        assert data.count(b"<title>wsd</title>") == data.count(b"<title>warmup_cosine</title>") == 2


def test_plot_draws_each_hyperparameter_of_files_in_a_panel() -> None:
    Path("other.yaml").write_text(BOTH.replace("0.85", "0.8"))
    result = glidepath("plot", "both.yaml", "other.yaml", "--json", "--unit", "epochs")
    assert json.loads(result.stdout) == {
        "out": "glidepath.svg",
        "panels": {"lr": ["both", "other"], "momentum": ["both", "other"]},
    }
    root = ElementTree.parse("glidepath.svg").getroot()
    assert [panel.get("aria-label").split(".")[0] for panel in root] == [
        "Line chart of learning rate over epochs",
        "Line chart of momentum over epochs",
    ]
    assert json.loads(glidepath("plot", "both.yaml", "--only", "momentum", "--json").stdout)["panels"] == {
        "momentum": ["both"]
    }


def test_plot_names_one_recipe_with_different_fields_by_them() -> None:
    result = glidepath("plot", "sgdr", "peak=1", "period=10", "sgdr", "peak=2", "period=10", "--json")
    assert json.loads(result.stdout)["panels"] == {"lr": ["sgdr peak=1 period=10", "sgdr peak=2 period=10"]}


# table --------------------------------------------------------------------------------------------------------


def test_table_prints_every_digit() -> None:
    result = glidepath("table", *WSD, "--every", "1k", "--at", 1, "--at", "100%")
    head, *rows = csv.reader(io.StringIO(result.stdout))
    assert head == ["step", "wsd"]
    assert [int(step) for step, _ in rows] == [0, 1, *range(1000, 100_000, 1000), 100_000]
    assert all(float(value) == PLAN(int(step)) for step, value in rows)


def test_table_prints_every_schedule_of_every_file() -> None:
    assert glidepath("table", "both.yaml", "--at", 0).stdout == "step,lr,momentum\n0,0.0,0.95\n"
    result = glidepath("table", "both.yaml", "Constant", "value=2", "--count", 3, "--json")
    assert json.loads(result.stdout)["steps"] == [0, 499, 999]
    assert json.loads(result.stdout)["values"].keys() == {"both/lr", "both/momentum", "Constant"}


def test_table_spreads_eleven_steps_over_the_updates_where_nothing_is_said() -> None:
    rows = glidepath("table", "Linear", "start=1", "end=0", "steps=101").stdout.splitlines()[1:]
    assert [int(row.split(",")[0]) for row in rows] == list(range(0, 101, 10))


def test_table_prints_no_step_twice_however_many_are_asked_for() -> None:
    rows = glidepath("table", "Linear", "start=1", "end=0", "steps=3", "--count", 10**20).stdout.splitlines()[1:]
    assert [int(row.split(",")[0]) for row in rows] == [0, 1, 2]


def test_a_name_that_a_spreadsheet_would_run_is_marked_as_text() -> None:
    Path("formula.yaml").write_text("schedules: {-lr: 0.1, +wd: 0.2}\n")
    assert glidepath("table", "formula.yaml", "--at", 0).stdout == "step,'-lr,'+wd\n0,0.1,0.2\n"


def test_a_table_of_many_steps_begins_at_once() -> None:
    command = [sys.executable, "-m", "glidepath", "table", *WSD[:-1], "total=1B", "--every", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["step,wsd\n", "0,0.0\n"]
        process.kill()


# The command itself -------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="needs a shell that closes streams")
@pytest.mark.parametrize(
    ("closed", "status", "message"),
    [
        ("show - <&-", 2, "Error: standard input: the text is empty"),
        ("show Constant value=1 >&-", 0, ""),
        ("show Constant value=1 >/dev/full", 2, "Error: output: No space left on device"),
    ],
)
def test_a_stream_that_cannot_be_used_is_no_traceback(closed: str, status: int, message: str) -> None:
    command = f"{shlex.quote(sys.executable)} -m glidepath {closed}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (status, message)


def test_the_page_shows_what_the_commands_print(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "72")
    page = (Path(__file__).parents[1] / "docs" / "look.md").read_text(encoding="utf-8")
    commands = [
        session.partition("\n")
        for block in re.findall(r"```console\n\$ (.*?)```", page, re.DOTALL)
        for session in block.split("\n$ ")
    ]
    assert len(commands) > 5
    for line, _, printed in commands:
        text, _, command = line.rpartition(" | ")
        result = glidepath(*shlex.split(command)[1:], input=text.removeprefix("echo ").strip("'"))
        assert result.exit_code == (2 if printed.startswith("Error: ") else 0), result.output
        assert result.output.rstrip() == printed.rstrip() or not printed.strip()


def test_the_test_on_the_page_pins_a_curve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[1] / "docs" / "look.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(def test_.*?)```", page, re.DOTALL)
    made = {"glidepath": g, "Path": Path, "__file__": str(tmp_path / "test_lr.py"), "make_schedule": lambda: PLAN}
    exec(code, made)
    monkeypatch.setenv("GLIDEPATH_UPDATE_GOLDEN", "1")
    made["test_the_learning_rate_is_the_one_we_agreed_on"]()
    monkeypatch.delenv("GLIDEPATH_UPDATE_GOLDEN")
    made["test_the_learning_rate_is_the_one_we_agreed_on"]()
    made["make_schedule"] = lambda: PLAN * 2.0
    with pytest.raises(AssertionError, match=r"lr\.golden: at step"):
        made["test_the_learning_rate_is_the_one_we_agreed_on"]()


def complete(*words: str) -> list[str]:
    settings = {**os.environ, "_GLIDEPATH_COMPLETE": "zsh_complete"}
    settings |= {"COMP_WORDS": " ".join(["glidepath", *words]), "COMP_CWORD": str(len(words))}
    main = "import sys; sys.argv = ['glidepath']; from glidepath.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", main], capture_output=True, text=True, env=settings, check=False)
    return done.stdout.splitlines()


def test_the_shell_completes_commands_recipes_kinds_and_their_fields() -> None:
    assert complete("sh") == ["plain", "show", "Draw a schedule in the terminal."]
    found = complete("show", "warmup_c")
    assert found[1::3] == ["warmup_c", "warmup_constant", "warmup_cosine"]
    assert found[::3] == ["file", "plain", "plain"]
    assert complete("show", "wsd", "peak=1", "")[1::3] == ["warmup=", "decay=", "total=", "shape=", "start=", "end="]
    assert "steps=" in complete("plot", "wsd", "peak=1", "Linear", "st")[1::3]


@pytest.mark.parametrize("command", ["check", "design", "diff", "export", "replan", "show", "table"])
def test_every_command_that_takes_a_recipe_completes_it_and_its_fields(command: str) -> None:
    assert "warmup_cosine" in complete(command, "warmup_c")[1::3]
    assert complete(command, "wsd", "peak=1", "wa")[1::3][-1] == "warmup="


def test_the_help_lists_every_command_and_imports_none() -> None:
    code = (
        "import sys; from glidepath.cli.program import program; program(['--help'], standalone_mode=False); "
        "print(*(name for name in sys.modules if name.startswith('glidepath.cli.')), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.split() == ["glidepath.cli.program"]
    assert all(f"  {name} " in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_file_and_says_what_the_list_says(name: str) -> None:
    command = program.get_command(None, name)  # type: ignore[arg-type]
    assert command.name == name
    assert command.short_help == COMMANDS[name][1]
    assert glidepath(name, "--help").exit_code == 0
