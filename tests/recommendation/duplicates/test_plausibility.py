"""Which pairs are verified: none of a copy is left out."""

import numpy as np
import pytest
from numpy.typing import NDArray

from recommendation.duplicates.plausibility import Gallery, plausible
from recommendation.duplicates.signature import SYMMETRIES
from shared.pictures.features.color import color_histogram
from shared.pictures.features.hashes import perceptual_hashes
from shared.pictures.features.thumbnail import Thumbnail
from tests.recommendation.duplicates.test_duplicates import RGB, drawn

BETWEEN = np.array([[0, 1]])


def gallery(first: RGB, second: RGB, cosine: float) -> Gallery:
    """Two pictures, each in a shard of its own, whose embeddings have a cosine."""
    thumbnails = [Thumbnail(np.ascontiguousarray(one)) for one in (first, second)]
    colors = [color_histogram(one)[np.newaxis].astype(np.float16) for one in thumbnails]
    hashes = [np.frombuffer(perceptual_hashes(one), np.uint8)[np.newaxis] for one in thumbnails]
    embeddings = [np.array([[1, 0]], np.float32), np.array([[cosine, np.sqrt(1 - cosine**2)]], np.float32)]
    return Gallery(np.array([0, 1, 2]), colors, embeddings, hashes)


def turned(rgb: RGB, symmetry: int) -> NDArray[np.uint8]:
    return np.rot90(rgb[:, ::-1] if symmetry >= 4 else rgb, symmetry % 4)


@pytest.mark.parametrize("symmetry", range(SYMMETRIES))
def test_a_turned_picture_is_worth_verifying_whatever_the_network_sees(symmetry: int) -> None:
    pair = gallery(drawn(1), turned(drawn(1), symmetry), cosine=0.0)
    assert plausible(pair, BETWEEN).tolist() == BETWEEN.tolist()


def test_a_dark_copy_is_worth_verifying_for_what_the_network_sees() -> None:
    pair = gallery(drawn(1), (drawn(1) * 0.3).astype(np.uint8), cosine=0.7)
    assert len(plausible(pair, BETWEEN)) == 1


@pytest.mark.parametrize("seed", range(2, 12))
def test_another_picture_is_not(seed: int) -> None:
    assert len(plausible(gallery(drawn(1), drawn(seed), cosine=0.5), BETWEEN)) == 0


def test_no_pairs_stay_none() -> None:
    pair = gallery(drawn(1), drawn(2), cosine=0.0)
    assert plausible(pair, BETWEEN[:0]).shape == (0, 2)
