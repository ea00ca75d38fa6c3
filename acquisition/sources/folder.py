"""A folder as a source: its pictures and those of its subfolders, in an order that is always the same."""

import os
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePath
from typing import NamedTuple

from acquisition.sources import ignored
from acquisition.sources.entries import Entry, Origin, bad_entry, file_entry
from acquisition.sources.files import fetch_file
from acquisition.sources.ignored import Patterns
from acquisition.sources.source import Filters, Notes, Source, SourceKind, path_id
from shared.errors import CannotProceedError, UsageError
from shared.storage import Storage, locations
from shared.tables import SNAPSHOT

KIND = "folder"


class Folder(NamedTuple):
    """A folder to visit."""

    path: Path
    below: str  # path below the source, with a slash at the end; empty for the source itself
    is_link: bool  # reached through a symbolic link


class Content(NamedTuple):
    """What matters in a folder, sorted by the bytes of the names."""

    files: list[str]
    folders: list[str]
    links: list[str]  # to folders


def open_folder(volume: Storage, source: str, filters: Filters) -> Source | None:
    """The folder that a setting names.

    Raises:
        UsageError: it is the volume itself, or a filter is no pattern.
    """
    path = Path(source).expanduser()
    if not source or not path.is_dir():
        return None
    root = volume.local_path("")
    if root.exists() and path.samefile(root):
        raise UsageError(f"--source: expected a folder of pictures, got the volume {root}; give --data another")
    return Source(
        id=path_id(path),
        name=source,
        entries=partial(folder_entries, path, root, Patterns(filters)),
    )


FOLDER = SourceKind(KIND, open_folder, fetch_file)


def folder_entries(root: Path, volume: Path, patterns: Patterns, notes: Notes) -> Iterator[Entry]:
    """An entry for each file that may be a picture; links are followed, each folder is visited once, the volume never.

    Folders that are reached through links come last, so that a link never hides the folder itself. Memory grows with the
    largest single folder, not with the collection. A subfolder that cannot be listed is an entry that fails.

    Raises:
        CannotProceedError: the folder itself cannot be listed.
    """
    pending, linked = [Folder(root.resolve(), "", is_link=False)], deque[Folder]()
    visited: set[tuple[int, int]] = set()
    if volume.exists():
        _is_first_visit(volume, visited)
    while pending or linked:
        folder = pending.pop() if pending else linked.popleft()
        location = locations.encode(folder.path)
        try:
            if not _is_first_visit(folder.path, visited):
                continue
            found = list_folder(folder, patterns, notes)
        except OSError as error:
            if not folder.below:
                raise CannotProceedError(f"{folder.path} cannot be listed ({error.strerror})") from error
            notes.unlisted.append(location)
            yield bad_entry(KIND, location, "unreadable", f"the folder cannot be listed: {error.strerror}")
            continue
        origin = Origin(tags=[locations.filename(location)])
        for name in found.files:
            entry = file_entry(KIND, folder.path / name, origin, is_link=folder.is_link)
            if entry["size_bytes"] < 0:  # perhaps a link to a folder on a disk that is not mounted
                notes.unlisted.append(entry["location"])
            yield entry
        pending += [_subfolder(folder, name, folder.is_link) for name in reversed(found.folders)]
        linked += [_subfolder(folder, name, is_link=True) for name in found.links]


def _subfolder(folder: Folder, name: str, is_link: bool) -> Folder:
    return Folder(folder.path / name, f"{folder.below}{name}/", is_link)


def _is_first_visit(folder: Path, visited: set[tuple[int, int]]) -> bool:
    """Whether no other path led to this folder; links can form loops."""
    status = folder.stat()
    key = status.st_dev, status.st_ino
    is_first = key not in visited
    visited.add(key)
    return is_first


def list_folder(folder: Folder, patterns: Patterns, notes: Notes) -> Content:
    """The files and subfolders that matter; nothing of a volume of this program."""
    found = Content([], [], [])
    if folder.below and (folder.path / SNAPSHOT).exists():
        return found
    with os.scandir(folder.path) as entries:
        for one in entries:
            if _is_folder(one):
                if _is_wanted_folder(folder, one.name, patterns):
                    (found.links if one.is_symlink() else found.folders).append(one.name)
            elif _is_wanted_file(folder, one.name, patterns, notes):
                found.files.append(one.name)
    return Content(*(sorted(names, key=os.fsencode) for names in found))


def _is_wanted_folder(folder: Folder, name: str, patterns: Patterns) -> bool:
    left_out = patterns.verdict(f"{folder.below}{name}/")
    return not (ignored.is_system_folder(name) if left_out is None else left_out)


def _is_wanted_file(folder: Folder, name: str, patterns: Patterns, notes: Notes) -> bool:
    left_out = patterns.verdict(f"{folder.below}{name}")
    if left_out is not None:
        return not left_out
    if ignored.is_hidden_file(name):
        return False
    if not ignored.may_be_picture(name):
        notes.other_files[PurePath(name).suffix.lower() or name] += 1
        return False
    return True


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a folder or a link to one; a link to itself is not."""
    try:
        return entry.is_dir()
    except OSError:
        return False
