"""Our CIELAB against scikit-image's."""

import numpy as np
import pytest
from skimage.color import rgb2lab

from shared.pictures.features.lab import srgb_to_lab
from shared.pictures.features.thumbnail import SIDE_PX, Thumbnail


def test_every_fourth_color_of_the_cube_is_what_scikit_image_says() -> None:
    values = np.append(np.arange(0, 256, 4), 255).astype(np.uint8)
    cube = np.stack(np.meshgrid(values, values, values), axis=-1).reshape(-1, 65, 3)
    np.testing.assert_allclose(srgb_to_lab(cube), rgb2lab(cube), rtol=0, atol=0.06)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [((0, 0, 0), (0, 0, 0)), ((255, 255, 255), (100, 0, 0)), ((255, 0, 0), (53.24, 80.09, 67.20))],
)
def test_known_colors(rgb: tuple[int, int, int], lab: tuple[float, float, float]) -> None:
    assert srgb_to_lab(np.array([[rgb]], np.uint8))[0, 0] == pytest.approx(lab, abs=0.05)


def test_the_shape_is_kept() -> None:
    assert srgb_to_lab(np.zeros((2, 5, 7, 3), np.uint8)).shape == (2, 5, 7, 3)
    assert srgb_to_lab(np.zeros((4, 3), np.uint8)).dtype == np.float32


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 1024, 3), (256, 300, 3)])
def test_a_picture_of_any_shape_is_squashed_to_the_same_square(shape: tuple[int, int, int]) -> None:
    small = Thumbnail(np.full(shape, 200, np.uint8)).small_lab
    assert small.shape == (SIDE_PX, SIDE_PX, 3)
    assert np.ptp(small[..., 0]) == 0
