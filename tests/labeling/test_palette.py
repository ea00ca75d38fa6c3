"""The predominant colours of pictures whose colours are known."""

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.color import rgb2lab

from labeling.palette import LEAST, LEAST_SHARE, MERGE_BELOW, MOST, Palette, color_names, predominant_colors
from shared.pictures.color_names import COLOR_NAMES
from shared.pictures.features.lab import srgb_to_lab

RED, GREEN, BLUE, YELLOW, WHITE, BLACK = (
    (220, 20, 30),
    (30, 160, 60),
    (20, 60, 200),
    (240, 220, 30),
    (255, 255, 255),
    (0, 0, 0),
)
Color = tuple[int, int, int]


def painted(shares: dict[Color, int]) -> NDArray[np.uint8]:
    """A picture that is 64 px high and has so many columns of each colour."""
    columns = np.repeat(np.array(list(shares), np.uint8), list(shares.values()), axis=0)
    return np.tile(columns, (64, 1, 1))


def palette_of(rgb: NDArray[np.uint8]) -> Palette:
    return predominant_colors(rgb, srgb_to_lab(rgb))


def noise(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (64, 64, 3), np.uint8)


def test_the_colors_of_a_picture_are_found_with_their_shares_largest_first() -> None:
    palette = palette_of(painted({GREEN: 10, BLUE: 30, WHITE: 20, RED: 40}))
    assert palette.rgb.tolist() == [list(one) for one in (RED, BLUE, WHITE, GREEN)]
    assert palette.shares == pytest.approx([0.4, 0.3, 0.2, 0.1])


def test_at_most_five_colors_are_predominant() -> None:
    colors = {RED: 30, GREEN: 25, BLUE: 20, YELLOW: 15, WHITE: 10, BLACK: 5, (250, 130, 20): 4}
    palette = palette_of(painted(colors))
    assert len(palette.rgb) == MOST
    assert palette.shares.sum() == pytest.approx(1)


def test_two_shades_that_look_alike_are_one_color() -> None:
    shade = (214, 26, 33)
    assert np.linalg.norm(np.subtract(*rgb2lab(np.array([RED, shade], np.uint8)))) < MERGE_BELOW
    palette = palette_of(painted({RED: 20, shade: 20, BLUE: 30, WHITE: 10, GREEN: 20}))
    assert len(palette.rgb) == 4
    assert palette.rgb[0].tolist() == [217, 23, 32]
    assert palette.shares[0] == pytest.approx(0.4)


def test_a_detail_is_not_predominant() -> None:
    palette = palette_of(painted({RED: 50, BLUE: 30, WHITE: 19, GREEN: 1}))
    assert LEAST_SHARE > 0.01
    assert len(palette.rgb) == 3


def test_shades_of_one_color_still_make_three() -> None:
    shades = {(200 + 4 * step, 20, 30): 8 for step in range(8)}
    assert len(palette_of(painted(shades)).rgb) == LEAST


@pytest.mark.parametrize("colors", [{RED: 64}, {RED: 32, BLUE: 32}])
def test_a_picture_with_fewer_colors_has_those_it_has(colors: dict[Color, int]) -> None:
    palette = palette_of(painted(colors))
    assert sorted(palette.rgb.tolist()) == sorted(list(one) for one in colors)


@pytest.mark.parametrize("seed", range(5))
def test_any_picture_has_three_to_five_different_colors_whose_shares_sum_to_one(seed: int) -> None:
    palette = palette_of(noise(seed))
    assert LEAST <= len(np.unique(palette.rgb, axis=0)) == len(palette.names) <= MOST
    assert palette.rgb.dtype == np.uint8
    assert palette.shares.sum() == pytest.approx(1)
    assert (np.diff(palette.shares) <= 0).all()


def test_the_same_picture_always_has_the_same_palette() -> None:
    first, second = palette_of(noise(9)), palette_of(noise(9))
    assert first.rgb.tolist() == second.rgb.tolist()
    assert first.shares.tolist() == second.shares.tolist()


def test_each_pixel_belongs_to_a_color_it_looks_like() -> None:
    ramp = np.repeat(np.linspace(0, 255, 64).astype(np.uint8)[np.newaxis, :, np.newaxis], 3, axis=2).repeat(64, axis=0)
    palette = palette_of(ramp)
    lightness = np.sort(rgb2lab(palette.rgb[np.newaxis])[0, :, 0])
    assert len(lightness) == MOST
    assert np.diff(lightness) == pytest.approx(np.full(4, 20), abs=5)  # 100 shared among five


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((255, 128, 0), "orange"),
        ((0, 0, 0), "black"),
        ((255, 255, 255), "white"),
        ((128, 128, 128), "grey"),
        ((230, 10, 10), "red"),
        ((0, 0, 255), "strong blue"),
        ((255, 0, 255), "fuchsia"),
        ((20, 170, 40), "green"),
        ((10, 60, 220), "blue"),
        ((110, 60, 10), "brown"),
        ((130, 190, 250), "sky blue"),
    ],
)
def test_a_color_has_the_name_people_would_give_it(rgb: Color, name: str) -> None:
    assert color_names(np.array([rgb], np.uint8)) == [name]


def test_every_name_names_its_own_color() -> None:
    assert color_names(np.array(list(COLOR_NAMES.values()), np.uint8)) == list(COLOR_NAMES)


def test_a_name_is_that_of_the_nearest_color_in_cielab() -> None:
    rgb = noise(4).reshape(-1, 3)[:200]
    table = rgb2lab(np.array([list(COLOR_NAMES.values())], np.uint8))[0]
    nearest = [np.linalg.norm(one - table, axis=1).argmin() for one in rgb2lab(rgb[np.newaxis])[0]]
    agree = [name == list(COLOR_NAMES)[number] for name, number in zip(color_names(rgb), nearest, strict=True)]
    assert np.mean(agree) > 0.99  # our CIELAB is rounded
