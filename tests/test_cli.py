"""The command line, called in this process and as a real one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from glidepath import Linear, dump, from_dict, wsd
from glidepath.cli.program import program

WSD = "recipe: wsd\npeak: 1e-1\nwarmup: 10%\ndecay: 30%\n"
LINEAR = '{"kind": "Linear", "start": 0.1, "end": 0.0, "steps": "100%"}'


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("COLUMNS", "80")


def glidepath(*words: object) -> Result:
    return CliRunner().invoke(program, [str(word) for word in words])


def process(*words: str, **changes: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "glidepath", *words]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **changes}, check=False)


def quick(*words: object) -> Result:
    return glidepath("compare", "--steps", 20, "--seeds", 1, "--jobs", 1, *words)


# compare --------------------------------------------------------------------------------------------------------


def test_compare_as_a_process_prints_the_table_and_writes_the_report(tmp_path) -> None:
    done = process("compare", "--steps", "20", "--seeds", "2", "--jobs", "2")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["rank", "schedule", "validation", "loss", "spread", "to", "the", "first"]
    assert sorted(line.split()[1] for line in lines[1:6]) == ["constant", "cosine", "linear", "warmup+cosine", "wsd"]
    assert lines[-1] == "Report: glidepath-compare.html"
    assert "10/10" in done.stderr
    assert "rank" not in done.stderr
    page = (tmp_path / "glidepath-compare.html").read_text(encoding="utf-8")
    assert "glidepath compare --steps 20 --seeds 2 --peak 0.1 --backend numpy" in page


def test_compare_reads_files_and_measures_shares_by_the_steps(tmp_path) -> None:
    (tmp_path / "late.yaml").write_text(WSD)
    (tmp_path / "steady fall.json").write_text(LINEAR)
    result = quick("late.yaml", "steady fall.json", "--json")
    assert result.exit_code == 0, result.output
    held = {row["name"]: from_dict(row["schedule"]) for row in json.loads(result.stdout)["schedules"]}
    assert held == {
        "late": wsd(0.1, warmup=2, decay=6, total=20),
        "steady fall": Linear(start=0.1, end=0.0, steps=20),
    }
    page = (tmp_path / "glidepath-compare.html").read_text(encoding="utf-8")
    assert "glidepath compare late.yaml &#x27;steady fall.json&#x27; --steps 20 --seeds 1 --backend numpy" in page


def test_files_of_one_name_are_told_apart_by_their_paths(tmp_path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        dump(Linear(start=0.1, end=0.0, steps=20), tmp_path / folder / "same.yaml")
    result = quick("a/same.yaml", "b/same.yaml", "--json", "--quiet")
    assert [row["name"] for row in json.loads(result.stdout)["schedules"]] == ["a/same.yaml", "b/same.yaml"]


def test_of_several_schedules_in_a_file_lr_is_compared(tmp_path) -> None:
    (tmp_path / "both.yaml").write_text(f"schedules:\n  momentum: 0.9\n  lr: {LINEAR}\n")
    result = quick("both.yaml", "--json", "--quiet")
    assert from_dict(json.loads(result.stdout)["schedules"][0]["schedule"]).length == 20


def test_with_json_there_is_nothing_else_on_stdout() -> None:
    result = quick("--json")
    assert json.loads(result.stdout)["settings"]["steps"] == 20
    assert "Report: glidepath-compare.html" in result.stderr
    assert "5/5" in result.stderr


def test_quiet_leaves_stderr_empty(tmp_path) -> None:
    result = quick("--quiet", "--out", "other.html")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert [file.name for file in tmp_path.iterdir()] == ["other.html"]


def test_the_peak_is_that_of_the_usual_schedules() -> None:
    held = json.loads(quick("--peak", 0.02, "--json").stdout)
    assert {max(row["curve"]["learning_rates"]) for row in held["schedules"]} == {0.02}


def test_a_run_that_diverges_ends_well() -> None:
    result = quick("--peak", 1e38, "--quiet")
    assert result.exit_code == 0
    assert result.stdout.count("diverged") >= 5


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("bad.yaml",), "Error: bad.yaml: recipe: unknown recipe 'wds'; did you mean 'wsd'? (known: "),
        (("none.yaml",), "Error: none.yaml: No such file or directory\n"),
    ],
)
def test_what_cannot_be_right_is_one_line_and_status_2(tmp_path, words: tuple[str, ...], message: str) -> None:
    (tmp_path / "bad.yaml").write_text("recipe: wds\n")
    result = quick(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(message)
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "glidepath-compare.html").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--stepz", "5"), "No such option '--stepz'"),
        (("--steps", "0"), "'--steps': 0 is not in the range x>=1"),
        (("--backend", "tensorflow"), "'tensorflow' is not one of 'numpy', 'jax', 'torch'"),
        (("one.json", "--peak", "0.1"), "--peak is for the default schedules"),
        (("one.json", "./one.json"), "one.json is given twice"),
        (("two.yaml",), "two.yaml has several schedules (a, b) and none is named lr"),
        (("--out", "no/such/folder.html"), "cannot write into the folder 'no/such'"),
    ],
)
def test_options_that_cannot_be_right_are_refused_before_any_training(
    tmp_path, words: tuple[str, ...], message: str
) -> None:
    (tmp_path / "one.json").write_text(LINEAR)
    (tmp_path / "two.yaml").write_text("schedules: {a: 0.1, b: 0.2}\n")
    result = quick(*words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "training" not in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="a signal of POSIX")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_stops_at_once_and_writes_nothing(tmp_path, jobs: str) -> None:
    command = [sys.executable, "-m", "glidepath", "compare", "--steps", "1000000", "--jobs", jobs]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=0)
    assert running.stderr is not None
    running.stderr.read(1)  # the bar stands: the trainings are about to begin
    time.sleep(1)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert out == ""
    assert err.endswith("Interrupted: nothing was written.\n")
    assert list(tmp_path.iterdir()) == []


# show -----------------------------------------------------------------------------------------------------------


def test_show_prints_the_schedule_a_picture_and_its_values() -> None:
    result = glidepath("show", "wsd", "peak=3e-4", "warmup=10%", "decay=100", "--steps", 1000)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"wsd: {wsd(3e-4, warmup=100, decay=100, total=1000)!r}\n\n3e-4 ┤")
    assert max(map(len, result.stdout.split("\n\n")[1].splitlines())) <= 80
    phases, values = ([line.split() for line in part.splitlines()] for part in result.stdout.split("\n\n")[2:4])
    assert phases == [
        ["phase", "kind", "start", "stop", "first", "last"],
        ["warmup", "Linear", "0", "100", "0", "2.97e-4"],
        ["hold", "Constant", "100", "900", "3e-4", "3e-4"],
        ["cooldown", "Linear", "900", "1000", "3e-4", "3e-6"],
    ]
    assert values == [["step", "value"], ["0", "0"], *([str(k), "3e-4"] for k in (250, 500, 750)), ["1000", "0"]]


def test_show_draws_every_schedule_of_a_file(tmp_path) -> None:
    (tmp_path / "both.yaml").write_text(f"schedules:\n  lr: {LINEAR}\n  momentum: 0.9\n")
    result = glidepath("show", "both.yaml", "--steps", 50)
    assert "lr: Linear(start=0.1, end=0.0, steps=50)" in result.stdout
    assert "momentum: Constant(value=0.9)" in result.stdout
    assert result.stdout.count("step  value") == 2


def test_show_takes_a_kind_with_lists_and_words() -> None:
    result = glidepath("show", "Piecewise", "boundaries=[2, 10]", "values=[0.1, 0.2, 0]", "interpolation=linear")
    assert result.exit_code == 0, result.output
    assert [line.split() for line in result.stdout.split("\n\n")[3].splitlines()[1:]] == (
        [["0", "0.1"], ["2", "0.2"], ["5", "0.125"], ["7", "0.075"], ["10", "0"]]
    )


def test_show_draws_a_run_of_many_steps_at_once() -> None:
    result = glidepath("show", "warmup_cosine", "peak=0.1", "warmup=1000", "--steps", 10**12)
    assert result.exit_code == 0, result.output
    assert "2e11" in result.stdout.split("\n\n")[1]
    assert "500000000000  0.05" in result.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("wds",), "Error: show: unknown file, recipe or kind 'wds'; did you mean 'wsd'?"),
        (("sgdr", "peek=1", "period=10"), "Error: sgdr: unknown field 'peek'; did you mean 'peak'?"),
        (("Linear", "start=0", "end=1", "steps=-5"), "Error: Linear.steps must be a positive integer, got -5"),
        (("sgdr", "peak"), "fields are written NAME=VALUE, got 'peak'"),
        (("sgdr", "peak=1", "peak=2"), "peak is given twice"),
        (("one.json", "peak=1"), "a file takes no fields, got 'peak=1'"),
    ],
)
def test_show_says_what_is_wrong(tmp_path, words: tuple[str, ...], message: str) -> None:
    (tmp_path / "one.json").write_text(LINEAR)
    result = glidepath("show", *words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_a_terminal_without_braille_gets_the_phases_and_values_alone() -> None:
    done = process("show", "Linear", "start=0", "end=1", "steps=10", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0
    assert [part.split()[0] for part in done.stdout.split("\n\n")[1:3]] == ["phase", "step"]


# The command itself ---------------------------------------------------------------------------------------------


def test_help_loads_neither_numpy_nor_the_lab() -> None:
    program = (
        "import sys; from glidepath.cli.program import program; program(['--help'], standalone_mode=False); "
        "sys.exit(bool({'numpy', 'joblib', 'tqdm', 'yaml', 'glidepath.lab', 'jax', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "compare" in done.stdout


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert glidepath("--version").stdout == f"glidepath, version {version('glidepath')}\n"


@pytest.mark.parametrize(
    ("missing", "words", "line"),
    [
        ("click", ("--help",), 'Error: the command line needs click: pip install "glidepath[cli]"'),
        ("numpy", ("compare",), 'Error: numpy is not installed: pip install "glidepath[lab]"'),
        ("joblib", ("compare",), 'Error: joblib is not installed: pip install "glidepath[lab]"'),
        ("tqdm", ("compare",), 'Error: tqdm is not installed: pip install "glidepath[lab]"'),
        ("yaml", ("show", "one.yaml"), 'Error: yaml is not installed: pip install "glidepath[yaml]"'),
    ],
)
def test_a_missing_package_is_answered_with_the_line_that_installs_it(
    tmp_path, missing: str, words: tuple[str, ...], line: str
) -> None:
    (tmp_path / "one.yaml").write_text(WSD)
    without = (
        "import sys\n"
        "class Without:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] == {missing!r}:\n"
        f"            raise ModuleNotFoundError('no {missing}', name={missing!r})\n"
        "sys.meta_path.insert(0, Without())\n"
        f"sys.argv = ['glidepath', *{words!r}]\n"
        "from glidepath.cli import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", without], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1] == line
    assert "Traceback" not in done.stderr


def test_a_peak_that_is_no_number_and_a_report_in_the_place_of_a_schedule_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("{kind: Constant, value: 0.1}")
    runner = CliRunner()
    peak = runner.invoke(program, ["compare", "--peak", "nan"])
    out = runner.invoke(program, ["compare", "mine.yaml", "--out", "mine.yaml"])

    assert peak.exit_code == 2
    assert "'--peak': must be a finite number, got nan" in peak.output
    assert out.exit_code == 2
    assert "'mine.yaml' is one of the files to compare" in out.output
    assert Path("mine.yaml").read_text() == "{kind: Constant, value: 0.1}"
