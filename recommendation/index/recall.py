"""How many of the true nearest neighbours a search finds, and how hard it must search to find enough.

Recall is counted by distance with an epsilon, as ann-benchmarks does: a picture as near as the fifth true neighbour is
as good as it.
"""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.index import searcher
from recommendation.index.searcher import Searcher, SearchParams
from recommendation.settings import Settings
from shared.pictures import measures
from shared.pictures.measures import MEASURES

K = 5
EPSILON = 1e-5  # of a distance: float32 sums differ by about this with the order of the terms
QUERIES = 200
SEED = 20260101
FIRST_SCAN, FIRST_ANNOY = SearchParams(100, None), SearchParams(100, 1000)
MOST_CANDIDATES = 10_000  # beyond it a scan of the full vectors is as fast
LEAST_GAIN = 0.002  # of recall, for twice the work


MOST_SEARCH_K = 1_000_000  # beyond it a scan is faster
MIB = 1 << 20


class Measurement(NamedTuple):
    """How one way of searching did."""

    recall: float  # recall@5, 0..1
    seconds: list[float]  # of each query


class Tuned(NamedTuple):
    """How a measure searches: what is the same at every build, and what was measured."""

    facts: dict[str, Any]
    latency_ms: dict[str, Any]


def query_rows(rows: int) -> NDArray[np.int64]:
    """Rows that are asked as queries, each left out of its own answer: at most QUERIES, by a fixed seed."""
    return np.sort(np.random.default_rng(SEED).choice(rows, min(rows, QUERIES), replace=False))


def nearest_of_piece(
    folder: Path, queries: NDArray[np.int64], piece: tuple[str, range]
) -> tuple[str, NDArray[np.float32]]:
    """A measure's name, and `nearest_distances` by it among some rows."""
    name, rows = piece
    return name, nearest_distances(searcher.open_searcher(folder, MEASURES[name], FIRST_SCAN), queries, rows)


def nearest_distances(one: Searcher, queries: NDArray[np.int64], rows: range) -> NDArray[np.float32]:
    """Distances of the K nearest of some rows to each query row, by a full scan.

    Returns:
        Shape (queries, K), ascending; infinity where there are fewer.
    """
    found = np.full((len(queries), K), np.inf, np.float32)
    for place, (row, ranking) in enumerate(zip(queries, _rankings(one, queries, rows), strict=True)):
        nearest = searcher.smallest(ranking, K + 1) + rows.start
        nearest = nearest[nearest != row]
        distances = np.sort(one.distances(one.vector(row), nearest, one.metric))[:K]
        found[place, : len(distances)] = distances
    return found


def _rankings(one: Searcher, queries: NDArray[np.int64], rows: range) -> Iterable[NDArray[np.float32]]:
    """For each query something that orders the rows as their distances do, shape (rows,)."""
    gallery = one.full[rows.start : rows.stop]
    if one.axes is None:
        return (measures.distances(one.metric, one.full[row], gallery) for row in queries)
    return -(one.full[queries].astype(np.float32) @ gallery.astype(np.float32).T)  # unit vectors: one product for all


def merge_nearest(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """The K nearest of two sets of rows, from the K nearest of each."""
    return np.sort(np.concatenate([left, right], axis=1), axis=1)[:, :K]


def try_search(one: Searcher, queries: NDArray[np.int64], truth: NDArray[np.float32]) -> Measurement:
    """Search for each query row as the engine does.

    Args:
        truth: distances of the K nearest, from `nearest_distances` over all rows.
    """
    seconds, found = [], 0
    for row, nearest in zip(queries, truth, strict=True):
        vector = one.vector(row)
        started = time.perf_counter()
        rows = one.propose(vector, one.candidate_count(K) + 1)
        distances = np.sort(one.distances(vector, rows[rows != row], one.metric))[:K]
        seconds.append(time.perf_counter() - started)
        found += int((distances <= nearest[np.isfinite(nearest)].max(initial=0) + EPSILON).sum())
    possible = int(np.isfinite(truth).sum())
    return Measurement(found / possible if possible else 1.0, seconds)


def tune(folder: Path, name: str, queries: NDArray[np.int64], truth: NDArray[np.float32], settings: Settings) -> Tuned:
    """Choose a measure's way of searching, and how hard it must search for the recall asked for.

    Annoy is always tried, so that its figures are known; the scan only where it is what answers.
    """
    scanning = searcher.open_searcher(folder, MEASURES[name], FIRST_SCAN)
    is_scanned = settings.search == "scan" or (
        settings.search == "auto" and scanning.reduced.nbytes <= settings.scan_mib * MIB
    )
    asking = searcher.open_searcher(folder, MEASURES[name], FIRST_ANNOY)
    annoy_params, annoy = tune_params(asking, queries, truth, settings.recall)
    params, live = tune_params(scanning, queries, truth, settings.recall) if is_scanned else (annoy_params, annoy)
    return Tuned(
        facts={
            "search": "scan" if is_scanned else "annoy",
            "recall": round(live.recall, 4),  # recall@5 of what answers
            "candidates": params.candidates,
            "search_k": annoy_params.search_k,
            "annoy_recall": round(annoy.recall, 4),
        },
        latency_ms={
            **percentiles_ms(live.seconds),
            **{f"annoy_{share}": value for share, value in percentiles_ms(annoy.seconds).items()},
        },
    )


def tune_params(
    one: Searcher, queries: NDArray[np.int64], truth: NDArray[np.float32], wanted: float
) -> tuple[SearchParams, Measurement]:
    """Search harder until the wanted recall is reached, or more would not help."""
    params, trial = one.params, try_search(one, queries, truth)
    while trial.recall < wanted:
        tried = ((harder, try_search(one._replace(params=harder), queries, truth)) for harder in harder_params(params))
        better = next((found for found in tried if found[1].recall >= trial.recall + LEAST_GAIN), None)
        if better is None:
            break
        params, trial = better
    return params, trial


def harder_params(params: SearchParams) -> list[SearchParams]:
    """The next efforts to try, cheapest first: more nodes of the forest, then more candidates as well."""
    candidates = min(2 * params.candidates, MOST_CANDIDATES)
    if params.search_k is None:
        return [SearchParams(candidates, None)]
    search_k = min(2 * params.search_k, MOST_SEARCH_K)
    return [SearchParams(params.candidates, search_k), SearchParams(candidates, search_k)]


def percentiles_ms(seconds: Sequence[float]) -> dict[str, float]:
    """Median and 99th percentile of some durations, in milliseconds."""
    return {f"p{share}": round(float(np.percentile(seconds, share)) * 1000, 3) for share in (50, 99)}
