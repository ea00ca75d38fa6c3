"""What `--source` may be."""

from pathlib import Path

import pytest

from acquisition.sources import open_source
from shared.errors import UsageError


def test_a_folder_is_a_source(volume: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    source = open_source(volume, str(tmp_path))
    assert [entry["filename"] for entry in source.entries] == ["a.jpg"]


def test_a_list_is_a_source_that_may_name_a_file_twice(volume: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("a.jpg\na.jpg\n")
    source = open_source(volume, str(tmp_path / "list.txt"))
    assert ([entry["filename"] for entry in source.entries], source.may_repeat) == (["a.jpg", "a.jpg"], True)


def test_what_is_not_there_is_refused(volume: Path) -> None:
    with pytest.raises(
        UsageError, match="expected a folder, a list of paths or sample, got '/no/such', which is not there"
    ):
        open_source(volume, "/no/such")
