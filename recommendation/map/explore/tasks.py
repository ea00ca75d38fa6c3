"""What tasks do for the map to explore."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.map import tasks
from recommendation.map.explore import tiles
from recommendation.map.positions import Grid
from recommendation.map.tasks import Placed
from recommendation.map.vectors import metadata_of
from shared.storage import Storage
from shared.tables import Part

CATEGORY, COLOR, TAG = "category", "color", "tag"
COLUMNS = {TAG: "tags", COLOR: "color_names"}

Value = tuple[str, str]
"""Kind and text of something that pictures have in common."""


class Points(NamedTuple):
    """Pictures: what the page has of each, and the number of the slice that it is in."""

    ids: NDArray[np.bytes_]
    places: Grid
    clusters: NDArray[np.int32]
    slices: NDArray[np.int32]


class NumberedRows(NamedTuple):
    """A slice whose pictures have rows on the page, in the order of `read_live`."""

    placed: Placed
    rows: NDArray[np.int32]


class WantedSheet(NamedTuple):
    """A sheet to write.

    Args:
        tiles: where the tile of each of its pictures is: the object's key, and the id.
    """

    key: str
    tiles: list[tuple[str, bytes]]


class Piece(NamedTuple):
    """Consecutive values whose rows are stored in one object."""

    key: str
    size_bytes: int
    values: list[tuple[str, str, int]]


def points(volume: Storage, numbered: tuple[int, Placed]) -> Points:
    """The pictures of a slice that exist and are placed."""
    number, placed = numbered
    found = tasks.read_live(volume, placed).map
    ids = np.array([bytes.fromhex(one) for one in found.image_ids], "S16")
    return Points(ids, found.places, found.groups, np.full(len(ids), number, np.int32))


def write_tiles(volume: Storage, part: Part) -> None:
    """See `tiles.write`."""
    tiles.write(volume, part)


def write_sheet(volume: Storage, wanted: WantedSheet) -> None:
    """Store a sheet; each slice's object is opened once."""
    found: dict[bytes, bytes] = {}
    for key, some in groupby(sorted(wanted.tiles), key=first_of):
        if key:  # else the slice has no thumbnails
            found |= dict(tiles.read(volume, key, [one for _, one in some]))
    volume.put(wanted.key, tiles.sheet([found.get(one) for _, one in wanted.tiles]))


def first_of(pair: tuple[str, bytes]) -> str:
    """The key of a tile's object."""
    return pair[0]


def names(volume: Storage, numbered: NumberedRows) -> Iterator[tuple[int, str]]:
    """Row and file name of a slice's pictures."""
    found = tasks.read_live(volume, numbered.placed)
    filenames = metadata_of(volume, numbered.placed.rows.shard).column("filename")
    for row, place in zip(numbered.rows.tolist(), found.rows.tolist(), strict=True):
        yield row, "".join(char if char.isprintable() else " " for char in filenames[place])


def write_names(volume: Storage, folder: str, number: int, named: Iterable[tuple[int, str]]) -> Iterator[str]:
    """Store the names of consecutive rows, one a line; the object's key."""
    key = f"{folder}/names-{number:06d}"
    volume.put(key, "".join(f"{name}\n" for _, name in named).encode("utf-8", "replace"))
    yield key


def rows_of_values(volume: Storage, numbered: NumberedRows) -> list[tuple[Value, bytes]]:
    """The rows of a slice's pictures with each tag, category and colour, as uint32."""
    found = tasks.read_live(volume, numbered.placed)
    metadata = metadata_of(volume, numbered.placed.rows.shard)
    rows_of = defaultdict[Value, list[int]](list)
    categories = metadata.column("category")
    for row, place in zip(numbered.rows.tolist(), found.rows.tolist(), strict=True):
        for kind, column in COLUMNS.items():
            for text in dict.fromkeys(metadata.column(column)[place]):
                rows_of[kind, text].append(row)
        if categories[place]:
            rows_of[CATEGORY, categories[place]].append(row)
    return [(value, np.array(rows, np.uint32).tobytes()) for value, rows in rows_of.items()]


def count_of(found: tuple[Value, bytes]) -> tuple[Value, int]:
    """How many rows there are."""
    return found[0], len(found[1]) // 4


def write_values(
    volume: Storage, folder: str, number: int, found: Iterable[tuple[Value, Iterable[bytes]]]
) -> Iterator[Piece]:
    """Store the rows of some values, each sorted, one value behind the other."""
    key, packed, values = f"{folder}/values-{number:06d}", list[bytes](), list[tuple[str, str, int]]()
    for (kind, text), pieces in sorted(found, key=first_value):
        rows = np.sort(np.frombuffer(b"".join(pieces), np.uint32))
        packed.append(rows.tobytes())
        values.append((kind, text, len(rows)))
    data = b"".join(packed)
    volume.put(key, data)
    yield Piece(key, len(data), values)


def first_value(found: tuple[Value, Any]) -> Value:
    """What it is about."""
    return found[0]
