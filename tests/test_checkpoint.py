"""A checkpoint is whole, or it is refused, and saving one never costs the one before."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import struct
import subprocess
import sys
import time
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from glidepath import Constant, ScheduleError, warmup_cosine
from glidepath.lab import checkpoint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ARRAYS = {
    "weights.hidden": np.arange(12, dtype=np.float32).reshape(3, 4),
    "losses": np.array([4.5, float("nan"), float("inf")]),
    "nothing yet": np.zeros((0, 3)),
    "count": np.array(7),
    "flags": np.array([True, False]),
}


def test_arrays_and_header_come_back_as_they_were(tmp_path: Path) -> None:
    header = {"step": 7, "schedule": {"kind": "Constant", "value": 0.1 + 0.2}, "note": "naïve"}
    checkpoint.save(tmp_path / "run.ckpt", ARRAYS, header)
    found_header, found = checkpoint.load(tmp_path / "run.ckpt")
    assert found_header == header
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        assert found[name].tobytes() == array.tobytes()


def test_loaded_arrays_can_be_written_to(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "run.ckpt", ARRAYS, {})
    checkpoint.load(tmp_path / "run.ckpt")[1]["weights.hidden"][0, 0] = 5


@pytest.mark.parametrize("array", [np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.arange(6, dtype=">i4")[::2]])
def test_the_order_of_the_bytes_in_memory_does_not_matter(tmp_path: Path, array: Any) -> None:
    checkpoint.save(tmp_path / "run.ckpt", {"a": array}, {})
    np.testing.assert_array_equal(checkpoint.load(tmp_path / "run.ckpt")[1]["a"], array)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    checkpoint.save(tmp_path / "run.ckpt", {"a": np.arange(40.0)}, {"step": 3, "schedule": {"kind": "Constant"}})
    return tmp_path / "run.ckpt"


def refused(path: Path, content: bytes) -> bool:
    with path.open("r+b") as file:
        file.write(content)
        file.truncate()
    try:
        checkpoint.load(path)
    except ScheduleError as error:
        return str(error).startswith(f"{path} is not a whole checkpoint: ")
    return False


def test_a_file_cut_at_any_byte_is_refused(small: Path) -> None:
    whole = small.read_bytes()
    assert [end for end in range(len(whole)) if not refused(small, whole[:end])] == []
    assert refused(small, whole + b"\0")


def test_a_file_with_any_bit_flipped_is_refused(small: Path) -> None:
    whole = small.read_bytes()
    assert not refused(small, whole)
    for bit in range(8 * len(whole)):
        broken = bytearray(whole)
        broken[bit // 8] ^= 1 << bit % 8
        assert refused(small, broken), bit


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04" * 20, b"{}", b"\0" * 100], ids=repr)
def test_a_file_of_another_format_is_refused(small: Path, content: bytes) -> None:
    assert refused(small, content)


def forged(text: str | bytes, arrays: bytes = b"", length: int | None = None) -> bytes:
    """A file with a right checksum around any header."""
    text = text.encode() if isinstance(text, str) else text
    body = struct.pack("<Q", len(text) if length is None else length) + text + arrays
    return b"glide\x00\x01\n" + struct.pack("<I", zlib.crc32(body)) + body


def listed(**entry: Any) -> str:
    return json.dumps({"header": {}, "arrays": [{"name": "a", "dtype": "<f8", "shape": [1], **entry}]})


def test_a_forged_file_that_is_right_is_read(small: Path) -> None:
    small.write_bytes(forged(listed(), bytes(8)))
    assert checkpoint.load(small) == ({}, {"a": np.zeros(1)})


WRONG = {
    "not JSON": forged("not json"),
    "not UTF-8": forged(b"\xff\xfe"),
    "no mapping": forged("[]"),
    "empty": forged("{}"),
    "deep": forged("[" * 100_000),
    "header a number": forged('{"header": 5, "arrays": []}'),
    "arrays a mapping": forged('{"header": {}, "arrays": {"a": 1}}'),
    "huge number": forged('{"header": {"n": ' + "9" * 5000 + '}, "arrays": []}'),
    "header too long": forged(listed(), bytes(8), length=2**63),
    "objects": forged(listed(dtype="|O"), bytes(8)),
    "raw bytes": forged(listed(dtype="V8"), bytes(8)),
    "dtype a list": forged(listed(dtype=["<f8"]), bytes(8)),
    "dtype by another name": forged(listed(dtype="float64"), bytes(8)),
    "shape too large": forged(listed(shape=[2]), bytes(8)),
    "shape negative": forged(listed(shape=[-1]), bytes(8)),
    "shape huge": forged(listed(shape=[2**70]), bytes(8)),
    "shape broken": forged(listed(shape=[1.0]), bytes(8)),
    "shape text": forged(listed(shape="1"), bytes(8)),
    "too many bytes": forged(listed(), bytes(9)),
    "too few bytes": forged(listed(), bytes(7)),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_forged_file_that_is_wrong_is_refused(small: Path, name: str) -> None:
    assert refused(small, WRONG[name])


@pytest.mark.parametrize(
    ("arrays", "header", "message"),
    [
        ({"a": [1.0]}, {}, r"checkpoint\.arrays\['a'\] must be a NumPy array of numbers"),
        ({"a": np.array([object()])}, {}, r"checkpoint\.arrays\['a'\] must be a NumPy array of numbers"),
        ({"a": np.array(["text"])}, {}, r"checkpoint\.arrays\['a'\] must be a NumPy array of numbers"),
        ({}, {"schedule": Constant(value=0.1)}, r"checkpoint\.header must be what JSON can hold"),
        ({}, {"loss": float("nan")}, r"checkpoint\.header must be what JSON can hold"),
    ],
)
def test_what_cannot_be_held_is_refused_before_anything_is_written(
    small: Path, arrays: Any, header: Any, message: str
) -> None:
    before = small.read_bytes()
    with pytest.raises(ScheduleError, match=message):
        checkpoint.save(small, arrays, header)
    assert small.read_bytes() == before
    assert os.listdir(small.parent) == ["run.ckpt"]


@pytest.mark.parametrize("mode", [0o644, 0o000])
def test_a_temporary_file_left_by_a_crash_prevents_nothing(small: Path, mode: int) -> None:
    left = small.with_name(f".run.ckpt.{os.getpid()}.tmp")
    left.write_bytes(b"half of a checkpoint" * 1000)
    left.chmod(mode)
    checkpoint.save(small, {}, {"step": 4})
    assert checkpoint.load(small)[0] == {"step": 4}
    assert os.listdir(small.parent) == ["run.ckpt"]


def test_a_temporary_name_that_is_a_link_is_not_followed(small: Path) -> None:
    other = small.with_name("precious")
    other.write_text("precious")
    small.with_name(f".run.ckpt.{os.getpid()}.tmp").symlink_to(other)
    checkpoint.save(small, {}, {"step": 4})
    assert other.read_text() == "precious"


def test_a_checkpoint_that_is_a_link_stays_one(small: Path) -> None:
    link = small.with_name("latest")
    link.symlink_to(small)
    checkpoint.save(link, {}, {"step": 4})
    assert link.is_symlink()
    assert checkpoint.load(small)[0] == {"step": 4}


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Files cannot grow beyond ``size`` bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_write_that_fails_keeps_the_checkpoint_before_and_leaves_nothing_else(small: Path) -> None:
    with room_for(1000), pytest.raises(OSError, match="File too large"):
        checkpoint.save(small, {"a": np.zeros(10_000)}, {"step": 4})
    assert checkpoint.load(small)[0]["step"] == 3
    assert os.listdir(small.parent) == ["run.ckpt"]


def test_the_file_is_on_the_disk_before_it_takes_its_place_and_the_folder_after(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[Any] = []
    fsync, replace = os.fsync, os.replace

    def recorded_fsync(handle: int) -> None:
        done.append(os.fstat(handle).st_ino)
        fsync(handle)

    def recorded_replace(source: Path, target: Path) -> None:
        done.append("replace")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(os, "replace", recorded_replace)
    checkpoint.save(small, {}, {})
    assert done == [small.stat().st_ino, "replace", small.parent.stat().st_ino]


SAVING = """
import itertools, sys, numpy
from glidepath.lab import checkpoint
for step in itertools.count():
    checkpoint.save(sys.argv[1], {"a": numpy.full(200_000, float(step))}, {"step": step})
"""


def test_a_process_killed_while_it_saves_leaves_a_whole_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "run.ckpt"
    for _ in range(6):
        path.unlink(missing_ok=True)
        process = subprocess.Popen([sys.executable, "-c", SAVING, str(path)])
        try:
            while not path.exists():
                assert process.poll() is None
                time.sleep(0.002)
            time.sleep(random.uniform(0, 0.05))
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        header, arrays = checkpoint.load(path)
        assert (arrays["a"] == header["step"]).all()
        assert set(os.listdir(tmp_path)) <= {"run.ckpt", f".run.ckpt.{process.pid}.tmp"}


# Going on ---------------------------------------------------------------------------------------------------------

RUN = {"schedule": {"kind": "Join", "boundaries": [100], "parts": [{"steps": 100}, {"steps": 900}]}, "seed": 0}


def test_a_run_goes_on_from_its_own_checkpoint(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "run.ckpt", {"a": np.ones(2)}, {"step": 7, **RUN})
    found = checkpoint.resume(tmp_path / "run.ckpt", {**RUN, "seed": 0})
    assert found is not None
    assert found[0] == 7
    assert found[1]["a"].tolist() == [1, 1]


def test_a_run_without_a_checkpoint_begins_anew(tmp_path: Path) -> None:
    assert checkpoint.resume(tmp_path / "run.ckpt", RUN) is None


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({**RUN, "seed": 1}, "seed: 0 in the checkpoint, 1 now"),
        ({**RUN, "seed": 0.0}, r"seed: 0 in the checkpoint, 0\.0 now"),
        ({"schedule": RUN["schedule"]}, "seed: 0 in the checkpoint, nothing now"),
        ({**RUN, "batch": 8}, "batch: nothing in the checkpoint, 8 now"),
        (
            {**RUN, "schedule": {"kind": "Join", "boundaries": [100], "parts": [{"steps": 100}, {"steps": 901}]}},
            r"different run: schedule\.parts\[1\]\.steps: 900 in the checkpoint, 901 now\. ",
        ),
        ({**RUN, "schedule": {"kind": "Constant"}}, r"schedule\.kind: 'Join' in the checkpoint, 'Constant' now; "),
    ],
)
def test_a_checkpoint_of_another_run_is_refused_and_every_difference_named(
    tmp_path: Path, changed: Any, message: str
) -> None:
    checkpoint.save(tmp_path / "run.ckpt", {}, {"step": 7, **RUN})
    with pytest.raises(ScheduleError, match=message):
        checkpoint.resume(tmp_path / "run.ckpt", changed)


def test_a_schedule_is_the_same_after_a_checkpoint(tmp_path: Path) -> None:
    schedule = warmup_cosine(0.1 + 0.2, warmup=10, total=100)
    checkpoint.save(tmp_path / "run.ckpt", {}, {"step": 7, "schedule": schedule.to_dict()})
    assert checkpoint.resume(tmp_path / "run.ckpt", {"schedule": schedule.to_dict()}) == (7, {})


@pytest.mark.parametrize("header", [{}, {"step": -1}, {"step": "7"}, {"step": True}, {"step": 7.0}])
def test_a_checkpoint_without_a_step_is_refused(tmp_path: Path, header: Any) -> None:
    checkpoint.save(tmp_path / "run.ckpt", {}, header)
    with pytest.raises(ScheduleError, match=r"run\.ckpt: step must be a non-negative integer"):
        checkpoint.resume(tmp_path / "run.ckpt", {})
