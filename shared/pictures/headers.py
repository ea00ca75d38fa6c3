"""Limits, and what can be refused by a file's first bytes, before a codec sees it."""

from typing import NamedTuple

from shared.errors import BadInputError
from shared.pictures.codecs.jpeg import START_OF_IMAGE, START_OF_SCAN, outline

FOURTEEN_BITS = 0x3FFF
MIB = 1 << 20
#: What the decoder's process takes before it decodes anything, and what a pixel takes while it is decoded and converted.
IDLE_BYTES, PIXEL_BYTES = 192 * MIB, 8


class Limits(NamedTuple):
    """The most that one picture may be.

    Args:
        max_pixels: of a JPEG, which becomes smaller while it is decoded.
        memory_bytes: of the decoder's process; limits the pixels of all other formats.
        max_scans: of 901 real JPEGs none had more than 53.
    """

    max_bytes: int = 256 * MIB
    max_pixels: int = 500_000_000
    max_scans: int = 100
    memory_bytes: int = 832 * MIB

    def pixels_of(self, kind: str) -> int:
        """The most pixels of a format."""
        in_memory = max(0, self.memory_bytes - IDLE_BYTES) // PIXEL_BYTES
        return self.max_pixels if kind == "JPEG" else min(self.max_pixels, in_memory)


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
        check_pixels(*webp_size(data), limits, "WEBP")


def check_pixels(width: int, height: int, limits: Limits, kind: str) -> None:
    """Refuse a picture with too many pixels for its format."""
    most = limits.pixels_of(kind)
    if width * height > most:
        raise BadInputError("too_many_pixels", f"expected at most {most} pixels in a {kind}, got {width} x {height}")


def count_scans(data: bytes, enough: int) -> int:
    """How many scans a JPEG has, without decoding it; may overstate up to `enough`.

    A progressive JPEG costs one pass over all its pixels per scan. The bytes FF DA also occur in previews and in
    films behind the picture, so more than `enough` of them are counted properly, segment by segment.
    """
    scans = data.count(START_OF_SCAN)
    return scans if scans <= enough else outline(data).scans


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
