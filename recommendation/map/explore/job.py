"""Wire the files of the map to explore; what a new picture does not touch is not written again. No logic here, see `tasks`.

reports/map/map.json                 what the page reads first: names of the other files, clusters, quality
points-<digest>.bin                  x and y (uint16), then the cluster (uint8, 255: none), 5 bytes a picture; see `order`
ids-<digest>.bin names-<digest>.txt  image_id (16 bytes) and file name (a line) of each row, for the service
values-<digest>.bin .json            rows (uint32) of the pictures with each tag, category and colour, for the service
sheet-<digest>.jpg                   up to 1,024 thumbnails of 64 px
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark import SparkContext

from recommendation.map import drawing
from recommendation.map.clusters import AFTER
from recommendation.map.explore import files, tasks, tiles
from recommendation.map.explore.order import Order, Sheet, order, sheets
from recommendation.map.explore.reader import Explorer
from recommendation.map.explore.tasks import NumberedRows, Piece, Points, WantedSheet
from recommendation.map.positions import STEPS, Grid
from recommendation.map.tasks import Placed
from shared import tables
from shared.errors import CannotProceedError
from shared.storage import Storage
from shared.storage.files import digest, to_json
from shared.storage.volume import WORK
from shared.tables import Part, presence
from shared.tables.contracts import CLUSTERS, THUMBNAILS

VERSION = 1  # raise it when the files become others than before
PARTS_A_CORE = 4
MOST_VALUES = 5000  # tags, categories and colours that can be found; those of most pictures
NO_CLUSTER = 255
PIECES = f"{WORK}/map"

Values = list[tuple[str, str, int]]


def write(sc: SparkContext, volume: Storage, document: Mapping[str, Any], placed: Sequence[Placed], index: str) -> None:
    """Bring reports/map/ and the drawings of the map up to date.

    Args:
        index: name of the index generation, which names and tags are taken from.
    """
    snapshot = tables.open_snapshot(volume)
    content = digest(VERSION, document, index, [one.part.sha256 for one in placed], snapshot.digest(THUMBNAILS))[:16]
    if files.is_current(volume, content):
        return
    files.sweep(volume)
    for key in (files.FLAT, files.SPACE):  # drawn last: without them the next run does all of this again
        volume.delete(key)
    thumbnails = {part.slice: part for part in snapshot.parts(THUMBNAILS)}
    write_tiles(sc, volume, [thumbnails[one.rows.slice] for one in placed if one.rows.slice in thumbnails])
    found = collect(sc, volume, placed)
    rows = order(found.ids, found.places)
    wanted = sheets(found.ids[rows.pictures])
    write_sheets(sc, volume, wanted, [tile_key(thumbnails, one) for one in placed], found, rows)
    described = {
        **{name: document[name] for name in ("layout", "fitted", "agreement", "quality")},
        **write_rows(volume, found, rows),
        **write_texts(sc, volume, content, numbered_rows(placed, found, rows)),
        "sheets": [(one.name, one.start) for one in wanted],
        "clusters": clusters_of(volume, snapshot.parts(CLUSTERS)),
    }
    files.put_document(volume, content, described)
    volume.delete_folder(PIECES)
    draw(volume, found.places[rows.pictures])


def write_rows(volume: Storage, found: Points, rows: Order) -> dict[str, Any]:
    """Store the places and the ids of all rows; what the document says of them."""
    ids = found.ids[rows.pictures]
    return {
        "pictures": len(ids),
        "levels": rows.level_starts.tolist(),
        "points": files.put(volume, "points", "bin", [points_of(found, rows)]),
        "ids": files.put(volume, "ids", "bin", [ids.tobytes()]),
        "tile_px": tiles.TILE_PX,
        "tiles_a_side": tiles.TILES_A_SIDE,
    }


def write_texts(sc: SparkContext, volume: Storage, content: str, numbered: Sequence[NumberedRows]) -> dict[str, Any]:
    """Store what can be searched for; what the document says of it."""
    return {
        "names": write_names(sc, volume, content, numbered),
        "values": write_values(sc, volume, content, numbered),
    }


def draw(volume: Storage, places: Grid) -> None:
    """Draw the map in the plane and in space.

    Args:
        places: of each row.
    """
    explorer = Explorer(volume)
    volume.put(files.FLAT, drawing.draw(volume, explorer))
    volume.put(files.SPACE, drawing.draw_space(volume, explorer.document, places[:, 2:].astype(np.float64) / STEPS))


def write_tiles(sc: SparkContext, volume: Storage, parts: Sequence[Part]) -> None:
    """Make the tiles of slices that have none yet; delete those of others."""
    there = {one.key for one in volume.list(tiles.FOLDER)}
    wanted = {tiles.key(part): part for part in parts}
    for key in there - wanted.keys():
        volume.delete(key)
    todo = [part for key, part in wanted.items() if key not in there]
    if lost := presence.missing(volume, todo):
        raise CannotProceedError(f"{volume.locate(lost[0].key)} is missing; {tables.remedy(lost[0])}")
    if todo:
        sc.parallelize(todo, len(todo)).foreach(partial(tasks.write_tiles, volume))


def collect(sc: SparkContext, volume: Storage, placed: Sequence[Placed]) -> Points:
    """All pictures, 28 bytes each."""
    numbered = list(enumerate(placed))
    found = spread(sc, numbered).map(partial(tasks.points, volume)).collect()
    return Points(*(np.concatenate(column) for column in zip(*found, strict=True)))


def spread(sc: SparkContext, items: Sequence[Any]) -> Any:
    """Items over partitions, a few a core."""
    return sc.parallelize(items, max(1, min(len(items), PARTS_A_CORE * sc.defaultParallelism)))


def tile_key(thumbnails: Mapping[str, Part], one: Placed) -> str:
    """Where the tiles of a slice are; empty where it has no thumbnails."""
    part = thumbnails.get(one.rows.slice)
    return tiles.key(part) if part else ""


def write_sheets(
    sc: SparkContext, volume: Storage, wanted: Sequence[Sheet], keys: Sequence[str], found: Points, rows: Order
) -> None:
    """Make the sheets that are not there.

    Args:
        keys: where the tiles of each slice are.
    """
    there = files.sheet_names(volume)
    ids, slices = found.ids[rows.pictures], found.slices[rows.pictures]
    missing = [one for one in wanted if one.name not in there]
    todo = [WantedSheet(files.sheet_key(one.name), tiles_of(ids, slices, keys, one)) for one in missing]
    if todo:
        sc.parallelize(todo, len(todo)).foreach(partial(tasks.write_sheet, volume))


def tiles_of(
    ids: NDArray[np.bytes_], slices: NDArray[np.int32], keys: Sequence[str], one: Sheet
) -> list[tuple[str, bytes]]:
    """Where the tiles of a sheet are."""
    rows = range(one.start, one.stop)
    return [(keys[slices[row]], bytes(ids[row]).ljust(16, b"\0")) for row in rows]


def numbered_rows(placed: Sequence[Placed], found: Points, rows: Order) -> list[NumberedRows]:
    """The rows on the page of each slice's pictures."""
    row_of = np.empty(len(rows.pictures), np.int32)
    row_of[rows.pictures] = np.arange(len(rows.pictures))
    ends = np.cumsum(np.bincount(found.slices, minlength=len(placed)))
    return [NumberedRows(one, row_of[start:end]) for one, start, end in zip(placed, [0, *ends], ends, strict=False)]


def write_names(sc: SparkContext, volume: Storage, content: str, numbered: Sequence[NumberedRows]) -> str:
    """Store the file names in the order of the rows."""
    total = sum(len(one.rows) for one in numbered)
    n_parts = max(1, min(total, PARTS_A_CORE * sc.defaultParallelism))
    pieces = (
        spread(sc, numbered)
        .flatMap(partial(tasks.names, volume))
        .repartitionAndSortWithinPartitions(n_parts, partial(part_of_row, total, n_parts))
        .mapPartitionsWithIndex(partial(tasks.write_names, volume, f"{PIECES}/{content}"))
        .collect()
    )
    return files.put(volume, "names", "txt", (volume.read(key) for key in pieces))


def part_of_row(total: int, n_parts: int, row: int) -> int:
    """The partition of a row: rows that follow one another are together."""
    return row * n_parts // total


def write_values(sc: SparkContext, volume: Storage, content: str, numbered: Sequence[NumberedRows]) -> str:
    """Store the rows of the most frequent tags, categories and colours; the name of their list."""
    found = spread(sc, numbered).flatMap(partial(tasks.rows_of_values, volume)).cache()
    counts = found.map(tasks.count_of).reduceByKey(add)
    kept = sc.broadcast({value for value, _ in counts.takeOrdered(MOST_VALUES, key=most_first)})
    n_parts = PARTS_A_CORE * sc.defaultParallelism
    pieces: list[Piece] = (
        found.filter(lambda one: one[0] in kept.value)
        .groupByKey(n_parts)
        .mapPartitionsWithIndex(partial(tasks.write_values, volume, f"{PIECES}/{content}"))
        .collect()
    )
    found.unpersist()
    data = files.put(volume, "values", "bin", (volume.read(piece.key) for piece in pieces))
    return files.put(volume, "values", "json", [to_json({"data": data, "values": with_starts(pieces)})])


def most_first(counted: tuple[tuple[str, str], int]) -> tuple[int, tuple[str, str]]:
    """Sort key: of most pictures first, then by kind and text."""
    return -counted[1], counted[0]


def with_starts(pieces: Iterable[Piece]) -> list[tuple[str, str, int, int]]:
    """Kind, text, number of pictures and first place in the data of each value; of most pictures first."""
    found, start = list[tuple[str, str, int, int]](), 0
    for piece in pieces:
        for kind, text, count in piece.values:
            found.append((kind, text, count, start))
            start += count
    return sorted(found, key=lambda one: (-one[2], one[0], one[1]))


def points_of(found: Points, rows: Order) -> bytes:
    """The places and clusters in the order of the rows; clusters beyond the 255 largest are none."""
    places = found.places[rows.pictures].astype("<u2")
    groups = found.clusters[rows.pictures]
    shown = np.where((groups < 0) | (groups >= NO_CLUSTER), NO_CLUSTER, groups).astype(np.uint8)
    return places[:, 0].tobytes() + places[:, 1].tobytes() + shown.tobytes()


def clusters_of(volume: Storage, parts: Sequence[Part]) -> list[dict[str, Any]]:
    """The clusters of the map that the page names."""
    rows = [row for part in parts for row in tables.read_rows(volume, part) if row["kind"] == AFTER]
    return [
        {name: row[name] for name in ("cluster", "name", "pictures", "image_id", "x", "y")}
        for row in sorted(rows, key=lambda row: row["cluster"])[:NO_CLUSTER]
    ]
