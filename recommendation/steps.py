"""From the tables to the rows of an index generation: what happens to one slice, and where its rows go."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from operator import add
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation import generation, index, reduction
from shared import tables
from shared.contracts import CATEGORIES, EMBEDDINGS, FEATURES, IMAGES
from shared.errors import CannotProceedError
from shared.tables import Part, Snapshot

#: Vectors of unit length; the others are bits.
VECTORS = ("embedding", "color", "structure")
#: Dimensions of the reduced vectors that candidates are found with.
REDUCED = {"embedding": 128, "color": 64, "structure": 64}
#: What answers and the fusion need to know of a picture, as columns of IMAGES.
KEPT_COLUMNS = (
    "image_id",
    "filename",
    "location",
    "license",
    "source_url",
    "author",
    "title",
    "tags",
    "width_px",
    "height_px",
)

Moments = dict[str, NDArray[np.float64]]


class SliceParts(NamedTuple):
    """The parts of one slice that the index is made of."""

    slice: str
    images: Part
    features: Part
    embeddings: Part
    categories: Part | None


class SliceRows(NamedTuple):
    """The pictures of one slice that every table has, in the order of `images`."""

    image_ids: list[str]
    lines: list[bytes]  # JSON, one line each
    vectors: dict[str, NDArray[np.float32]]  # measure -> shape (rows, width)
    hashes: NDArray[np.uint8]  # shape (rows, 24)
    models: frozenset[str]


class SliceSize(NamedTuple):
    """What must be known of every slice before any row can be written."""

    rows: int
    text_bytes: int
    total: NDArray[np.float64]  # reduction.fixed_point_sum of the embeddings, each of unit length
    widths: dict[str, int]
    models: frozenset[str]


class Place(NamedTuple):
    """A slice, and where its rows go."""

    parts: SliceParts
    row: int
    byte: int


class Plan(NamedTuple):
    """The shape of a generation."""

    rows: int
    text_bytes: int
    mean: NDArray[np.float32]
    widths: dict[str, int]
    model_sha256: str


def indexable(snapshot: Snapshot) -> list[SliceParts]:
    """The slices that images, features and embeddings all have, sorted."""
    by_table = [
        {part.slice: part for part in snapshot.parts(one)} for one in (IMAGES, FEATURES, EMBEDDINGS, CATEGORIES)
    ]
    images, features, embeddings, categories = by_table
    names = sorted(images.keys() & features.keys() & embeddings.keys())
    return [SliceParts(name, images[name], features[name], embeddings[name], categories.get(name)) for name in names]


def read_slice(volume: Path, parts: SliceParts) -> SliceRows:
    """Join a slice's tables by image_id.

    Raises:
        CannotProceedError: a part is missing or damaged, or a vector is not finite.
    """
    images = tables.read_columns(volume, parts.images, KEPT_COLUMNS)
    features = tables.read_columns(volume, parts.features, ["image_id", "hash"])
    embeddings = tables.read_columns(volume, parts.embeddings, ["image_id", "model_sha256"])
    image_rows, feature_rows, embedding_rows = common_rows(
        images["image_id"], features["image_id"], embeddings["image_id"]
    )
    vectors = {
        "embedding": tables.read_matrix(volume, parts.embeddings, "vector")[embedding_rows],
        "color": tables.read_matrix(volume, parts.features, "color")[feature_rows],
        "structure": tables.read_matrix(volume, parts.features, "structure")[feature_rows],
    }
    if not all(np.isfinite(matrix).all() for matrix in vectors.values()):
        raise CannotProceedError(
            f"slice {parts.slice} holds a vector that is not finite; run `imagerec embedding` again"
        )
    categories = read_categories(volume, parts.categories)
    return SliceRows(
        image_ids=[images["image_id"][row] for row in image_rows],
        lines=[to_line(images, row, parts.slice, categories) for row in image_rows],
        vectors=vectors,
        hashes=np.array([list(features["hash"][row]) for row in feature_rows], np.uint8).reshape(len(feature_rows), -1),
        models=frozenset(embeddings["model_sha256"]),
    )


def common_rows(first: Sequence[str], *others: Sequence[str]) -> list[list[int]]:
    """Rows of each list that hold the ids all lists have, in the order of the first."""
    places = [{image_id: row for row, image_id in enumerate(ids)} for ids in (first, *others)]
    common = [image_id for image_id in first if all(image_id in place for place in places)]
    return [[place[image_id] for image_id in common] for place in places]


def read_categories(volume: Path, part: Part | None) -> dict[str, str]:
    """The most probable category of each picture of a slice, by image_id; empty where there are none."""
    if part is None:
        return {}
    columns = tables.read_columns(volume, part, ["image_id", "rank", "category"])
    rows = zip(columns["image_id"], columns["rank"], columns["category"], strict=True)
    return {image_id: category for image_id, rank, category in rows if rank == 1}


def to_line(images: Mapping[str, Sequence[Any]], row: int, slice_name: str, categories: Mapping[str, str]) -> bytes:
    """What is kept of a picture, as one line of JSON; slice and row say where its thumbnail is."""
    known = {name: images[name][row] for name in KEPT_COLUMNS}
    place = {"category": categories.get(known["image_id"], ""), "slice": slice_name, "row": row}
    return json.dumps({**known, **place}, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def measure_slice(volume: Path, parts: SliceParts) -> SliceSize:
    """Count a slice's rows and bytes and sum its embeddings; errors as `read_slice`."""
    rows = read_slice(volume, parts)
    return SliceSize(
        rows=len(rows.image_ids),
        text_bytes=sum(map(len, rows.lines)),
        total=reduction.fixed_point_sum(reduction.unit(rows.vectors["embedding"])),
        widths={name: matrix.shape[1] for name, matrix in rows.vectors.items()},
        models=rows.models,
    )


def lay_out(parts: Sequence[SliceParts], sizes: Iterable[SliceSize]) -> tuple[Plan, list[Place]]:
    """Give every slice its place.

    Raises:
        CannotProceedError: there is no picture, or embeddings of two models.
    """
    filled = [(one, size) for one, size in zip(parts, sizes, strict=True) if size.rows]
    if not filled:
        raise CannotProceedError(
            "no picture has features and an embedding; run `imagerec labeling` and `imagerec embedding` first"
        )
    models = sorted(frozenset().union(*(size.models for _, size in filled)))
    if len(models) > 1:
        raise CannotProceedError(
            f"expected the embeddings of one model, got {', '.join(models)}; run `imagerec embedding` again"
        )
    rows = [0, *accumulate(size.rows for _, size in filled)]
    text_bytes = [0, *accumulate(size.text_bytes for _, size in filled)]
    total = sum((size.total for _, size in filled[1:]), filled[0][1].total)
    plan = Plan(rows[-1], text_bytes[-1], reduction.mean_of(total, rows[-1]), filled[0][1].widths, models[0])
    return plan, [
        Place(one, *start) for (one, _), start in zip(filled, zip(rows, text_bytes, strict=False), strict=False)
    ]


def reserve_files(folder: Path, plan: Plan) -> None:
    """Make the files of a generation, with room for every row."""
    for name, width in plan.widths.items():
        generation.reserve(folder / f"{name}.npy", "float16", (plan.rows, width))
        generation.reserve(folder / f"{name}.reduced.npy", "float32", (plan.rows, min(width, REDUCED[name])))
    generation.reserve(folder / "hash.npy", "uint8", (plan.rows, 24))
    generation.reserve(folder / "ids.npy", "S16", (plan.rows,))
    generation.reserve(folder / "rows.offsets.npy", "uint64", (plan.rows + 1,))
    generation.save_array(folder / "embedding.mean.npy", plan.mean)
    with (folder / "rows.jsonl").open("wb") as file:
        file.truncate(plan.text_bytes)


def fill_slice(volume: Path, folder: Path, mean: NDArray[np.float32], place: Place) -> Moments:
    """Write a slice's rows to their place; return the second moments of its vectors.

    Raises:
        CannotProceedError: as `read_slice`.
        OSError: the disk is full or broken.
    """
    rows = read_slice(volume, place.parts)
    vectors = {**rows.vectors, "embedding": reduction.centre(rows.vectors["embedding"], mean)}
    for name, matrix in vectors.items():
        generation.write_rows(folder / f"{name}.npy", place.row, matrix)
    generation.write_rows(folder / "hash.npy", place.row, rows.hashes)
    generation.write_rows(
        folder / "ids.npy", place.row, np.array([bytes.fromhex(one) for one in rows.image_ids], "S16")
    )
    ends = place.byte + np.cumsum([len(line) for line in rows.lines])
    generation.write_rows(folder / "rows.offsets.npy", place.row + 1, ends)
    generation.write_at(folder / "rows.jsonl", place.byte, b"".join(rows.lines))
    return {name: reduction.second_moment(matrix) for name, matrix in vectors.items()}


def add_moments(left: Moments, right: Moments) -> Moments:
    """Sum of second moments, measure by measure; exact, so the order does not matter."""
    return {name: add(left[name], right[name]) for name in left}


def write_axes(folder: Path, moment: tuple[str, NDArray[np.float64]]) -> tuple[str, dict[str, Any]]:
    """Write the axes that a measure's vectors are reduced to; return its name and what they keep."""
    name, sums = moment
    axes = reduction.principal_axes(sums, REDUCED[name])
    generation.save_array(folder / f"{name}.axes.npy", axes)
    kept = round(reduction.kept_share(sums, axes), 4)
    return name, {"dimensions": axes.shape[0], "reduced_to": axes.shape[1], "kept_share": kept}


def reduce_rows(folder: Path, rows: range) -> None:
    """Write the reduced vectors of some rows; errors as `generation.write_rows`."""
    for name in VECTORS:
        full = generation.load_rows(folder / f"{name}.npy")[rows.start : rows.stop].astype(np.float32)
        axes = np.load(folder / f"{name}.axes.npy")
        generation.write_rows(folder / f"{name}.reduced.npy", rows.start, reduction.project(full, axes))


def build_forest(folder: Path, trees: int, name: str) -> None:
    """Write a measure's Annoy index of its reduced vectors; errors as `index.build_forest`."""
    source = folder / (f"{name}.reduced.npy" if name in VECTORS else f"{name}.npy")
    index.build_forest(folder / f"{name}.ann", generation.load_rows(source), trees)


def order_ids(folder: Path) -> None:
    """Write the rows in the order of their image_ids, so that an id is found by bisection."""
    ids = generation.load_rows(folder / "ids.npy")
    generation.save_array(folder / "ids.order.npy", np.argsort(ids, kind="stable").astype(np.uint32))


def blocks(rows: int, size: int) -> list[range]:
    """0..rows cut into ranges of at most `size`."""
    return [range(start, min(start + size, rows)) for start in range(0, rows, size)]
