"""What happens to one file, and to one slice of files: fetch, decode, store, find the duplicates."""

from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any

from acquisition.changes import ENTRY_NAMES, Described, StoredRow, described
from acquisition.revision import Edit
from acquisition.sources.entries import Entry
from acquisition.sources.registry import KINDS
from shared import tables
from shared.errors import TRANSIENT_REASONS, BadInputError
from shared.licenses import UNKNOWN, find_license
from shared.pictures import decoding, headers
from shared.pictures.metadata import exif
from shared.pictures.metadata.described import fill_entry, merge
from shared.pictures.metadata.sidecars import read_sidecars
from shared.pictures.originals import image_id_of
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
    "acquisition", VERSION, decoding.FORMATS, headers.LIMITS, decoding.THUMBNAIL.shorter_px, decoding.THUMBNAIL_QUALITY
)
STAGE = StageOutput("acquisition", FINGERPRINT, (THUMBNAILS, STAGED))

#: What a file can be that was read again: the same picture, another or none any more, or not there.
REREAD, EDITED, VANISHED = "reread", "edited", "vanished"
REMOVED_DETAIL = "picture {} was taken out by `imagerec remove`"


def entry_rows(limits: DecodeLimits, removed: frozenset[str], entry: Entry) -> list[TableRow]:
    """The rows of THUMBNAILS and STAGED that an entry becomes, or the row of FAILURES.

    Args:
        removed: pictures that are not to come back.
    """
    try:
        row = stage_picture(limits, removed, entry)
    except BadInputError as error:
        return [failure_row(STAGE.name, entry["location"], error.reason, error.detail, entry)]
    return [(contract.name, select_columns(contract, row)) for contract in STAGE.contracts]


def stage_picture(limits: DecodeLimits, removed: frozenset[str], entry: Entry) -> dict[str, Any]:
    """Fetch and decode the file of an entry: the columns of STAGED and THUMBNAILS.

    Raises:
        BadInputError: there is no picture to be had, and why.
    """
    if entry["reason"]:
        raise BadInputError(entry["reason"], entry["detail"])
    file = KINDS[entry["source"]].fetch(entry, limits.picture.max_bytes)
    image_id = image_id_of(file.data)
    if image_id in removed:
        raise BadInputError("removed", REMOVED_DETAIL.format(image_id))
    picture = decoder(limits).decode(file.data)
    own = merge([read_sidecars(locations.decode(entry["location"])), picture.description])
    fields = picture._replace(exif=exif.fill(picture.exif, own.date_taken or entry["taken_at"], own.lens))._asdict()
    return {"image_id": image_id, **identify_license(fill_entry(entry, own)), **file.state._asdict(), **fields}


def identify_license(row: dict[str, Any]) -> dict[str, Any]:
    """A row with the identifier of the licence that its text names; unchanged if that is known, or is no licence's."""
    if row["license_id"] or not row["license"]:
        return row
    found = find_license(name=row["license"])
    return row if found is UNKNOWN else {**row, "license_id": found.id, "license_url": row["license_url"] or found.url}


def staged_places(work: Storage, done: Done) -> Iterator[tuple[str, Described]]:
    """The pictures of a staged slice by image_id, as their files describe them."""
    part = staged_part(done)
    for row in tables.read_rows(work, part):
        yield row["image_id"], described(row, part.slice)


def outcomes(work: Storage, done: Done) -> Iterator[tuple[str, str]]:
    """What came of each location of a staged slice: its image_id, or why there is no picture any more.

    A file that cannot be read just now is left out: it may still be what it was.
    """
    for row in tables.read_rows(work, staged_part(done), ["location", "image_id"]):
        yield row["location"], row["image_id"]
    for part in done.parts:
        if part.table == FAILURES.name:
            for row in tables.read_rows(work, part):
                if row["reason"] == VANISHED or row["reason"] not in TRANSIENT_REASONS:
                    yield row["item"], row["reason"]


def staged_part(done: Done) -> Part:
    """A staged slice's part of STAGED."""
    return next(part for part in done.parts if part.table == STAGED.name)


def staged_slice(done: Done) -> str:
    """A staged slice's name."""
    return staged_part(done).slice


def stored_places(volume: Storage, part: Part) -> Iterator[tuple[str, StoredRow]]:
    """Rows of a part of LOCATIONS by location."""
    for number, row in enumerate(tables.read_rows(volume, part)):
        yield row["location"], StoredRow(part, number, row)


def stored_failures(volume: Storage, part: Part) -> Iterator[tuple[str, StoredRow]]:
    """Rows of a part of FAILURES by location; a failure is final under the rules that made it, unless it is transient."""
    is_final = part.fingerprint == FINGERPRINT and not part.transient
    for number, row in enumerate(tables.read_rows(volume, part)):
        yield row["item"], StoredRow(part, number, row, is_final)


def ids_at(volume: Storage, address: Done | Part) -> list[str]:
    """The pictures of a staged slice, or of a part of LOCATIONS or IMAGES."""
    at, part = (volume.folder(WORK), staged_part(address)) if isinstance(address, Done) else (volume, address)
    ids: list[str] = tables.read_columns(at, part, ["image_id"])["image_id"]
    return ids


def described_pictures(volume: Storage, part: Part) -> Iterator[tuple[str, Described | StoredRow]]:
    """Pictures of a part of LOCATIONS by image_id, as the place describes them."""
    for row in tables.read_rows(volume, part):
        yield row["image_id"], described(row)


def stored_pictures(volume: Storage, part: Part) -> Iterator[tuple[str, Described | StoredRow]]:
    """Rows of a part of IMAGES by image_id, in the columns of `ENTRY_NAMES`."""
    for number, row in enumerate(tables.read_rows(volume, part, ["image_id", *ENTRY_NAMES])):
        yield row["image_id"], StoredRow(part, number, row)


def drop_replaced(one: tuple[StoredRow, str]) -> tuple[str, tuple[Part, Edit]]:
    """The edit that drops the old row of a file that was read again, by what the file is now.

    Args:
        one: the old row, and the outcome of reading the file.
    """
    old, outcome = one
    kind = REREAD if outcome == old.row["image_id"] else VANISHED if outcome == VANISHED else EDITED
    return kind, (old.part, (old.number, None))


def ids_of_source(source_id: str, volume: Storage, part: Part) -> Iterator[str]:
    """Pictures of a part of LOCATIONS that a source lists."""
    for row in tables.read_rows(volume, part, ["image_id", "source_id"]):
        if row["source_id"] == source_id:
            yield row["image_id"]


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
    permanent = [row for row in failures if row["reason"] not in TRANSIENT_REASONS]
    transient = [row for row in failures if row["reason"] in TRANSIENT_REASONS]
    contents = [(IMAGES, pictures), (LOCATIONS, staged), (FAILURES, permanent), (FAILURES, transient)]
    written = [write_rows(volume, contract, rows, part.slice, rows is transient) for contract, rows in contents if rows]
    if not pictures:
        return written
    thumbnails = next(one for one in done.parts if one.table == THUMBNAILS.name)
    if len(pictures) == len(staged):
        volume.copy(f"{WORK}/{thumbnails.key}", thumbnails.key)  # by far the most bytes: not written twice
        return [thumbnails, *written]
    paired = zip(staged, tables.iterate_rows(work, thumbnails, THUMBNAILS.schema.names), strict=True)
    kept = [thumbnail for row, thumbnail in paired if row["location"] in chosen]
    return [write_rows(volume, THUMBNAILS, kept, part.slice, transient=False), *written]


def write_places(volume: Storage, number: int, rows: Iterable[dict[str, Any]], base: str) -> Part:
    """Write rows of LOCATIONS that belong to no slice of pictures."""
    ordered = sorted(rows, key=itemgetter("location"))
    name = f"{number:06d}-{digest('places', ordered, base)[:12]}"
    return write_rows(volume, LOCATIONS, ordered, name, transient=False)


def write_rows(volume: Storage, contract: Contract, rows: Iterable[dict[str, Any]], name: str, transient: bool) -> Part:
    """Write those columns of the rows that a table has."""
    kept = [select_columns(contract, row) for row in rows]
    return tables.write_part(volume, contract, kept, name, STAGE.name, STAGE.fingerprint, transient=transient)


def select_columns(contract: Contract, row: dict[str, Any]) -> dict[str, Any]:
    """Those columns of a row that a table has."""
    return {name: row[name] for name in contract.schema.names}
