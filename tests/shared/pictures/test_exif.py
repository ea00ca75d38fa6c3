"""EXIF comes from strangers: what is kept of it can be stored and shown."""

from typing import Any

import pytest
from PIL.TiffImagePlugin import IFDRational

from shared.pictures import exif
from shared.tables.contracts import EXIF


def test_the_fields_are_those_of_the_contract() -> None:
    assert [field.name for field in EXIF] == list(exif.FIELDS)


def test_a_cameras_settings_are_kept_and_its_place_is_not() -> None:
    main = {0x010F: "Canon\0", 0x0110: "EOS R5 ", exif.ORIENTATION: 6, 0x8825: {1: "N", 2: (51.0, 28.0, 38.0)}}
    camera = {
        exif.DATE_TAKEN: "2024:05:01 17:30:05",
        0x829A: IFDRational(1, 250),
        0x829D: IFDRational(28, 10),
        exif.ISO: (400, 0),
        0x920A: 50.0,
        0xA434: b"RF50mm\0junk",
    }
    assert exif.exif_fields(main, camera) == {
        "camera_make": "Canon",
        "camera_model": "EOS R5",
        "lens": "RF50mm",
        "date_taken": "2024-05-01T17:30:05",
        "orientation": 6,
        "exposure_s": 0.004,
        "aperture_f": 2.8,
        "iso": 400,
        "focal_length_mm": 50.0,
    }


def test_no_exif_is_all_unknown() -> None:
    assert exif.exif_fields({}, {}) == exif.NO_EXIF


@pytest.mark.parametrize("value", [IFDRational(1, 0), float("nan"), float("inf"), -1, 0, 1e9, "wide", b"", (), None])
def test_an_absurd_number_is_unknown(value: Any) -> None:
    assert exif.clean_number(value) is None


@pytest.mark.parametrize("value", [0, 9, 255, 65535, "AAAA", 1.5, (), None])
def test_an_orientation_that_means_nothing_is_unknown(value: Any) -> None:
    assert exif.clean_integer(value, highest=8) is None


@pytest.mark.parametrize("value", ["0000:00:00 00:00:00", "    :  :     :  :  ", "yesterday", "2024-05-01", 5, None])
def test_a_date_that_is_none_is_unknown(value: Any) -> None:
    assert exif.clean_date(value) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\x07b\nc", "a b c"),
        ("x" * 10_000_000, "x" * exif.MAX_TEXT_LENGTH),
        ("\0hidden", None),
        ("   ", None),
        (b"caf\xe9", "caf\xe9"),
        ("\ud800 lone", "lone"),
        (7, None),
    ],
)
def test_text_is_short_and_printable(value: Any, text: str | None) -> None:
    assert exif.clean_text(value) == text
