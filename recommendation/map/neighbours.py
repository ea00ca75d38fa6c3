"""Exact nearest neighbours by blocks of matrix products; memory grows with the block, not with the collection."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.map.vectors import SQUARED_LENGTH, Matrix

BLOCK_ROWS = 256  # of queries: 100 MB of products with 100,000 vectors
GROUPED = 32  # products of which first only the largest is looked at


class Neighbours(NamedTuple):
    """Rows of the nearest vectors, nearest first, and their distances; shape (queries, k)."""

    rows: NDArray[np.int32]
    distances: NDArray[np.float32]


def padded(vectors: Matrix) -> Matrix:
    """Vectors with rows of zeros behind them, so that their number is a multiple of GROUPED."""
    return np.concatenate([vectors, np.zeros((-len(vectors) % GROUPED, vectors.shape[1]), np.float32)])


def nearest(queries: Matrix, gallery: Matrix, rows: int, k: int, own: NDArray[np.int64] | None = None) -> Neighbours:
    """The `k` vectors of the gallery with the largest inner products with each query; of equals the first.

    Args:
        queries: whole numbers, as the gallery.
        gallery: from `padded`.
        rows: of the gallery without what was padded.
        own: row of each query in the gallery, which is left out.

    Returns:
        Fewer than `k` where the gallery has fewer.
    """
    k = min(k, rows - (own is not None))
    if k <= 0 or not len(queries):
        return Neighbours(np.zeros((len(queries), 0), np.int32), np.zeros((len(queries), 0), np.float32))
    starts = range(0, len(queries), BLOCK_ROWS)
    blocks = [slice(start, start + BLOCK_ROWS) for start in starts]
    found = [_nearest_block(queries[one], gallery, rows, k, None if own is None else own[one]) for one in blocks]
    return Neighbours(np.concatenate([one.rows for one in found]), np.concatenate([one.distances for one in found]))


def _nearest_block(queries: Matrix, gallery: Matrix, rows: int, k: int, own: NDArray[np.int64] | None) -> Neighbours:
    products = queries @ gallery.T
    products[:, rows:] = -np.inf
    if own is not None:
        products[np.arange(len(queries)), own] = -np.inf
    places = _candidates(products, k)
    values = np.take_along_axis(products, places, 1)
    order = np.lexsort((places, -values))[:, :k]
    places, values = np.take_along_axis(places, order, 1), np.take_along_axis(values, order, 1)
    return Neighbours(places.astype(np.int32), distances(values))


def _candidates(products: Matrix, k: int) -> NDArray[np.int64]:
    """Columns among which the k largest products of each row are: those of the k groups with the largest maxima."""
    n_groups = products.shape[1] // GROUPED
    if n_groups <= k:
        return np.broadcast_to(np.arange(products.shape[1]), products.shape)
    maxima = products.reshape(len(products), GROUPED, n_groups).max(axis=1)  # group g: columns g, g + n_groups, ...
    groups = np.argpartition(maxima, n_groups - k, axis=1)[:, n_groups - k :]
    columns = groups[:, :, np.newaxis] + n_groups * np.arange(GROUPED)
    return np.asarray(columns.reshape(len(products), -1))


def distances(products: Matrix) -> Matrix:
    """Euclidean distances of unit vectors from the inner products of their whole numbers."""
    return np.sqrt(np.maximum(0, 2 - 2 * products / SQUARED_LENGTH)).astype(np.float32)
