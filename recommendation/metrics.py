"""Retrieval metrics: pure functions of what was found and what should have been."""

import numpy as np
from numpy.typing import NDArray


def mean_precision_at_k(scores: NDArray[np.float32], is_relevant: NDArray[np.bool_], k: int) -> float:
    """Mean precision@k of queries whose candidates are ranked by score, 0..1.

    Args:
        scores: shape (queries, candidates), at least k candidates.
        is_relevant: the same shape.
    """
    best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    return float(np.take_along_axis(is_relevant, best, axis=1).mean())


def hits_by_distance(distances: NDArray[np.float32], truth: NDArray[np.float32], epsilon: float) -> int:
    """How many answers are as near as the farthest true neighbour; recall@k is this divided by how many there are.

    Counting by distance treats ties alike: an answer as near as the k-th true neighbour is as good as it.

    Args:
        distances: of the answers, at most k.
        truth: distances of the k true nearest neighbours; infinity where there are fewer.
        epsilon: by how much a distance may exceed the farthest true one, for rounding.

    Source: Aumüller, Bernhardsson and Faithfull 2018, "ANN-Benchmarks".
    """
    farthest = truth[np.isfinite(truth)].max(initial=0)
    return int((distances <= farthest + epsilon).sum())


def precision_at_k(is_relevant: NDArray[np.bool_], k: int, possible: NDArray[np.int64]) -> NDArray[np.float64]:
    """Precision@k of each query, 0..1: relevant answers among the first k, divided by as many as there can be.

    Args:
        is_relevant: of each query's answers, best first, shape (queries, answers).
        possible: relevant pictures that each query has, above 0, shape (queries,).
    """
    return np.asarray(is_relevant[:, :k].sum(axis=1) / np.minimum(possible, k), np.float64)


def recall_at_k(is_relevant: NDArray[np.bool_], k: int, possible: NDArray[np.int64]) -> NDArray[np.float64]:
    """Share of all relevant pictures among the first k answers of each query; arguments as `precision_at_k`."""
    return np.asarray(is_relevant[:, :k].sum(axis=1) / possible, np.float64)


def average_precision_at_k(is_relevant: NDArray[np.bool_], k: int, possible: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean of the precision at each relevant answer among the first k; arguments as `precision_at_k`."""
    hits = is_relevant[:, :k]
    precisions = np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)
    return np.asarray((precisions * hits).sum(axis=1) / np.minimum(possible, k), np.float64)


def ndcg_at_k(is_relevant: NDArray[np.bool_], k: int, possible: NDArray[np.int64]) -> NDArray[np.float64]:
    """Discounted gain of the first k answers as a share of the best possible; arguments as `precision_at_k`.

    Source: Järvelin and Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques"; binary relevance.
    """
    discounts = 1 / np.log2(np.arange(2, k + 2))
    best = np.concatenate([[0], np.cumsum(discounts)])[np.minimum(possible, k)]
    hits = is_relevant[:, :k]
    return np.asarray((hits * discounts[: hits.shape[1]]).sum(axis=1) / best, np.float64)


def bootstrap_interval(values: NDArray[np.float64], samples: int = 1000, seed: int = 20260101) -> tuple[float, float]:
    """95 % interval of the mean, from means of samples drawn with replacement."""
    random = np.random.default_rng(seed)
    means = [values[random.integers(0, len(values), len(values))].mean() for _ in range(samples)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
