"""Whitening learnt from mutual neighbours: exact, the same however the work is divided, used only where neighbours belong together."""

import numpy as np
import pytest
from numpy.typing import NDArray

from recommendation.index import reduction
from recommendation.index.build import whitening
from recommendation.index.build.whitening import Whitening

WIDTH = 24


def groups(count: int, size: int, seed: int = 3) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Unit vectors in groups: twelve axes tell the groups apart, two others vary more, but within each of them."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(count), size)
    vectors = 0.1 * rng.standard_normal((len(labels), WIDTH))
    vectors[:, :12] += 0.4 * rng.standard_normal((count, 12))[labels]
    vectors[:, 12:14] += 1.5 * rng.standard_normal((len(labels), 2))
    return reduction.unit(vectors.astype(np.float32)), labels


def learnt(vectors: NDArray[np.float32], block: int = 100) -> Whitening:
    whole = whitening.fixed_point(vectors)
    blocks = [range(start, min(start + block, len(whole))) for start in range(0, len(whole), block)]
    return whitening.learn(whole, [whitening.nearest(whole, one) for one in blocks])


def same_group_at_1(vectors: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    products = vectors @ vectors.T
    np.fill_diagonal(products, -2)
    return float((labels[products.argmax(axis=1)] == labels).mean())


def test_neighbours_are_those_of_a_sort_and_of_equals_the_first() -> None:
    whole = whitening.fixed_point(np.eye(8, dtype=np.float32)[[0, 0, 0, 0, 0, 0, 0, 1]])
    found = np.sort(whitening.nearest(whole, range(6, 8)), axis=1)
    assert found.tolist() == [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]


def test_pairs_are_mutual_neighbours_each_once() -> None:
    neighbours = np.array([[1, 2], [0, 3], [3, 1], [2, 1]])
    assert whitening.mutual_pairs(neighbours).tolist() == [[0, 1], [1, 3], [2, 3]]


def test_products_of_unit_vectors_are_exact_in_float32() -> None:
    whole = whitening.fixed_point(reduction.unit(np.random.default_rng(1).random((50, 256), np.float32)))
    assert np.array_equal(whole @ whole.T, whole.astype(np.int64) @ whole.astype(np.int64).T)


def test_the_same_bytes_however_the_queries_are_divided() -> None:
    vectors = groups(60, 20)[0]
    matrices = [learnt(vectors, block).matrix for block in (1200, 100, 7)]
    assert matrices[0] is not None
    assert all(one is not None and one.tobytes() == matrices[0].tobytes() for one in matrices)


def test_what_varies_within_groups_counts_less() -> None:
    vectors, labels = groups(60, 20)
    found = learnt(vectors)
    assert found.matrix is not None
    assert found.spread < whitening.MAX_SPREAD
    assert found.reason.startswith("used: ")
    after = same_group_at_1(reduction.unit(vectors @ found.matrix), labels)
    assert after > same_group_at_1(vectors, labels) + 0.05


def test_without_groups_there_is_no_whitening() -> None:
    noise = np.random.default_rng(4).standard_normal((1500, 200)).astype(np.float32)
    found = learnt(reduction.unit(noise))
    assert found.matrix is None
    assert found.pairs >= whitening.MIN_PAIRS
    assert found.reason.startswith("not used: mutual neighbours have 0.79 of")


@pytest.mark.parametrize("rows", [0, 30])
def test_few_pictures_are_not_whitened(rows: int) -> None:
    found = learnt(groups(max(rows // 10, 1), 10)[0][:rows])
    assert found.matrix is None
    assert "are fewer than 512" in found.reason


def test_equal_pictures_are_no_reason_to_divide_by_zero() -> None:
    vectors = np.tile(reduction.unit(np.ones((1, WIDTH), np.float32)), (600, 1))
    found = learnt(vectors)
    assert found.matrix is None
