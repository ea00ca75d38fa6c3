"""Locations: any file name becomes text and comes back."""

import os
from pathlib import Path

import pytest

from shared.storage import locations

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
