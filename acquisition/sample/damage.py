"""Files that look like pictures and are none: each must end as a failure with a known reason."""

import struct
import zlib

from acquisition.sample.formats import encode
from acquisition.sample.subjects import draw

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def torn_jpeg() -> bytes:
    """A photo whose transfer broke off half way."""
    whole = encode(draw("mountains", 100, (320, 240)), "JPEG")
    return whole[: len(whole) // 2]


def scratched_png() -> bytes:
    """A PNG with bytes overwritten in the middle of its pixels."""
    whole = bytearray(encode(draw("mandalas", 100, (160, 120)), "PNG"))
    middle = len(whole) // 2
    whole[middle : middle + 64] = bytes(64)
    return bytes(whole)


def note() -> bytes:
    """A text that someone named .jpg."""
    return b"This is a note about a picture, not a picture.\n"


def nothing() -> bytes:
    """An empty file."""
    return b""


def giant_png() -> bytes:
    """A few bytes that announce a picture of ten billion pixels."""
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1024))) + chunk(b"IEND", b"")


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG file. Source: https://www.w3.org/TR/png-3/#5Chunk-layout."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


#: Path in the sample: what makes it, and the reason it must fail with (one of shared.errors.REASONS).
BROKEN = {
    "broken/torn.jpg": (torn_jpeg, "truncated"),
    "broken/scratched.png": (scratched_png, "undecodable"),
    "broken/note.jpg": (note, "unsupported_format"),
    "broken/nothing.jpg": (nothing, "empty_file"),
    "broken/giant.png": (giant_png, "too_many_pixels"),
}
