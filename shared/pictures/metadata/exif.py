"""EXIF: the camera and its settings, made safe: no GPS, no NaN, no endless text."""

import math
import re
from codecs import getincrementaldecoder
from collections.abc import Mapping
from datetime import datetime
from typing import Any

MAX_TEXT_LENGTH = 100
EXIF_IFD = 0x8769  # pointer from the main directory to the camera's settings
ORIENTATION = 0x0112

#: The fields kept, in the order of `shared.tables.contracts.EXIF`.
#: Source: CIPA DC-008 (Exif 2.32), tables 4 and 8.
TEXT_TAGS = {"camera_make": 0x010F, "camera_model": 0x0110, "lens": 0xA434}
#: When the picture was taken, else digitised, each with the tags of its fraction of a second and of its zone.
DATE_TAGS = ((0x9003, 0x9291, 0x9011), (0x9004, 0x9292, 0x9012))
NUMBER_TAGS = {"exposure_s": 0x829A, "aperture_f": 0x829D, "focal_length_mm": 0x920A}
SHUTTER_SPEED, APERTURE = 0x9201, 0x9202  # APEX values, which some cameras write instead
DATE = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d:\d\d)(:\d\d)?(\.\d{1,6})?\d* ?(Z|[+-]\d\d:?\d\d)?")
ISO = 0x8827
FIELDS = (
    *TEXT_TAGS,
    "date_taken",
    "orientation",
    "exposure_s",
    "aperture_f",
    "iso",
    "focal_length_mm",
)

Exif = dict[str, str | int | float | None]

NO_EXIF: Exif = dict.fromkeys(FIELDS)


def exif_fields(main: Mapping[int, Any], camera: Mapping[int, Any]) -> Exif:
    """The fields of `shared.tables.contracts.EXIF`; what is absent or absurd is None.

    Args:
        main: tags of the main directory (IFD 0).
        camera: tags of the Exif directory it points to.
    """
    tags = {**main, **camera}
    found: Exif = {name: clean_text(tags.get(tag)) for name, tag in TEXT_TAGS.items()}
    found |= {name: clean_number(tags.get(tag)) for name, tag in NUMBER_TAGS.items()}
    found["exposure_s"] = found["exposure_s"] or apex_number(tags.get(SHUTTER_SPEED), -1.0)
    found["aperture_f"] = found["aperture_f"] or apex_number(tags.get(APERTURE), 0.5)
    found["date_taken"] = next(filter(None, (date_of(tags, *names) for names in DATE_TAGS)), None)
    found["orientation"] = clean_integer(main.get(ORIENTATION), highest=8)
    found["iso"] = clean_integer(tags.get(ISO), highest=10_000_000)
    return {name: found[name] for name in FIELDS}


def fill(fields: Exif, date_taken: str, lens: str) -> Exif:
    """The fields, date and lens filled in from elsewhere where they are unknown."""
    return fields | {
        "date_taken": fields["date_taken"] or clean_date(date_taken),
        "lens": fields["lens"] or clean_text(lens),
    }


def clean_text(value: object, longest: int = MAX_TEXT_LENGTH) -> str | None:
    """Printable text up to the first NUL, at most `longest` characters, or None.

    EXIF knows ASCII only, so other letters come as UTF-8 or Latin-1.
    """
    if value is None:
        return None
    octets = value.encode("latin-1", "ignore") if isinstance(value, str) and is_latin(value) else value
    text = decode_text(octets, 8 * longest) if isinstance(octets, bytes) else octets
    if not isinstance(text, str):
        return None
    head = text.partition("\0")[0][: 4 * longest]
    printable = "".join(letter if letter.isprintable() else " " for letter in head)
    return " ".join(printable.split())[:longest].strip() or None


def is_latin(text: str) -> bool:
    """Whether Pillow may have made the text of bytes, one letter each."""
    return max(text[: 4 * MAX_TEXT_LENGTH], default="") < "\u0100"


def decode_text(octets: bytes, longest: int = 1 << 16) -> str:
    """Text of at most `longest` bytes up to the first NUL: of UTF-8 or, where they are none, of Latin-1."""
    whole = octets.partition(b"\0")[0]
    head = whole[:longest]
    try:
        return getincrementaldecoder("utf-8")().decode(head, final=len(head) == len(whole))
    except UnicodeDecodeError:
        return head.decode("latin-1")


def clean_number(value: object) -> float | None:
    """A number above 0 and below a million, or None; a zero denominator is None."""
    try:
        number = float(first(value))
    except (TypeError, ValueError, ArithmeticError):
        return None
    return number if math.isfinite(number) and 0 < number < 1e6 else None


def clean_integer(value: object, highest: int) -> int | None:
    """A whole number from 1 to `highest`, or None."""
    number = first(value)
    return number if isinstance(number, int) and 1 <= number <= highest else None


def apex_number(value: object, exponent: float) -> float | None:
    """2 to the power of `exponent` times an APEX value, or None. Source: CIPA DC-008 (Exif 2.32), annex C."""
    try:
        apex = float(first(value))
    except (TypeError, ValueError, ArithmeticError):
        return None
    return clean_number(2.0 ** (exponent * apex)) if abs(apex) < 64 else None


def date_of(tags: Mapping[int, Any], tag: int, fraction_tag: int, zone_tag: int) -> str | None:
    """A date from its tag and those that hold its fraction and zone."""
    date = clean_date(tags.get(tag))
    if date is None or len(date) > len("2024-05-01T17:30:05"):
        return date
    fraction, zone = clean_text(tags.get(fraction_tag)) or "", clean_text(tags.get(zone_tag)) or ""
    return clean_date(f"{date}{'.' + fraction if fraction.isdecimal() else ''}{zone}") or date


def clean_date(value: object) -> str | None:
    """The camera's clock as ISO 8601, with fraction and zone where they are given; None when it shows no date."""
    found = DATE.fullmatch(clean_text(value) or "")
    if not found:
        return None
    year, month, day, minutes, seconds, fraction, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{year}-{month}-{day}T{minutes}{seconds or ':00'}")
    except ValueError:
        return None
    zone = zone if not zone or zone == "Z" or ":" in zone else f"{zone[:3]}:{zone[3:]}"
    return f"{moment.isoformat()}{fraction or ''}{zone or ''}"


def first(value: Any) -> Any:
    """The first of several values: some cameras write one number as a list."""
    return value[0] if isinstance(value, tuple) and value else value
