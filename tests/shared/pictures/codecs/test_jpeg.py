"""JPEG files that lack their end: a complete picture is kept, a half-lost one is not, whatever marker they end with."""

import numpy as np
import pytest
from PIL import Image

from shared.errors import BadInputError
from shared.pictures import decoding, pixels
from shared.pictures.codecs import jpeg
from tests.shared.pictures.drawn import encoded, plain

GRAY = (128, 128, 128)


def waves(size: tuple[int, int] = (320, 240)) -> Image.Image:
    """A picture with something everywhere."""
    y, x = np.mgrid[0 : size[1], 0 : size[0]]
    noise = np.random.default_rng(5).integers(0, 40, (size[1], size[0], 3))
    shapes = np.stack([110 + 60 * np.sin(x / 9), 110 + 60 * np.cos(y / 7), 110 + 60 * np.sin((x + y) / 11)], axis=2)
    return Image.fromarray((shapes + noise).astype(np.uint8))


def below_gray(share: float) -> Image.Image:
    """A picture that is really flat gray from some row on."""
    image = waves()
    image.paste(GRAY, (0, round(image.height * (1 - share)), *image.size))
    return image


def data_start(data: bytes) -> int:
    """Where the last scan's data begins."""
    return data.rindex(b"\xff\xda") + 12


def cut(data: bytes, share: float) -> bytes:
    """The file without a share of its entropy-coded data and without its end marker."""
    start = data_start(data)
    return data[: start + round((1 - share) * (len(data) - 2 - start))]


def outcome(data: bytes) -> str:
    try:
        return decoding.decode(data).format
    except BadInputError as error:
        return error.reason


KINDS = {
    "plain": {"quality": 90},
    "fine colours": {"quality": 95, "subsampling": 0},
    "restarts": {"quality": 90, "restart_marker_blocks": 4},
    "optimised": {"quality": 70, "optimize": True},
}


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("lost", [1, 2, 10, 40])
def test_a_jpeg_without_its_last_bytes_is_kept(options: dict[str, int], lost: int) -> None:
    whole = encoded(waves(), "JPEG", **options)
    picture = decoding.decode(whole[:-lost])
    assert (picture.width_px, picture.height_px) == (320, 240)
    rows = slice(0, 210)
    expected, found = (pixels.open_thumbnail(decoding.decode(one).jpeg)[rows] for one in (whole, whole[:-lost]))
    assert np.abs(expected.astype(int) - found.astype(int)).mean() < 1


@pytest.mark.parametrize("options", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("end", [b"", b"\xff\xd9", b"\xff", bytes(5000), b"\xff\xd9" + b"PK\x03\x04" * 99])
@pytest.mark.parametrize(
    ("lost", "expected"), [(0.05, "JPEG"), (0.15, "truncated"), (0.5, "truncated"), (0.95, "truncated")]
)
def test_one_rule_holds_whatever_stands_at_the_end(
    options: dict[str, int], end: bytes, lost: float, expected: str
) -> None:
    assert outcome(cut(encoded(waves(), "JPEG", **options), lost) + end) == expected


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_pictures_without_three_colours_are_measured_too(mode: str) -> None:
    data = encoded(waves().convert(mode), "JPEG")
    assert outcome(cut(data, 0.5) + b"\xff\xd9") == "truncated"
    assert outcome(data[:-2]) == "JPEG"


@pytest.mark.parametrize("share", [0.05, 0.4, 1.0])
@pytest.mark.parametrize("end", [b"", b"\xff\xd9"])
def test_what_is_really_gray_is_not_missing(share: float, end: bytes) -> None:
    data = encoded(below_gray(share), "JPEG", quality=95)
    assert outcome(data[:-2] + end) == "JPEG"


def test_a_gray_picture_of_which_half_is_missing_is_found_out_by_its_data() -> None:
    assert outcome(cut(encoded(below_gray(0.2), "JPEG", quality=95), 0.5) + b"\xff\xd9") == "truncated"


def test_a_flat_picture_whose_data_is_zeros_may_lack_its_end() -> None:
    data = encoded(plain((160, 120), GRAY), "JPEG", optimize=True)
    assert outcome(data[:-2]) == "JPEG"


@pytest.mark.parametrize(("scans", "expected"), [(1, "truncated"), (3, "JPEG")])
def test_a_progressive_picture_is_complete_once_its_first_scan_is(scans: int, expected: str) -> None:
    data = encoded(waves(), "JPEG", progressive=True)
    places = [place for place in range(len(data)) if data[place : place + 2] == b"\xff\xda"]
    end = (places[scans - 1] + places[scans]) // 2
    assert outcome(data[:end]) == outcome(data[:end] + b"\xff\xd9") == expected


@pytest.mark.parametrize(("factor", "block"), [(0, (8, 8)), (1, (16, 8)), (2, (16, 16))])
def test_an_outline_says_how_the_data_is_divided(factor: int, block: tuple[int, int]) -> None:
    data = encoded(waves(), "JPEG", subsampling=factor)
    assert jpeg.outline(data) == (1, len(data) - 2, True, False, block)


def test_a_large_jpeg_is_measured_at_the_size_that_it_is_decoded_at() -> None:
    data = encoded(waves((3200, 2400)), "JPEG", quality=60)
    assert outcome(cut(data, 0.08)) == "JPEG"
    assert outcome(cut(data, 0.12)) == "truncated"
