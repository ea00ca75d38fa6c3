"""What a picture's EXIF says of the camera, made safe: no GPS, no NaN, no endless text."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

MAX_TEXT_LENGTH = 100
EXIF_IFD = 0x8769  # pointer from the main directory to the camera's settings
ORIENTATION = 0x0112

#: The fields kept, in the order of `shared.tables.contracts.EXIF`.
#: Source: CIPA DC-008 (Exif 2.32), tables 4 and 8.
TEXT_TAGS = {"camera_make": 0x010F, "camera_model": 0x0110, "lens": 0xA434}
DATE_TAKEN = 0x9003
NUMBER_TAGS = {"exposure_s": 0x829A, "aperture_f": 0x829D, "focal_length_mm": 0x920A}
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
    found["date_taken"] = clean_date(tags.get(DATE_TAKEN))
    found["orientation"] = clean_integer(main.get(ORIENTATION), highest=8)
    found["iso"] = clean_integer(tags.get(ISO), highest=10_000_000)
    return {name: found[name] for name in FIELDS}


def clean_text(value: object) -> str | None:
    """Printable text up to the first NUL, at most MAX_TEXT_LENGTH characters, or None."""
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    if not isinstance(text, str):
        return None
    head = text.partition("\0")[0][: 4 * MAX_TEXT_LENGTH]
    printable = "".join(letter if letter.isprintable() else " " for letter in head)
    return " ".join(printable.split())[:MAX_TEXT_LENGTH].strip() or None


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


def clean_date(value: object) -> str | None:
    """The camera's clock as ISO 8601 without zone, or None when it shows no date."""
    try:
        return datetime.strptime(clean_text(value) or "", "%Y:%m:%d %H:%M:%S").isoformat()
    except ValueError:
        return None


def first(value: Any) -> Any:
    """The first of several values: some cameras write one number as a list."""
    return value[0] if isinstance(value, tuple) and value else value
