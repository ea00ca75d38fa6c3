"""The structure feature of pictures whose edges are known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.pictures.features.structure import (
    GRID,
    LENGTH,
    ORIENTATIONS,
    cell_weights,
    gradient_orientations,
    orientation_planes,
)
from shared.pictures.features.thumbnail import Thumbnail


def ramp(angle: float) -> NDArray[np.float32]:
    """Lightness that rises by 1 a pixel in one direction, shape (64, 64); angle in radians, from right to bottom."""
    down, right = np.mgrid[:64, :64].astype(np.float32)
    return np.asarray(right * np.cos(angle) + down * np.sin(angle), np.float32)


def stripes(*, vertical: bool, negative: bool = False) -> NDArray[np.uint8]:
    """Black and white stripes, each 16 px wide, shape (128, 128, 3)."""
    line = np.arange(128) // 16 % 2 * 255
    plane = np.tile(line, (128, 1)) if vertical else np.tile(line, (128, 1)).T
    return np.repeat((255 - plane if negative else plane).astype(np.uint8)[..., np.newaxis], 3, axis=2)


@pytest.mark.parametrize("orientation", range(ORIENTATIONS))
@pytest.mark.parametrize("half_turn", [0, 1])
def test_a_ramp_has_one_orientation_whichever_way_it_rises(orientation: int, half_turn: int) -> None:
    planes = orientation_planes(ramp(np.pi * (orientation / ORIENTATIONS + half_turn)))
    inside = planes[:, 1:-1, 1:-1]
    assert inside[orientation] == pytest.approx(np.full((62, 62), 2), abs=1e-3)  # over two pixels
    assert inside.sum(axis=0) == pytest.approx(inside[orientation], abs=1e-3)


def test_a_ramp_between_two_orientations_counts_for_both_by_nearness() -> None:
    planes = orientation_planes(ramp(np.pi * 2.25 / ORIENTATIONS))
    assert planes[:, 30, 30] == pytest.approx([0, 0, 1.5, 0.5, 0, 0, 0, 0], abs=1e-3)


def test_the_border_has_no_edges() -> None:
    planes = orientation_planes(ramp(0.3))
    assert planes[:, 0].max() == planes[:, -1].max() == planes[:, :, 0].max() == planes[:, :, -1].max() == 0


def test_each_pixel_counts_once_over_all_cells() -> None:
    weights = cell_weights(64)
    assert weights.shape == (GRID, 64)
    assert weights.sum(axis=0) == pytest.approx(np.ones(64), abs=1e-6)


def test_the_feature_is_centred_and_of_unit_length() -> None:
    feature = gradient_orientations(Thumbnail(np.random.default_rng(0).integers(0, 256, (50, 70, 3), np.uint8)))
    assert feature.shape == (LENGTH,)
    assert feature.dtype == np.float32
    assert np.linalg.norm(feature) == pytest.approx(1)
    assert feature.mean() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("value", [0, 77, 255])
def test_a_picture_without_edges_is_all_zeros(value: int) -> None:
    assert not gradient_orientations(Thumbnail(np.full((40, 50, 3), value, np.uint8))).any()


def test_layout_counts_and_not_color_or_which_side_is_light() -> None:
    vertical = gradient_orientations(Thumbnail(stripes(vertical=True)))
    assert vertical @ gradient_orientations(Thumbnail(stripes(vertical=True, negative=True))) == pytest.approx(
        1, abs=1e-3
    )
    assert vertical @ gradient_orientations(Thumbnail(stripes(vertical=False))) < 0.1


def test_edges_in_other_places_are_less_alike() -> None:
    left, right = np.zeros((96, 96, 3), np.uint8), np.zeros((96, 96, 3), np.uint8)
    left[30:60, 8:40] = 255
    right[30:60, 56:88] = 255
    near = left.copy()
    near[30:60, 38:41] = 255
    features = [gradient_orientations(Thumbnail(one)) for one in (left, near, right)]
    assert features[0] @ features[1] > 0.9
    assert features[0] @ features[2] < 0.5
