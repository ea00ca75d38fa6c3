"""What tasks do for the map, a slice or a block of rows at a time."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.index import objects
from recommendation.map import clusters, landmarks, layouts, quality
from recommendation.map.clusters import AFTER, BEFORE
from recommendation.map.layouts import Problem
from recommendation.map.neighbours import Neighbours, nearest, padded
from recommendation.map.positions import PLACED_BY, STEPS, Grid, most_frequent, place, to_grid
from recommendation.map.quality import Near, Sample
from recommendation.map.vectors import Matrix, SliceRows, metadata_of, read
from shared import tables
from shared.storage import Storage
from shared.tables import Part
from shared.tables.contracts import MAP

STAGE = "recommendation"
COORDINATES = ("x", "y", "x3", "y3", "z3")


class Chosen(NamedTuple):
    """Pictures of a slice that are fitted."""

    ids: NDArray[np.bytes_]
    vectors: NDArray[np.int16]
    groups: NDArray[np.int32]


class Placed(NamedTuple):
    """A slice of the index and its part of MAP."""

    rows: SliceRows
    part: Part


def drawn(image_ids: Iterable[str], share: float) -> NDArray[np.int64]:
    """A share of some pictures that depends on their ids alone."""
    ids = list(image_ids)
    return np.flatnonzero(landmarks.is_chosen(ids, np.zeros(len(ids), np.int32), {0: share}))


def sample_vectors(volume: Storage, share: float, one: SliceRows) -> NDArray[np.int16]:
    """The vectors of a share of a slice's pictures."""
    found = read(volume, one)
    return found.vectors[drawn(found.image_ids, share)].astype(np.int16)


def group_counts(volume: Storage, centres: NDArray[np.float64], one: SliceRows) -> list[tuple[int, int]]:
    """How many of a slice's pictures are in each cluster of vectors."""
    groups, counts = np.unique(clusters.cluster_vectors(read(volume, one).vectors, centres), return_counts=True)
    return list(zip(groups.tolist(), counts.tolist(), strict=True))


def choose(volume: Storage, centres: NDArray[np.float64], share: dict[int, float], one: SliceRows) -> Chosen:
    """The pictures of a slice that are fitted."""
    found = read(volume, one)
    groups = clusters.cluster_vectors(found.vectors, centres)
    rows = np.flatnonzero(landmarks.is_chosen(found.image_ids, groups, share))
    ids = np.array([bytes.fromhex(found.image_ids[row]) for row in rows], f"S{landmarks.ID_BYTES}")
    return Chosen(ids, found.vectors[rows].astype(np.int16), groups[rows])


@lru_cache(maxsize=1)
def gallery(volume: Storage, name: str) -> tuple[Matrix, int]:
    """The vectors of a fit, padded, and how many there are; read once by a process."""
    vectors = objects.load_array(volume, landmarks.key(name, "vectors"))
    return padded(vectors.astype(np.float32)), len(vectors)


def neighbours_of(volume: Storage, name: str, count: int, block: range) -> Neighbours:
    """The nearest fitted pictures of some fitted ones."""
    vectors, rows = gallery(volume, name)
    return nearest(vectors[block.start : block.stop], vectors, rows, count, np.arange(block.start, block.stop))


def lay_out(layout: str, problem: Problem, dimensions: int) -> Grid:
    """The places of the fitted pictures in the plane or in space."""
    return to_grid(layouts.lay_out(layout, problem, dimensions))


def cluster_map(places: Grid, before: NDArray[np.int32]) -> tuple[NDArray[np.int32], float]:
    """The clusters of the fitted pictures' places, and how far they agree with those of the vectors."""
    after = clusters.cluster_map(places)
    return after, clusters.agreement(before, after)


def place_slice(
    volume: Storage, name: str, fingerprint: str, centres: NDArray[np.float64], one: SliceRows
) -> tuple[str, Part]:
    """Write a slice's part of MAP: fitted pictures where they are, others among their nearest fitted ones."""
    found, fit = read(volume, one), landmarks.load(volume, name)
    near = nearest(found.vectors, fit.vectors, len(fit.places), PLACED_BY)
    places, groups = place(near, fit.places), most_frequent(fit.clusters[near.rows, 1])
    own = np.array([fit.row_of.get(image_id, -1) for image_id in found.image_ids], np.int64)
    is_fitted = own >= 0
    places[is_fitted], groups[is_fitted] = fit.places[own[is_fitted]], fit.clusters[own[is_fitted], 1]
    before = clusters.cluster_vectors(found.vectors, centres)
    rows = map_rows(found.image_ids, places, groups, before, is_fitted)
    return one.slice, tables.write_part(volume, MAP, rows, one.slice, STAGE, fingerprint)


def map_rows(
    image_ids: Sequence[str],
    places: Grid,
    groups: NDArray[np.int32],
    before: NDArray[np.int32],
    is_fitted: NDArray[np.bool_],
) -> Iterator[dict[str, Any]]:
    """Rows of MAP."""
    shown = (places / STEPS).astype(np.float32)
    for row, image_id in enumerate(image_ids):
        yield {
            "image_id": image_id,
            **dict(zip(COORDINATES, shown[row].tolist(), strict=True)),
            "cluster": int(groups[row]),
            "vector_cluster": int(before[row]),
            "is_fitted": bool(is_fitted[row]),
        }


class MapPart(NamedTuple):
    """The rows of a part of MAP in columns."""

    image_ids: list[str]
    places: Grid
    groups: NDArray[np.int32]
    before: NDArray[np.int32]
    is_fitted: NDArray[np.bool_]

    def take(self, rows: NDArray[np.int64]) -> "MapPart":
        """Some of the rows."""
        ids = [self.image_ids[row] for row in rows]
        return MapPart(ids, self.places[rows], self.groups[rows], self.before[rows], self.is_fitted[rows])


def read_map(volume: Storage, part: Part) -> MapPart:
    """A part of MAP; errors as `tables.read_table`."""
    found = tables.read_columns(volume, part, MAP.schema.names)
    shown = np.array([found[name] for name in COORDINATES], np.float64).reshape(len(COORDINATES), -1).T
    return MapPart(
        found["image_id"],
        np.rint(shown * STEPS).astype(np.uint16),
        np.array(found["cluster"], np.int32),
        np.array(found["vector_cluster"], np.int32),
        np.array(found["is_fitted"], np.bool_),
    )


class LivePlaces(NamedTuple):
    """The pictures of a slice that are in the index and on the map.

    Args:
        rows: of the shard.
        vectors: see `vectors.read`.
    """

    rows: NDArray[np.int64]
    vectors: Matrix
    map: MapPart


def read_live(volume: Storage, placed: Placed) -> LivePlaces:
    """The pictures of a slice that exist, with their places, in the index's order."""
    found, mapped = read(volume, placed.rows), read_map(volume, placed.part)
    row_of = {image_id: row for row, image_id in enumerate(mapped.image_ids)}
    pairs = [(row, row_of[image_id]) for row, image_id in enumerate(found.image_ids) if image_id in row_of]
    left, right = (np.array(column, np.int64) for column in (zip(*pairs, strict=True) if pairs else ([], [])))
    return LivePlaces(found.rows[left], found.vectors[left], mapped.take(right))


def count_values(volume: Storage, placed: Placed) -> Iterator[tuple[tuple[str, int, str], int]]:
    """For naming: each kind of cluster, its number and a tag or category of one of its pictures, once each; "" counts the picture."""
    found = read_live(volume, placed)
    metadata = metadata_of(volume, placed.rows.shard)
    tags, categories = metadata.column("tags"), metadata.column("category")
    for row, after, before in zip(
        found.rows.tolist(), found.map.groups.tolist(), found.map.before.tolist(), strict=True
    ):
        values = {"", *tags[row], *([categories[row]] if categories[row] else [])}
        for value in values:
            yield (AFTER, after, value), 1
            yield (BEFORE, before, value), 1


def to_sample(volume: Storage, placed: Placed) -> Sample:
    """A slice's pictures as the quality of a map is measured with them."""
    found = read_live(volume, placed)
    tags = metadata_of(volume, placed.rows.shard).column("tags")
    return Sample(
        np.array([int(image_id[-16:], 16) for image_id in found.map.image_ids], np.uint64),
        found.vectors,
        found.map.places,
        np.array([label_number(tags[row]) for row in found.rows.tolist()], np.int64),
        ~found.map.is_fitted,
    )


def label_number(tags: Sequence[str]) -> int:
    """A number that stands for the first tag; 0 without one."""
    if not tags:
        return 0
    return int.from_bytes(hashlib.sha256(tags[0].encode()).digest()[:7], "big") | 1


def sample_quality(volume: Storage, share: float, placed: Placed) -> Sample:
    """A share of a slice's pictures, to be asked."""
    found = to_sample(volume, placed)
    return found.take(np.flatnonzero(is_asked(found.ids, share)))


def is_asked(ids: NDArray[np.uint64], share: float) -> NDArray[np.bool_]:
    """A share of pictures, drawn by other digits of their ids than those that are fitted, see `landmarks.is_chosen`."""
    return np.asarray((ids >> np.uint64(32)).astype(np.float64) / 2**32 < share)


def near_of_slices(volume: Storage, asked: Sample, placed: Iterable[Placed]) -> Iterator[Near]:
    """The nearest on the map among some slices."""
    best: Near | None = None
    for one in placed:
        found = quality.nearest_on_map(asked, to_sample(volume, one))
        best = found if best is None else quality.nearer(best, found)
    if best is not None:
        yield best


def ranks_of_slices(
    volume: Storage, asked: Sample, near: Near, placed: Iterable[Placed]
) -> Iterator[NDArray[np.int64]]:
    """The ranks of the nearest on the map among some slices."""
    yield sum(
        (quality.ranks_among(asked, near, to_sample(volume, one)) for one in placed),
        np.zeros(near.ids.shape, np.int64),
    )
