"""Entries: what a source says of a picture before anyone has opened it; rows of `shared.tables.contracts.LISTING`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from shared.storage import locations

Entry = dict[str, Any]

UNKNOWN = -1


class Origin(NamedTuple):
    """Whose a picture is, as far as its source knows."""

    url: str = ""
    license: str = ""
    author: str = ""
    title: str = ""
    tags: Sequence[str] = ()


NO_ORIGIN = Origin()


def file_entry(source: str, path: Path, origin: Origin = NO_ORIGIN) -> Entry:
    """An entry for a file, which need not be there: whoever reads it will say so."""
    try:
        status = path.stat()
    except OSError:
        return make_entry(source, locations.encode(path), UNKNOWN, UNKNOWN, origin)
    return make_entry(source, locations.encode(path), status.st_size, status.st_mtime_ns, origin)


def bad_entry(source: str, location: str, reason: str, detail: str) -> Entry:
    """An entry that can only become a failure.

    Args:
        location: where a person finds what is wrong, e.g. a list and the number of its line.
    """
    return make_entry(source, location, UNKNOWN, UNKNOWN, NO_ORIGIN) | {"reason": reason, "detail": detail}


def make_entry(source: str, location: str, size_bytes: int, mtime_ns: int, origin: Origin) -> Entry:
    """A row of LISTING."""
    return {
        "location": location,
        "filename": locations.filename(location),
        "source": source,
        "size_bytes": size_bytes,
        "mtime_ns": mtime_ns,
        "source_url": origin.url,
        "license": origin.license,
        "author": origin.author,
        "title": origin.title,
        "tags": list(origin.tags),
        "reason": "",
        "detail": "",
    }


def identity(row: Entry) -> tuple[str, int, int]:
    """What tells a file that was read before from one that is new or has changed."""
    return row["location"], row["size_bytes"], row["mtime_ns"]
