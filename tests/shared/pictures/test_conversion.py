"""Pixels of every depth and transparency become sRGB that shows what is in the picture."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from shared.pictures import conversion, decoding, pixels
from shared.pictures.features.color import color_histogram
from shared.pictures.features.thumbnail import Thumbnail
from tests.shared.pictures.drawn import encoded, plain

BLACK, WHITE = 0, 255


def thumbnail_of(image: Image.Image, kind: str = "PNG", **options: Any) -> NDArray[np.uint8]:
    return pixels.open_thumbnail(decoding.decode(encoded(image, kind, **options)).jpeg)


def ramp(lowest: float, highest: float, dtype: Any) -> NDArray[Any]:
    """From left to right, 64 x 64."""
    return np.tile(np.linspace(lowest, highest, 64), (64, 1)).astype(dtype)


@pytest.mark.parametrize("bits", [8, 9, 10, 12, 14, 16])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_stretched_by_the_bits_in_use(bits: int, kind: str) -> None:
    rgb = thumbnail_of(Image.fromarray(ramp(0, 2**bits - 1, np.uint16)), kind)
    assert [int(rgb.min()), int(rgb.max())] == pytest.approx([0, 255], abs=6)
    assert int(rgb[32, 32, 0]) == pytest.approx(128, abs=6)


def test_of_sixteen_bits_a_dark_picture_stays_darker_than_a_bright_one() -> None:
    dark, bright = (thumbnail_of(Image.fromarray(ramp(0, highest, np.uint16))).mean() for highest in (40_000, 65_535))
    assert dark < bright


def test_a_16_bit_gray_picture_with_a_transparent_value_is_not_white() -> None:
    values = ramp(0, 60_000, np.uint16)
    values[:, :8] = 777
    rgb = thumbnail_of(Image.fromarray(values), transparency=777)
    assert rgb[32, 2].tolist() == pytest.approx([255] * 3, abs=8)
    assert int(rgb[32, 20, 0]) == pytest.approx(int(values[32, 20]) / 257, abs=8)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_number_does_not_blacken_a_picture(odd: float) -> None:
    values = ramp(-3, 40, np.float32)
    values[5, 5] = odd
    rgb = thumbnail_of(Image.fromarray(values), "TIFF")
    assert [int(rgb.min()), int(rgb.max())] == pytest.approx([0, 255], abs=6)
    assert int(rgb[32, 32, 0]) == pytest.approx(128, abs=6)


def test_a_picture_without_any_number_is_black() -> None:
    assert thumbnail_of(Image.fromarray(np.full((8, 8), np.nan, np.float32)), "TIFF").max() == 0


def test_huge_numbers_do_not_overflow() -> None:
    assert int(thumbnail_of(Image.fromarray(ramp(-3e38, 3e38, np.float32)), "TIFF").max()) == pytest.approx(255, abs=6)


def test_premultiplied_gray_is_converted() -> None:
    image = Image.new("LA", (8, 8), (200, 128)).convert("La")
    rgb = conversion.to_small_rgb(image, (8, 8), None)
    assert rgb.getpixel((4, 4)) == pytest.approx((100,) * 3, abs=30) or rgb.getpixel((4, 4)) == pytest.approx(
        (228,) * 3, abs=30
    )


def drawing(color: int, mode: str = "RGBA") -> Image.Image:
    """A ring on transparent."""
    image = Image.new("LA", (64, 64), (color, 0))
    ImageDraw.Draw(image).ellipse((8, 8, 55, 55), outline=(color, 255), width=6)
    return image.convert(mode)


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "LA"), ("WEBP", "RGBA"), ("TIFF", "RGBA"), ("AVIF", "RGBA")]
)
@pytest.mark.parametrize(("color", "ground"), [(255, BLACK), (230, BLACK), (0, WHITE), (90, WHITE), (150, WHITE)])
def test_the_ground_contrasts_with_what_is_drawn_on_it(kind: str, mode: str, color: int, ground: int) -> None:
    rgb = thumbnail_of(drawing(color, mode), kind)
    assert rgb[1, 1].tolist() == pytest.approx([ground] * 3, abs=12)
    assert rgb[10:54, 10:54].std() > 20


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_white_drawing_of_palette_colours_is_seen(kind: str) -> None:
    image = Image.new("P", (40, 40), 0)
    image.putpalette([9, 9, 9, 255, 255, 255])
    ImageDraw.Draw(image).rectangle((10, 10, 30, 30), fill=1)
    rgb = thumbnail_of(image, kind, transparency=0)
    assert [int(rgb[2, 2, 0]), int(rgb[20, 20, 0])] == pytest.approx([0, 255], abs=12)


def test_a_picture_of_which_nothing_is_seen_is_white() -> None:
    assert thumbnail_of(plain(mode="RGBA", color=(255, 255, 255, 0))).min() == 255


def test_a_mask_colour_of_16_bits_is_compared_with_8() -> None:
    image = plain((8, 8), (10, 20, 30))
    image.info["transparency"] = (10 << 8 | 10, 20 << 8 | 20, 30 << 8 | 30)
    assert conversion.to_small_rgb(image, (8, 8), None).getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("side", [4, 8, 16, 64, 128])
def test_small_colourful_pictures_keep_their_colours(side: int) -> None:
    image = Image.fromarray(np.random.default_rng(side).integers(0, 256, (side, side, 3), dtype=np.uint8))
    truth, found = (color_histogram(Thumbnail(rgb)) for rgb in (np.asarray(image), thumbnail_of(image)))
    assert truth @ found > 0.85


def test_larger_thumbnails_store_colours_at_half_the_resolution() -> None:
    noise = Image.effect_noise((300, 300), 60).convert("RGB")
    assert b"\x22\0\2\x11\1\3\x11\1" in decoding.decode(encoded(noise)).jpeg[:700].replace(b"\x11\0", b"\x11\0")
