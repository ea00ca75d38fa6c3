"""EXIF comes from strangers: what is kept of it can be stored and shown."""

from typing import Any

import pytest
from PIL.TiffImagePlugin import IFDRational

from shared.pictures.metadata import exif
from shared.tables.contracts import EXIF


def test_the_fields_are_those_of_the_contract() -> None:
    assert [field.name for field in EXIF] == list(exif.FIELDS)


def test_a_cameras_settings_are_kept_and_its_place_is_not() -> None:
    main = {0x010F: "Canon\0", 0x0110: "EOS R5 ", exif.ORIENTATION: 6, 0x8825: {1: "N", 2: (51.0, 28.0, 38.0)}}
    camera = {
        0x9003: "2024:05:01 17:30:05",
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


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("2024:05:01 17:30:05", "2024-05-01T17:30:05"),
        ("2024:05:01 17:30:05.25", "2024-05-01T17:30:05.25"),
        ("2024:05:01 17:30:05+02:00", "2024-05-01T17:30:05+02:00"),
        ("2024:05:01 17:30:05-0530", "2024-05-01T17:30:05-05:30"),
        ("2024-05-01T17:30:05Z", "2024-05-01T17:30:05Z"),
        ("2024:05:01 17:30", "2024-05-01T17:30:00"),
        ("2024:13:01 17:30:05", None),
        ("2024:05:01 25:30:05", None),
    ],
)
def test_a_date_keeps_its_fraction_and_zone(value: str, date: str | None) -> None:
    assert exif.clean_date(value) == date


def test_fraction_and_zone_come_from_their_own_tags() -> None:
    camera = {0x9003: "2024:05:01 17:30:05", 0x9291: "25", 0x9011: "+02:00", 0x9004: "2000:01:01 00:00:00"}
    assert exif.exif_fields({}, camera)["date_taken"] == "2024-05-01T17:30:05.25+02:00"
    assert exif.exif_fields({}, camera | {0x9011: "junk"})["date_taken"] == "2024-05-01T17:30:05"


@pytest.mark.parametrize(
    "value", ["Café".encode().decode("latin-1"), "Café", "Café".encode(), "Café".encode("latin-1")]
)
def test_a_name_is_read_in_utf_8_and_in_latin_1(value: Any) -> None:
    assert exif.clean_text(value) == "Café"


def test_a_long_name_in_utf_8_is_not_cut_within_a_letter() -> None:
    assert exif.clean_text("é" * 5000) == "é" * exif.MAX_TEXT_LENGTH
    assert exif.clean_text(("é" * 5000).encode()) == "é" * exif.MAX_TEXT_LENGTH


@pytest.mark.parametrize(("apex", "exponent", "expected"), [(8, -1.0, 1 / 256), (3, 0.5, 2 * 2**0.5), (-2, -1.0, 4)])
def test_apex_values_are_powers_of_two(apex: float, exponent: float, expected: float) -> None:
    assert exif.apex_number(apex, exponent) == pytest.approx(expected)


@pytest.mark.parametrize("value", [None, "x", 1e9, -1e9, float("nan"), IFDRational(1, 0), ()])
def test_an_absurd_apex_value_is_unknown(value: Any) -> None:
    assert exif.apex_number(value, -1.0) is None
