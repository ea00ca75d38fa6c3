"""Clusters of vectors: KMeans whose result depends on nothing but the vectors, and the silhouette that chooses k."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[Any]
ROUNDS = 25
SEED = 20_240


def kmeans(vectors: Vectors, k: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The cluster of each vector and the clusters' centres.

    Args:
        vectors: shape (n, d), n at least 1.
        k: at most this many clusters; fewer where fewer vectors differ.

    Source: Arthur and Vassilvitskii 2007, "k-means++: the advantages of careful seeding"; Lloyd 1982.
    """
    points = vectors.astype(np.float64)
    centres = _seeds(points, k)
    groups = nearest_centre(points, centres)
    for _ in range(ROUNDS):
        counts = np.bincount(groups, minlength=len(centres))
        sums = np.zeros_like(centres)
        np.add.at(sums, groups, points)
        centres = np.where(counts[:, np.newaxis] > 0, sums / np.maximum(counts, 1)[:, np.newaxis], centres)
        before, groups = groups, nearest_centre(points, centres)
        if np.array_equal(before, groups):
            break
    return groups.astype(np.int32), centres


def _seeds(points: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    random = np.random.default_rng(SEED)
    chosen = [int(random.integers(len(points)))]
    distance = ((points - points[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < k and distance.max() > 1e-12:
        chosen.append(int(np.searchsorted(np.cumsum(distance), random.random() * distance.sum(), "right")))
        chosen[-1] = min(chosen[-1], len(points) - 1)
        distance = np.minimum(distance, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
    return points[chosen]


def nearest_centre(points: Vectors, centres: Vectors) -> NDArray[np.int64]:
    """The number of the centre nearest to each point; of equally near ones the first."""
    return np.asarray(np.argmin((centres**2).sum(axis=1) - 2 * points @ centres.T, axis=1))


def silhouette(vectors: Vectors, groups: NDArray[Any]) -> float:
    """Mean silhouette of a clustering, -1..1; 0 for one cluster. Memory and time grow with the square of the vectors.

    Source: Rousseeuw 1987, "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis".
    """
    k = int(groups.max()) + 1
    if k < 2:
        return 0.0
    points = vectors.astype(np.float64)
    squares = (points**2).sum(axis=1)
    distances = np.sqrt(np.maximum(squares[:, np.newaxis] + squares - 2 * points @ points.T, 0))
    np.fill_diagonal(distances, 0)
    members = np.eye(k)[groups]
    sizes = members.sum(axis=0)
    sums = distances @ members
    own = sizes[groups]
    inside = sums[np.arange(len(points)), groups] / np.maximum(own - 1, 1)
    means = sums / np.maximum(sizes, 1)
    means[np.arange(len(points)), groups] = np.inf
    means[:, sizes == 0] = np.inf
    outside = means.min(axis=1)
    scores = np.where(own > 1, (outside - inside) / np.maximum(np.maximum(outside, inside), 1e-12), 0)
    return float(scores.mean())
