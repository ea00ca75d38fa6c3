"""Annoy's forests against brute force."""

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recommendation.index import annoy_index

ROWS, WIDTH, TREES = 400, 16, 10
EVERYTHING = ROWS * TREES


def random_vectors(seed: int = 3) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).standard_normal((ROWS, WIDTH))
    unit: NDArray[np.float32] = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


def random_bits() -> NDArray[np.uint8]:
    return np.random.default_rng(5).integers(0, 256, (ROWS, 24), np.uint8)


def built(vectors: annoy_index.Vectors, path: Path) -> annoy_index.Forest:
    path.write_bytes(b"".join(annoy_index.build_forest(vectors, TREES)))
    return annoy_index.open_forest(path, vectors.shape[1], vectors.dtype)


def test_looking_at_everything_finds_the_true_nearest_vectors(tmp_path: Path) -> None:
    vectors = random_vectors()
    forest = built(vectors, tmp_path / "some.ann")
    for query in random_vectors(seed=4)[:20]:
        rows, distances = annoy_index.nearest(forest, query, 5, EVERYTHING)
        assert rows.tolist() == np.argsort(-(vectors @ query))[:5].tolist()
        assert distances == pytest.approx(1 - vectors[rows] @ query, abs=1e-5)


def test_looking_at_everything_finds_the_nearest_bits(tmp_path: Path) -> None:
    bits = random_bits()
    forest = built(bits, tmp_path / "bits.ann")
    query = bits[7] ^ np.eye(24, dtype=np.uint8)[0]
    distances = np.bitwise_count(bits ^ query).sum(axis=1)
    rows, shares = annoy_index.nearest(forest, query, 5, EVERYTHING)
    assert rows[0] == 7
    assert distances[rows].tolist() == np.sort(distances)[:5].tolist()
    assert shares == pytest.approx(distances[rows] / (8 * 24))


@pytest.mark.parametrize("vectors", [random_vectors(), random_bits()], ids=["vectors", "bits"])
def test_the_same_vectors_make_the_same_bytes(vectors: annoy_index.Vectors) -> None:
    made = set()
    for number in range(10):
        rubbish = [os.urandom(40 * number) for _ in range(1000)]  # memory that the next forest finds in use
        del rubbish
        made.add(b"".join(annoy_index.build_forest(vectors, TREES)))
    assert len(made) == 1
