"""How many of the true nearest neighbours a search finds, and how hard it must search to find enough.

Recall is counted by distance with an epsilon, see `metrics.hits_by_distance`.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation import metrics
from recommendation.index.searcher import Searcher, SearchParams
from recommendation.index.shard import ShardEntry
from recommendation.settings import Settings
from shared.pictures import measures
from shared.storage.files import digest

K = 5
EPSILON = 1e-5  # of a distance: float32 sums differ by about this with the order of the terms
QUERIES = 200
#: Recall is measured over whole shards, chosen by hash, until they have this many rows.
SAMPLE_ROWS = 250_000
SEED = 20260101
FIRST_CANDIDATES, FIRST_SEARCH_K = 100, 1000
MOST_CANDIDATES = 10_000  # beyond it a scan of the full vectors is as fast
MOST_SEARCH_K = 1_000_000  # beyond it a scan is faster
LEAST_GAIN = 0.002  # of recall, for twice the work
MIB = 1 << 20


class Measurement(NamedTuple):
    """How one way of searching did."""

    recall: float  # recall@5, 0..1
    seconds: list[float]  # of each query


class Start(NamedTuple):
    """Where a measure's tuning starts: from a basis, or from the least."""

    scan: SearchParams = SearchParams(FIRST_CANDIDATES, None)
    annoy: SearchParams = SearchParams(FIRST_CANDIDATES, FIRST_SEARCH_K)


class Tuned(NamedTuple):
    """How a measure searches: what is the same at every build, and what was measured."""

    facts: dict[str, Any]
    latency_ms: dict[str, Any]
    start: Start


def sample(shards: Sequence[ShardEntry]) -> list[ShardEntry]:
    """The shards that recall is measured over, in their order."""
    chosen: list[ShardEntry] = []
    for one in sorted(shards, key=lambda one: digest(one.name)):
        if sum(other.rows for other in chosen) >= SAMPLE_ROWS:
            break
        chosen.append(one)
    return [one for one in shards if one in chosen]


def query_rows(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows that are queries, each left out of its own answer: at most QUERIES, by a fixed seed."""
    return np.sort(np.random.default_rng(SEED).choice(rows, min(len(rows), QUERIES), replace=False))


def nearest_distances(one: Searcher, queries: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Distances of the K nearest of some rows to each query row, by a full scan.

    Returns:
        Shape (queries, K), ascending; infinity where there are fewer.
    """
    found = np.full((len(queries), K), np.inf, np.float32)
    if not len(rows):
        return found
    vectors, gallery = one.vectors(queries), one.vectors(rows)
    for place, (row, ranking) in enumerate(zip(queries, _rankings(one, vectors, gallery), strict=True)):
        nearest = np.argpartition(ranking, K)[: K + 1] if len(ranking) > K + 1 else np.arange(len(ranking))
        nearest = nearest[rows[nearest] != row]
        distances = np.sort(measures.distances(one.metric, vectors[place], gallery[nearest]))[:K]
        found[place, : len(distances)] = distances
    return found


def _rankings(one: Searcher, vectors: NDArray[Any], gallery: NDArray[Any]) -> Iterable[NDArray[np.float32]]:
    """For each query something that orders the rows as their distances do, shape (rows,)."""
    if one.axes is None:
        return (measures.distances(one.metric, vector, gallery) for vector in vectors)
    products: NDArray[np.float32] = -(vectors @ gallery.T)  # unit vectors: one product for all
    return products


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
        found += metrics.hits_by_distance(distances, nearest, EPSILON)
    possible = int(np.isfinite(truth).sum())
    return Measurement(found / possible if possible else 1.0, seconds)


def tune(
    open_with: Callable[[SearchParams], Searcher],
    start: Start,
    is_scanned: bool,
    queries: NDArray[np.int64],
    truth: NDArray[np.float32],
    wanted: float,
) -> Tuned:
    """Choose how hard a measure must search for the recall asked for.

    Annoy is always tried, so that its figures are stated; the scan only where it is what answers.

    Args:
        open_with: opens the searcher of the measure.
    """
    annoy_params, annoy = tune_params(open_with(start.annoy), queries, truth, wanted)
    scan_params, answering = start.scan, annoy
    if is_scanned:
        scan_params, answering = tune_params(open_with(start.scan), queries, truth, wanted)
    return Tuned(
        facts={
            "search": "scan" if is_scanned else "annoy",
            "recall": round(answering.recall, 4),  # recall@5 of what answers
            "candidates": (scan_params if is_scanned else annoy_params).candidates,
            "search_k": annoy_params.search_k,
            "annoy_recall": round(annoy.recall, 4),
        },
        latency_ms={
            **percentiles_ms(answering.seconds),
            **{f"annoy_{share}": value for share, value in percentiles_ms(annoy.seconds).items()},
        },
        start=Start(scan_params, annoy_params),
    )


def is_scan_used(settings: Settings, reduced_bytes: int) -> bool:
    """Whether all reduced vectors are scanned rather than searched with Annoy."""
    fits = reduced_bytes <= settings.scan_mib * MIB
    return settings.search == "scan" or (settings.search == "auto" and fits)


def tune_params(
    one: Searcher, queries: NDArray[np.int64], truth: NDArray[np.float32], wanted: float
) -> tuple[SearchParams, Measurement]:
    """Search harder until the wanted recall is reached, or more would not help."""
    params, best = one.params, try_search(one, queries, truth)
    while best.recall < wanted:
        tried = ((harder, try_search(one._replace(params=harder), queries, truth)) for harder in harder_params(params))
        better = next((found for found in tried if found[1].recall >= best.recall + LEAST_GAIN), None)
        if better is None:
            break
        params, best = better
    return params, best


def harder_params(params: SearchParams) -> list[SearchParams]:
    """The next parameters to try, cheapest first: more nodes of each forest, then more candidates as well."""
    candidates = min(2 * params.candidates, MOST_CANDIDATES)
    if params.search_k is None:
        return [SearchParams(candidates, None)]
    search_k = min(2 * params.search_k, MOST_SEARCH_K)
    return [SearchParams(params.candidates, search_k), SearchParams(candidates, search_k)]


def start_of(params: Mapping[str, Mapping[str, Any]] | None, measure: str) -> Start:
    """Where a measure's tuning starts, from what a basis stores; from the least where it stores nothing."""
    if not params:
        return Start()
    stored = params[measure]
    return Start(SearchParams(**stored["scan"]), SearchParams(**stored["annoy"]))


def stored_start(start: Start) -> dict[str, Any]:
    """What a basis stores for `start_of`."""
    return {name: params._asdict() for name, params in start._asdict().items()}


def percentiles_ms(seconds: Sequence[float]) -> dict[str, float]:
    """Median and 99th percentile of some durations, in milliseconds."""
    return {f"p{share}": round(float(np.percentile(seconds, share)) * 1000, 3) for share in (50, 99)}
