"""Originals are read where they lie, as long as they are what they were."""

import os
from pathlib import Path

import pytest

from shared.pictures.originals import image_id_of, read_original
from shared.storage import locations


@pytest.mark.parametrize("name", [b"plain.jpg", b"caf\xe9.jpg"])  # the second is not UTF-8
def test_an_original_is_read_by_its_location(tmp_path: Path, name: bytes) -> None:
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(b"bytes")
    location = locations.encode(path)
    assert read_original(location, image_id_of(b"bytes")) == b"bytes"
    assert read_original(location, image_id_of(b"others")) is None
    assert read_original(location, image_id_of(b"bytes"), max_bytes=4) is None


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    shard = tmp_path / "0.tar"
    shard.write_bytes(b"")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "gone", shard / "1.jpg"):
        assert read_original(str(path), image_id_of(b"")) is None
    assert read_original("https://example.org/1.jpg", image_id_of(b"")) is None
