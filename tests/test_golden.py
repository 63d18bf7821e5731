"""Curves pinned in a user's own tests."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import glidepath as g
from glidepath.pinned import UPDATE

if TYPE_CHECKING:
    from pathlib import Path

PLAN = g.wsd(3e-4, warmup=500, decay=2000, total=10_000)


@pytest.fixture
def pinned(tmp_path: Path) -> Path:
    path = tmp_path / "lr.golden"
    path.write_text(g.golden(PLAN), encoding="utf-8")
    return path


def test_a_schedule_is_what_it_was_however_it_is_written(pinned: Path) -> None:
    g.assert_golden(PLAN, pinned)
    g.assert_golden(PLAN, str(pinned), rtol=0)
    g.assert_golden(g.wsd(1.5e-4, warmup=500, decay=2000, total=10_000) * 2.0, pinned)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            PLAN * 1.001,
            r"at step 384 the value is 0\.00023063\d+, and was 0\.0002304; 30 of 32 steps differ, the last at 9999",
        ),
        (
            g.wsd(3e-4, warmup=500, decay=2001, total=10_000),
            r"at step 8000 the value is 0\.000299\d+, and was 0\.0003; ",
        ),
        (g.wsd(3e-4, warmup=500, decay=2000, total=10_001), r"the run has 10001 updates, and had 10000"),
    ],
)
def test_the_error_names_the_first_step_that_differs_and_both_values(
    pinned: Path, changed: g.Schedule, message: str
) -> None:
    with pytest.raises(AssertionError, match=message) as caught:
        g.assert_golden(changed, pinned)
    assert str(caught.value).startswith(f"{pinned}: ")
    assert str(caught.value).endswith("if it is meant to be so: GLIDEPATH_UPDATE_GOLDEN=1 pytest")


def test_a_change_between_the_steps_of_the_file_is_found(pinned: Path) -> None:
    at = {int(line.split()[0]) for line in pinned.read_text().splitlines()[3:]}
    quiet = next(step for step in range(1000, 8000) if not at & set(range(step, step + 100)))
    bump = g.Join(parts=(g.Constant(value=1.0), g.Constant(value=0.5), g.Constant(value=1.0)),
                  boundaries=(quiet, quiet + 100))  # fmt: skip
    with pytest.raises(AssertionError, match="but not those between them: the mean is"):
        g.assert_golden(PLAN * bump, pinned)


def test_the_last_bits_count_where_they_are_asked_for(pinned: Path) -> None:
    nearly = PLAN * (1 + 2**-52)
    g.assert_golden(nearly, pinned)
    with pytest.raises(AssertionError, match="at step 384 "):
        g.assert_golden(nearly, pinned, rtol=0)


def test_a_file_that_is_not_there_says_how_to_write_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new.golden"
    with pytest.raises(AssertionError, match=r"new.golden does not exist; to write it: GLIDEPATH_UPDATE_GOLDEN=1"):
        g.assert_golden(PLAN, path)
    monkeypatch.setenv(UPDATE, "1")
    g.assert_golden(PLAN, path)
    assert path.read_text(encoding="utf-8") == g.golden(PLAN)
    g.assert_golden(PLAN * 2.0, path)
    assert path.read_text(encoding="utf-8") == g.golden(PLAN * 2.0)


def test_a_schedule_without_an_end_needs_a_total(tmp_path: Path) -> None:
    with pytest.raises(g.ScheduleError, match="Repeat has no end of its own: say total, "):
        g.golden(g.sgdr(0.1, period=10))
    text = g.golden(g.sgdr(0.1, period=10), total=100)
    assert text.splitlines()[1] == "total 100"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the first line must be 'glidepath golden 1', got ''"),
        ("glidepath golden 2\n", "the first line must be 'glidepath golden 1'"),
        ("glidepath golden 1\ntotal 10000\n", "is damaged"),
        ("glidepath golden 1\ntotal 10000\nmean x\n0 1\n", "is damaged"),
        ("glidepath golden 1\nmean 10000\ntotal 1\n0 1\n", "is damaged"),
        ("glidepath golden 1\ntotal 10000\nmean 1\n", "is damaged"),
        ("glidepath golden 1\ntotal 10000\nmean 1\n0 1 2\n", "is damaged"),
    ],
)
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.golden"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(g.ScheduleError, match=message) as caught:
        g.assert_golden(PLAN, path)
    assert str(path) in str(caught.value)


def test_a_file_that_is_no_text_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "bad.golden").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(g.ScheduleError, match=r"bad\.golden: the first line must be"):
        g.assert_golden(PLAN, tmp_path / "bad.golden")


def test_the_text_is_short_and_holds_both_sides_of_every_joint() -> None:
    lines = g.golden(PLAN).splitlines()
    assert len(lines) < 60
    values = dict(line.split() for line in lines[3:])
    assert {k: float(v) for k, v in values.items() if k in ("499", "500", "7999", "8000", "10000")} == {
        str(k): PLAN(k) for k in (499, 500, 7999, 8000, 10000)
    }


def test_in_a_test_of_pytest_it_fails_and_is_updated_as_its_users_expect(tmp_path: Path) -> None:
    (tmp_path / "test_lr.py").write_text(
        "from pathlib import Path\nimport os, glidepath\n\n"
        "def test_lr():\n"
        "    s = glidepath.warmup_cosine(float(os.environ['PEAK']), warmup=10, total=100)\n"
        "    glidepath.assert_golden(s, Path(__file__).with_name('lr.golden'))\n"
    )

    def pytest_run(peak: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
        environment = {"PEAK": peak, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment}
        return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)

    assert pytest_run("0.1", **{UPDATE: "1"}).returncode == 0
    assert pytest_run("0.1").returncode == 0
    failed = pytest_run("0.2")
    assert failed.returncode == 1
    assert "lr.golden: at step 3 the value is 0.06, and was 0.03" in failed.stdout
