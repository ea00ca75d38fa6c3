"""A folder as a source."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from acquisition.sources.entries import Entry, FileState, file_state
from acquisition.sources.folder import folder_entries
from acquisition.sources.ignored import Patterns, may_be_picture
from acquisition.sources.source import NO_FILTERS, Filters, Notes
from shared.errors import CannotProceedError
from shared.storage import locations
from shared.storage.files import digest
from shared.tables.contracts import OF_THE_WEB


def add(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def entries_of(
    folder: Path, volume: Path = Path("nowhere"), filters: Filters = NO_FILTERS, notes: Notes | None = None
) -> Iterator[Entry]:
    return folder_entries(folder, volume, Patterns(filters), Notes() if notes is None else notes)


def listed(
    folder: Path, volume: Path = Path("nowhere"), filters: Filters = NO_FILTERS, notes: Notes | None = None
) -> list[str]:
    """Paths below the folder, in the order of the listing."""
    entries = entries_of(folder, volume, filters, notes)
    return [str(locations.decode(entry["location"]).relative_to(folder)) for entry in entries]


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
    (entry,) = entries_of(tmp_path)
    assert entry["filename"] == name
    assert locations.decode(entry["location"]).read_bytes() == b"x"


def test_a_name_that_is_not_utf8_leads_back_to_its_file(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.jpg")
    path.write_bytes(b"x")
    (entry,) = entries_of(tmp_path)
    assert entry["filename"] == "caf\\xe9.jpg"
    assert entry["location"].startswith("file:///")
    assert locations.decode(entry["location"]) == path


def test_an_entry_says_what_the_folder_says(tmp_path: Path) -> None:
    add(tmp_path, "beach/a.jpg")
    path = tmp_path / "beach/a.jpg"
    os.utime(path, ns=(0, 1_700_000_000_123_456_789))
    assert list(entries_of(tmp_path)) == [
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
            **dict.fromkeys(OF_THE_WEB, ""),
            "source_id": "",
            "ctime_ns": path.stat().st_ctime_ns,
            "inode": path.stat().st_ino,
            "is_link": False,
            "stated": digest(("", "", "", "", ["beach"]))[:16],
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
    found = [(entry["filename"], entry["size_bytes"], entry["mtime_ns"]) for entry in entries_of(tmp_path)]
    assert found == [("gone.jpg", -1, -1), ("self.jpg", -1, -1)]


def test_the_volume_inside_the_folder_is_left_out(tmp_path: Path) -> None:
    add(tmp_path, "a.jpg", "shared_data/images/sample/b.jpg")
    assert listed(tmp_path, tmp_path / "shared_data") == ["a.jpg"]


def test_a_folder_that_cannot_be_listed_is_an_entry_that_fails(tmp_path: Path) -> None:
    add(tmp_path, "a.jpg")
    (tmp_path / "sub").mkdir()
    entries = entries_of(tmp_path)
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


def test_a_link_never_hides_the_folder_or_the_file_itself(tmp_path: Path) -> None:
    add(tmp_path, "real/a.jpg", "z.jpg")
    (tmp_path / "album").symlink_to(tmp_path / "real")
    (tmp_path / "b.jpg").symlink_to(tmp_path / "z.jpg")
    found = {entry["filename"]: (entry["location"], entry["is_link"]) for entry in entries_of(tmp_path)}
    assert found == {
        "a.jpg": (f"{tmp_path}/real/a.jpg", False),
        "b.jpg": (f"{tmp_path}/b.jpg", True),
        "z.jpg": (f"{tmp_path}/z.jpg", False),
    }


def test_a_file_behind_a_linked_folder_counts_as_a_link(tmp_path: Path) -> None:
    add(tmp_path, "elsewhere/a.jpg", "root/b.jpg")
    (tmp_path / "root" / "linked").symlink_to(tmp_path / "elsewhere")
    assert [entry["is_link"] for entry in entries_of(tmp_path / "root")] == [False, True]


@pytest.mark.parametrize("seconds", [15032385535, -15032385535])
def test_a_time_that_does_not_fit_is_clamped(tmp_path: Path, seconds: int) -> None:
    add(tmp_path, "a.jpg")
    try:
        os.utime(tmp_path / "a.jpg", (seconds, seconds))
    except OverflowError:
        pytest.skip("this file system refuses such times")
    (entry,) = entries_of(tmp_path)
    assert -(1 << 63) <= entry["mtime_ns"] < 1 << 63


def test_numbers_of_the_system_are_clamped_to_64_bits() -> None:
    status = os.stat_result(
        (0o100644, (1 << 64) - 1, 0, 1, 0, 0, 1 << 70, 0, 0, 0), {"st_mtime_ns": 10**19, "st_ctime_ns": -(10**19)}
    )
    assert file_state(status) == FileState((1 << 63) - 1, (1 << 63) - 1, -(1 << 63), (1 << 63) - 1)


SYSTEM_FOLDERS = [
    "@eaDir",
    "#recycle",
    "$RECYCLE.BIN",
    "lost+found",
    ".Trash-1000",
    "System Volume Information",
    "@Recycle",
]


@pytest.mark.parametrize("name", [*SYSTEM_FOLDERS, "__MACOSX", "#snapshot"])
def test_system_and_trash_folders_are_left_out(tmp_path: Path, name: str) -> None:
    add(tmp_path, f"{name}/a.jpg", f"sub/{name}/deep/a.jpg", "sub/b.jpg")
    assert listed(tmp_path) == ["sub/b.jpg"]


def test_leftovers_of_programs_are_left_out(tmp_path: Path) -> None:
    add(tmp_path, "x.jpg~", "x.jpg_original", "#x.jpg#", "~$x.jpg", "x.jpg.bak", "x.jpg", "my_original.jpg")
    assert listed(tmp_path) == ["my_original.jpg", "x.jpg"]


def test_another_volume_inside_the_folder_is_left_out(tmp_path: Path) -> None:
    add(tmp_path, "a.jpg", "other/tables/snapshot.json", "other/images/sample/b.jpg")
    assert listed(tmp_path) == ["a.jpg"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(exclude=("*.png",)), ["a.jpg", "sub/c.jpg", "sub/deep/d.jpg"]),
        (Filters(exclude=("sub/",)), ["a.jpg", "b.png"]),
        (Filters(exclude=("/a.jpg", "deep")), ["b.png", "sub/c.jpg"]),
        (Filters(exclude=("sub/*", "!sub/deep/")), ["a.jpg", "b.png", "sub/deep/d.jpg"]),
        (Filters(exclude=("*",), include=("*.jpg", "sub/")), ["a.jpg", "sub/c.jpg", "sub/deep/d.jpg"]),
        (
            Filters(include=(".hidden/", "@eaDir/")),
            [".hidden/e.jpg", "@eaDir/f.jpg", "a.jpg", "b.png", "sub/c.jpg", "sub/deep/d.jpg"],
        ),
    ],
)
def test_patterns_leave_out_and_take_in(tmp_path: Path, filters: Filters, expected: list[str]) -> None:
    add(tmp_path, "a.jpg", "b.png", "sub/c.jpg", "sub/deep/d.jpg", ".hidden/e.jpg", "@eaDir/f.jpg")
    assert sorted(listed(tmp_path, filters=filters)) == expected


def test_files_that_are_no_pictures_are_counted_by_kind(tmp_path: Path) -> None:
    add(tmp_path, "a.jpg", "a.MP4", "b.mp4", "a.xmp", "Thumbs.db", "sub/c.mp4")
    notes = Notes()
    assert listed(tmp_path, notes=notes) == ["a.jpg"]
    assert notes.other_files == {".mp4": 3, ".xmp": 1, ".db": 1}


def test_a_folder_that_cannot_be_listed_is_remembered(tmp_path: Path) -> None:
    add(tmp_path, "a.jpg")
    (tmp_path / "sub").mkdir()
    (tmp_path / "album").symlink_to(tmp_path / "not mounted")
    notes = Notes()
    entries = entries_of(tmp_path, notes=notes)
    next(entries)
    next(entries)
    (tmp_path / "sub").rmdir()
    assert [entry["reason"] for entry in entries] == ["unreadable"]
    assert notes.unlisted == [str(tmp_path / "album"), str(tmp_path / "sub")]


def test_a_source_that_cannot_be_listed_at_all_is_refused(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    entries = entries_of(tmp_path / "root")
    (tmp_path / "root").rmdir()
    with pytest.raises(CannotProceedError, match="root cannot be listed"):
        list(entries)
