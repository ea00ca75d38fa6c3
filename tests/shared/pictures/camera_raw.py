"""A camera's RAW made by hand: a DNG with a tiny preview in front, a sensor's picture and perhaps a large preview."""

import struct

from tests.shared.pictures.drawn import BLUE, RED, cornered, encoded, plain

SHORT, LONG, BYTE, ASCII, RATIONAL, SRATIONAL = 3, 4, 1, 2, 5, 10
SIZES = {SHORT: "H", LONG: "I", BYTE: "B"}
Tags = dict[int, tuple[int, list[int] | bytes]]

SIDES = (640, 480)  # of the sensor
TINY = (32, 24)


def dng(*, preview: tuple[int, int] | None = (800, 600), sensor: bool = True, orientation: int = 1) -> bytes:
    """A DNG whose first directory is a small black preview, whose sensor saw blue with a red top left quarter.

    Args:
        preview: sides of the large JPEG preview.
        sensor: whether the sensor's data is there.
    """
    writer = Writer()
    tiny = writer.add(encoded_pixels())
    below = []
    if sensor:
        below.append(writer.directory(sensor_tags(writer)))
    if preview:
        below.append(writer.directory(preview_tags(writer, preview)))
    return writer.finish(
        {
            0x00FE: (LONG, [1]),
            0x0100: (LONG, [TINY[0]]),
            0x0101: (LONG, [TINY[1]]),
            0x0102: (SHORT, [8, 8, 8]),
            0x0103: (SHORT, [1]),
            0x0106: (SHORT, [2]),
            0x010F: (ASCII, b"Maker\0"),
            0x0110: (ASCII, b"Camera 1\0"),
            0x0111: (LONG, [tiny]),
            0x0112: (SHORT, [orientation]),
            0x0115: (SHORT, [3]),
            0x0116: (LONG, [TINY[1]]),
            0x0117: (LONG, [3 * TINY[0] * TINY[1]]),
            0x014A: (LONG, below),
            0xC612: (BYTE, b"\1\4\0\0"),
            0xC614: (ASCII, b"Maker Camera 1\0"),
            0xC621: (SRATIONAL, struct.pack("<18i", *(part for one in MATRIX for part in (one, 10000)))),
            0xC628: (RATIONAL, struct.pack("<6I", 1, 1, 1, 1, 1, 1)),
            0xC65A: (SHORT, [21]),
        }
    )


#: XYZ to the sensor's colours: those of sRGB.
MATRIX = (32405, -15371, -4985, -9693, 18760, 416, 556, -2040, 10572)


def encoded_pixels() -> bytes:
    return bytes(3 * TINY[0] * TINY[1])


def sensor_tags(writer: "Writer") -> Tags:
    """A directory of the sensor's data, 16 bits, pattern RGGB."""
    picture = cornered(SIDES)
    rows = []
    for y in range(SIDES[1]):
        values = []
        for x in range(SIDES[0]):
            channel = (0, 1, 1, 2)[2 * (y % 2) + x % 2]
            color = RED if x < SIDES[0] // 2 and y < SIDES[1] // 2 else BLUE
            values.append(257 * color[channel])
        rows.append(struct.pack(f"<{SIDES[0]}H", *values))
    data = b"".join(rows)
    assert picture.size == SIDES
    return {
        0x00FE: (LONG, [0]),
        0x0100: (LONG, [SIDES[0]]),
        0x0101: (LONG, [SIDES[1]]),
        0x0102: (SHORT, [16]),
        0x0103: (SHORT, [1]),
        0x0106: (SHORT, [32803]),
        0x0111: (LONG, [writer.add(data)]),
        0x0115: (SHORT, [1]),
        0x0116: (LONG, [SIDES[1]]),
        0x0117: (LONG, [len(data)]),
        0x828D: (SHORT, [2, 2]),
        0x828E: (BYTE, b"\0\1\1\2"),
        0xC61D: (LONG, [65535]),
    }


def preview_tags(writer: "Writer", size: tuple[int, int]) -> Tags:
    """A directory of a green JPEG: what the camera made of it looks different."""
    data = encoded(plain(size, (0, 200, 0)), "JPEG")
    return {
        0x00FE: (LONG, [1]),
        0x0100: (LONG, [size[0]]),
        0x0101: (LONG, [size[1]]),
        0x0102: (SHORT, [8, 8, 8]),
        0x0103: (SHORT, [7]),
        0x0106: (SHORT, [6]),
        0x0111: (LONG, [writer.add(data)]),
        0x0115: (SHORT, [3]),
        0x0116: (LONG, [size[1]]),
        0x0117: (LONG, [len(data)]),
    }


class Writer:
    """Builds a little-endian TIFF."""

    def __init__(self) -> None:
        self._data = bytearray(b"II*\0\0\0\0\0")

    def add(self, content: bytes) -> int:
        """Where some content was put."""
        self._data += bytes(-len(self._data) % 4)
        place = len(self._data)
        self._data += content
        return place

    def directory(self, tags: Tags) -> int:
        """Where a directory was put."""
        entries = []
        for tag, (kind, value) in sorted(tags.items()):
            content = value if isinstance(value, bytes) else struct.pack(f"<{len(value)}{SIZES[kind]}", *value)
            count = len(content) // {SHORT: 2, LONG: 4, BYTE: 1, ASCII: 1, RATIONAL: 8, SRATIONAL: 8}[kind]
            field = content.ljust(4, b"\0") if len(content) <= 4 else struct.pack("<I", self.add(content))
            entries.append(struct.pack("<HHI", tag, kind, count) + field)
        return self.add(struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4))

    def finish(self, tags: Tags) -> bytes:
        """The file, with these tags in its first directory."""
        self._data[4:8] = struct.pack("<I", self.directory(tags))
        return bytes(self._data)
