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


def test_looking_at_everything_finds_the_true_nearest_vectors(tmp_path: Path) -> None:
    vectors = random_vectors()
    annoy_index.build_forest(tmp_path / "some.ann", vectors, TREES)
    forest = annoy_index.open_forest(tmp_path / "some.ann", WIDTH, vectors.dtype)
    for query in random_vectors(seed=4)[:20]:
        assert annoy_index.nearest(forest, query, 5, EVERYTHING).tolist() == np.argsort(-(vectors @ query))[:5].tolist()


def test_looking_at_everything_finds_the_nearest_bits(tmp_path: Path) -> None:
    bits = random_bits()
    annoy_index.build_forest(tmp_path / "bits.ann", bits, TREES)
    forest = annoy_index.open_forest(tmp_path / "bits.ann", 24, bits.dtype)
    query = bits[7] ^ np.eye(24, dtype=np.uint8)[0]
    distances = np.bitwise_count(bits ^ query).sum(axis=1)
    found = annoy_index.nearest(forest, query, 5, EVERYTHING)
    assert found[0] == 7
    assert distances[found].tolist() == np.sort(distances)[:5].tolist()


@pytest.mark.parametrize("vectors", [random_vectors(), random_bits()], ids=["vectors", "bits"])
def test_the_same_vectors_make_the_same_file(tmp_path: Path, vectors: annoy_index.Vectors) -> None:
    for number in range(10):
        rubbish = [os.urandom(40 * number) for _ in range(1000)]  # memory that the next forest finds in use
        del rubbish
        annoy_index.build_forest(tmp_path / f"{number}.ann", vectors, TREES)
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1


def test_a_forest_is_readable_by_all_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    annoy_index.build_forest(tmp_path / "some.ann", random_vectors(), TREES)
    assert [path.name for path in tmp_path.iterdir()] == ["some.ann"]
    assert (tmp_path / "some.ann").stat().st_mode & 0o777 == 0o644
