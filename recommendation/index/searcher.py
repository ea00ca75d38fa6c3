"""One measure of an index: proposes candidates from reduced vectors of all shards, scores them exactly on full ones."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.index import annoy_index, objects, reduction
from recommendation.index.basis import Basis, vector_measures
from recommendation.index.objects import SHARDS
from recommendation.index.pictures import gather, starts_of
from recommendation.index.shard import ShardEntry, averages_key, open_metadata
from shared.pictures import measures
from shared.pictures.measures import MEASURES, Measure
from shared.storage import Storage

CANDIDATES_PER_ANSWER = 20
AVERAGED = "embedding"  # the measure whose vectors may be averaged with their neighbours
ALL_ALLOWED = 5_000  # rows that a filter leaves; so many are scored exactly, all of them

Vector = NDArray[Any]  # of float32, or of uint8: bits
Candidates = tuple[NDArray[np.int64], NDArray[np.float32]]
"""Rows, and a number for each that orders them as their distances do."""


class SearchParams(NamedTuple):
    """How hard a measure searches.

    Args:
        candidates: how many are scored exactly, at least.
        search_k: nodes of each Annoy forest to visit for that many; None to scan all reduced vectors.
    """

    candidates: int
    search_k: int | None


class ShardVectors(NamedTuple):
    """One measure of a shard.

    Args:
        ids: 16 bytes of each row.
        full: vectors for exact scores, shape (rows, width): float16 of unit length, or uint8 bits.
        reduced: vectors for candidates, shape (rows, dimensions); bits are not reduced.
        forest: Annoy's index of the reduced vectors; None where all are scanned.
        removed: rows whose picture no longer exists.
        averaged: vectors averaged with their neighbours, as `full`; the same where they are not.
    """

    ids: NDArray[np.bytes_]
    full: NDArray[Any]
    reduced: NDArray[Any]
    forest: annoy_index.Forest | None
    removed: NDArray[np.int64]
    averaged: NDArray[Any]


class Searcher(NamedTuple):
    """What one measure needs to answer.

    Args:
        starts: first row of each shard, then the number of all rows.
        basis: what the shards' vectors were prepared with.
        pool: threads to search forests with; None to search one shard after the other.
        neighbours: how many of their nearest the stored vectors were averaged with, and queries are to be; 0: none.
    """

    measure: Measure
    shards: tuple[ShardVectors, ...]
    starts: NDArray[np.int64]
    basis: Basis
    params: SearchParams
    pool: ThreadPoolExecutor | None = None
    neighbours: int = 0

    @property
    def axes(self) -> NDArray[np.float32] | None:
        """What vectors are reduced by, shape (width, dimensions); None for bits."""
        return self.basis.axes.get(self.measure.name)

    def prepare(self, feature: Vector) -> Vector:
        """A picture's feature as the collection's vectors are, see `Basis.prepare`; bits as they are."""
        if self.axes is None:
            return feature
        return self.basis.prepare(self.measure.name, np.asarray(feature, np.float32))

    def vector(self, row: int) -> Vector:
        """The prepared vector of a stored picture."""
        vector: Vector = self.vectors(np.array([row]))[0]
        return vector

    def vectors(self, rows: NDArray[np.int64]) -> Vector:
        """The prepared vectors of some stored pictures, shape (len(rows), width)."""
        full = gather([one.full for one in self.shards], self.starts, rows)
        return full if self.axes is None else full.astype(np.float32)

    def averaged(self, rows: NDArray[np.int64]) -> Vector:
        """The same, averaged with their neighbours where the index has that."""
        return gather([one.averaged for one in self.shards], self.starts, rows).astype(np.float32)

    @property
    def metric(self) -> str:
        """The distance that candidates are found by."""
        return self.measure.metrics[0]

    @property
    def reduced_bytes(self) -> int:
        """Size of all reduced vectors."""
        return sum(one.reduced.nbytes for one in self.shards)

    def candidate_count(self, top_k: int) -> int:
        """How many candidates to score exactly for `top_k` answers."""
        return max(self.params.candidates, CANDIDATES_PER_ANSWER * top_k)

    def propose(self, vector: Vector, count: int, allowed: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """Rows that are probably nearest to a prepared vector, at most `count`, in no order.

        With a scan they are the same however the rows are spread over shards.

        Args:
            allowed: rows that may be proposed, shape (rows,); all of them are where they are few. None: all.
        """
        reduced = vector if self.axes is None else reduction.project(vector, self.axes)
        if allowed is not None:
            return self._propose_allowed(reduced, count, allowed)
        run = map if self.pool is None else self.pool.map
        return self._merge(list(run(lambda one: self._search(one, reduced, count), self.shards)), count)

    def _propose_allowed(self, reduced: Vector, count: int, allowed: NDArray[np.bool_]) -> NDArray[np.int64]:
        rows = np.flatnonzero(allowed)
        if len(rows) <= ALL_ALLOWED:
            return rows
        parts = zip(self.shards, self.starts[:-1].tolist(), self.starts[1:].tolist(), strict=True)
        return self._merge([self._scan(one, reduced, count, ~allowed[start:end]) for one, start, end in parts], count)

    def _search(self, shard: ShardVectors, reduced: Vector, count: int) -> Candidates:
        """Candidates of one shard; a scan where its forest finds removed pictures instead of enough others."""
        existing = len(shard.ids) - len(shard.removed)
        if shard.forest is None or not existing or not reduced.any():
            return self._scan(shard, reduced, count)
        factor = len(shard.ids) / existing
        search_k = (self.params.search_k or 0) * max(1.0, count / self.params.candidates) * factor
        rows, values = annoy_index.nearest(shard.forest, reduced, int(count * factor), int(search_k))
        exists = ~np.isin(rows, shard.removed)
        if exists.all():
            return rows, values
        if exists.sum() < min(count, existing):
            return self._scan(shard, reduced, count)
        return rows[exists][:count], values[exists][:count]

    def _scan(
        self, shard: ShardVectors, reduced: Vector, count: int, excluded: NDArray[np.bool_] | None = None
    ) -> Candidates:
        if self.axes is None:
            values = measures.distances(self.metric, reduced, shard.reduced)
        elif reduced.any():
            values = 1 - shard.reduced @ reduced
        else:  # without any feature: those without any first
            values = np.asarray(shard.reduced.any(axis=1), np.float32)
        values[shard.removed if excluded is None else excluded] = np.inf
        rows = smallest(values, count, shard.ids)
        return rows, values[rows]

    def _merge(self, found: Sequence[Candidates], count: int) -> NDArray[np.int64]:
        rows = np.concatenate([start + one[0] for start, one in zip(self.starts, found, strict=False)])
        if len(found) == 1:
            return rows
        ids = np.concatenate([shard.ids[one[0]] for shard, one in zip(self.shards, found, strict=True)])
        return rows[smallest(np.concatenate([one[1] for one in found]), count, ids)]

    def distances(self, vector: Vector, rows: NDArray[np.int64], metric: str) -> NDArray[np.float32]:
        """Exact distances from a prepared vector to some rows, shape (len(rows),)."""
        return measures.distances(metric, vector, self.vectors(rows))


def open_searcher(
    volume: Storage,
    basis: Basis,
    shards: Sequence[ShardEntry],
    measure: Measure,
    params: SearchParams,
    pool: ThreadPoolExecutor | None = None,
    neighbours: int = 0,
) -> Searcher:
    """The searcher of a measure over shards whose objects were checked."""
    objects.allow_open_files(len(shards))
    opened = [open_vectors(volume, one, measure.name, params) for one in shards if one.rows]
    return Searcher(
        measure,
        tuple(opened),
        starts_of(len(one.ids) for one in opened),
        basis,
        params,
        pool if params.search_k is not None and len(opened) > 1 else None,
        neighbours if measure.name == AVERAGED else 0,
    )


def open_vectors(volume: Storage, entry: ShardEntry, measure: str, params: SearchParams) -> ShardVectors:
    """One measure of a shard whose objects were checked."""
    start = f"{SHARDS}/{entry.name}"
    full = objects.load_array(volume, f"{start}.{measure}.npy")
    reduced = objects.load_array(volume, f"{start}.{measure}.reduced.npy") if measure in vector_measures() else full
    forest = None
    if params.search_k is not None:
        path = volume.local_path(f"{start}.{measure}.ann")
        forest = annoy_index.open_forest(path, reduced.shape[1], reduced.dtype)
    removed = np.zeros(0, np.int64)
    if entry.removed:
        removed = open_metadata(volume, entry).removed_rows()
    averaged = full
    if entry.averages and measure == AVERAGED:
        averaged = objects.load_array(volume, averages_key(entry.averages))
    return ShardVectors(objects.load_array(volume, f"{start}.ids.npy"), full, reduced, forest, removed, averaged)


def open_searchers(
    volume: Storage,
    basis: Basis,
    shards: Sequence[ShardEntry],
    tuned: Mapping[str, Mapping[str, Any]],
    pool: ThreadPoolExecutor | None = None,
    neighbours: int = 0,
) -> dict[str, Searcher]:
    """The searcher of every measure, with the parameters that a generation states."""
    return {
        name: open_searcher(volume, basis, shards, measure, tuned_params(tuned[name]), pool, neighbours)
        for name, measure in MEASURES.items()
    }


def tuned_params(facts: Mapping[str, Any]) -> SearchParams:
    """How hard a measure searches, from what a generation states about it."""
    return SearchParams(facts["candidates"], facts["search_k"] if facts["search"] == "annoy" else None)


def smallest(values: NDArray[Any], count: int, ids: NDArray[np.bytes_]) -> NDArray[np.int64]:
    """Positions of the `count` smallest finite values, in no order; among equals at the limit those of the smallest ids."""
    rows = np.arange(len(values))
    if count < len(values):
        limit = np.partition(values, count - 1)[count - 1]
        rows = np.flatnonzero(values <= limit)
        if len(rows) > count:
            equal = rows[values[rows] == limit]
            below = rows[values[rows] < limit]
            rows = np.concatenate([below, equal[np.argsort(ids[equal])][: count - len(below)]])
    return rows[values[rows] < np.inf]
