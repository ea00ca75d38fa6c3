"""Metadata inside files of each format."""

from typing import Any

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational, ImageFileDirectory_v2

from shared.pictures import decoding
from shared.pictures.metadata.embedded import resources
from tests.shared.pictures.drawn import encoded, plain
from tests.shared.pictures.metadata.test_iptc import block
from tests.shared.pictures.metadata.test_xmp import FULL, packet


def decoded(kind: str, **options: Any) -> decoding.DecodedPicture:
    return decoding.decode(encoded(plain(), kind, **options))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_xmp_is_read_from_every_format(kind: str) -> None:
    if kind == "PNG":
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_itxt("XML:com.adobe.xmp", FULL.decode(), zip=True)
        picture = decoded(kind, pnginfo=info)
    else:
        picture = decoded(kind, xmp=FULL)
    assert (picture.description.author, picture.description.rating) == ("Jürgen Öz, Second", 4)
    assert picture.exif["date_taken"] == "2021-07-04T10:11:12.50+02:00"
    assert picture.exif["lens"] == "EF 50mm"


def test_a_tiffs_xmp_iptc_and_orientation_are_read() -> None:
    tags = ImageFileDirectory_v2()
    tags[0x02BC], tags.tagtype[0x02BC] = packet("<dc:title>Lake</dc:title>"), 1
    tags[0x83BB], tags.tagtype[0x83BB] = block("utf-8", declared=True), 7
    tags[0x0112] = 6
    picture = decoded("TIFF", tiffinfo=tags)
    assert picture.description[:3] == ("Öz", "© Öz", "Lake")
    assert picture.description.tags == ("See", "Alps")
    assert (picture.exif["orientation"], picture.width_px, picture.height_px) == (6, 30, 40)


def test_iptc_in_photoshops_resources_of_a_jpeg_is_read() -> None:
    content = block("latin-1", declared=False)
    resource = b"8BIM\x04\x04\0\0" + len(content).to_bytes(4, "big") + content
    segment = b"Photoshop 3.0\0" + resource
    data = encoded(plain(), "JPEG")
    data = data[:2] + b"\xff\xed" + (len(segment) + 2).to_bytes(2, "big") + segment + data[2:]
    assert decoding.decode(data).description.title == "Zürich"
    assert resources(resource) == {0x0404: content}


def test_exif_and_windows_tags_are_read() -> None:
    exif = Image.Exif()
    exif[0x013B], exif[0x8298], exif[0x4746] = "Jane", "CC BY 4.0", 3
    exif[0x9C9B] = "The title\0".encode("utf-16-le")
    exif[0x9C9E] = "one;two".encode("utf-16-le")
    found = decoded("JPEG", exif=exif).description
    assert (found.author, found.license, found.title, found.tags, found.rating) == (
        "Jane",
        "CC BY 4.0",
        "The title",
        ("one", "two"),
        3,
    )


def test_apex_values_and_digitised_date_stand_in() -> None:
    exif = Image.Exif()
    camera = exif.get_ifd(0x8769)
    camera[0x9201], camera[0x9202], camera[0x9004] = IFDRational(8, 1), IFDRational(3, 1), "2020:01:02 03:04:05"
    found = decoded("JPEG", exif=exif).exif
    assert found["date_taken"] == "2020-01-02T03:04:05"
    assert found["exposure_s"] == pytest.approx(1 / 256)
    assert found["aperture_f"] == pytest.approx(2 * 2**0.5)


@pytest.mark.parametrize("junk", [b"", b"8BIM", b"8BIM\x04\x04\xff", b"8BIM\x04\x04\0\0\xff\xff\xff\xff", b"x" * 99])
def test_broken_resources_hold_nothing_more(junk: bytes) -> None:
    assert not any(resources(junk).values())
