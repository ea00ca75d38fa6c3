"""What is refused before a codec sees it."""

import pytest
from PIL import Image

from shared.errors import BadInputError
from shared.pictures import headers
from shared.pictures.codecs.jpeg import outline
from shared.pictures.headers import Limits
from tests.shared.pictures.drawn import encoded, plain


@pytest.mark.parametrize(
    ("data", "limits", "reason"),
    [
        (b"", Limits(), "empty_file"),
        (b"12345", Limits(max_bytes=4), "too_many_bytes"),
        (encoded(plain(), "JPEG", progressive=True), Limits(max_scans=2), "too_many_scans"),
        (encoded(plain((40, 30)), "WEBP"), Limits(max_pixels=1199), "too_many_pixels"),
    ],
)
def test_a_file_that_would_cost_too_much_is_refused_unopened(data: bytes, limits: Limits, reason: str) -> None:
    with pytest.raises(BadInputError) as caught:
        headers.check_bytes(data, limits)
    assert caught.value.reason == reason


def test_scans_are_counted_up_to_the_end_of_the_picture_only() -> None:
    picture = encoded(plain(), "JPEG")
    film = b"\xff\xda" * 5000
    assert headers.count_scans(picture + film, 100) == 1


def test_a_preview_inside_the_picture_is_not_a_scan() -> None:
    exif = b"Exif\0\0" + b"\xff\xda" * 200
    assert headers.count_scans(encoded(plain(), "JPEG", exif=exif), 100) == 1


def test_every_scan_of_a_progressive_jpeg_counts() -> None:
    data = encoded(plain(), "JPEG", progressive=True)
    assert outline(data).scans == data.count(b"\xff\xda") > 2


@pytest.mark.parametrize("size", [(40, 30), (1, 1), (300, 2)])
@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"}])
def test_the_size_of_a_webp_is_read_from_each_kind_of_header(size: tuple[int, int], options: dict[str, object]) -> None:
    assert headers.webp_size(encoded(Image.new("RGB", size), "WEBP", **options)) == size


def test_a_webp_that_starts_with_anything_else_has_no_size() -> None:
    assert headers.webp_size(b"RIFF\0\0\0\0WEBPJUNK") == (0, 0)
