"""What happens to one file, and to one slice of files: read, decode, keep, find the duplicates."""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from acquisition.sources.entries import Entry
from shared import tables
from shared.errors import TRANSIENT_REASONS, BadInputError
from shared.pictures import decoding, headers
from shared.pictures.metadata import exif
from shared.pictures.metadata.described import fill_entry, merge
from shared.pictures.metadata.sidecars import read_sidecars
from shared.pictures.sandbox import DecodeLimits, decoder
from shared.pipeline.slices import Done, StageOutput, TableRow, failure_row
from shared.storage import Storage, locations
from shared.storage.files import digest
from shared.storage.volume import WORK
from shared.tables import Part
from shared.tables.contracts import FAILURES, IMAGES, LOCATIONS, STAGED, THUMBNAILS, Contract

#: The output's shape depends on nothing that a user can set; a new number makes every failure be tried again.
VERSION = 1
FINGERPRINT = digest(
    "acquisition", VERSION, decoding.FORMATS, headers.LIMITS, decoding.THUMBNAIL_SIDE_PX, decoding.THUMBNAIL_QUALITY
)
STAGE = StageOutput("acquisition", FINGERPRINT, (THUMBNAILS, STAGED))

IMAGE_ID_LENGTH = 32


class FileBytes(NamedTuple):
    """A file as it was when it was read."""

    data: bytes
    size_bytes: int
    mtime_ns: int


def entry_rows(limits: DecodeLimits, entry: Entry) -> list[TableRow]:
    """The rows of THUMBNAILS and STAGED that an entry becomes, or the row of FAILURES."""
    try:
        row = stage_picture(limits, entry)
    except BadInputError as error:
        known = entry["size_bytes"], entry["mtime_ns"]
        return [failure_row(STAGE.name, entry["location"], error.reason, error.detail, *known)]
    return [(contract.name, select_columns(contract, row)) for contract in STAGE.contracts]


def stage_picture(limits: DecodeLimits, entry: Entry) -> dict[str, Any]:
    """Read and decode the file of an entry: the columns of STAGED and THUMBNAILS.

    Raises:
        BadInputError: there is no picture to be had, and why.
    """
    if entry["reason"]:
        raise BadInputError(entry["reason"], entry["detail"])
    path = locations.decode(entry["location"])
    file = read_file(path, limits.picture.max_bytes)
    picture = decoder(limits).decode(file.data)
    own = merge([read_sidecars(path), picture.description])
    read = {"size_bytes": file.size_bytes, "mtime_ns": file.mtime_ns}
    fields = picture._replace(exif=exif.fill(picture.exif, own.date_taken, own.lens))._asdict()
    return {"image_id": image_id_of(file.data), **fill_entry(entry, own), **read, **fields}


def image_id_of(data: bytes) -> str:
    """A picture's identity: it depends on the file's bytes alone."""
    return hashlib.sha256(data).hexdigest()[:IMAGE_ID_LENGTH]


def read_file(path: Path, max_bytes: int) -> FileBytes:
    """A regular file's bytes; never waits for a pipe or a device.

    Raises:
        BadInputError: vanished, unreadable, or too_many_bytes before any is read.
    """
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise BadInputError("unreadable", "expected a file, got a folder, pipe or device")
            if status.st_size > max_bytes:
                raise BadInputError("too_many_bytes", f"expected at most {max_bytes} bytes, got {status.st_size}")
            return FileBytes(file.read(max_bytes + 1), status.st_size, status.st_mtime_ns)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise BadInputError("vanished", f"the file is not there: {error.strerror}") from error
    except OSError as error:
        raise BadInputError("unreadable", f"the file cannot be read: {error.strerror}") from error


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def places(work: Storage, done: Done) -> Iterator[tuple[str, tuple[str, str]]]:
    """Where a staged slice found each picture: (image_id, (location, slice))."""
    part = staged_part(done)
    columns = tables.read_columns(work, part, ["image_id", "location"])
    for image_id, location in zip(columns["image_id"], columns["location"], strict=True):
        yield image_id, (location, part.slice)


def staged_part(done: Done) -> Part:
    """A staged slice's part of STAGED."""
    return next(part for part in done.parts if part.table == STAGED.name)


def image_ids(volume: Storage, part: Part) -> list[str]:
    """Pictures of a part of IMAGES."""
    found: list[str] = tables.read_columns(volume, part, ["image_id"])["image_id"]
    return found


def finish_slice(volume: Storage, work: Storage, done: Done, firsts: Iterable[str]) -> list[Part]:
    """Write the parts that a staged slice has in the tables.

    Args:
        firsts: locations of those pictures that no other slice and no earlier run has.
    """
    chosen = set(firsts)
    part = staged_part(done)
    staged = tables.read_rows(work, part)
    pictures = [row for row in staged if row["location"] in chosen]
    failures = [row for one in done.parts if one.table == FAILURES.name for row in tables.read_rows(work, one)]
    lasting = [row for row in failures if row["reason"] not in TRANSIENT_REASONS]
    passing = [row for row in failures if row["reason"] in TRANSIENT_REASONS]
    contents = [(IMAGES, pictures), (LOCATIONS, staged), (FAILURES, lasting), (FAILURES, passing)]
    written = [write_rows(volume, contract, rows, part.slice, rows is passing) for contract, rows in contents if rows]
    if not pictures:
        return written
    thumbnails = next(one for one in done.parts if one.table == THUMBNAILS.name)
    if len(pictures) == len(staged):
        volume.copy(f"{WORK}/{thumbnails.key}", thumbnails.key)  # by far the most bytes: not written twice
        return [thumbnails, *written]
    paired = zip(staged, tables.iterate_rows(work, thumbnails, THUMBNAILS.schema.names), strict=True)
    kept = [thumbnail for row, thumbnail in paired if row["location"] in chosen]
    return [write_rows(volume, THUMBNAILS, kept, part.slice, transient=False), *written]


def failed_items(volume: Storage, part: Part) -> Iterator[tuple[str, Part]]:
    """The items of a part of FAILURES, each with the part."""
    for item in tables.read_columns(volume, part, ["item"])["item"]:
        yield item, part


def locations_of(work: Storage, part: Part) -> Iterator[tuple[str, None]]:
    """Locations of a slice of the listing, as keys."""
    for location in tables.read_columns(work, part, ["location"])["location"]:
        yield location, None


def drop_failures(volume: Storage, outdated: tuple[Part, Iterable[str]]) -> tuple[Part, Part]:
    """A part of FAILURES, and the one that takes its place without some items' rows."""
    part, items = outdated
    dropped = set(items)
    rows = [row for row in tables.read_rows(volume, part) if row["item"] not in dropped]
    name = f"{part.slice.split('-')[0]}-{digest(part.sha256, sorted(dropped))[:12]}"  # a live part is never overwritten
    return part, write_rows(volume, FAILURES, rows, name, transient=False)


def write_rows(volume: Storage, contract: Contract, rows: Iterable[dict[str, Any]], name: str, transient: bool) -> Part:
    """Write those columns of the rows that a table has."""
    kept = [select_columns(contract, row) for row in rows]
    return tables.write_part(volume, contract, kept, name, STAGE.name, STAGE.fingerprint, transient=transient)


def select_columns(contract: Contract, row: dict[str, Any]) -> dict[str, Any]:
    """Those columns of a row that a table has."""
    return {name: row[name] for name in contract.schema.names}
