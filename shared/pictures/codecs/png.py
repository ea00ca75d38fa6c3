"""PNG files reduced to the chunks that matter, and completed where their end is missing.

Pillow refuses a PNG for a wrong checksum or length in a text, a profile or a private chunk, and does not look at the
checksum of the pixels. Viewers ignore the former, and so does this; the latter is damage.
Source: Portable Network Graphics (PNG) Specification, third edition (W3C), sections 5, 7, 8 and 11.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shared.errors import BadInputError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Chunks that shape the pixels: damage of one is damage of the picture.
CRITICAL = frozenset({b"IHDR", b"PLTE", b"IDAT"})
#: Chunks that are kept if they are whole.
USEFUL = frozenset({b"tRNS", b"eXIf", b"acTL", b"fcTL", b"fdAT"})
FRAMES = frozenset({b"acTL", b"fcTL", b"fdAT"})  # of an animation, but for the first
PROFILE, TEXT, XMP_KEYWORD = b"iCCP", b"iTXt", b"XML:com.adobe.xmp"
LARGEST_EXTRA_BYTES = 8 << 20  # of a profile or XMP, decompressed
END = b"IEND"

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
#: Of each interlace pass: first column, first row, step between columns, step between rows.
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
COPY_ABOVE = 2  # filter type: a row of zeros repeats the row above
PIECE_BYTES = 1 << 16


class Chunk(NamedTuple):
    """A chunk of a file: all of it, or what is there of it at the file's end."""

    kind: bytes
    content: bytes
    is_whole: bool  # all of it is there and its checksum is right
    is_cut: bool  # the file ends within it


class Header(NamedTuple):
    """What IHDR says."""

    width: int
    height: int
    depth: int
    color_type: int
    compression: int
    filtering: int
    interlace: int

    def pass_sizes(self) -> list[tuple[int, int]]:
        """Bytes per row, filter type included, and rows of each interlace pass; of the picture if there are none."""
        passes = ADAM7 if self.interlace else ((0, 0, 1, 1),)
        bits = self.depth * CHANNELS.get(self.color_type, 0)
        sizes = [(-(-(self.width - x) // x_step), -(-(self.height - y) // y_step)) for x, y, x_step, y_step in passes]
        return [(1 + (width * bits + 7) // 8, height) for width, height in sizes if width > 0 and height > 0]


class Needed(NamedTuple):
    """What a file holds that is needed.

    Args:
        data: a PNG of the chunks that decide how it looks, and its EXIF.
        has_end: whether the file has an end marker.
        is_animated: whether the file holds more frames.
        profile: the colour profile; None if there is none or it is broken.
        xmp: the XMP packet; empty if there is none or it is broken.
    """

    data: bytes
    has_end: bool
    is_animated: bool
    profile: bytes | None
    xmp: bytes


def keep_needed(data: bytes, *, animated: bool = False) -> Needed:
    """What is needed of a file.

    Args:
        animated: keep the frames after the first, too.

    Raises:
        BadInputError: undecodable, because a chunk that shapes the pixels is damaged.
    """
    kept, profile, xmp, has_end, is_animated = [], None, b"", False, False
    for chunk in read_chunks(data):
        check_critical(chunk)
        has_end, is_animated = chunk.kind == END, is_animated or chunk.kind == b"acTL"
        if chunk.kind in CRITICAL or (chunk.is_whole and chunk.kind in USEFUL - (frozenset() if animated else FRAMES)):
            kept.append((chunk.kind, chunk.content))
        elif chunk.is_whole and chunk.kind == PROFILE:
            profile = inflate(chunk.content.partition(b"\0")[2][1:]) or None
        elif chunk.is_whole and chunk.kind == TEXT and chunk.content.startswith(XMP_KEYWORD + b"\0"):
            xmp = text_of(chunk.content)
    return Needed(join(kept), has_end, is_animated, profile, xmp)


def check_critical(chunk: Chunk) -> None:
    """Raise BadInputError, undecodable, for damage of what shapes the pixels; pixels that are cut off are no damage."""
    if chunk.kind in CRITICAL and not chunk.is_whole and not (chunk.is_cut and chunk.kind == b"IDAT"):
        raise BadInputError("undecodable", f"the PNG's chunk {chunk.kind.decode()} is damaged")


def inflate(data: bytes) -> bytes:
    """Decompressed data; empty if it is broken or larger than LARGEST_EXTRA_BYTES."""
    stream = zlib.decompressobj()
    try:
        found = stream.decompress(data, LARGEST_EXTRA_BYTES)
    except zlib.error:
        return b""
    return b"" if stream.unconsumed_tail else found


def text_of(content: bytes) -> bytes:
    """The text of an international text chunk, as UTF-8."""
    _, _, rest = content.partition(b"\0")
    is_compressed, (_, _, translated) = rest[:1] == b"\1", rest[2:].partition(b"\0")
    text = translated.partition(b"\0")[2]
    return inflate(text) if is_compressed else text[:LARGEST_EXTRA_BYTES]


def read_chunks(data: bytes) -> Iterator[Chunk]:
    """The chunks up to the end marker or the end of the file."""
    position = len(SIGNATURE)
    while position + 8 <= len(data):
        kind = data[position + 4 : position + 8]
        start, end = position + 8, position + 8 + int.from_bytes(data[position : position + 4], "big")
        content, stored = data[start:end], data[end : end + 4]
        chunk = Chunk(kind, content, stored == checksum(kind, content), is_cut=end + 4 > len(data))
        if not chunk.is_whole and kind not in CRITICAL and not is_name(data[end + 4 : end + 8]):
            position = next_pixels(data, start)  # its length is wrong
            continue
        yield chunk
        if kind == END:
            return
        position = end + 4


def is_name(kind: bytes) -> bool:
    """Whether this can be the name of a chunk."""
    return len(kind) == 4 and kind.isalpha()


def next_pixels(data: bytes, start: int) -> int:
    """Where the next chunk begins that shapes the pixels or ends the file; the file's length if none does."""
    found = [place - 4 for name in (*CRITICAL, END) if (place := data.find(name, start + 4)) >= 0]
    return min(found, default=len(data))


def checksum(kind: bytes, content: bytes) -> bytes:
    """The CRC that follows a chunk."""
    return zlib.crc32(content, zlib.crc32(kind)).to_bytes(4, "big")


def join(chunks: Sequence[tuple[bytes, bytes]]) -> bytes:
    """A PNG of some chunks and an end marker."""
    parts = [SIGNATURE]
    for kind, content in [*chunks, (END, b"")]:
        parts += [len(content).to_bytes(4, "big"), kind, content, checksum(kind, content)]
    return b"".join(parts)


def complete(data: bytes) -> tuple[bytes, float]:
    """A PNG from `keep_needed` whose missing rows are copies of the last one, and the share of the rows that was missing.

    Rows are counted in the decompressed data, so a picture that is really plain at the bottom is not mistaken. Of an
    interlaced picture the share of the data is taken.

    Raises:
        BadInputError: undecodable, because there is no header or a size that cannot be.
    """
    header, chunks = header_of(data), list(read_chunks(data))
    rows = [length for length, count in header.pass_sizes() for _ in range(count)]
    filtered = decompress([chunk.content for chunk in chunks if chunk.kind == b"IDAT"], sum(rows))
    missing = 1 - len(filtered) / sum(rows)
    whole = fill(filtered, rows)
    others = [(chunk.kind, chunk.content) for chunk in chunks if chunk.kind not in {b"IDAT", END}]
    return join([*others, (b"IDAT", zlib.compress(whole, 0))]), missing


def header_of(data: bytes) -> Header:
    """What the first chunk says; errors as `complete`."""
    first = next(read_chunks(data), None)
    if first is None or first.kind != b"IHDR" or len(first.content) != 13:
        raise BadInputError("undecodable", "the PNG has no header")
    header = Header(*struct.unpack(">IIBBBBB", first.content))
    if header.color_type not in CHANNELS or not header.pass_sizes():
        raise BadInputError("undecodable", "the PNG's header is broken")
    return header


def decompress(pieces: Sequence[bytes], length: int) -> bytes:
    """As many of the `length` bytes as can be decompressed before the data ends or breaks."""
    stream, found = zlib.decompressobj(), bytearray()
    for piece in pieces:
        for start in range(0, len(piece), PIECE_BYTES):
            if len(found) >= length:
                return bytes(found[:length])
            try:
                found += stream.decompress(piece[start : start + PIECE_BYTES], length - len(found))
            except zlib.error:
                return bytes(found)
    return bytes(found[:length])


def fill(filtered: bytes, rows: Sequence[int]) -> bytes:
    """Complete filtered rows with such as repeat the last one."""
    parts, position = [], 0
    for length in rows:
        row = filtered[position : position + length]
        parts.append(row if len(row) == length else bytes([COPY_ABOVE]) + bytes(length - 1))
        position += length
    return b"".join(parts)
