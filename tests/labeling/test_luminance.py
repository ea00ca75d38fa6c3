"""Brightness, contrast and sharpness of pictures drawn to have known ones."""

import numpy as np
import pytest
from numpy.typing import NDArray

from labeling.luminance import luminance_of, sharpness

BLACK_AND_WHITE = np.indices((64, 64)).sum(axis=0) % 2  # a chessboard of single pixels


def gray(plane: NDArray[np.int64]) -> NDArray[np.uint8]:
    return (255 * plane).astype(np.uint8)


def test_brightness_is_the_mean_lightness_and_contrast_its_deviation() -> None:
    found = luminance_of(np.array([[0, 100], [100, 100]], np.float32), np.zeros((5, 5), np.uint8))
    assert found == pytest.approx((75, 100 * np.sqrt(3) / 4, 0))


def test_the_strongest_contrast_is_50() -> None:
    assert luminance_of(100 * BLACK_AND_WHITE.astype(np.float32), gray(BLACK_AND_WHITE)).contrast == pytest.approx(50)


def test_a_picture_without_edges_is_not_sharp() -> None:
    assert sharpness(np.full((30, 40), 128, np.uint8)) == 0


def test_the_sharpest_picture_is_a_chessboard_of_pixels() -> None:
    assert sharpness(gray(BLACK_AND_WHITE)) == pytest.approx(400, abs=0.1)  # each pixel against four others


def test_coarser_is_less_sharp() -> None:
    coarse = gray(BLACK_AND_WHITE[:16, :16].repeat(4, axis=0).repeat(4, axis=1))
    assert sharpness(coarse) < sharpness(gray(BLACK_AND_WHITE)) / 2


@pytest.mark.parametrize("shape", [(1, 1), (2, 50), (50, 2)])
def test_a_picture_too_thin_for_neighbours_is_not_sharp(shape: tuple[int, int]) -> None:
    assert sharpness(np.arange(shape[0] * shape[1], dtype=np.uint8).reshape(shape)) == 0
