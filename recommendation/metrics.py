"""Retrieval metrics: pure functions of what was found and what should have been."""

from collections.abc import Iterable
from itertools import islice

import numpy as np
from numpy.typing import NDArray


def hits_at_k(is_relevant: Iterable[bool], k: int) -> int:
    """How many of the first k answers are relevant; precision@k is this divided by k."""
    return sum(islice(is_relevant, k))


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
