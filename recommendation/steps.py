"""From the tables to the files of an index generation: where each row goes, and what a task does for it."""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.index import annoy_index, generation, reduction
from recommendation.index.collection import NOTHING_TO_INDEX, VECTORS, IndexInput, read_slice
from shared.errors import CannotProceedError
from shared.storage import Storage

#: Dimensions of the reduced vectors that candidates are found with.
REDUCED = {"embedding": 128}
REDUCED_OTHERS = 64
Moments = dict[str, NDArray[np.float64]]


class Census(NamedTuple):
    """What must be known of some slices before any row can be written."""

    sizes: dict[str, tuple[int, int]]  # slice -> rows, bytes of their lines
    total: NDArray[np.float64]  # reduction.fixed_point_sum of the embeddings' roots
    widths: dict[str, int]  # measure -> length of its vectors
    models: frozenset[str]


class Place(NamedTuple):
    """A slice, and where its rows go."""

    parts: IndexInput
    row: int
    byte: int


class Plan(NamedTuple):
    """The shape of a generation."""

    rows: int
    text_bytes: int
    mean: NDArray[np.float32]
    widths: dict[str, int]
    model_sha256: str


def count_slice(volume: Storage, parts: IndexInput) -> Census | None:
    """Count a slice's rows and bytes and sum its embeddings; None for a slice without rows; errors as `read_slice`."""
    rows = read_slice(volume, parts)
    if not rows.lines:
        return None
    return Census(
        sizes={parts.slice: (len(rows.lines), sum(map(len, rows.lines)))},
        total=reduction.fixed_point_sum(reduction.roots(rows.features["embedding"])),
        widths={name: matrix.shape[1] for name, matrix in rows.features.items()},
        models=rows.models,
    )


def add_census(left: Census | None, right: Census | None) -> Census | None:
    """What is known of all the slices of two; exact, so the order does not matter."""
    if left is None or right is None:
        return left or right
    return Census(left.sizes | right.sizes, left.total + right.total, left.widths, left.models | right.models)


def lay_out(parts: Iterable[IndexInput], census: Census | None) -> tuple[Plan, list[Place]]:
    """Give every slice that has rows its place.

    Raises:
        CannotProceedError: there is no picture, or embeddings of two models.
    """
    if census is None:
        raise CannotProceedError(NOTHING_TO_INDEX)
    if len(census.models) > 1:
        raise CannotProceedError(
            f"expected the embeddings of one model, got {', '.join(sorted(census.models))}; run `imagerec embedding` again"
        )
    places, row, byte = [], 0, 0
    for one in parts:
        n_rows, n_bytes = census.sizes.get(one.slice, (0, 0))
        if n_rows:
            places.append(Place(one, row, byte))
        row, byte = row + n_rows, byte + n_bytes
    return Plan(row, byte, reduction.mean_of(census.total, row), census.widths, min(census.models)), places


def reserve_files(folder: Path, plan: Plan) -> None:
    """Make the files of a generation, with space for every row."""
    for name, width in plan.widths.items():
        generation.reserve(folder / f"{name}.npy", "float16" if name in VECTORS else "uint8", (plan.rows, width))
    for name in VECTORS:
        width = min(plan.widths[name], reduced_width(name))
        generation.reserve(folder / f"{name}.reduced.npy", "float32", (plan.rows, width))
    generation.reserve(folder / "ids.npy", "S16", (plan.rows,))
    generation.reserve(folder / "rows.offsets.npy", "uint64", (plan.rows + 1,))
    generation.save_array(folder / "embedding.mean.npy", plan.mean)
    with (folder / "rows.jsonl").open("wb") as file:
        file.truncate(plan.text_bytes)


def fill_slice(volume: Storage, folder: Path, mean: NDArray[np.float32], place: Place) -> Moments:
    """Write a slice's rows to their place; return the second moments of its vectors.

    Raises:
        CannotProceedError: as `read_slice`.
        OSError: the disk is full or broken.
    """
    rows = read_slice(volume, place.parts)
    features = {**rows.features, "embedding": reduction.centre(rows.features["embedding"], mean)}
    for name, matrix in features.items():
        generation.write_rows(folder / f"{name}.npy", place.row, matrix)
    generation.write_rows(
        folder / "ids.npy", place.row, np.array([bytes.fromhex(one) for one in rows.image_ids], "S16")
    )
    ends = place.byte + np.cumsum([len(line) for line in rows.lines])
    generation.write_rows(folder / "rows.offsets.npy", place.row + 1, ends)
    generation.write_at(folder / "rows.jsonl", place.byte, b"".join(rows.lines))
    return {name: reduction.second_moment(features[name]) for name in VECTORS}


def fill_slices(volume: Storage, folder: Path, mean: NDArray[np.float32], places: Iterable[Place]) -> Moments:
    """`fill_slice` for several slices, with the sum of their moments."""
    return reduce(add_moments, (fill_slice(volume, folder, mean, place) for place in places))


def add_moments(left: Moments, right: Moments) -> Moments:
    """Sum of second moments, measure by measure; exact, so the order does not matter."""
    return {name: add(left[name], right[name]) for name in left}


def write_axes(folder: Path, moment: tuple[str, NDArray[np.float64]]) -> tuple[str, dict[str, Any]]:
    """Write the axes that a measure's vectors are reduced to; return its name and what they keep."""
    name, sums = moment
    axes = reduction.principal_axes(sums, reduced_width(name))
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
    annoy_index.build_forest(folder / f"{name}.ann", generation.load_rows(source), trees)


def order_ids(folder: Path) -> None:
    """Write the rows in the order of their image_ids, so that an id is found by bisection."""
    ids = generation.load_rows(folder / "ids.npy")
    generation.save_array(folder / "ids.order.npy", np.argsort(ids, kind="stable").astype(np.uint32))


def reduced_width(name: str) -> int:
    """Dimensions that a measure's vectors are reduced to, if they have more."""
    return REDUCED.get(name, REDUCED_OTHERS)


def shares(places: Sequence[Place], n_shares: int) -> list[Sequence[Place]]:
    """The slices dealt out in turn, since later ones are larger; at most `n_shares` shares, none empty."""
    n_shares = min(n_shares, len(places))
    return [places[start::n_shares] for start in range(n_shares)]


def blocks(rows: int, size: int) -> list[range]:
    """0..rows cut into ranges of at most `size`."""
    return [range(start, min(start + size, rows)) for start in range(0, rows, size)]
