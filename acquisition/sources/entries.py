"""Entries: a source's metadata of a picture before the file is opened; rows of `shared.tables.contracts.LISTING`."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from shared.storage import locations
from shared.storage.files import digest
from shared.tables.contracts import OF_THE_WEB

Entry = dict[str, Any]

UNKNOWN = -1
DIGEST_LENGTH = 16
INT64_MIN, INT64_MAX = -(1 << 63), (1 << 63) - 1


class Origin(NamedTuple):
    """Whose a picture is, as far as its source states it."""

    url: str = ""
    license: str = ""
    author: str = ""
    title: str = ""
    tags: Sequence[str] = ()
    license_id: str = ""
    license_url: str = ""
    author_url: str = ""
    attribution: str = ""
    download_url: str = ""
    display_url: str = ""
    taken_at: str = ""


NO_ORIGIN = Origin()


class FileState(NamedTuple):
    """A file's state as the system reports it; a file with another state is read again."""

    size_bytes: int = UNKNOWN
    mtime_ns: int = UNKNOWN
    ctime_ns: int = UNKNOWN
    inode: int = UNKNOWN


NO_FILE = FileState()


def file_state(status: os.stat_result) -> FileState:
    """The state in an answer of the system, within 64 bits: file systems store times that overflow them."""
    values = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    return FileState(*(max(INT64_MIN, min(value, INT64_MAX)) for value in values))


def is_same_state(stored: Sequence[int], listed: Sequence[int]) -> bool:
    """Whether two states may be of one unchanged file; what one of them does not have says nothing."""
    return all(one == other or UNKNOWN in (one, other) for one, other in zip(stored, listed, strict=True))


def file_entry(kind: str, path: Path, origin: Origin = NO_ORIGIN, *, is_link: bool = False) -> Entry:
    """An entry for a file, which need not be there: the task that reads it reports that.

    Args:
        is_link: a folder above it is a link.
    """
    state = NO_FILE
    try:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            is_link = True
            status = path.stat()
        state = file_state(status)
    except (OSError, ValueError):
        pass
    return make_entry(kind, locations.encode(path), state, origin, is_link=is_link)


def bad_entry(kind: str, location: str, reason: str, detail: str) -> Entry:
    """An entry that can only become a failure.

    Args:
        location: where a person finds what is wrong, e.g. a list and the number of its line.
    """
    return make_entry(kind, location, NO_FILE, NO_ORIGIN) | {"reason": reason, "detail": detail}


def make_entry(kind: str, location: str, state: FileState, origin: Origin, *, is_link: bool = False) -> Entry:
    """A row of LISTING whose `source_id` is still empty."""
    return {
        "location": location,
        "filename": locations.filename(location),
        "source": kind,
        **state._asdict(),
        "source_url": origin.url,
        "license": origin.license,
        "author": origin.author,
        "title": origin.title,
        "tags": list(origin.tags),
        **{name: getattr(origin, name) for name in OF_THE_WEB},
        "source_id": "",
        "is_link": is_link,
        "stated": stated_by(origin),
        "reason": "",
        "detail": "",
    }


def stated_by(origin: Origin) -> str:
    """Digest of what a source states; that of a file is what it was before there were sources on the web."""
    older = len(Origin._fields) - len(OF_THE_WEB)
    return digest(origin if any(origin[older:]) else origin[:older])[:DIGEST_LENGTH]


def state_of(row: Entry) -> FileState:
    """The file's state in a row of LISTING, LOCATIONS or FAILURES."""
    return FileState(*(row[name] for name in FileState._fields))
