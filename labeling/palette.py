"""Predominant colours: KMeans in CIELAB, where distances are about what people see."""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.pictures.color_names import COLOR_NAMES
from shared.pictures.features.lab import srgb_to_lab

MOST, LEAST = 5, 3
MERGE_BELOW = 12.0  # CIE76 difference; 2.3 can just be seen, and up to about 12 people use the same name
LEAST_SHARE = 0.02  # less of a picture is a detail, not a predominant colour
ROUNDS = 10  # KMeans hardly moves after these
CELL_BITS = 4  # per channel; pixels of one cell count as one point, weighted
FINE_CELL_BITS = 6  # for pictures with fewer than LEAST cells of the other size


class Palette(NamedTuple):
    """A picture's predominant colours, largest share first.

    Args:
        rgb: shape (n, 3), uint8.
        shares: shape (n,), sums to 1.
        names: one for each colour; two colours may have the same.
    """

    rgb: NDArray[np.uint8]
    shares: NDArray[np.float64]
    names: list[str]


class Points(NamedTuple):
    """Distinct colours, and to which each pixel belongs."""

    lab: NDArray[np.float64]  # (points, 3), mean of the pixels
    weights: NDArray[np.float64]  # (points,), pixels
    of_pixel: NDArray[np.int64]  # (pixels,)


def predominant_colors(rgb: NDArray[np.uint8], lab: NDArray[np.float32]) -> Palette:
    """The 3 to 5 colours a picture is made of; fewer only where it has fewer that differ at all.

    Args:
        rgb: sRGB pixels, shape (..., 3).
        lab: the same in CIELAB.
    """
    pixels, colors = rgb.reshape(-1, 3), lab.reshape(-1, 3)
    points = distinct(pixels, colors, CELL_BITS)
    if len(points.weights) < LEAST:
        points = distinct(pixels, colors, FINE_CELL_BITS)
    of_point = merge(points, cluster(points))
    shares, means = tally(of_point[points.of_pixel], pixels)
    order = np.argsort(-shares, kind="stable")
    palette = np.round(means[order]).astype(np.uint8)
    return Palette(palette, shares[order], color_names(palette))


def distinct(pixels: NDArray[np.uint8], lab: NDArray[np.float32], bits: int) -> Points:
    """The colours that differ in the highest `bits` of a channel."""
    red, green, blue = (pixels >> (8 - bits)).astype(np.int64).T
    of_pixel = renumbered((red << 2 * bits) | (green << bits) | blue)
    shares, means = tally(of_pixel, lab)
    return Points(means, shares * len(pixels), of_pixel)


def renumbered(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same groups, numbered without gaps in the same order."""
    return np.asarray((np.cumsum(np.bincount(groups) > 0) - 1)[groups])


def tally(
    groups: NDArray[np.int64], values: NDArray[Any], weights: NDArray[np.float64] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share and mean value of each group.

    Args:
        groups: the group of each value, shape (n,), numbered without gaps.
        values: shape (n, 3).
        weights: of each value, shape (n,); None: all count the same.
    """
    counts = np.bincount(groups, weights)
    channels = values.T if weights is None else values.T * weights
    means = np.stack([np.bincount(groups, channel) for channel in channels], axis=1) / counts[:, np.newaxis]
    return counts / counts.sum(), means


def cluster(points: Points) -> NDArray[np.int64]:
    """KMeans: the cluster, 0..MOST-1, of each point. The same points always give the same clusters.

    Source: Lloyd 1982, "Least squares quantization in PCM".
    """
    groups = nearest(points.lab, seeds(points))
    for _ in range(ROUNDS):
        _, centres = tally(renumbered(groups), points.lab, points.weights)
        before, groups = groups, nearest(points.lab, centres)
        if np.array_equal(before, groups):
            break
    return renumbered(groups)


def seeds(points: Points) -> NDArray[np.float64]:
    """Colours to begin with: the most frequent, then always the one that counts most for its distance to all before."""
    chosen = [int(np.argmax(points.weights))]
    distance = square_distances(points.lab, points.lab[chosen])[:, 0]
    while len(chosen) < min(MOST, len(points.lab)):
        chosen.append(int(np.argmax(points.weights * distance)))
        distance = np.minimum(distance, square_distances(points.lab, points.lab[chosen[-1:]])[:, 0])
    return points.lab[chosen]


def nearest(lab: NDArray[np.float64], centres: NDArray[np.float64]) -> NDArray[np.int64]:
    """The number of the centre nearest to each colour; of equally near ones the first."""
    return np.asarray(np.argmin((centres**2).sum(axis=1) - 2 * lab @ centres.T, axis=1))


def square_distances(lab: NDArray[np.float64], centres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Squared CIE76 colour differences, shape (colours, centres)."""
    squares = (lab**2).sum(axis=1)[:, np.newaxis] - 2 * lab @ centres.T + (centres**2).sum(axis=1)
    return np.asarray(np.maximum(squares, 0))  # rounding


def merge(points: Points, groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Join clusters that look alike or are tiny, down to LEAST; the group of each point."""
    while pair := joinable(*tally(groups, points.lab, points.weights)):
        groups = renumbered(np.where(groups == pair[1], pair[0], groups))
    return groups


def joinable(shares: NDArray[np.float64], centres: NDArray[np.float64]) -> tuple[int, int] | None:
    """Two clusters that should be one: a tiny one with its nearest, else the two most alike; None if all may stay."""
    if len(shares) <= LEAST:
        return None
    distances = square_distances(centres, centres) + np.diag(np.full(len(centres), np.inf))
    least = int(np.argmin(shares))
    if shares[least] < LEAST_SHARE:
        return int(np.argmin(distances[least])), least
    one, other = divmod(int(np.argmin(distances)), len(centres))
    return (one, other) if distances[one, other] < MERGE_BELOW**2 else None


def color_names(rgb: NDArray[np.uint8]) -> list[str]:
    """For each colour, shape (n, 3), the name of the nearest in COLOR_NAMES, measured in CIELAB."""
    return [list(COLOR_NAMES)[number] for number in nearest(srgb_to_lab(rgb).astype(np.float64), named_lab())]


@cache
def named_lab() -> NDArray[np.float64]:
    """COLOR_NAMES in CIELAB, shape (names, 3)."""
    return srgb_to_lab(np.array(list(COLOR_NAMES.values()), np.uint8)).astype(np.float64)
