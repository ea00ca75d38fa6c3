"""Search among 100,000 and more embeddings in shards: what Annoy and the scan find, how fast, and what the index costs."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation import steps
from recommendation.index import annoy_index, objects, recall, reduction, searcher
from recommendation.index.basis import Basis
from recommendation.index.build import learning, shards
from recommendation.index.build.layout import SHARD_ROWS
from recommendation.index.objects import SHARDS
from recommendation.index.recall import Measurement
from recommendation.index.searcher import Searcher, SearchParams
from recommendation.index.shard import ShardEntry
from recommendation.settings import Settings
from shared.pictures.measures import MEASURES
from shared.storage import LocalStorage, Storage

COLUMNS = ("vectors", "shards", "search", "build s", "file MB", "search_k", "recall@5", "p50 ms", "p99 ms")
BLOCK_ROWS = 8192
PIECE_ROWS = 4096
THREADS = 2
NAME = "embedding"
Read = Callable[[int, int], NDArray[np.float32]]
"""Raw vectors from a row up to another."""


class Built(NamedTuple):
    """One measure of an index, and the seconds that its vectors and its forests took."""

    volume: Storage
    basis: Basis
    entries: list[ShardEntry]
    vectors_s: float
    forests_s: float

    def searcher(self, params: SearchParams, pool: ThreadPoolExecutor | None = None) -> Searcher:
        """The searcher over all shards."""
        return searcher.open_searcher(self.volume, self.basis, self.entries, MEASURES[NAME], params, pool)

    def size_mb(self, suffix: str) -> int:
        """Size of the objects whose name ends so."""
        return round(sum(one.size_bytes for one in self.volume.list(SHARDS) if one.key.endswith(suffix)) / 1e6)


def measure_search(vectors: Path, counts: list[int], shard_rows: int = SHARD_ROWS) -> Iterator[tuple[Any, ...]]:
    """A row for each number of vectors and way of searching; see COLUMNS."""
    stored = np.load(vectors, mmap_mode="r")
    for count in counts:
        with TemporaryDirectory(dir=vectors.parent) as folder:
            yield from measure_one(lambda start, stop: stored[start:stop].astype(np.float32), count, folder, shard_rows)


def made_up(start: int, stop: int, width: int = 1280, latent: int = 96, groups: int = 4000) -> NDArray[np.float32]:
    """Vectors like a network's: rectified, in groups, of fewer dimensions than they are long."""
    dice, fixed = np.random.default_rng([7, start]), np.random.default_rng(1)
    weights = (
        fixed.standard_normal((latent, width), np.float32) * np.linspace(2, 0.1, latent, dtype=np.float32)[:, None]
    )
    centres = fixed.standard_normal((groups, latent), np.float32)
    chosen = centres[dice.integers(groups, size=stop - start)]
    noisy = chosen + 0.5 * dice.standard_normal(chosen.shape, np.float32)
    return np.asarray(np.maximum(noisy @ weights, 0), np.float32)


def measure_one(read: Read, count: int, folder: str, shard_rows: int) -> Iterator[tuple[Any, ...]]:
    """The rows for one number of vectors: scan, Annoy, Annoy with threads."""
    built = build(read, count, LocalStorage(Path(folder).absolute()), shard_rows)
    scan, annoy = recall.Start()
    queries = recall.query_rows(np.arange(count))
    truth = reduce(recall.merge_nearest, (nearest(built, queries, rows) for rows in steps.blocks(count, PIECE_ROWS)))
    found = recall.try_search(built.searcher(scan), queries, truth)
    start = (f"{count:,}", len(built.entries))
    yield (
        *start,
        "scan of 128-d, then exact",
        f"{built.vectors_s:.1f}",
        built.size_mb(".reduced.npy"),
        "",
        *row(found),
    )
    params, found = recall.tune_params(built.searcher(annoy), queries, truth, Settings().recall)
    cost = f"{built.forests_s:.1f}", built.size_mb(".ann"), params.search_k
    yield (*start, f"Annoy, {Settings().trees} trees, then exact", *cost, *row(found))
    if len(built.entries) > 1:
        with ThreadPoolExecutor(THREADS) as pool:
            found = recall.try_search(built.searcher(params, pool), queries, truth)
        yield (*start, f"the same in {THREADS} threads", "", "", params.search_k, *row(found))


def nearest(built: Built, queries: NDArray[np.int64], rows: range) -> NDArray[np.float32]:
    """Distances of the true neighbours of each query among some rows."""
    one = built.searcher(recall.Start().scan)
    return recall.nearest_distances(one, queries, np.arange(rows.start, rows.stop))


def row(found: Measurement) -> tuple[Any, ...]:
    """The last columns."""
    latency = recall.percentiles_ms(found.seconds)
    return f"{found.recall:.4f}", latency["p50"], latency["p99"]


def build(read: Read, count: int, volume: Storage, shard_rows: int) -> Built:
    """Store the shards of one measure, one after the other."""
    started = time.perf_counter()
    basis = learn(read, min(count, learning.SAMPLE_ROWS))
    entries, forests_s = [], 0.0
    for number, rows in enumerate(steps.blocks(count, shard_rows)):
        entry = ShardEntry(f"{number:04}", len(rows), "", 0)
        full = np.concatenate(
            [
                basis.prepare(NAME, reduction.powers(read(rows.start + block.start, rows.start + block.stop))).astype(
                    np.float16
                )
                for block in steps.blocks(len(rows), BLOCK_ROWS)
            ]
        )
        reduced = shards.reduce_vectors(full, basis.axes[NAME])
        ids = np.array([f"{one:016}" for one in rows], "S16")
        for suffix, array in (("ids", ids), (NAME, full), (f"{NAME}.reduced", reduced)):
            objects.put_array(volume, f"{SHARDS}/{entry.name}.{suffix}.npy", array)
        before = time.perf_counter()
        forest = annoy_index.build_forest(reduced, Settings().trees)
        objects.put_bytes(volume, f"{SHARDS}/{entry.name}.{NAME}.ann", forest)
        forests_s += time.perf_counter() - before
        entries.append(entry)
    return Built(volume, basis, entries, time.perf_counter() - started - forests_s, forests_s)


def learn(read: Read, count: int) -> Basis:
    """The basis of a sample."""
    pieces = steps.blocks(count, BLOCK_ROWS)
    total = sum(reduction.fixed_point_sum(reduction.powers(read(one.start, one.stop))) for one in pieces)
    mean = reduction.mean_of(np.asarray(total), count)
    moment = sum(
        reduction.second_moment(reduction.centre(reduction.powers(read(one.start, one.stop)), mean)) for one in pieces
    )
    axes = reduction.principal_axes(np.asarray(moment), MEASURES[NAME].reduced_width)
    return Basis("bench", "", {NAME: len(axes)}, {NAME: mean}, {}, {NAME: axes})
