"""Fewer dimensions for unit vectors: principal axes from sums that come out the same in any order.

Spark adds partial sums in whatever order tasks end, and floating-point sums depend on the order. So everything that
is summed over the collection is a whole number stored as float64: such sums are exact below 2**53, hence equal on one
core, on two and on a cluster.
"""

import numpy as np
from numpy.typing import NDArray

#: Unit vectors are rounded to this fraction before products are summed; exact up to 2**53 / 4096**2 = 500 million rows.
FIXED_POINT = 4096
#: Sums of raw vectors are rounded to this fraction once per slice; exact while the total stays below 2**37.
SUM_FIXED_POINT = 65536


def fixed_point_sum(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """Sum over the rows in units of 1 / SUM_FIXED_POINT, shape (width,): whole numbers."""
    total: NDArray[np.float64] = np.rint(vectors.sum(axis=0, dtype=np.float64) * SUM_FIXED_POINT)
    return total


def mean_of(total: NDArray[np.float64], rows: int) -> NDArray[np.float32]:
    """Mean vector from a sum of `fixed_point_sum`s over `rows` vectors."""
    return (total / SUM_FIXED_POINT / rows).astype(np.float32)


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors divided by their length along the last axis; a zero vector stays zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.where(length > 0, length, 1)).astype(np.float32)


def roots(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Square roots of the components, signs kept, brought to unit length: a few large components no longer outvote the rest.

    Source: Perronnin, Sanchez and Mensink 2010, "Improving the Fisher kernel for large-scale image classification".
    """
    return unit((np.sign(vectors) * np.sqrt(np.abs(vectors))).astype(np.float32))


def centre(vectors: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32]:
    """Directions of the vectors' `roots` as seen from their mean over the collection, of unit length.

    Precision@5 on 2,999 photos, of vectors that are only centred, of unit vectors centred, and of roots centred:
    0.854, 0.857, 0.858 (EfficientNet-Lite0) and 0.821, 0.830, 0.833 (MobileNetV2).
    """
    return unit(roots(vectors) - mean)


def uncentre(vector: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32]:
    """A vector, known but for its length, that `centre` makes this one of; shape (width,)."""
    along = float(vector @ mean)
    # |length * vector + mean| = 1, solved for the length
    length = -along + np.sqrt(max(0.0, along**2 + 1 - float(mean @ mean)))
    root = length * vector + mean
    return np.asarray(root * np.abs(root), np.float32)


def second_moment(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """Sum of the outer products of unit vectors, shape (width, width), in units of 1 / FIXED_POINT**2: whole numbers.

    It is the covariance where the vectors are centred, and what keeps inner products best where they are not.
    """
    whole: NDArray[np.float64] = np.rint(vectors.astype(np.float64) * FIXED_POINT)
    return whole.T @ whole


def principal_axes(moment: NDArray[np.float64], dimensions: int) -> NDArray[np.float32]:
    """The orthogonal directions that hold most of a second moment, largest first.

    Args:
        moment: shape (width, width), symmetric.
        dimensions: how many; all of them when there are not so many.

    Returns:
        Shape (width, min(dimensions, width)); each column has length 1 and its largest component is positive.
    """
    _, vectors = np.linalg.eigh(moment)  # ascending
    axes = vectors[:, ::-1][:, :dimensions]
    largest = np.abs(axes).argmax(axis=0)
    signs = np.where(axes[largest, np.arange(axes.shape[1])] < 0, -1, 1)
    return np.ascontiguousarray(axes * signs, dtype=np.float32)


def kept_share(moment: NDArray[np.float64], axes: NDArray[np.float32]) -> float:
    """Share of the squared length of all vectors that the axes keep, 0..1."""
    total = float(np.trace(moment))
    return float(np.einsum("ij,ij->", axes, moment @ axes)) / total if total else 1.0


def project(vectors: NDArray[np.float32], axes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Coordinates along the axes, brought to unit length, shape (..., dimensions).

    Angles between them find more of the true neighbours than inner products of the bare coordinates do: 98.8 against
    97.3 % of them among 50 candidates in 32 dimensions.
    """
    return unit((vectors @ axes).astype(np.float32))
