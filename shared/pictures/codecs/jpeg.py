"""JPEG files whose end is missing: how much of the picture there is.

A decoder fills what it has no data for with flat gray and raises no error. A gray sky looks the same, so flat rows
alone prove nothing: the file is decoded a second time with noise between its data and its end marker. Of a complete
picture the decoder does not read the noise, and both are equal; where data is missing it takes the noise for it, and
the first block that differs is the first one that is missing.

A progressive picture whose second scan has begun is complete, if less sharp: its first scan covers all blocks.
Source: ITU-T T.81, annexes B and F.
"""

import re
from typing import NamedTuple

from PIL import Image, ImageChops

START_OF_IMAGE, START_OF_SCAN, END_OF_IMAGE = b"\xff\xd8", b"\xff\xda", b"\xff\xd9"
#: A marker that is not a stuffed zero, a restart or fill.
MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
PROGRESSIVE = frozenset({b"\xff\xc2", b"\xff\xca"})
FRAMES = frozenset(bytes((0xFF, code)) for code in range(0xC0, 0xD0) if code not in {0xC4, 0xC8, 0xCC})
NOISE_BYTES = 4096
LONGEST_ZEROS = 511  # bytes; more of them at the end are no data but what is left of a disk sector
GRAY = 128  # every channel of what a decoder has no data for


class Outline(NamedTuple):
    """What a JPEG's segments say, up to the end of the picture.

    Args:
        end: where its end marker is; where its data ends if there is none.
        block: width and height of the smallest unit of its data, px.
    """

    scans: int
    end: int
    has_end: bool
    is_progressive: bool
    block: tuple[int, int]


def outline(data: bytes) -> Outline:
    """Walk a JPEG's segments without decoding it."""
    scans, position, is_progressive, block = 0, 2, False, (8, 8)
    while marker := MARKER.search(data, position):
        if marker.group() == END_OF_IMAGE:
            return Outline(scans, marker.start(), True, is_progressive, block)
        scans += marker.group() == START_OF_SCAN
        if marker.group() in FRAMES:
            is_progressive, block = marker.group() in PROGRESSIVE, block_size(data[marker.end() :][:64])
        position = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
    return Outline(scans, max(position, data_end(data)), False, is_progressive, block)


def data_end(data: bytes) -> int:
    """Where the data of a file without an end marker ends: in front of zeros that fill up a file that was cut off."""
    content = data.rstrip(b"\0")
    return len((content if len(data) - len(content) > LONGEST_ZEROS else data).rstrip(b"\xff"))


def block_size(frame: bytes) -> tuple[int, int]:
    """Width and height that one unit of the data covers, px, from a frame header behind its marker."""
    channels = frame[7] if len(frame) > 7 else 0
    factors = frame[9 : 9 + 3 * channels : 3]
    if channels <= 1 or not factors:
        return 8, 8
    return 8 * max(1, *(one >> 4 for one in factors)), 8 * max(1, *(one & 15 for one in factors))


def looks_cut(image: Image.Image) -> bool:
    """Whether the lowest row of a decoded JPEG is what a decoder puts where it has no data."""
    left, right = (image.getpixel((x, image.height - 1)) for x in (0, image.width - 1))
    if left != right:
        return False  # most pictures
    lowest = image.crop((0, image.height - 1, image.width, image.height)).getextrema()
    pairs = lowest if isinstance(lowest[0], tuple) else (lowest,)
    return all(low == high == GRAY or (image.mode == "CMYK" and low == high) for low, high in pairs)


def with_end(data: bytes, shape: Outline, noise: bytes = b"") -> bytes:
    """The picture's data, some noise behind it, and an end marker."""
    return b"".join((data[: shape.end], noise, END_OF_IMAGE))


def noise() -> bytes:
    """Bytes that are no marker, always the same."""
    state, made = 1, bytearray()
    for _ in range(NOISE_BYTES):
        state = (1_103_515_245 * state + 12_345) & 0x7FFFFFFF  # Source: ISO C99, 7.20.2.2, example
        made.append((state >> 16) % 255)
    return bytes(made)


def missing_share(shape: Outline, scale: int, image: Image.Image, disturbed: Image.Image) -> float:
    """Share of the picture's blocks that there is no data for.

    Args:
        scale: how many times smaller than the file's the pictures are.
        disturbed: the picture decoded with `noise`.
    """
    if shape.is_progressive and shape.scans > 1:
        return 0.0
    box = ImageChops.difference(image, disturbed).getbbox(alpha_only=False)
    if box is None:
        return 0.0
    width, height = (max(1, side // scale) for side in shape.block)
    # Interpolated colours differ one row above the first missing block already.
    row, per_row = min(box[1] + 1, image.height - 1) // height, -(-image.width // width)
    strip = (0, row * height, image.width, min(image.height, (row + 1) * height))
    first = ImageChops.difference(image.crop(strip), disturbed.crop(strip)).getbbox(alpha_only=False) or box
    total = per_row * -(-image.height // height)
    return 1 - (row * per_row + first[0] // width) / total
