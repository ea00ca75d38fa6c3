"""Files beside a picture that describe it."""

import json

import pytest

from shared.pictures.metadata.described import NO_DESCRIPTION
from shared.pictures.metadata.sidecars import sidecar_description, sidecar_names
from tests.shared.pictures.metadata.test_xmp import FULL

TAKEOUT = {
    "title": "IMG_1.jpg",
    "description": "At the lake",
    "photoTakenTime": {"timestamp": "1625386272", "formatted": "4 Jul 2021"},
    "geoData": {"latitude": 47.1, "longitude": 8.5},
    "url": "https://photos.google.com/photo/abc",
}


@pytest.mark.parametrize(
    ("picture", "sidecar"),
    [
        ("a.jpg", "a.jpg.xmp"),
        ("a.jpg", "a.xmp"),
        ("a.NEF", "a.XMP"),
        ("a.jpg", "a.jpg.json"),
        ("a.jpg", "a.jpg.supplemental-metadata.json"),
        ("x" * 60 + ".jpg", "x" * 46 + ".json"),
        ("x" * 30 + ".jpg", "x" * 30 + ".jpg.supplementa.json"),
    ],
)
def test_every_usual_name_is_tried(picture: str, sidecar: str) -> None:
    assert sidecar in sidecar_names(picture)


def test_an_xmp_sidecar_is_read_like_an_embedded_packet() -> None:
    assert sidecar_description("a.XMP", FULL).title == "The lake"


def test_takeout_gives_description_page_and_date_and_no_place() -> None:
    found = sidecar_description("a.jpg.json", json.dumps(TAKEOUT).encode())
    assert found == NO_DESCRIPTION._replace(
        title="At the lake", source_url="https://photos.google.com/photo/abc", date_taken="2021-07-04T08:11:12Z"
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"photoTakenTime": 7}',
        b'{"photoTakenTime": {"timestamp": "1e99"}, "url": "javascript:alert(1)"}',
        b'{"photoTakenTime": {"timestamp": 99999999999999999999}}',
        b"{}" + b" " * (5 << 20),
    ],
)
def test_other_json_says_nothing(data: bytes) -> None:
    assert sidecar_description("a.jpg.json", data) == NO_DESCRIPTION
