"""Files are written whole or not at all, and their errors name them."""

import os
import stat
from pathlib import Path

import pytest

from shared.storage import files

FULL = Path("/dev/full")


def test_a_write_that_fails_leaves_the_old_content_and_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    files.write_atomically(path, b"old")
    with pytest.raises(TypeError), files.replacing(path) as file:
        file.writelines([b"half", None])  # type: ignore[list-item]
    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["a.json"]


def test_the_digest_depends_on_values_not_on_the_order_of_keys() -> None:
    assert files.digest({"a": 1, "b": [2]}) == files.digest({"b": [2], "a": 1})
    assert files.digest("a", "b") != files.digest("ab")


def test_unfinished_files_are_swept_and_others_stay(tmp_path: Path) -> None:
    for name in ("catalog.duckdb.tmp-1", "catalog.duckdb.tmp-1.wal", "catalog.duckdb"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "folder.tmp-2").mkdir()
    files.sweep_temporary(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["catalog.duckdb", "folder.tmp-2"]


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a file that is always full")
def test_a_full_disk_says_for_which_file(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    with pytest.raises(OSError, match=r"No space left on device: '.*part.parquet'"), files.naming(path):
        FULL.write_bytes(b"x")


def test_a_pipe_or_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        files.write_atomically(pipe, b"data")
        assert os.read(reader, 10) == b"data"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_a_folder_cannot_be_written_to(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        files.write_atomically(tmp_path, b"data")
