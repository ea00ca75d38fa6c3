"""The colour feature of pictures whose colours are known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.pictures.features.color import BINS, LENGTH, N_BINS, color_histogram, lab_histogram
from shared.pictures.features.thumbnail import Thumbnail
from shared.pictures.measures import distances

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def quartered(*colors: tuple[int, int, int]) -> NDArray[np.uint8]:
    """A picture of four colours: top left, top right, bottom left, bottom right."""
    return np.array(colors, np.uint8).reshape(2, 2, 3).repeat(40, axis=0).repeat(60, axis=1)


def likeness(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Mean of the five Bhattacharyya coefficients."""
    return float(color_histogram(Thumbnail(one)) @ color_histogram(Thumbnail(other)))


def test_the_feature_has_unit_length_and_no_negative_value() -> None:
    feature = color_histogram(Thumbnail(np.random.default_rng(0).integers(0, 256, (50, 70, 3), np.uint8)))
    assert feature.shape == (LENGTH,)
    assert feature.dtype == np.float32
    assert feature.min() >= 0
    assert np.linalg.norm(feature) == pytest.approx(1)


def test_each_of_the_five_histograms_sums_to_one() -> None:
    feature = color_histogram(Thumbnail(quartered(RED, GREEN, BLUE, WHITE)))
    assert 5 * (feature**2).reshape(5, N_BINS).sum(axis=1) == pytest.approx(np.ones(5), abs=1e-5)


def test_a_color_on_a_bins_centre_fills_that_bin() -> None:
    gray = np.zeros((64, 64, 3), np.float32)
    gray[..., 0] = 100 / 3  # second of four centres from 0 to 100; a and b at the third of five
    expected = np.zeros(N_BINS)
    expected[np.ravel_multi_index((1, 2, 2), BINS)] = 1
    assert 5 * lab_histogram(gray) ** 2 == pytest.approx(np.tile(expected, 5), abs=1e-5)


def test_a_color_between_two_centres_counts_for_both_by_nearness() -> None:
    gray = np.zeros((64, 64, 3), np.float32)
    gray[..., 0] = 100 / 3 * 1.25
    whole = 5 * lab_histogram(gray)[:N_BINS] ** 2
    assert sorted(whole[whole > 1e-6]) == pytest.approx([0.25, 0.75], abs=1e-5)


def test_pictures_without_a_common_color_have_nothing_in_common() -> None:
    assert likeness(quartered(*[RED] * 4), quartered(*[BLUE] * 4)) == pytest.approx(0, abs=1e-6)


def test_equal_colors_in_other_places_share_the_whole_picture_only() -> None:
    one, other = quartered(RED, BLUE, RED, BLUE), quartered(BLUE, RED, BLUE, RED)
    assert likeness(one, other) == pytest.approx(1 / 5)


def test_half_the_quarters_in_common_is_half_the_likeness_of_the_quarters() -> None:
    one, other = quartered(RED, RED, BLUE, BLUE), quartered(RED, BLUE, RED, BLUE)
    assert likeness(one, other) == pytest.approx((1 + 2) / 5)


def test_a_slightly_other_shade_is_nearer_than_another_color() -> None:
    red, darker, blue = (color_histogram(Thumbnail(quartered(*[color] * 4))) for color in (RED, (225, 10, 5), BLUE))
    near, far = distances("hellinger", red, np.stack([darker, blue]))
    assert near < 0.5 * far


def test_the_size_of_a_picture_does_not_matter() -> None:
    picture = quartered(RED, GREEN, BLUE, WHITE)
    assert likeness(picture, picture[::2, ::4]) == pytest.approx(1, abs=1e-3)
