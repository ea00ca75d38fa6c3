"""What a source is: the protocol of every kind of source."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from acquisition.sources.entries import Entry, FileState
from acquisition.sources.web.protocol import Service
from shared.storage import Storage, locations

EMPTY = "found no pictures in {}; expected files such as .jpg, .png, .webp, .gif or .tif"


@dataclass
class Notes:
    """What a listing finds beside its entries.

    Args:
        other_files: suffix -> files that were not listed because their names say that they are no pictures.
        unlisted: locations that could not be listed; pictures at or below them may still be there.
        remarks: sentences for the user.
    """

    other_files: Counter[str] = field(default_factory=Counter)
    unlisted: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


class Filters(NamedTuple):
    """Which files of a folder are left out beyond the built-in rules, as gitignore patterns.

    Args:
        exclude: files and folders to leave out.
        include: what to list although a rule or a pattern leaves it out.
    """

    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()


NO_FILTERS = Filters()


class WebQuery(NamedTuple):
    """What is to be downloaded before a source can be listed.

    Args:
        is_resumable: the listing may go on in another run, and what it does not have any more stays; a list of one's own
            is read anew each time, and what it does not have any more goes.
        is_alone: the source has no other pictures.
    """

    service: Service
    query: str
    is_resumable: bool = True
    is_alone: bool = True


class Source(NamedTuple):
    """A source that can be listed.

    Args:
        id: identifies it in the tables; the same at each run.
        name: as the user gave it, for messages.
        entries: lists it completely, an entry at a time.
        may_repeat: one file can be listed twice.
        web: what a run downloads before.
    """

    id: str
    name: str
    entries: Callable[[Notes], Iterator[Entry]]
    may_repeat: bool = False
    web: WebQuery | None = None


class FetchedFile(NamedTuple):
    """A file's bytes, and its state when they were read."""

    data: bytes
    state: FileState


class SourceKind(NamedTuple):
    """One kind of source.

    Args:
        name: what the column `source` of the tables says.
        open: the source that a value of `--source` names, None if it is of another kind.
        fetch: the bytes of one entry, called in tasks: (entry, most bytes) -> file; raises BadInputError.
    """

    name: str
    open: Callable[[Storage, str, Filters], Source | None]
    fetch: Callable[[Entry, int], FetchedFile]


def path_id(path: Path) -> str:
    """The identity of a source that is a path: absolute, links in it are kept."""
    return locations.encode(os.path.normpath(path.absolute()))
