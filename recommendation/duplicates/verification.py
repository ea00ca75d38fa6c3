"""Whether two pictures are copies: their signatures are laid over each other, turned, mirrored and cut as copies are.

How alike two fields of lightness are is their correlation, of the lightness itself and of its edges; see docs/duplicates.md
for what the limits find and miss.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.duplicates.signature import SIDE_PX, SYMMETRIES, Gray, Signature, turn

Spans = tuple[tuple[float, float], ...]
"""Where parts of a side start and how long they are, as shares of it."""

#: What a copy may be; the numbers are stored.
KINDS = ("near", "mirrored", "rotated", "cropped", "framed")
NEAR, MIRRORED, ROTATED, CROPPED, FRAMED = range(5)

LEAST_LIGHT, LEAST_EDGES = 0.95, 0.80  # correlations of copies
LEAST_CUT_LIGHT, LEAST_CUT_EDGES = 0.96, 0.80  # the same where a part is compared
MOST_CHROMA = 12.0  # mean distance of colours in the plane of a and b
LEAST_CONTRAST = 4.0  # standard deviation of lightness, 0..255, below which nothing can be compared
#: A frame has one colour: so many of its pixels are so near, in levels of 255, to the middle one.
FRAME_LEVELS, FRAME_SHARE, FRAMED_SIDES = 12.0, 0.85, 3
RING_SHARE = 0.4  # of the pixels within the frame that have another colour
SLACK_PX = 0.3  # what a part may be misplaced by
ALMOST_WHOLE = 0.95  # share of a picture's area; a part that large is the picture itself

#: Which pixel of a picture each pixel of the turned one is, for each symmetry.
PIXELS = np.arange(SIDE_PX * SIDE_PX, dtype=np.float32).reshape(SIDE_PX, SIDE_PX)
TURNED = np.array([turn(PIXELS, symmetry).ravel() for symmetry in range(SYMMETRIES)], np.int64)

CHROMA_GRID = 8
GRID, COARSE = 32, 12  # samples along each side where parts are compared
SHARES = (0.77, 0.82, 0.87, 0.92, 0.97, 1.0)  # of a side that a part may have
PLACES = 5  # of a part along a side
COARSE_SPANS: Spans = tuple(
    (start, share) for share in SHARES for start in (np.linspace(0, 1 - share, PLACES).tolist() if share < 1 else [0.0])
)
STEPS = (-0.02, 0.0, 0.02)  # that the best part is moved and stretched by, to find a better one
SCALES = (1.0, 0.5, 0.25)  # of the steps, one after the other
PROMISING = 0.8  # correlation of the best part found at first, below which no better one is looked for


class Verified(NamedTuple):
    """That two pictures are copies.

    Args:
        kind: place in KINDS of what the second is to the first.
        score: correlation of the edges, 0..1.
        is_part: 1 where the second is a part of the first, -1 where the first is of the second, else 0.
    """

    kind: int
    score: float
    is_part: int = 0


def verify(first: Signature, second: Signature, *, is_cut_possible: bool = True) -> Verified | None:
    """What the second picture is to the first; None where they are no copies of each other.

    Args:
        is_cut_possible: whether parts are tried, which takes much longer.
    """
    if min(float(first.light.std()), float(second.light.std())) < LEAST_CONTRAST:
        return None
    return verify_whole(first, second) or (verify_part(first, second) if is_cut_possible else None)


def verify_whole(first: Signature, second: Signature) -> Verified | None:
    """Whether the whole pictures are the same, as they are or turned or mirrored."""
    turned = second.light.ravel()[TURNED]
    best = int(np.argmax(turned @ (first.light - first.light.mean()).ravel()))  # all have the same mean and spread
    other = second.turned(best)
    if correlation(first.light, other.light) < LEAST_LIGHT or chroma_distance(first, other) > MOST_CHROMA:
        return None
    edges = correlation(edges_of(first.light), edges_of(other.light))
    if edges < LEAST_EDGES:
        return None
    return Verified(NEAR if best == 0 else MIRRORED if best in (4, 6) else ROTATED, edges)


def verify_part(first: Signature, second: Signature) -> Verified | None:
    """Whether one is a part of the other: cropped, or framed."""
    for whole, part, direction in ((first, second, 1), (second, first, -1)):
        place, light = best_part(whole, part.light)
        if light < LEAST_CUT_LIGHT:
            continue
        inner, wanted = sample(whole.light, place), sample(part.light, WHOLE)
        edges = correlation(edges_of(inner), edges_of(wanted))
        if edges >= LEAST_CUT_EDGES and part_chroma_distance(whole, part, place) <= MOST_CHROMA:
            if is_frame(whole.light, place):
                return Verified(FRAMED, edges, direction)
            is_whole = place.width * place.height >= ALMOST_WHOLE
            return Verified(NEAR, edges) if is_whole else Verified(CROPPED, edges, direction)
    return None


class Place(NamedTuple):
    """A part of a picture: where it starts and how long it is, as shares of the picture's sides."""

    x: float
    width: float
    y: float
    height: float


WHOLE = Place(0, 1, 0, 1)


def best_part(whole: Signature, part: Gray) -> tuple[Place, float]:
    """The part of a picture that is most like another picture, and their correlation."""
    place, found = best_of(whole, part, COARSE_SPANS, COARSE_SPANS, COARSE)
    for scale in SCALES if found >= PROMISING else ():
        columns, rows = (
            around(start, share, scale) for start, share in ((place.x, place.width), (place.y, place.height))
        )
        place, found = best_of(whole, part, columns, rows, GRID)
    return place, found


def around(start: float, share: float, scale: float) -> Spans:
    """Spans near one."""
    spans = [(start + scale * move, share + scale * stretch) for move in STEPS for stretch in STEPS]
    return tuple((max(0.0, first), min(length, 1 - max(0.0, first))) for first, length in spans)


def best_of(whole: Signature, part: Gray, columns: Spans, rows: Spans, grid: int) -> tuple[Place, float]:
    """The best part among all pairs of spans, compared at grid x grid areas."""
    across, down = samplings(columns, grid), samplings(rows, grid)
    wanted = sample(part, WHOLE, grid)
    centred = wanted - wanted.mean()
    left = (down @ whole.light).reshape(len(rows), -1)
    right = (centred @ across.reshape(len(columns), grid, SIDE_PX)).reshape(len(columns), -1)
    lengths = coarse_lengths(whole) if columns is COARSE_SPANS else lengths_of(whole.light, columns, rows, grid)
    values = left @ right.T / np.maximum(lengths * np.linalg.norm(centred), 1e-6)
    row, column = np.unravel_index(int(values.argmax()), values.shape)
    (x, width), (y, height) = columns[int(column)], rows[int(row)]
    return Place(x, width, y, height), float(values[row, column])


@lru_cache(maxsize=1024)  # 25 MB with their signatures; a picture is in several pairs, one after the other
def coarse_lengths(whole: Signature) -> NDArray[np.float32]:
    """`lengths_of` the parts that are tried first."""
    return lengths_of(whole.light, COARSE_SPANS, COARSE_SPANS, COARSE)


def lengths_of(field: Gray, columns: Spans, rows: Spans, grid: int) -> NDArray[np.float32]:
    """Lengths of the vectors of grid x grid values of each part, less their mean; shape (rows, columns)."""
    across, down = samplings(columns, grid), samplings(rows, grid)
    samples = (down @ (field - field.mean()) @ across.T).reshape(len(rows), grid, len(columns), grid)
    squares = np.einsum("rgch,rgch->rc", samples, samples)
    sums = np.einsum("rgch->rc", samples)
    return np.asarray(np.sqrt(np.maximum(squares - sums**2 / grid**2, 0)), np.float32)


def sample(field: Gray, place: Place, grid: int = GRID) -> Gray:
    """Mean values of grid x grid areas of a part of a square field."""
    side = len(field)
    across, down = sampling(place.x, place.width, grid, side), sampling(place.y, place.height, grid, side)
    return np.asarray(down @ field @ across.T, np.float32)


@lru_cache(maxsize=64)  # COARSE_SPANS stay in it
def samplings(spans: Spans, grid: int) -> NDArray[np.float32]:
    """`sampling` of each span, one below the other."""
    return np.concatenate([sampling(*span, grid) for span in spans])


def sampling(start: float, share: float, grid: int, side: int = SIDE_PX) -> NDArray[np.float32]:
    """How much each pixel along a side counts for each of some values of a span, shape (grid, side); rows sum to 1."""
    return _sampling(round(start, 4), round(share, 4), grid, side)


@lru_cache(maxsize=20_000)  # 160 MB at most
def _sampling(start: float, share: float, grid: int, side: int) -> NDArray[np.float32]:
    edges = (start + share * np.arange(grid + 1) / grid) * side
    pixels = np.arange(side)
    covered = np.minimum(edges[1:, np.newaxis], pixels + 1) - np.maximum(edges[:-1, np.newaxis], pixels)
    weights = np.maximum(covered, 0)
    return np.asarray(weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-6), np.float32)


def correlation(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Pearson's correlation of two fields; 0 where one of them is constant."""
    left, right = first - first.mean(), second - second.mean()
    spread = float(np.linalg.norm(left) * np.linalg.norm(right))
    return float((left * right).sum()) / spread if spread > 1e-3 else 0.0


def edges_of(light: Gray) -> Gray:
    """Differences to the right and down, with their signs; shape (2, side - 1, side - 1)."""
    return np.stack([light[:-1, 1:] - light[:-1, :-1], light[1:, :-1] - light[:-1, :-1]])


def chroma_distance(first: Signature, second: Signature) -> float:
    """Mean distance in the plane of a and b."""
    return float(np.linalg.norm(first.chroma - second.chroma, axis=-1).mean())


def part_chroma_distance(whole: Signature, part: Signature, place: Place) -> float:
    """Mean distance in the plane of a and b of a part of a picture and another picture, of CHROMA_GRID x CHROMA_GRID areas."""
    inner, wanted = (sample_chroma(one.chroma, where) for one, where in ((whole, place), (part, WHOLE)))
    return float(np.linalg.norm(inner - wanted, axis=0).mean())


def sample_chroma(chroma: Gray, place: Place) -> Gray:
    """Mean a and b of the areas of a part of a picture, shape (2, CHROMA_GRID, CHROMA_GRID)."""
    return np.stack([sample(chroma[..., channel], place, CHROMA_GRID) for channel in range(2)])


def is_frame(whole: Gray, place: Place) -> bool:
    """Whether what is around a part, on three sides at least, has one colour that the part does not begin with."""
    left, right = round_in(place.x), SIDE_PX - round_in(1 - place.x - place.width)
    top, bottom = round_in(place.y), SIDE_PX - round_in(1 - place.y - place.height)
    bands = [whole[:, :left], whole[:, right:], whole[:top], whole[bottom:]]
    if sum(band.size > 0 for band in bands) < FRAMED_SIDES:
        return False
    values = np.concatenate([band.ravel() for band in bands])
    color = float(np.median(values))
    inner = whole[top + 1 : bottom - 1, left + 1 : right - 1]
    ring = np.concatenate([inner[0], inner[-1], inner[:, 0], inner[:, -1]])
    is_plain = float((np.abs(values - color) <= FRAME_LEVELS).mean()) >= FRAME_SHARE
    return is_plain and float((np.abs(ring - color) > FRAME_LEVELS).mean()) >= RING_SHARE


def round_in(share: float) -> int:
    """Whole pixels of a share of a side, with some slack for a part that is misplaced."""
    return int(share * SIDE_PX + SLACK_PX)
