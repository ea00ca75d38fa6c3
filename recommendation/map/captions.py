"""Where the pictures and names of clusters are on a map that is drawn: near their clusters, none on another."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

THUMBNAIL = 0.046  # side of a picture, as a share of the map's
EDGE = 0.01  # around the map, as a share of its side
LEAST_HEIGHT = 0.4  # of what is drawn, as a share of the map's side
MOST_CAPTIONS = 60
BINS = 160  # a side, to count points


class Points(NamedTuple):
    """All pictures of a map, shape (rows,) each: places 0..1 and clusters."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    clusters: NDArray[np.uint8]


class Caption(NamedTuple):
    """Where the picture and the name of a cluster are, 0..1."""

    cluster: Mapping[str, Any]
    x: float
    y: float


def arrange(clusters: Sequence[Mapping[str, Any]], points: Points) -> Iterator[Caption]:
    """Where pictures and names of clusters are: near them, the largest first, on as few points as possible.

    None lies on another; a cluster without room gets none.
    """
    counts, *_ = np.histogram2d(points.x, points.y, BINS, ((0, 1), (0, 1)))
    taken = list[Caption]()
    for one in clusters[:MOST_CAPTIONS]:
        free = [place for place in around(one) if all(is_apart(place, other) for other in taken)]
        if free:
            taken.append(min(free, key=lambda place: covered(counts, place)))
            yield taken[-1]


def around(one: Mapping[str, Any]) -> Iterator[Caption]:
    """Places in all directions from a cluster, near ones first."""
    for distance in (0.05, 0.075):
        for turn in range(12):
            angle = 2 * np.pi * turn / 12 + np.pi / 2
            x, y = one["x"] + distance * np.cos(angle), one["y"] + distance * np.sin(angle)
            if abs(x - 0.5) < 0.5 - THUMBNAIL / 2 and abs(y - 0.5) < 0.49:
                yield Caption(one, float(x), float(y))


def is_apart(left: Caption, right: Caption) -> bool:
    """Whether the pictures and names of two clusters do not touch."""
    return abs(left.x - right.x) > THUMBNAIL * 1.75 or abs(left.y - right.y) > THUMBNAIL * 1.5


def covered(counts: NDArray[np.float64], place: Caption) -> float:
    """How many points a picture and its name would cover, and a little for the distance."""
    half = THUMBNAIL * 0.6
    low = np.array([place.x - half, place.y - half * 1.5]) * BINS
    high = np.array([place.x + half, place.y + half]) * BINS
    (left, bottom), (right, top) = np.maximum(0, low).astype(int), np.ceil(high).astype(int)
    distance = np.hypot(place.x - place.cluster["x"], place.y - place.cluster["y"])
    return float(counts[left:right, bottom:top].sum() + distance)


def heights(points: Points, shown: Sequence[Caption]) -> tuple[float, float]:
    """From where to where there is something on a map, 0..1 and a little more."""
    ends = [float(points.y.min()), float(points.y.max())]
    ends += [one.y + side * THUMBNAIL for one in shown for side in (-1, 1)]
    middle, half = (max(ends) + min(ends)) / 2, max(max(ends) - min(ends), LEAST_HEIGHT) / 2 + EDGE
    return middle - half, middle + half
