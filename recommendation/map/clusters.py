"""Clusters of pictures before and after the reduction to a map, and how far they agree."""

import math

import numpy as np
from numpy.typing import NDArray

from recommendation.map.positions import Grid
from recommendation.map.vectors import Matrix
from shared.people.clustering import kmeans, nearest_centre

MOST_BEFORE = 64
MOST_SAMPLED = 16_384  # vectors that the centres are learnt from
#: Of the mapped pictures, the share that the smallest cluster on the map has, and its least number of pictures.
SMALLEST_SHARE, SMALLEST = 1 / 300, 5
NONE = -1  # the cluster of a picture between clusters
BEFORE, AFTER = "vectors", "map"


def centre_count(rows: int) -> int:
    """How many clusters of vectors are looked for."""
    return max(1, min(MOST_BEFORE, math.isqrt(rows)))


def centres_of(vectors: Matrix, rows: int) -> NDArray[np.float64]:
    """Centres of the clusters of a sample of a collection of so many pictures."""
    return kmeans(vectors, centre_count(rows))[1]


def cluster_vectors(vectors: Matrix, centres: NDArray[np.float64]) -> NDArray[np.int32]:
    """The cluster of each vector."""
    return nearest_centre(vectors, centres).astype(np.int32)


def cluster_map(places: Grid) -> NDArray[np.int32]:
    """The cluster of each place by density, the largest first; NONE between them.

    Source: Campello, Moulavi and Sander 2013, "Density-based clustering based on hierarchical density estimates".
    """
    smallest = max(SMALLEST, round(len(places) * SMALLEST_SHARE))
    if len(places) < 2 * smallest or len(np.unique(places, axis=0)) < 2 * smallest:
        return np.zeros(len(places), np.int32)
    from sklearn.cluster import HDBSCAN

    made = HDBSCAN(min_cluster_size=smallest, min_samples=SMALLEST, cluster_selection_method="leaf", copy=True)
    return by_size(made.fit_predict(places.astype(np.float64)).astype(np.int32))


def by_size(groups: NDArray[np.int32]) -> NDArray[np.int32]:
    """The same clusters, numbered from the largest to the smallest; NONE stays."""
    sizes = np.bincount(groups[groups >= 0], minlength=int(groups.max(initial=NONE)) + 1)
    numbers = np.empty(len(sizes) + 1, np.int32)
    numbers[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    numbers[NONE] = NONE
    return numbers[groups]


def agreement(before: NDArray[np.int32], after: NDArray[np.int32]) -> float:
    """How far two clusterings agree, where both have a cluster: 1 in all pairs of pictures, about 0 by chance.

    Source: Hubert and Arabie 1985, "Comparing partitions": the adjusted Rand index.
    """
    from sklearn.metrics import adjusted_rand_score

    both = (before >= 0) & (after >= 0)
    return round(float(adjusted_rand_score(before[both], after[both])), 4) if both.any() else 1.0


def representatives(vectors: Matrix, groups: NDArray[np.int32]) -> dict[int, int]:
    """For each cluster the row with the largest inner product with its mean; of equals the first."""
    found = {}
    for group in np.unique(groups[groups >= 0]).tolist():
        rows = np.flatnonzero(groups == group)
        total = vectors[rows].sum(axis=0, dtype=np.float64)
        found[group] = int(rows[np.argmax(vectors[rows].astype(np.float64) @ total)])
    return found
