"""Search among 100,000 and more real embeddings: what Annoy and the scan find, how fast, and what the index costs."""

import tempfile
import time
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendation import steps
from recommendation.index import generation, recall, reduction, searcher
from recommendation.settings import Settings
from shared.pictures.measures import MEASURES

COLUMNS = ("vectors", "search", "build s", "file MB", "search_k", "recall@5", "p50 ms", "p99 ms")
BLOCK_ROWS = 10_000
NAME = "embedding"


def measure_search(vectors: Path, counts: list[int]) -> Iterator[tuple[Any, ...]]:
    """A row for each number of vectors and way of searching; see COLUMNS."""
    for count in counts:
        with tempfile.TemporaryDirectory(dir=vectors.parent) as folder:
            yield from _measure_one(np.load(vectors, mmap_mode="r")[:count], Path(folder))


def _measure_one(raw: NDArray[np.float16], folder: Path) -> Iterator[tuple[Any, ...]]:
    count, settings = len(raw), Settings()
    started = time.perf_counter()
    _write_vectors(raw, folder)
    seconds = time.perf_counter() - started
    queries = recall.query_rows(count)
    scan = searcher.open_searcher(folder, MEASURES[NAME], recall.FIRST_SCAN)
    truth = reduce(
        recall.merge_nearest,
        (recall.nearest_distances(scan, queries, rows) for rows in steps.blocks(count, BLOCK_ROWS)),
    )
    trial = recall.try_search(scan, queries, truth)
    yield _row(count, "scan of 128-d, then exact", seconds, folder / f"{NAME}.reduced.npy", "", trial)
    started = time.perf_counter()
    steps.build_forest(folder, settings.trees, NAME)
    seconds = time.perf_counter() - started
    forest = searcher.open_searcher(folder, MEASURES[NAME], recall.FIRST_ANNOY)
    params, trial = recall.tune_params(forest, queries, truth, settings.recall)
    yield _row(
        count,
        f"Annoy, {settings.trees} trees, then exact",
        seconds,
        folder / f"{NAME}.ann",
        params.search_k or 0,
        trial,
    )


def _row(
    count: int, name: str, seconds: float, file: Path, search_k: int | str, trial: recall.Measurement
) -> tuple[Any, ...]:
    latency = recall.percentiles_ms(trial.seconds)
    size_mb = round(file.stat().st_size / 1e6)
    return (
        f"{count:,}",
        name,
        f"{seconds:.1f}",
        size_mb,
        search_k,
        f"{trial.recall:.4f}",
        latency["p50"],
        latency["p99"],
    )


def _write_vectors(raw: NDArray[np.float16], folder: Path) -> None:
    """The files of a generation that one measure needs, a block of rows at a time."""
    count, width = raw.shape
    pieces = steps.blocks(count, BLOCK_ROWS)
    total = sum(reduction.fixed_point_sum(reduction.roots(_read(raw, rows))) for rows in pieces)
    mean = reduction.mean_of(np.asarray(total), count)
    np.save(folder / f"{NAME}.mean.npy", mean)
    generation.reserve(folder / f"{NAME}.npy", "float16", (count, width))
    generation.reserve(folder / f"{NAME}.reduced.npy", "float32", (count, steps.reduced_width(NAME)))
    moment = np.zeros((width, width))
    for rows in pieces:
        part = reduction.centre(_read(raw, rows), mean)
        generation.write_rows(folder / f"{NAME}.npy", rows.start, part)
        moment += reduction.second_moment(part)
    steps.write_axes(folder, (NAME, moment))
    axes, full = np.load(folder / f"{NAME}.axes.npy"), generation.load_rows(folder / f"{NAME}.npy")
    for rows in pieces:
        generation.write_rows(folder / f"{NAME}.reduced.npy", rows.start, reduction.project(_read(full, rows), axes))


def _read(vectors: NDArray[np.float16], rows: range) -> NDArray[np.float32]:
    return vectors[rows.start : rows.stop].astype(np.float32)
