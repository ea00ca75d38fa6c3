"""Fewer dimensions for unit vectors: principal axes from sums that come out the same in any order.

Spark adds partial sums in whatever order tasks end, and floating-point sums depend on the order. So everything that
is summed over the collection is a whole number stored as float64: such sums are exact below 2**53, hence equal on one
core, on two and on a cluster.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: Unit vectors are rounded to this fraction before products are summed; exact up to 2**53 / 4096**2 = 500 million rows.
FIXED_POINT = 4096
#: Sums of raw vectors are rounded to this fraction once per slice; exact while the total stays below 2**37.
SUM_FIXED_POINT = 65536
#: Of the components. Mean precision@5 on four collections kept apart: 0.8349 with 0.7, 0.8326 with 0.5.
EXPONENT = 0.7
#: The mean of so many pictures counts as much as the built-in one.
FEW_ROWS = 32
#: Of a collection's vectors, as a share of that of photographs; below it the pictures are too much alike for their mean to count.
UNIFORM_SPREAD = 0.5


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


def powers(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Components to the power EXPONENT, signs kept, brought to unit length: a few large components no longer outvote the rest.

    Source: Perronnin, Sanchez and Mensink 2010, "Improving the Fisher kernel for large-scale image classification".
    """
    return unit((np.sign(vectors) * np.abs(vectors) ** np.float32(EXPONENT)).astype(np.float32))


def joined(networks: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The `powers` of what several networks made of the same pictures, side by side, of unit length; each counts as much.

    Args:
        networks: shape (..., width of the network) each; none gives no rows.
    """
    if not networks:
        return np.zeros((0, 0), np.float32)
    weight = np.float32(network_weight(len(networks)) ** 0.5)
    return np.concatenate([powers(one) * weight for one in networks], axis=-1)


def network_weight(networks: int) -> float:
    """The share that each of several networks has in the squared length of a joined vector."""
    return 1 / networks


def centre(vectors: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32]:
    """Directions of `joined` vectors from a mean, of unit length."""
    return unit(vectors - mean)


def shrunk_mean(mean: NDArray[np.float32], rows: int, built_in: NDArray[np.float32]) -> NDArray[np.float32]:
    """A collection's mean, or something between it and a built-in one where pictures are few or all alike.

    What such a collection has in common is not what all pictures have in common: without it, only noise would be left.
    A picture and its copies in 30 JPEG qualities have cosines of -0.33 to 0.97 about their own mean, 0.34 and more about this
    one, where unrelated pictures have at most 0.01. Of 2,999 photos the mean is their own but for a hundredth.

    Args:
        mean: of unit vectors, as `built_in`, which may be zeros.
        rows: how many vectors `mean` is the mean of.
    """
    spread = max(0.0, 1 - float(mean @ mean)) / (1 - float(built_in @ built_in))  # 1: as different as photographs are
    own = rows / (rows + FEW_ROWS) * min(1.0, spread / UNIFORM_SPREAD) ** 2
    return np.asarray(own * mean + (1 - own) * built_in, np.float32)


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
