"""Distances against SciPy's, and scores that mean the same for every measure."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import distance as scipy_distance

from shared.pictures.measures import MEASURES, METRICS, distances, score
from shared.tables.contracts import EMBEDDINGS, FEATURES

ORACLES: dict[str, Callable[[NDArray[np.float64], NDArray[np.float64]], float]] = {
    "cosine": scipy_distance.cosine,
    "euclidean": scipy_distance.euclidean,
    "manhattan": scipy_distance.cityblock,
    "hellinger": lambda one, other: float(scipy_distance.euclidean(one, other) / np.sqrt(2)),
    "hamming": lambda one, other: float(scipy_distance.hamming(bits(one), bits(other))),
}


def bits(octets: NDArray[np.generic]) -> NDArray[np.uint8]:
    return np.unpackbits(octets.astype(np.uint8))


def vectors(metric: str, rows: int, width: int = 24) -> NDArray[np.generic]:
    """Random vectors that a metric is made for."""
    random = np.random.default_rng(3)
    if metric == "hamming":
        return random.integers(0, 256, (rows, width), np.uint8)
    drawn = random.random((rows, width)) if metric == "hellinger" else random.normal(size=(rows, width))
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)


def test_every_metric_has_an_oracle() -> None:
    assert ORACLES.keys() == METRICS.keys()


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("width", [24, 13])
def test_distances_are_those_of_scipy(metric: str, width: int) -> None:
    query, *gallery = vectors(metric, 50, width)
    found = distances(metric, query, np.stack(gallery))
    expected = [ORACLES[metric](query, one) for one in gallery]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("metric", METRICS)
def test_a_picture_is_at_distance_zero_of_itself_and_scores_one(metric: str) -> None:
    gallery = vectors(metric, 5)
    found = distances(metric, gallery[2], gallery)
    assert found[2] == pytest.approx(0, abs=1e-6)
    assert found.argmin() == 2
    assert score(metric, found)[2] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("metric", METRICS)
def test_scores_are_in_0_to_1_and_never_rise_with_distance(metric: str) -> None:
    spread = np.linspace(0, 2, 21, dtype=np.float32)
    scores = score(metric, spread)
    assert scores[0] == 1
    assert scores.min() >= 0
    assert (np.diff(scores) <= 0).all()


@pytest.mark.parametrize(
    ("metric", "distance", "expected"),
    [
        ("cosine", 0.25, 0.75),
        ("cosine", 1.5, 0),  # opposite is no worse than unrelated
        ("euclidean", 1, 0.5),
        ("manhattan", 3, 0.25),
        ("hellinger", 0.4, 0.6),
        ("hamming", 0.25, 0.5),
        ("hamming", 0.5, 0),  # half of the bits differ by chance
    ],
)
def test_scores_follow_their_formula(metric: str, distance: float, expected: float) -> None:
    assert score(metric, np.array([distance], np.float32)) == pytest.approx([expected])


def test_the_hellinger_distance_of_distributions_without_overlap_is_one() -> None:
    roots = np.array([[1, 0, 0], [0, 0.6, 0.8]], np.float32)
    assert distances("hellinger", roots[0], roots) == pytest.approx([0, 1])


def test_hamming_is_the_share_of_bits_that_differ() -> None:
    gallery = np.full((3, 24), 0b1000, np.uint8)
    gallery[1, 5], gallery[2] = 0b1101, 0b11110111
    assert distances("hamming", gallery[0], gallery) == pytest.approx([0, 2 / 192, 1])


def test_hashes_without_a_bit_are_no_copies_of_anything_nor_of_each_other() -> None:
    gallery = np.array([[0] * 24, [0] * 23 + [1]], np.uint8)
    assert distances("hamming", gallery[0], gallery) == pytest.approx([0.5, 0.5])
    assert distances("hamming", gallery[1], gallery) == pytest.approx([0.5, 0])
    assert score("hamming", distances("hamming", gallery[0], gallery)).tolist() == [0, 0]


def test_a_vector_of_zeros_is_unrelated_to_all_but_another_one() -> None:
    gallery = np.array([[0, 0], [3, 4]], np.float32)
    assert distances("cosine", np.zeros(2, np.float32), gallery) == pytest.approx([0, 1])
    assert distances("cosine", gallery[1], gallery) == pytest.approx([1, 0])


@pytest.mark.parametrize("metric", METRICS)
def test_an_empty_gallery_has_no_distances(metric: str) -> None:
    empty = vectors(metric, 1)[:0]
    assert distances(metric, vectors(metric, 1)[0], empty).shape == (0,)


@pytest.mark.parametrize(("query", "gallery"), [((3,), (5, 4)), ((2, 3), (5, 3)), ((3,), (3,))])
def test_shapes_that_do_not_fit_are_refused(query: tuple[int, ...], gallery: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected a query \(d,\) and a gallery \(n, d\), got"):
        distances("cosine", np.zeros(query, np.float32), np.zeros(gallery, np.float32))


def test_bits_must_be_bytes() -> None:
    with pytest.raises(ValueError, match="hamming: expected uint8 whose bits count, got float32"):
        distances("hamming", np.zeros(8, np.float32), np.zeros((2, 8), np.uint8))


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected a metric of cosine, .*, got 'jaccard'"):
        distances("jaccard", np.zeros(2, np.float32), np.zeros((1, 2), np.float32))


def test_every_measure_names_a_column_and_metrics_that_exist() -> None:
    columns = {*FEATURES.schema.names, *EMBEDDINGS.schema.names}
    for name, measure in MEASURES.items():
        assert measure.name == name
        assert measure.column in columns
        assert set(measure.metrics) <= METRICS.keys()
