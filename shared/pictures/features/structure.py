"""The structure feature: which way the edges run, and where."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from shared.pictures.features.thumbnail import Thumbnail

#: Precision@5 on 2,999 photos: 0.296 with 4 x 4 cells, 0.317 with 6 x 6, 0.320 with 8 x 8; with 8 orientations.
GRID = 6
ORIENTATIONS = 8  # over half a circle: an edge and its negative are alike
LENGTH = GRID * GRID * ORIENTATIONS
FAINT = 1e-3  # less is rounding, not an edge


def gradient_orientations(thumbnail: Thumbnail) -> NDArray[np.float32]:
    """How much edge of each orientation a picture has in each cell of a grid, against its mean.

    Edge strengths are square-rooted, so that one strong edge does not drown the others, and the mean of all is taken
    away, so that pictures with nothing in common have a cosine of about 0.

    Returns:
        Shape (LENGTH,): row by row of the grid, orientation fastest; unit length, all zeros for a picture without edges.

    Source: Dalal and Triggs 2005, "Histograms of oriented gradients for human detection"; Arandjelovic and Zisserman
    2012 (roots). Roots and centring raise precision@5 from 0.275 to 0.317.
    """
    return lightness_orientations(thumbnail.small_lab[..., 0])


def lightness_orientations(lightness: NDArray[np.float32]) -> NDArray[np.float32]:
    """The structure feature of a square picture of lightness, shape (side, side)."""
    cells = cell_weights(len(lightness))
    mass = cells @ orientation_planes(lightness) @ cells.T  # (orientation, row, column)
    roots = np.sqrt(np.moveaxis(mass, 0, 2).ravel())
    centred = roots - roots.mean()
    length = np.linalg.norm(centred)
    return np.asarray(centred / length if length > FAINT else 0 * centred, np.float32)


def orientation_planes(lightness: NDArray[np.float32]) -> NDArray[np.float32]:
    """Edge strength of each orientation at each pixel, shape (ORIENTATIONS, side, side); none on the border.

    Orientation 0 is a gradient to the right or left; the next ones turn towards the bottom. A gradient between two
    orientations counts for both, the more the nearer.
    """
    right, down = np.zeros_like(lightness), np.zeros_like(lightness)
    right[1:-1, 1:-1] = lightness[1:-1, 2:] - lightness[1:-1, :-2]
    down[1:-1, 1:-1] = lightness[2:, 1:-1] - lightness[:-2, 1:-1]
    place = np.arctan2(down, right) * np.float32(ORIENTATIONS / np.pi)  # -ORIENTATIONS..ORIENTATIONS
    centres = np.arange(ORIENTATIONS, dtype=np.float32)[:, np.newaxis, np.newaxis]
    turn = np.abs(place - centres)  # 0..2 * ORIENTATIONS; half a circle is ORIENTATIONS
    nearest = np.minimum(np.minimum(turn, np.abs(turn - ORIENTATIONS)), np.abs(turn - 2 * ORIENTATIONS))
    return np.asarray(np.hypot(right, down) * np.maximum(0, 1 - nearest), np.float32)


@cache
def cell_weights(side: int) -> NDArray[np.float32]:
    """How much a row of pixels counts for each row of cells, shape (GRID, side): all for the nearest, less between two."""
    place = (np.arange(side) + 0.5) * GRID / side - 0.5
    distance = np.abs(np.clip(place, 0, GRID - 1) - np.arange(GRID)[:, np.newaxis])
    return np.asarray(np.maximum(0, 1 - distance), np.float32)
