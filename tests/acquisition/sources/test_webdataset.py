"""WebDataset shards as a source."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from acquisition.sources.source import NO_FILTERS, Notes, Source
from acquisition.sources.webdataset import SHARDS, expanded, fetch_member
from shared.errors import BadInputError, CannotProceedError
from shared.storage import LocalStorage


def write_tar(path: Path, files: dict[str, bytes]) -> None:
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(data), 1_700_000_000
            tar.addfile(member, io.BytesIO(data))


def sidecar(**values: object) -> bytes:
    return json.dumps({"key": "000000000", "status": "success", **values}).encode()


def opened(volume: LocalStorage, source: str) -> Source:
    found = SHARDS.open(volume, source, NO_FILTERS)
    assert found is not None
    return found


def test_a_shard_has_pictures_with_what_is_said_beside_them(tmp_path: Path, volume: LocalStorage) -> None:
    files = {
        "000000000.jpg": b"first",
        "000000000.json": sidecar(url="https://example.org/a.jpg", caption="A cat", license="CC0"),
        "000000000.txt": b"A cat",
        "./000000001.png": b"second",
        "000000001.txt": "Grüße".encode(),
        "notes.md": b"no picture",
    }
    write_tar(tmp_path / "00000.tar", files)
    entries = list(opened(volume, str(tmp_path / "00000.tar")).entries(Notes()))
    assert [(one["filename"], one["title"], one["source_url"], one["license"], one["source"]) for one in entries] == [
        ("000000000.jpg", "A cat", "https://example.org/a.jpg", "CC0", "webdataset"),
        ("000000001.png", "Grüße", "", "", "webdataset"),
    ]
    assert [fetch_member(one, 100).data for one in entries] == [b"first", b"second"]
    assert [fetch_member(one, 100).state.size_bytes for one in entries] == [one["size_bytes"] for one in entries]
    with pytest.raises(BadInputError, match="too_many_bytes"):
        fetch_member(entries[0], 4)


def test_numbers_in_braces_are_counted() -> None:
    assert expanded("a-{08..11}.tar") == ["a-08.tar", "a-09.tar", "a-10.tar", "a-11.tar"]
    assert expanded("{0..1}/{7..8}.tar") == ["0/7.tar", "0/8.tar", "1/7.tar", "1/8.tar"]


def test_a_folder_of_img2dataset_is_its_shards(tmp_path: Path, volume: LocalStorage) -> None:
    for number in range(2):
        write_tar(tmp_path / f"{number:05d}.tar", {f"{number:09d}.jpg": b"x"})
        (tmp_path / f"{number:05d}_stats.json").write_text("{}")
    entries = list(opened(volume, str(tmp_path)).entries(Notes()))
    assert [one["filename"] for one in entries] == ["000000000.jpg", "000000001.jpg"]
    (tmp_path / "00000_stats.json").unlink()
    (tmp_path / "00001_stats.json").unlink()
    assert SHARDS.open(volume, str(tmp_path), NO_FILTERS) is None  # a folder of tars is a folder


def test_a_shard_that_is_missing_or_damaged_fails_alone(tmp_path: Path, volume: LocalStorage) -> None:
    write_tar(tmp_path / "s-0.tar", {"a.jpg": b"x"})
    (tmp_path / "s-1.tar").write_bytes(b"no tar" * 200)
    notes = Notes()
    entries = list(opened(volume, f"{tmp_path}/s-{{0..2}}.tar").entries(notes))
    assert [one["reason"] for one in entries] == ["", "unreadable", "unreadable"]
    assert len(notes.unlisted) == 2
    with pytest.raises(CannotProceedError, match="none of the 2 shards can be read"):
        list(opened(volume, f"{tmp_path}/s-{{1..2}}.tar").entries(Notes()))


def test_what_is_gone_from_a_shard_has_vanished(tmp_path: Path, volume: LocalStorage) -> None:
    write_tar(tmp_path / "a.tar", {"a.jpg": b"x"})
    (entry,) = opened(volume, str(tmp_path / "a.tar")).entries(Notes())
    write_tar(tmp_path / "a.tar", {"other.jpg": b"longer"})
    with pytest.raises(BadInputError, match="vanished"):
        fetch_member(entry, 100)
    (tmp_path / "a.tar").unlink()
    with pytest.raises(BadInputError, match="vanished"):
        fetch_member(entry, 100)
