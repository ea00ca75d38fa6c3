"""Files, locations and the lock: nothing is half written, any name survives, one writer at a time."""

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.errors import REASONS, TRANSIENT_REASONS, BadInputError, CannotProceedError
from shared.storage import files, locations
from shared.storage.lock import exclusive


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


NAMES = [
    b"plain.jpg",
    b"with space.jpg",
    b"quote'\".jpg",
    b"line\nfeed.jpg",
    "名前.jpg".encode(),
    b"latin\xe9.jpg",
    b"per%41cent.jpg",
    b"file:.jpg",
]


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_any_file_name_becomes_text_and_comes_back(tmp_path: Path, name: bytes) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    path.write_bytes(b"x")
    location = locations.encode(path)
    location.encode("utf-8")
    assert locations.decode(location) == path
    assert locations.decode(location).read_bytes() == b"x"


def test_a_name_that_is_not_utf8_is_shown_with_its_bytes() -> None:
    assert locations.filename(locations.encode(b"/a/latin\xe9.jpg")) == r"latin\xe9.jpg"


def test_a_second_writer_is_told_who_holds_the_volume(tmp_path: Path) -> None:
    with exclusive(tmp_path, "run"):
        code = (
            "import sys; from pathlib import Path; from shared.storage.lock import exclusive\n"
            "with exclusive(Path(sys.argv[1]), 'labeling'): pass"
        )
        second = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert f"is in use by `imagerec run` (process {os.getpid()} on" in second.stderr
        with pytest.raises(CannotProceedError, match="in use by `imagerec run`"), exclusive(tmp_path, "status"):
            pytest.fail("two held the volume")
    with exclusive(tmp_path, "labeling"):
        assert '"labeling"' in (tmp_path / "lock").read_text()


def test_reasons_are_a_closed_list() -> None:
    assert TRANSIENT_REASONS < REASONS
    with pytest.raises(ValueError, match="expected a reason of"):
        BadInputError("because", "")


@pytest.mark.parametrize("code", [errno.EINVAL, errno.EOPNOTSUPP])
def test_a_file_system_that_cannot_synchronise_folders_is_used_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(os, "fsync", refuse_folders(os.fsync, code))
    files.write_atomically(tmp_path / "a", b"data")
    assert (tmp_path / "a").read_bytes() == b"data"


def test_a_folder_that_failed_to_synchronise_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", refuse_folders(os.fsync, errno.EIO))
    with pytest.raises(OSError, match="Input/output error") as caught:
        files.write_atomically(tmp_path / "a", b"data")
    assert caught.value.filename == str(tmp_path)


def refuse_folders(fsync: Callable[[int], None], code: int) -> Callable[[int], None]:
    """`fsync` as a file system has it that answers `code` for folders."""

    def refusing(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(code, os.strerror(code))
        fsync(handle)

    return refusing
