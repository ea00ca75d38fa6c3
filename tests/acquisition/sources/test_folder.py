"""A folder as a source."""

import os
from pathlib import Path

import pytest

from acquisition.sources.folder import folder_entries, may_be_picture
from shared.storage import locations


def add(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def listed(folder: Path, volume: Path = Path("nowhere")) -> list[str]:
    """Paths below the folder, in the order of the listing."""
    return [str(locations.decode(entry["location"]).relative_to(folder)) for entry in folder_entries(folder, volume)]


def test_a_folder_is_listed_with_its_subfolders_in_a_fixed_order(tmp_path: Path) -> None:
    add(tmp_path, "b.png", "a.jpg", "z/2.jpg", "z/1.jpg", "c/deep/x.webp", "B.JPG")
    assert listed(tmp_path) == ["B.JPG", "a.jpg", "b.png", "c/deep/x.webp", "z/1.jpg", "z/2.jpg"]


def test_what_is_plainly_no_picture_is_not_listed(tmp_path: Path) -> None:
    add(
        tmp_path,
        ".DS_Store",
        "._a.jpg",
        ".git/x.jpg",
        "Thumbs.db",
        "notes.TXT",
        "film.mp4",
        "a.jpg.part",
        "photo",
        "a.heic",
    )
    assert listed(tmp_path) == ["a.heic", "photo"]


@pytest.mark.parametrize(
    "name", ["a b.jpg", 'it\'s "1".jpg', "line\nbreak.jpg", "tab\t.jpg", "ünï.jpg", "%41.jpg", "-rf.jpg"]
)
def test_any_name_leads_back_to_its_file(tmp_path: Path, name: str) -> None:
    add(tmp_path, name)
    (entry,) = folder_entries(tmp_path, tmp_path / "volume")
    assert entry["filename"] == name
    assert locations.decode(entry["location"]).read_bytes() == b"x"


def test_a_name_that_is_not_utf8_leads_back_to_its_file(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.jpg")
    path.write_bytes(b"x")
    (entry,) = folder_entries(tmp_path, tmp_path / "volume")
    assert entry["filename"] == "caf\\xe9.jpg"
    assert entry["location"].startswith("file:///")
    assert locations.decode(entry["location"]) == path


def test_an_entry_says_what_the_folder_says(tmp_path: Path) -> None:
    add(tmp_path, "beach/a.jpg")
    path = tmp_path / "beach/a.jpg"
    os.utime(path, ns=(0, 1_700_000_000_123_456_789))
    assert list(folder_entries(tmp_path, tmp_path / "volume")) == [
        {
            "location": str(path),
            "filename": "a.jpg",
            "source": "folder",
            "size_bytes": 1,
            "mtime_ns": 1_700_000_000_123_456_789,
            "source_url": "",
            "license": "",
            "author": "",
            "title": "",
            "tags": ["beach"],
            "reason": "",
            "detail": "",
        }
    ]


def test_links_are_followed_and_loops_end(tmp_path: Path) -> None:
    add(tmp_path, "elsewhere/b.jpg", "root/a/1.jpg")
    root = tmp_path / "root"
    (root / "a" / "up").symlink_to(root)
    (root / "linked").symlink_to(tmp_path / "elsewhere")
    (root / "again").symlink_to(tmp_path / "elsewhere")
    (root / "c.jpg").symlink_to(tmp_path / "elsewhere" / "b.jpg")
    assert listed(root) == ["c.jpg", "a/1.jpg", "again/b.jpg"]


def test_a_link_to_nothing_is_listed_so_that_it_is_accounted_for(tmp_path: Path) -> None:
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nothing")
    (tmp_path / "self.jpg").symlink_to(tmp_path / "self.jpg")
    found = [
        (entry["filename"], entry["size_bytes"], entry["mtime_ns"])
        for entry in folder_entries(tmp_path, tmp_path / "v")
    ]
    assert found == [("gone.jpg", -1, -1), ("self.jpg", -1, -1)]


def test_the_volume_inside_the_folder_is_left_out(tmp_path: Path) -> None:
    add(tmp_path, "a.jpg", "shared_data/images/sample/b.jpg")
    assert listed(tmp_path, tmp_path / "shared_data") == ["a.jpg"]


def test_a_folder_that_cannot_be_listed_is_an_entry_that_fails(tmp_path: Path) -> None:
    add(tmp_path, "a.jpg")
    (tmp_path / "sub").mkdir()
    entries = folder_entries(tmp_path, tmp_path / "volume")
    next(entries)
    (tmp_path / "sub").rmdir()
    (entry,) = entries
    assert (entry["location"], entry["reason"]) == (str(tmp_path / "sub"), "unreadable")
    assert entry["detail"] == "the folder cannot be listed: No such file or directory"


@pytest.mark.parametrize(
    ("name", "answer"), [("a.jpg", True), ("a.txt.jpg", True), ("a.jpg.txt", False), ("a.svg", True)]
)
def test_the_suffix_decides_what_is_opened(name: str, answer: bool) -> None:
    assert may_be_picture(name) is answer
