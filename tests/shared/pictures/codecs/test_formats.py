"""Which formats are opened, and what is said of those that are not."""

import struct

import numpy as np
import pytest
from PIL import Image

from shared.errors import BadInputError
from shared.pictures import decoding, pixels
from shared.pictures.codecs import formats, tiff
from shared.pictures.sandbox import Decoder
from tests.shared.pictures.camera_raw import dng
from tests.shared.pictures.codecs.heic import HEIC
from tests.shared.pictures.drawn import BLUE, RED, cornered, encoded, plain

GREEN = (0, 200, 0)


def corner(picture: decoding.DecodedPicture) -> list[int]:
    """Colour of the top left corner of a thumbnail."""
    pixel: list[int] = pixels.open_thumbnail(picture.jpeg)[4, 4].tolist()
    return pixel


def refusal(data: bytes) -> BadInputError:
    with pytest.raises(BadInputError) as caught:
        decoding.decode(data)
    return caught.value


def test_a_heic_is_upright_with_its_exif() -> None:
    picture = decoding.decode(HEIC)
    assert (picture.format, picture.width_px, picture.height_px) == ("HEIF", 48, 64)
    assert (picture.exif["camera_make"], picture.exif["orientation"]) == ("Maker", 6)
    rgb = pixels.open_thumbnail(picture.jpeg)
    assert rgb[5, -5].tolist() == pytest.approx(RED, abs=8)  # top left, turned to the right
    assert rgb[5, 5].tolist() == pytest.approx(BLUE, abs=8)


@pytest.mark.parametrize("brand", [b"mif1", b"msf1", b"MiHE"])
def test_a_compatible_brand_is_enough_for_heif(brand: bytes) -> None:
    assert decoding.decode(HEIC[:8] + brand + HEIC[12:]).format == "HEIF"


def test_an_avif_of_a_general_brand_stays_an_avif() -> None:
    data = encoded(plain(), "AVIF")
    assert decoding.decode(data[:8] + b"mif1" + data[12:]).format == "AVIF"


@pytest.mark.parametrize("lost", [10, 100, 300, 600])
def test_a_cut_heic_is_undecodable(lost: int) -> None:
    assert refusal(HEIC[:-lost]).reason == "undecodable"


@pytest.mark.parametrize("kind", ["AVIF", "WEBP", "JPEG2000"])
def test_damage_that_makes_a_codec_fail_is_undecodable_in_its_words(kind: str) -> None:
    data = encoded(Image.effect_noise((64, 64), 90).convert("RGB"), kind)
    middle = data.index(b"mdat") + 4 if kind == "AVIF" else len(data) // 2
    error = refusal(data[:middle] + bytes(20) + data[middle + 20 :] if kind == "AVIF" else data[:middle])
    assert error.reason == "undecodable"
    assert error.detail


def test_a_raw_is_its_large_preview_not_the_small_one_in_front() -> None:
    picture = decoding.decode(dng())
    assert (picture.format, picture.width_px, picture.height_px) == ("RAW", 640, 480)
    assert corner(picture) == pytest.approx(GREEN, abs=4)
    assert picture.exif["camera_model"] == "Camera 1"


@pytest.mark.parametrize("preview", [None, (160, 120)])
def test_a_raw_without_a_large_preview_is_developed(preview: tuple[int, int] | None) -> None:
    picture = decoding.decode(dng(preview=preview))
    rgb = pixels.open_thumbnail(picture.jpeg)
    assert (picture.width_px, picture.height_px) == (640, 480)
    assert rgb[10, 10].tolist() == pytest.approx(RED, abs=8)
    assert rgb[-10, -10].tolist() == pytest.approx(BLUE, abs=8)


@pytest.mark.parametrize("preview", [None, (800, 600)])
def test_a_raw_is_turned_upright_once(preview: tuple[int, int] | None) -> None:
    picture = decoding.decode(dng(preview=preview, orientation=6))
    assert (picture.width_px, picture.height_px, picture.exif["orientation"]) == (480, 640, 6)
    rgb = pixels.open_thumbnail(picture.jpeg)
    assert rgb.shape[0] > rgb.shape[1]
    assert rgb[10, -10].tolist() == pytest.approx(GREEN if preview else RED, abs=8)


def test_a_raw_that_cannot_be_read_is_no_supported_format() -> None:
    error = refusal(dng(sensor=False, preview=None))
    assert (error.reason, error.detail) == ("unsupported_format", "Unsupported file format or not RAW file")


@pytest.mark.parametrize(
    "head",
    [b"II*\0\x10\0\0\0CR\2\0", b"IIU\0\x18\0\0\0", b"IIRO\x08\0\0\0", b"FUJIFILMCCD-RAW 0201", b"\0\0\0\x18ftypcrx "],
)
def test_raw_files_of_every_maker_are_recognised(head: bytes) -> None:
    assert tiff.is_raw(head + bytes(100))


@pytest.mark.parametrize(
    "data", [encoded(plain(), "TIFF"), b"II*\0", b"II*\0\x08\0\0\0\xff\xff", b"MM\0+" + b"\xff" * 40]
)
def test_other_files_are_no_raw(data: bytes) -> None:
    assert not tiff.is_raw(data)


def test_the_decoders_process_reads_heif_and_raw_within_its_limits() -> None:
    with Decoder() as made:
        assert (made.decode(HEIC).format, made.decode(dng()).format, made.decode(dng(preview=None)).format) == (
            "HEIF",
            "RAW",
            "RAW",
        )


def psd(image: Image.Image) -> bytes:
    """A Photoshop file of a flat picture."""
    planes = np.moveaxis(np.asarray(image), 2, 0).tobytes()
    header = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, image.height, image.width, 8, 3)
    return header + bytes(12) + b"\0\0" + planes


def test_a_photoshop_file_is_its_composite() -> None:
    picture = decoding.decode(psd(cornered((80, 60))))
    assert (picture.format, picture.width_px, picture.height_px) == ("PSD", 80, 60)
    assert corner(picture) == pytest.approx(RED, abs=8)


def float_rgb() -> bytes:
    """A TIFF of three floating-point channels, which Pillow has no mode for."""
    tags = [(256, 4, 1, 2), (257, 4, 1, 2), (258, 3, 1, 32), (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 1, 8)]
    tags += [(277, 3, 1, 3), (278, 4, 1, 2), (279, 4, 1, 48), (339, 3, 1, 3)]
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + struct.pack("<I", 56) + bytes(48) + struct.pack("<H", len(tags)) + entries + bytes(4)


def big_endian_big_tiff() -> bytes:
    return b"MM\0+\0\x08\0\0" + (16).to_bytes(8, "big") + bytes(40)


@pytest.mark.parametrize("data", [float_rgb(), big_endian_big_tiff()])
def test_a_layout_that_pillow_lacks_is_not_called_broken(data: bytes) -> None:
    error = refusal(data)
    assert error.reason == "unsupported_format"
    assert error.detail.startswith("pixel layout not supported")


def test_a_broken_header_is_said_in_the_codecs_words() -> None:
    assert refusal(b"GIF89a" + bytes(20)).detail.startswith("its header is broken: ")


def test_every_format_is_named_in_a_refusal() -> None:
    assert all(name in refusal(b"<html>").detail for name in formats.FORMATS)
