"""What a file's bytes tell before a codec sees them: how much work it would be."""

import re
from typing import NamedTuple

from shared.errors import BadInputError

#: A JPEG marker that is not a stuffed zero, a restart or fill.
JPEG_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
START_OF_IMAGE, START_OF_SCAN, END_OF_IMAGE = b"\xff\xd8", b"\xff\xda", b"\xff\xd9"
FOURTEEN_BITS = 0x3FFF


class Limits(NamedTuple):
    """The most that one picture may be."""

    max_bytes: int = 64 * 1024 * 1024
    max_pixels: int = 50_000_000
    max_scans: int = 100  # of 901 real JPEGs none had more than 53


LIMITS = Limits()


def check_length(data: bytes, limits: Limits = LIMITS) -> None:
    """Refuse what need not be looked at to be refused.

    Raises:
        BadInputError: empty_file or too_many_bytes.
    """
    if not data:
        raise BadInputError("empty_file", "the file has no bytes")
    if len(data) > limits.max_bytes:
        raise BadInputError("too_many_bytes", f"expected at most {limits.max_bytes} bytes, got {len(data)}")


def check_bytes(data: bytes, limits: Limits = LIMITS) -> None:
    """Refuse what need not be opened to be refused.

    Raises:
        BadInputError: empty_file, too_many_bytes, too_many_scans or too_many_pixels.
    """
    check_length(data, limits)
    if data.startswith(START_OF_IMAGE) and count_scans(data, limits.max_scans) > limits.max_scans:
        raise BadInputError("too_many_scans", f"expected at most {limits.max_scans} scans in a JPEG")
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":  # opening one already allocates its pixels
        check_pixels(*webp_size(data), limits)


def check_pixels(width: int, height: int, limits: Limits) -> None:
    """Refuse a picture with too many pixels."""
    if width * height > limits.max_pixels:
        detail = f"expected at most {limits.max_pixels} pixels, got {width} x {height}"
        raise BadInputError("too_many_pixels", detail)


def count_scans(data: bytes, enough: int) -> int:
    """How many scans a JPEG has, without decoding it; may overstate up to `enough`.

    A progressive JPEG costs one pass over all its pixels per scan. The bytes FF DA also occur in previews and in
    films behind the picture, so more than `enough` of them are counted properly, segment by segment.
    """
    scans = data.count(START_OF_SCAN)
    return scans if scans <= enough else walk_scans(data)


def walk_scans(data: bytes) -> int:
    """How many scans a JPEG has up to its end-of-image marker.

    Source: ITU-T T.81, annex B.1.1.
    """
    scans, position = 0, 2
    while (marker := JPEG_MARKER.search(data, position)) and marker.group() != END_OF_IMAGE:
        scans += marker.group() == START_OF_SCAN
        length = int.from_bytes(data[marker.end() : marker.end() + 2], "big")
        position = marker.end() + length
    return scans


def webp_size(data: bytes) -> tuple[int, int]:
    """Width and height a WebP claims, px; (0, 0) when its first chunk is none that has a size.

    Source: RFC 9649, sections 2.5 to 2.7.
    """
    kind = data[12:16]
    if kind == b"VP8X":
        return _integer(data, 24, 27) + 1, _integer(data, 27, 30) + 1
    if kind == b"VP8L":
        bits = _integer(data, 21, 25)
        return (bits & FOURTEEN_BITS) + 1, (bits >> 14 & FOURTEEN_BITS) + 1
    if kind == b"VP8 ":
        return _integer(data, 26, 28) & FOURTEEN_BITS, _integer(data, 28, 30) & FOURTEEN_BITS
    return 0, 0


def _integer(data: bytes, start: int, end: int) -> int:
    return int.from_bytes(data[start:end], "little")
