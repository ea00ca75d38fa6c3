"""WebDataset shards as a source: tar files with pictures and, beside each, a .json and a .txt of the same key.

Pictures stay where they are, in the tar; their location is the tar's path and the name in it.
Source: https://github.com/webdataset/webdataset, "The WebDataset Format"; https://github.com/rom1504/img2dataset, "Output format".
"""

import os
import re
import tarfile
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from itertools import product
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from acquisition.sources.entries import Entry, FileState, Origin, bad_entry, make_entry
from acquisition.sources.ignored import may_be_picture
from acquisition.sources.source import FetchedFile, Filters, Notes, Source, SourceKind, path_id
from shared.errors import BadInputError, CannotProceedError
from shared.pictures.metadata.described import NO_DESCRIPTION, Description, clean
from shared.pictures.metadata.sidecars import LARGEST_BYTES, json_description
from shared.storage import Storage, locations

KIND = "webdataset"
ENDING = ".tar"
BRACES = re.compile(r"\{([0-9]+)\.\.([0-9]+)\}")
MOST_SHARDS = 1_000_000
#: img2dataset names shards by number, and puts statistics beside each.
SHARD, STATISTICS = re.compile(r"[0-9]+\.tar"), "_stats.json"


class Member(NamedTuple):
    """A file in a tar."""

    offset: int
    size_bytes: int
    mtime_ns: int


def open_shards(_: Storage, source: str, __: Filters) -> Source | None:
    """The shards that a setting names: a tar file, numbers in braces, or a folder that img2dataset wrote."""
    shards = shard_paths(source)
    if not shards:
        return None
    return Source(id=path_id(Path(source).expanduser()), name=source, entries=partial(shard_entries, shards))


def shard_paths(source: str) -> list[Path]:
    """The tar files of a value of `--source`; none for a value of another kind."""
    path = Path(source).expanduser()
    if BRACES.search(source) and source.lower().endswith(ENDING):
        return [Path(one).expanduser() for one in expanded(source)]
    if source.lower().endswith(ENDING) and path.is_file():
        return [path]
    if not path.is_dir():
        return []
    names = sorted(one.name for one in path.iterdir())
    is_written_so = any(name.endswith(STATISTICS) for name in names)
    return [path / name for name in names if SHARD.fullmatch(name)] if is_written_so else []


def expanded(pattern: str) -> list[str]:
    """The names of ``shard-{00000..00009}.tar``, with as many digits as the first number has."""
    ranges = [(found[1], int(found[1]), int(found[2])) for found in BRACES.finditer(pattern)]
    numbers = [
        [str(one).zfill(len(text)) for one in range(first, min(last, first + MOST_SHARDS) + 1)]
        for text, first, last in ranges
    ]
    parts = BRACES.split(pattern)[:: BRACES.groups + 1]
    return [
        "".join(piece for pair in zip(parts, (*chosen, ""), strict=True) for piece in pair)
        for chosen in product(*numbers)
    ]


def shard_entries(shards: Sequence[Path], notes: Notes) -> Iterator[Entry]:
    """An entry for each picture of each shard, in their order; a shard that cannot be read is an entry that fails."""
    found = False
    for shard in shards:
        try:
            members = members_of(shard, *_state(shard))
        except (OSError, tarfile.TarError) as error:
            location = locations.encode(shard)
            notes.unlisted.append(location)
            yield bad_entry(KIND, location, "unreadable", f"the shard cannot be read: {error}")
            continue
        found = True
        sidecars = {name for name in members if name.lower().endswith((".json", ".txt"))}
        with shard.open("rb") as file:
            for name, member in members.items():
                if name not in sidecars and is_picture_name(name):
                    origin = origin_of(described(file.fileno(), name, members, sidecars))
                    state = FileState(member.size_bytes, member.mtime_ns)
                    yield make_entry(KIND, locations.encode(f"{shard.absolute()}/{name}"), state, origin)
    if not found:
        raise CannotProceedError(f"none of the {len(shards)} shards can be read, the first is {shards[0]}")


def is_picture_name(name: str) -> bool:
    """Whether a name in a tar may be a picture's."""
    base = PurePosixPath(name).name
    return bool(base) and not base.startswith(".") and may_be_picture(base)


def _state(shard: Path) -> tuple[int, int]:
    status = shard.stat()
    return status.st_size, status.st_mtime_ns


@lru_cache(maxsize=16)
def members_of(shard: Path, _size: int, _mtime_ns: int) -> dict[str, Member]:
    """The plain files of a tar by their names; of several of one name the last, as tar itself has it."""
    with tarfile.open(shard, "r:") as tar:
        return {
            one.name.removeprefix("./"): Member(one.offset_data, one.size, int(one.mtime * 1_000_000_000))
            for one in tar
            if one.isreg() and not one.issparse()
        }


def described(handle: int, name: str, members: dict[str, Member], sidecars: set[str]) -> Description:
    """What the .json and .txt of a picture say."""
    stem = str(PurePosixPath(name).with_suffix(""))
    found = NO_DESCRIPTION
    if (json_name := f"{stem}.json") in sidecars:
        found = json_description(read_member(handle, members[json_name]))
    if not found.title and (text_name := f"{stem}.txt") in sidecars:
        found = found._replace(title=clean(read_member(handle, members[text_name]).decode("utf-8", "replace")))
    return found


def origin_of(found: Description) -> Origin:
    """Whose a picture is, from its sidecars."""
    return Origin(found.source_url, found.license, found.author, found.title, list(found.tags))


def read_member(handle: int, member: Member, most: int = LARGEST_BYTES) -> bytes:
    """The bytes of a file in a tar, at most so many."""
    return os.pread(handle, min(member.size_bytes, most), member.offset)


def fetch_member(entry: Entry, max_bytes: int) -> FetchedFile:
    """The bytes of an entry.

    Raises:
        BadInputError: vanished, unreadable or too_many_bytes.
    """
    whole = os.fspath(locations.decode(entry["location"]))
    shard_text, _, name = whole.partition(f"{ENDING}/")
    shard = Path(shard_text + ENDING)
    try:
        member = members_of(shard, *_state(shard)).get(name)
        if member is None:
            raise BadInputError("vanished", "the shard has no such file any more")
        if member.size_bytes > max_bytes:
            raise BadInputError("too_many_bytes", f"expected at most {max_bytes} bytes, got {member.size_bytes}")
        with shard.open("rb") as file:
            data = read_member(file.fileno(), member, max_bytes)
    except FileNotFoundError as error:
        raise BadInputError("vanished", "the shard is not there") from error
    except (OSError, tarfile.TarError) as error:
        raise BadInputError("unreadable", f"the shard cannot be read: {error}") from error
    return FetchedFile(data, FileState(member.size_bytes, member.mtime_ns))


SHARDS = SourceKind(KIND, open_shards, fetch_member)
