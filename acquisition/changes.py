"""What a new listing changes: pure functions of all that is listed and stored of one location."""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from acquisition.listing import Listed
from acquisition.sources.entries import Entry, is_same_state, state_of
from shared.licenses import license_by_id
from shared.licenses.policy import strictness
from shared.storage import locations
from shared.tables import Part
from shared.tables.contracts import ENTRY_COLUMNS, FAILURES, LOCATIONS, ORIGIN_COLUMNS

#: Kinds of change, each with its value.
FRESH = "fresh"  # (position, entry): to be read
PLACE = "place"  # (part, (row, new values)): a row of LOCATIONS is replaced; None: dropped
GONE = "gone"  # (part, (row, None)): a row of LOCATIONS of a file that is not listed any more
ADDED = "added"  # a row of LOCATIONS for a file that another source lists as well
REPLACED = "replaced"  # (location, StoredRow): a row of LOCATIONS whose file is read again
FAILURE = "failure"  # (part, (row, new values)): as PLACE, of FAILURES

Change = tuple[str, Any]
Row = dict[str, Any]

ENTRY_NAMES = tuple(column.name for column in ENTRY_COLUMNS)
ORIGIN_NAMES = tuple(column.name for column in ORIGIN_COLUMNS)


class StoredRow(NamedTuple):
    """A row of a table, and where it is.

    Args:
        number: position in the part.
        is_final: for a failure: the file need not be tried again while it is unchanged.
    """

    part: Part
    number: int
    row: Row
    is_final: bool = True


class Scope(NamedTuple):
    """What a run lists.

    Args:
        source_id: its source.
        unlisted: paths, as bytes, at or below which nothing could be listed.
        reread: every file is read, changed or not.
    """

    source_id: str
    unlisted: tuple[bytes, ...] = ()
    reread: bool = False


def changes(
    scope: Scope,
    location: str,
    found: Iterable[Listed | StoredRow],
) -> Iterator[Change]:
    """What becomes of one location.

    Args:
        found: its entries in the new listing, of which the first counts, and its rows in LOCATIONS and FAILURES, those of
            other sources included.
    """
    everything = list(found)
    listed = [one for one in everything if isinstance(one, Listed)]
    stored = [one for one in everything if isinstance(one, StoredRow)]
    rows = sorted(stored, key=lambda one: (one.part.name, one.number)) if len(stored) > 1 else stored
    places, failures = ([one for one in rows if one.part.table == name] for name in (LOCATIONS.name, FAILURES.name))
    own = [one for one in places if one.row["source_id"] in {scope.source_id, ""}]
    first = min(listed, key=lambda one: one.position, default=None)
    if first is None:
        yield from _unlisted(scope, location, own, failures)
    else:
        yield from _listed(scope, first, own, places, failures)


def _unlisted(scope: Scope, location: str, own: Sequence[StoredRow], failures: Sequence[StoredRow]) -> Iterator[Change]:
    if is_below(location, scope.unlisted):
        return
    for kind, rows in ((GONE, own), (FAILURE, failures)):
        for one in rows:
            if one.row["source_id"] == scope.source_id:
                yield kind, (one.part, (one.number, None))


def _listed(
    scope: Scope,
    first: Listed,
    own: Sequence[StoredRow],
    places: Sequence[StoredRow],
    failures: Sequence[StoredRow],
) -> Iterator[Change]:
    entry = first.entry
    same = [] if scope.reread else [one for one in places if _is_unchanged(one, entry)]
    kept = next((one for one in same if one in own and one.row["stated"] in {entry["stated"], ""}), None)
    other = next((one for one in same if one not in own), None)
    mine = [one for one in failures if one.row["source_id"] in {scope.source_id, ""}]
    final = next((one for one in mine if one.is_final and _is_unchanged(one, entry) and not scope.reread), None)
    is_fresh = kept is None and other is None and final is None
    if is_fresh:
        yield FRESH, first
    elif kept is not None:
        if (row := claimed(kept.row, entry)) != kept.row:
            yield PLACE, (kept.part, (kept.number, row))
    elif other is not None:
        yield ADDED, filled(entry, other.row)
    for one in places:
        is_outdated = one in own or not _is_unchanged(one, entry)  # of another source: of the file before it was edited
        if one is not kept and is_outdated:
            yield (REPLACED, (entry["location"], one)) if is_fresh else (PLACE, (one.part, (one.number, None)))
    yield from _failure_changes(scope, mine, final)


def _failure_changes(scope: Scope, mine: Sequence[StoredRow], final: StoredRow | None) -> Iterator[Change]:
    for one in mine:
        if one is not final:
            yield FAILURE, (one.part, (one.number, None))
        elif not one.row["source_id"]:  # stored before sources had an identity
            yield FAILURE, (one.part, (one.number, {"source_id": scope.source_id}))


def _is_unchanged(stored: StoredRow, entry: Entry) -> bool:
    return is_same_state(state_of(stored.row), state_of(entry)) and entry["size_bytes"] == stored.row["size_bytes"]


def place_row(image_id: str, entry: Entry) -> Row:
    """The row of LOCATIONS of a picture at the place that an entry describes."""
    return {name: image_id if name == "image_id" else entry[name] for name in LOCATIONS.schema.names}


def claimed(stored: Row, entry: Entry) -> Row:
    """The row of an unchanged file: as it is stored, the file's own metadata included, where the source was known."""
    current = place_row(stored["image_id"], entry)
    return {**current, **{name: stored[name] for name in ORIGIN_NAMES}} if stored["source_id"] else current


def filled(entry: Entry, other: Row) -> Row:
    """The row of a file that another source has brought: what this source leaves open is taken from there.

    A source of the web states whose a picture is as a whole, so nothing is added to that.
    """
    current = place_row(other["image_id"], entry)
    return (
        current if entry["license_id"] else {**current, **{name: current[name] or other[name] for name in ORIGIN_NAMES}}
    )


def is_below(location: str, folders: Iterable[bytes]) -> bool:
    """Whether a location is one of some paths or below one."""
    path = path_bytes(location) if folders else b""
    return any(path == folder or path.startswith(folder + b"/") for folder in folders)


def path_bytes(location: str) -> bytes:
    """A location's path as the system has it."""
    return os.fsencode(locations.decode(location))


class Described(NamedTuple):
    """A picture as one of its places describes it.

    Args:
        rank: the smallest is preferred: files before links, then the stricter licence where sources of the web state some,
            then by location.
        slice: of this run; empty for a place that is stored.
        values: of ENTRY_COLUMNS.
    """

    rank: tuple[bool, tuple[Any, ...], str, str]
    slice: str
    values: tuple[Any, ...]


def described(row: Row, slice_name: str = "") -> Described:
    """A row of LOCATIONS or STAGED as a description of its picture."""
    rank = row["is_link"], leniency(row["license_id"]), row["location"], row["source_id"]
    return Described(rank, slice_name, tuple(row[name] for name in ENTRY_NAMES))


def leniency(license_id: str) -> tuple[Any, ...]:
    """Smaller for what permits less; largest where no source of the web states anything."""
    if not license_id:
        return (1,)
    *demands, age = strictness(license_by_id(license_id))
    return (0, *(not demand for demand in demands), tuple(-ord(char) for char in age))


#: Kinds of decision about a picture, each with its value.
NEW = "new"  # (slice, location): the row of STAGED that becomes the row of IMAGES
UPDATED = "updated"  # (part, (row, new values)): the row of IMAGES describes another place from now on
REMOVED = "removed"  # (part, (row, None)): no place is left


def decide(found: Iterable[Described | StoredRow]) -> Iterator[Change]:
    """What becomes of a picture, from its places and its row of IMAGES."""
    everything = list(found)
    places = [one for one in everything if isinstance(one, Described)]
    place = min(places, key=lambda one: one.rank, default=None)
    image = next((one for one in everything if isinstance(one, StoredRow)), None)
    if image is None:
        if place is not None and place.slice:
            yield NEW, (place.slice, place.rank[2])
    elif place is None:
        yield REMOVED, (image.part, (image.number, None))
    elif _is_described_otherwise(image.row, place):
        yield UPDATED, (image.part, (image.number, dict(zip(ENTRY_NAMES, place.values, strict=True))))


def _is_described_otherwise(image: Row, place: Described) -> bool:
    _, _, location, source_id = place.rank
    if not source_id and image["location"] == location:  # stored before LOCATIONS had titles and tags
        return False
    return tuple(image[name] for name in ENTRY_NAMES) != place.values
