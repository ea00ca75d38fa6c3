"""Whitening by mutual neighbours: directions in which pictures that belong together differ count less.

Pictures that are among each other's nearest are taken to belong together. The covariance of their differences says what varies
between such pictures; its inverse square root is the last linear map of the basis, so a query costs no more.

Whatever is compared or summed is a whole number, so the result does not depend on how the work is divided.

Precision@5 of EfficientNet-Lite0 on 2,999 photos of 101 things and on 1,380 of scenes and materials: 0.854 and 0.783 without,
0.872 and 0.800 with. Pairs among the 5 nearest do no harm in classes of 3 (+0.002; the 10 nearest: -0.018).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Coordinates are multiples of 1 / FIXED_POINT: products of unit vectors stay below 2**24 and are exact in float32.
FIXED_POINT = 2048
DIMENSIONS = 256  # principal axes that are whitened; the others are dropped
NEIGHBOURS = 5
#: A share of the mean eigenvalue that is added to all, so that directions in which few pairs differ do not count too much.
FLOOR = 0.1
#: Each pair is one measurement of DIMENSIONS variances: few pairs, hence a noisy covariance, are mixed with more of the identity.
NOISE = DIMENSIONS
MIN_PAIRS = 2 * DIMENSIONS
#: Mutual neighbours at more than this share of the squared distance of any two pictures do not belong together.
MAX_SPREAD = 0.7


class Whitening(NamedTuple):
    """Whether the vectors are whitened, and why.

    Args:
        matrix: shape (dimensions, dimensions), symmetric; None where whitening is not used.
        pairs: how many pairs of mutual neighbours there were.
        spread: their mean squared distance, as a share of that of any two pictures.
    """

    matrix: NDArray[np.float32] | None
    pairs: int
    spread: float

    @property
    def reason(self) -> str:
        """The decision, for people."""
        if self.pairs < MIN_PAIRS:
            return f"not used: {self.pairs} pairs of mutual neighbours are fewer than {MIN_PAIRS}"
        compared = f"mutual neighbours have {self.spread:.2f} of the squared distance of any two pictures"
        return f"{'not used' if self.matrix is None else 'used'}: {compared}, at most {MAX_SPREAD} is required"


def is_possible(rows: int) -> bool:
    """Whether so many pictures can have MIN_PAIRS pairs."""
    return rows * NEIGHBOURS >= 2 * MIN_PAIRS


def fixed_point(coordinates: NDArray[np.float32]) -> NDArray[np.float32]:
    """Coordinates of vectors of at most unit length as whole numbers, in units of 1 / FIXED_POINT."""
    whole: NDArray[np.float32] = np.rint(coordinates * np.float32(FIXED_POINT))
    return whole


def nearest(coordinates: NDArray[np.float32], queries: range) -> NDArray[np.int64]:
    """The NEIGHBOURS rows with the largest inner products with each of some rows, itself left out; of equals the first.

    Args:
        coordinates: from `fixed_point`, shape (rows, dimensions), more than NEIGHBOURS rows.

    Returns:
        Shape (len(queries), NEIGHBOURS), in no order.
    """
    rows = len(coordinates)
    products = coordinates[queries.start : queries.stop] @ coordinates.T
    keys = np.arange(rows) - products.astype(np.int64) * rows  # no two are equal
    keys[np.arange(len(queries)), np.arange(queries.start, queries.stop)] = np.iinfo(np.int64).max
    return np.argpartition(keys, NEIGHBOURS - 1, axis=1)[:, :NEIGHBOURS]


def mutual_pairs(neighbours: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pairs of rows that are among each other's neighbours, shape (pairs, 2), the smaller row first, ascending.

    Args:
        neighbours: shape (rows, k).
    """
    rows, k = neighbours.shape
    left, right = np.repeat(np.arange(rows), k), neighbours.ravel()
    forth, back = left * rows + right, right * rows + left
    mutual = np.intersect1d(forth, back)
    pairs = np.column_stack([mutual // rows, mutual % rows])
    return pairs[pairs[:, 0] < pairs[:, 1]]


def learn(coordinates: NDArray[np.float32], neighbours: Sequence[NDArray[np.int64]]) -> Whitening:
    """The whitening of a collection, used if there are enough pairs and they are near each other.

    Args:
        coordinates: of the centred unit vectors on their principal axes, from `fixed_point`, shape (rows, dimensions).
        neighbours: from `nearest`, for all rows in their order.
    """
    pairs = mutual_pairs(np.concatenate(neighbours)) if neighbours else np.zeros((0, 2), np.int64)
    if len(pairs) < MIN_PAIRS:
        return Whitening(None, len(pairs), 1.0)
    moment = difference_moment(coordinates, pairs)
    spread = float(np.trace(moment)) / len(pairs) / mean_squared_distance(coordinates)
    matrix = inverse_root(moment, len(pairs)) if spread <= MAX_SPREAD else None
    return Whitening(matrix, len(pairs), round(spread, 4))


def difference_moment(coordinates: NDArray[np.float32], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sum of the outer products of the differences of pairs, shape (dimensions, dimensions): whole numbers."""
    differences = coordinates[pairs[:, 0]].astype(np.float64) - coordinates[pairs[:, 1]]
    return differences.T @ differences


def mean_squared_distance(coordinates: NDArray[np.float32]) -> float:
    """Mean squared distance of any two rows, a row and itself among them."""
    exact = coordinates.astype(np.float64)
    mean = exact.sum(axis=0) / len(exact)
    return 2 * float((exact**2).sum() / len(exact) - mean @ mean)


def inverse_root(moment: NDArray[np.float64], pairs: int) -> NDArray[np.float32]:
    """The inverse square root of a covariance whose eigenvalues are divided by their mean and raised by a floor."""
    values, vectors = np.linalg.eigh(moment)
    mean = float(values.mean()) or 1.0
    scale = 1 / np.sqrt(np.maximum(values, 0) / mean + FLOOR + NOISE / pairs)
    return np.asarray((vectors * scale) @ vectors.T, np.float32)
