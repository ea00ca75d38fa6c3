"""Measures of likeness: which feature, by which distance, and how a distance becomes a score.

A new measure is one entry in MEASURES, and a pure function in `shared.pictures.features` for its feature.
A new metric is one entry in METRICS.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.pictures.features import color, hashes, structure
from shared.pictures.features.thumbnail import Thumbnail

Vectors = NDArray[Any]
"""float32 vectors, or for Hamming distances uint8 whose bits count."""

Values = NDArray[np.float32]


class Feature(NamedTuple):
    """What is computed of a thumbnail and stored in a column of FEATURES.

    Args:
        compute: gives shape (width,): float32 of unit length for vectors (or zeros), uint8 for bits.
        width: components of a vector; bytes of bits.
        meaning: what the column holds; stored with it.
    """

    compute: Callable[[Thumbnail], NDArray[Any]]
    width: int
    meaning: str


class Measure(NamedTuple):
    """What makes two pictures alike.

    Args:
        name: as users write it.
        column: where its feature is stored: of FEATURES, or of EMBEDDINGS if the network computes it.
        kind: of its features.
        metrics: distances that can be asked for, the default first; `hamming` alone for bits.
        caption: what its answers have in common, for people; a few words.
        feature: how the feature is computed; None: by the network.
        reduced_width: dimensions that candidates are found with, if its vectors have more; bits are never reduced.
    """

    name: str
    column: str
    kind: Literal["vector", "bits"]
    metrics: tuple[str, ...]
    caption: str
    feature: Feature | None = None
    reduced_width: int = 64


COLOR = Feature(
    color.color_histogram,
    color.LENGTH,
    "square-rooted CIELAB histograms, see shared.pictures.features.color; unit length",
)
STRUCTURE = Feature(
    structure.gradient_orientations,
    structure.LENGTH,
    "gradient orientations on a grid, see shared.pictures.features.structure; unit length, zeros without edges",
)
HASH = Feature(
    hashes.perceptual_hashes, hashes.LENGTH_BYTES, "aHash, dHash, pHash, 64 bits each, most significant bit first"
)

MEASURES = {
    measure.name: measure
    for measure in (
        Measure(
            "embedding", "vector", "vector", ("cosine", "euclidean", "manhattan"), "same content", reduced_width=128
        ),
        Measure("color", "color", "vector", ("hellinger", "cosine", "euclidean", "manhattan"), "same palette", COLOR),
        Measure("structure", "structure", "vector", ("cosine", "euclidean", "manhattan"), "same layout", STRUCTURE),
        Measure("hash", "hash", "bits", ("hamming",), "copies", HASH),
    )
}


def cosine(query: Vectors, gallery: Vectors) -> Values:
    """1 - cosine of the angle, 0..2; 1 where one vector is all zeros, 0 where both are."""
    of_gallery, of_query = np.linalg.norm(gallery, axis=1), np.linalg.norm(query)
    lengths = of_gallery * of_query
    products = np.divide(gallery @ query, lengths, out=np.zeros(len(gallery), np.float32), where=lengths > 0)
    products[(of_gallery == 0) & (of_query == 0)] = 1
    return np.asarray(1 - np.clip(products, -1, 1), np.float32)


def euclidean(query: Vectors, gallery: Vectors) -> Values:
    """Length of the difference."""
    return np.asarray(np.linalg.norm(gallery - query, axis=1), np.float32)


def manhattan(query: Vectors, gallery: Vectors) -> Values:
    """Sum of the absolute differences."""
    return np.asarray(np.abs(gallery - query).sum(axis=1), np.float32)


def hellinger(query: Vectors, gallery: Vectors) -> Values:
    """Hellinger distance of distributions whose square roots are given, 0..1.

    Source: Hellinger 1909; with p and q as unit vectors of roots it is |p - q| / sqrt(2), or sqrt(1 - p.q).
    """
    return np.asarray(np.minimum(euclidean(query, gallery) / np.sqrt(2), 1), np.float32)


def hamming(query: Vectors, gallery: Vectors) -> Values:
    """Share of the bits that differ, 0..1; 0.5, which says nothing, where either has no bit set: it had no contrast."""
    differing = np.bitwise_count(words(gallery) ^ words(query[np.newaxis])).sum(axis=1, dtype=np.float32)
    share = differing / (8 * gallery.shape[1])
    is_plain = ~gallery.any(axis=1) if query.any() else np.True_
    return np.asarray(np.where(is_plain, 0.5, share), np.float32)


def words(octets: NDArray[np.uint8]) -> NDArray[Any]:
    """Rows of bytes as rows of 64-bit words where they can be: eight times fewer numbers."""
    contiguous = np.ascontiguousarray(octets)
    return contiguous.view(np.uint64) if octets.shape[1] % 8 == 0 else contiguous


def score_of_angle(distance: Values) -> Values:
    """max(0, cosine): 1 = same direction, 0 = unrelated or opposite."""
    return 1 - np.minimum(distance, 1)


def score_of_length(distance: Values) -> Values:
    """1 / (1 + distance): 1 = equal, towards 0 without end."""
    return np.asarray(1 / (1 + distance), np.float32)


def score_of_share(distance: Values) -> Values:
    """1 - distance: 1 = the same distribution, 0 = nothing in common."""
    return 1 - distance


def score_of_bits(distance: Values) -> Values:
    """max(0, 1 - 2 * distance): 1 = the same bits, 0 = half of them differ, as those of unrelated pictures do."""
    return np.maximum(0, 1 - 2 * distance)


class Metric(NamedTuple):
    """A distance, and the score in 0..1 that it becomes."""

    distances: Callable[[Vectors, Vectors], Values]
    score: Callable[[Values], Values]


METRICS = {
    "cosine": Metric(cosine, score_of_angle),
    "euclidean": Metric(euclidean, score_of_length),
    "manhattan": Metric(manhattan, score_of_length),
    "hellinger": Metric(hellinger, score_of_share),
    "hamming": Metric(hamming, score_of_bits),
}


def distances(metric: str, query: Vectors, gallery: Vectors) -> Values:
    """Distances from a query to every vector of a gallery.

    Args:
        metric: a name in METRICS.
        query: shape (d,).
        gallery: shape (n, d).

    Returns:
        Shape (n,), float32.

    Raises:
        ValueError: there is no such metric, or the shapes or types do not fit.
    """
    if query.ndim != 1 or gallery.ndim != 2 or len(query) != gallery.shape[1]:
        raise ValueError(f"expected a query (d,) and a gallery (n, d), got {query.shape} and {gallery.shape}")
    if metric == "hamming" and not query.dtype == gallery.dtype == np.uint8:
        raise ValueError(f"hamming: expected uint8 whose bits count, got {query.dtype} and {gallery.dtype}")
    return metric_of(metric).distances(query, gallery).astype(np.float32, copy=False)


def score(metric: str, distance: Values) -> Values:
    """Scores in 0..1 of distances, 1 = equal.

    Raises:
        ValueError: there is no such metric.
    """
    return np.clip(metric_of(metric).score(distance), 0, 1)


def metric_of(name: str) -> Metric:
    """A metric by its name.

    Raises:
        ValueError: there is no such metric.
    """
    if name not in METRICS:
        raise ValueError(f"expected a metric of {', '.join(METRICS)}, got {name!r}")
    return METRICS[name]
