"""Files of a local file system are read once, and never waited for."""

import os
from pathlib import Path

import pytest

from acquisition.sources.entries import file_state
from acquisition.sources.files import read_file
from shared.errors import BadInputError


def refusal(path: Path) -> BadInputError:
    with pytest.raises(BadInputError) as caught:
        read_file(path, max_bytes=10)
    return caught.value


def test_a_file_is_read_as_it_is_now(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"0123456789")
    assert read_file(path, max_bytes=10) == (b"0123456789", file_state(path.stat()))


def test_a_file_that_is_gone_has_vanished(tmp_path: Path) -> None:
    assert refusal(tmp_path / "a.jpg").reason == "vanished"


def test_a_file_whose_folder_became_a_file_has_vanished(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    assert refusal(tmp_path / "a" / "b.jpg").reason == "vanished"


def test_a_folder_with_a_pictures_name_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").mkdir()
    assert refusal(tmp_path / "a.jpg").reason == "unreadable"


def test_a_pipe_that_nobody_writes_to_is_unreadable_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    assert refusal(tmp_path / "a.jpg").reason == "unreadable"


def test_a_device_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").symlink_to("/dev/zero")
    assert refusal(tmp_path / "a.jpg").reason == "unreadable"


def test_a_link_to_itself_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").symlink_to(tmp_path / "a.jpg")
    assert refusal(tmp_path / "a.jpg").reason == "unreadable"


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert refusal(path).args == ("too_many_bytes", "expected at most 10 bytes, got 1099511627776")
