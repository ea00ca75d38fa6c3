"""File bytes to thumbnails."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps

from shared.errors import BadInputError
from shared.pictures import conversion, decoding, pixels
from shared.pictures.codecs.size import Target
from shared.pictures.headers import LIMITS, Limits
from shared.pictures.metadata import exif
from tests.shared.pictures.drawn import BLUE, RED, WHITE, cornered, encoded, plain

GPS = 0x8825
WRITTEN = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000")  # Pillow writes neither PSD, HEIF nor RAW


def announced(width: int, height: int) -> bytes:
    """The start of a PNG that claims a size, up to its pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header)) + b"\0\0\0\0IDAT"
    )


def middle(picture: decoding.DecodedPicture) -> list[int]:
    """Colour in the middle of a picture's thumbnail."""
    rgb = pixels.open_thumbnail(picture.jpeg)
    pixel: list[int] = rgb[rgb.shape[0] // 2, rgb.shape[1] // 2].tolist()
    return pixel


def exif_with(**tags: Any) -> Image.Exif:
    found = Image.Exif()
    for name, value in tags.items():
        found[int(name.removeprefix("tag_"), 16)] = value
    return found


def difference(one: Any, other: Any) -> float:
    """Mean difference of two pictures, 0..255."""
    return float(np.abs(np.asarray(one, np.int16) - np.asarray(other, np.int16)).mean())


def refusal(data: bytes, limits: Limits = LIMITS) -> str:
    with pytest.raises(BadInputError) as caught:
        decoding.decode(data, limits)
    return caught.value.reason


@pytest.mark.parametrize("kind", WRITTEN)
def test_every_allowed_format_becomes_a_thumbnail(kind: str) -> None:
    picture = decoding.decode(encoded(plain((40, 30)), kind))
    assert (picture.format, picture.width_px, picture.height_px) == (kind, 40, 30)
    assert middle(picture) == pytest.approx(RED, abs=4)


@pytest.mark.parametrize("kind", ["PPM", "TGA", "ICO", "PCX", "SGI", "EPS"])
def test_other_formats_that_pillow_knows_stay_shut(kind: str) -> None:
    assert refusal(encoded(plain((32, 32)), kind)) == "unsupported_format"


@pytest.mark.parametrize("data", [b"<html>", b"\xff", b"PK\x03\x04", bytes(1000)])
def test_what_is_no_picture_is_no_supported_format(data: bytes) -> None:
    assert refusal(data) == "unsupported_format"


@pytest.mark.parametrize("kind", WRITTEN)
def test_half_a_picture_is_refused(kind: str) -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8))
    data = encoded(noise, kind)
    reason = "truncated" if kind in {"JPEG", "PNG", "GIF", "BMP", "TIFF"} else "undecodable"
    assert refusal(data[: len(data) // 2]) == reason


def test_a_damaged_png_is_undecodable_although_its_exif_could_be_read() -> None:
    data = bytearray(encoded(cornered((64, 64))))
    data[data.index(b"IDAT") + 20] ^= 0xFF
    assert refusal(bytes(data)) == "undecodable"


def test_what_a_codec_raises_is_undecodable_in_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("Failed to decode\nframe 0")

    data = encoded(plain())
    monkeypatch.setattr(Image.Image, "load", fail)
    with pytest.raises(BadInputError, match="undecodable: Failed to decode frame 0"):
        decoding.decode(data)


@pytest.mark.parametrize("slip", [TypeError, AttributeError, KeyError, ValueError])
def test_a_slip_of_ours_is_no_failure_of_the_picture(monkeypatch: pytest.MonkeyPatch, slip: type[Exception]) -> None:
    def fail(*_: object) -> None:
        raise slip("ours")

    monkeypatch.setattr(conversion, "to_rgb", fail)
    with pytest.raises(slip, match="ours"):
        decoding.decode(encoded(plain()))


def test_only_the_first_frame_counts() -> None:
    data = encoded(plain(), "GIF", save_all=True, append_images=[plain(color=BLUE)])
    assert middle(decoding.decode(data)) == pytest.approx(RED, abs=4)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((4000, 3000), (341, 256)),
        ((3000, 4000), (256, 341)),
        ((256, 256), (256, 256)),
        ((100, 50), (100, 50)),
        ((300, 200), (300, 200)),
        ((8000, 500), (1024, 64)),
        ((10_000, 2), (1024, 1)),
    ],
)
def test_a_thumbnails_shorter_side_is_256_px_and_it_is_never_enlarged(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert decoding.THUMBNAIL.size(*size) == expected


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_larger_target_gives_more_pixels_of_the_same_picture(kind: str) -> None:
    data = encoded(cornered((1200, 800)), kind, exif=exif_with(tag_0112=6))
    small, large = decoding.decode(data), decoding.decode(data, target=Target(600, 1200))
    assert (small.thumbnail_width_px, small.thumbnail_height_px) == (256, 384)
    assert (large.thumbnail_width_px, large.thumbnail_height_px) == (600, 900)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB").resize((600, 900))
    assert difference(pixels.open_thumbnail(large.jpeg), upright) < 2
    assert large._replace(jpeg=b"", thumbnail_width_px=256, thumbnail_height_px=384) == small._replace(jpeg=b"")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_every_orientation_is_turned_upright(kind: str, orientation: int) -> None:
    turned = exif_with(tag_0112=orientation)
    data = encoded(cornered((320, 200)), kind, exif=turned)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
    picture = decoding.decode(data)
    assert (picture.width_px, picture.height_px) == expected.size
    assert difference(pixels.open_thumbnail(picture.jpeg), expected) < 2


@pytest.mark.parametrize(
    ("image", "color"),
    [
        (plain(mode="RGBA", color=(255, 0, 0, 0)), WHITE),
        (plain(mode="RGBA", color=(255, 0, 0, 128)), (255, 127, 127)),
        (plain(mode="LA", color=(0, 0)), WHITE),
        (plain(mode="L", color=90), (90, 90, 90)),
        (plain(mode="1", color=1), WHITE),
        (plain().quantize(4), RED),
        (plain(mode="I;16", color=40_000), (156, 156, 156)),
    ],
    ids=lambda value: getattr(value, "mode", None),
)
def test_every_kind_of_pixel_becomes_rgb(image: Image.Image, color: tuple[int, int, int]) -> None:
    assert middle(decoding.decode(encoded(image))) == pytest.approx(color, abs=4)


def test_a_transparent_palette_colour_shows_white() -> None:
    image = plain().quantize(4)
    data = encoded(image, transparency=image.getpixel((0, 0)))
    assert middle(decoding.decode(data)) == pytest.approx(WHITE, abs=4)


@pytest.mark.parametrize(("mode", "options"), [("CMYK", {"kind": "JPEG"}), ("CMYK", {"kind": "TIFF"})])
def test_inks_become_rgb(mode: str, options: dict[str, str]) -> None:
    assert middle(decoding.decode(encoded(plain().convert(mode), **options))) == pytest.approx(RED, abs=8)


@pytest.mark.parametrize("mode", ["F", "I"])
def test_numbers_without_a_white_are_stretched_from_darkest_to_lightest(mode: str) -> None:
    ramp = Image.fromarray(np.linspace(-5, 1000, 64 * 64, dtype=np.float32).reshape(64, 64)).convert(mode)
    rgb = pixels.open_thumbnail(decoding.decode(encoded(ramp, "TIFF")).jpeg)
    assert [int(rgb.min()), int(rgb.max())] == pytest.approx([0, 255], abs=6)


def test_a_colour_profile_is_applied() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"tXYZ").replace(b"bXYZ", b"rXYZ").replace(b"tXYZ", b"bXYZ")
    swapped = swapped.replace("sRGB".encode("utf-16-be"), "test".encode("utf-16-be"))
    picture = decoding.decode(encoded(plain(), icc_profile=swapped))
    assert middle(picture) == pytest.approx(BLUE, abs=8)


@pytest.mark.parametrize("profile", [bytes(5000), b"junk", b"\0" * 36 + b"acsp" + b"\xff" * 200])
def test_a_broken_colour_profile_changes_nothing(profile: bytes) -> None:
    picture = decoding.decode(encoded(plain(), "JPEG", icc_profile=profile))
    assert middle(picture) == pytest.approx(RED, abs=4)


def test_where_a_picture_was_taken_is_kept_nowhere() -> None:
    data = exif_with(tag_010f="Canon")
    data[GPS] = {1: "N", 2: (51.0, 28.0, 38.0), 29: "2024:05:01"}
    picture = decoding.decode(encoded(plain(), "JPEG", exif=data, comment=b"51.4772 N"))
    assert picture.exif == exif.NO_EXIF | {"camera_make": "Canon"}
    kept = Image.open(io.BytesIO(picture.jpeg))
    assert (dict(kept.getexif()), kept.info.get("comment")) == ({}, None)
    assert b"51.4772" not in picture.jpeg


def test_broken_exif_costs_the_exif_and_not_the_picture() -> None:
    picture = decoding.decode(encoded(plain(), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0" + b"\xff" * 300))
    assert picture.exif == exif.NO_EXIF


def test_the_same_file_makes_the_same_thumbnail() -> None:
    data = encoded(cornered((700, 500)), "JPEG")
    assert decoding.decode(data) == decoding.decode(data)


def test_decoding_a_jpeg_at_reduced_size_looks_the_same() -> None:
    y, x = np.mgrid[0:1500, 0:2000]
    waves = (127 + 60 * np.sin(x / 40) + 60 * np.cos(y / 55)).astype(np.uint8)
    image = Image.fromarray(np.stack([waves, waves[::-1], waves[:, ::-1]], axis=2))
    reduced = pixels.open_thumbnail(decoding.decode(encoded(image, "JPEG", quality=95)).jpeg)
    whole = pixels.open_thumbnail(decoding.decode(encoded(image, "PNG")).jpeg)
    assert difference(reduced, whole) < 2


@pytest.mark.parametrize(
    ("data", "limits", "reason"),
    [
        (encoded(plain((40, 30))), Limits(max_pixels=1199), "too_many_pixels"),
        (encoded(plain((40, 30))), Limits(max_bytes=10), "too_many_bytes"),
        (encoded(plain(), "JPEG", progressive=True), Limits(max_scans=2), "too_many_scans"),
        (b"", Limits(), "empty_file"),
        (
            announced(2_000_000_000, 1),
            Limits(),
            "too_many_pixels",
        ),
    ],
)
def test_limits_hold(data: bytes, limits: Limits, reason: str) -> None:
    assert refusal(data, limits) == reason


def test_resizing_squashes_the_whole_picture() -> None:
    rgb = np.asarray(cornered((80, 40)))
    small = pixels.resize(rgb, 10, 20)
    assert small.shape == (20, 10, 3)
    assert (small[1, 1].tolist(), small[-1, -1].tolist()) == (list(RED), list(BLUE))
