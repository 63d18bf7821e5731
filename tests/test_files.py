"""Files replaced in one move."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest

from glidepath.files import replace_file


def test_a_file_is_written_and_nothing_else_is_left(tmp_path):
    replace_file(tmp_path / "a.txt", b"new")

    assert os.listdir(tmp_path) == ["a.txt"]
    assert (tmp_path / "a.txt").read_bytes() == b"new"


def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    path.chmod(0o600)
    replace_file(path, b"new")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_is_no_file_is_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="not a file"):
        replace_file(pipe, b"new")

    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert os.listdir(tmp_path) == ["pipe"]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing'$"):
        replace_file(tmp_path / "missing" / "a.txt", b"new")


def test_drafts_of_processes_that_are_gone_are_removed_and_those_of_others_are_not(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / f".a.txt.{gone.pid}.tmp").write_bytes(b"half")
    (tmp_path / f".a.txt.{os.getppid()}.tmp").write_bytes(b"being written")
    (tmp_path / ".a.txt.notes.tmp").write_bytes(b"somebody's")
    replace_file(tmp_path / "a.txt", b"new")

    assert sorted(os.listdir(tmp_path)) == [f".a.txt.{os.getppid()}.tmp", ".a.txt.notes.tmp", "a.txt"]


def test_processes_that_write_one_file_at_once_all_succeed_and_leave_it_whole(tmp_path):
    code = (
        "import sys; from glidepath.files import replace_file\n"
        "for _ in range(50): replace_file(sys.argv[1], sys.argv[2].encode() * 1000)"
    )
    path = tmp_path / "a.txt"
    writers = [subprocess.Popen([sys.executable, "-c", code, str(path), letter]) for letter in "abc"]

    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert path.read_bytes() in (b"a" * 1000, b"b" * 1000, b"c" * 1000)
    assert os.listdir(tmp_path) == ["a.txt"]
