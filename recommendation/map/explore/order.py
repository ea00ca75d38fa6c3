"""The order in which the page has pictures: representatives of large areas first, neighbours together.

The map is a quadtree: level L has 4**L cells. A cell is represented by its picture with the smallest image_id, which is a digest, so
the choice is as good as random, does not change when other pictures come, and a picture that represents a cell also represents the
smaller one that it is in: what is seen stays while one zooms in. Rows are ordered by the first level that they represent a cell
of, then along the Morton curve. So all pictures that a view can show are in few runs of rows, and few sheets.

Source: Morton 1966, "A computer oriented geodetic data base"; Wand et al. 2007, "Interactive editing of large point clouds".
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.map.positions import Grid
from shared.storage.files import digest

LEVELS = 16  # the smallest cell is one step of the grid
SHEET_ROWS, LEAST_SHEET_ROWS = 1024, 512
CUT = 0  # after the least rows a sheet ends at a picture whose id ends in this byte: on average after 256 more


class Order(NamedTuple):
    """The rows of the page.

    Args:
        pictures: the picture in each row.
        level_starts: the first row of each level 0..LEVELS + 1, and behind the last one the number of all rows; rows of level
            LEVELS + 1 are at the same place as another picture.
    """

    pictures: NDArray[np.int64]
    level_starts: NDArray[np.int64]


def morton(places: Grid) -> NDArray[np.uint64]:
    """The digits of both coordinates in turn, those of y first: along a Z in each cell."""
    return spread_bits(places[:, 0]) | spread_bits(places[:, 1]) << np.uint64(1)


def spread_bits(values: NDArray[np.uint16]) -> NDArray[np.uint64]:
    """Sixteen bits with a zero before each."""
    bits = values.astype(np.uint64)
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        bits = (bits | bits << np.uint64(shift)) & np.uint64(mask)
    return bits


def order(ids: NDArray[np.bytes_], places: Grid) -> Order:
    """The rows of some pictures with different ids."""
    keys = morton(places[:, :2])
    ranks = np.empty(len(ids), np.int64)
    ranks[np.argsort(ids, kind="stable")] = np.arange(len(ids))
    levels = levels_of(keys, ranks)
    pictures = np.lexsort((ranks, keys, levels))
    return Order(pictures, np.searchsorted(levels[pictures], np.arange(LEVELS + 3)))


def levels_of(keys: NDArray[np.uint64], ranks: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first level at which each picture represents its cell; LEVELS + 1 where another is at the same place."""
    along = np.lexsort((ranks, keys))
    levels = np.full(len(keys), LEVELS + 1)
    for level in range(LEVELS, -1, -1):
        cells = keys[along] >> np.uint64(2 * (LEVELS - level))
        starts = np.flatnonzero(np.diff(cells, prepend=cells[:1] + np.uint64(1)))
        smallest = np.minimum.reduceat(ranks[along], starts)
        sizes = np.diff(np.append(starts, len(cells)))
        is_smallest = ranks[along] == np.repeat(smallest, sizes)
        levels[along[is_smallest]] = level
    return levels


class Sheet(NamedTuple):
    """Consecutive rows whose thumbnails are in one picture; its name says which they are."""

    name: str
    start: int
    stop: int


def sheets(ids: NDArray[np.bytes_]) -> list[Sheet]:
    """The sheets of all rows. Where one ends is said by the ids, so that a picture that comes or goes changes few sheets."""
    ends, start = [], 0
    cuts = np.flatnonzero(np.frombuffer(ids.tobytes(), np.uint8).reshape(len(ids), -1)[:, -1] == CUT) + 1
    while start < len(ids):
        later = cuts[np.searchsorted(cuts, start + LEAST_SHEET_ROWS) :]
        start = min(start + SHEET_ROWS, len(ids), *later[:1].tolist())
        ends.append(start)
    return [
        Sheet(digest(ids[start:stop].tobytes().hex())[:16], start, stop)
        for start, stop in zip([0, *ends], ends, strict=False)
    ]
