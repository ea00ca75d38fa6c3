"""What a TIFF-like file is, read from its directories without decoding: camera RAW or a picture, and its orientation."""

from collections.abc import Iterator
from typing import NamedTuple

#: Byte order and layout by the first four bytes; the number is how long an entry's count and offset are.
HEADS = {
    b"II*\0": ("<", 4),
    b"MM\0*": (">", 4),
    b"II+\0": ("<", 8),
    b"MM\0+": (">", 8),
}
#: Beginnings of RAW files that are no proper TIFF: Panasonic, Olympus, Fujifilm.
RAW_HEADS = (b"IIU\0", b"IIRO", b"IIRS", b"MMOR", b"FUJIFILMCCD-RAW")
CANON_HEAD, CANON_BRAND = b"CR", b"crx "  # CR2 at byte 8; CR3 is of the same family as MP4
SUB_IFDS, PHOTOMETRIC, DNG_VERSION, MAKE = 0x014A, 0x0106, 0xC612, 0x010F
SENSOR = frozenset({32803, 34892})  # photometric interpretations: colour filter array, linear raw
MOST_DIRECTORIES, MOST_ENTRIES = 16, 1000


class Entry(NamedTuple):
    """One tag of a directory."""

    tag: int
    n_values: int
    value: int  # the first value if it stands in the entry, else where it stands
    offset: int  # where the values stand


def is_raw(data: bytes) -> bool:
    """Whether a file is a camera's RAW rather than a picture."""
    if data.startswith(RAW_HEADS) or (data[4:8] == b"ftyp" and data[8:12] == CANON_BRAND):
        return True
    if data[:4] not in HEADS:
        return False
    return data[8:10] == CANON_HEAD or any(is_sensor(entry) for entry in entries(data))


def is_sensor(entry: Entry) -> bool:
    """Whether a tag says that the file holds what a sensor saw."""
    return entry.tag == DNG_VERSION or (entry.tag == PHOTOMETRIC and entry.value in SENSOR)


def entries(data: bytes) -> Iterator[Entry]:
    """Tags of the first directories and of those below them; nothing of a broken one."""
    order, size = HEADS[data[:4]]
    start = 4 if size == 4 else 8
    pending, seen = [integer(data, start, order, size)], set[int]()
    while pending and len(seen) < MOST_DIRECTORIES:
        position = pending.pop(0)
        if not 0 < position < len(data) or position in seen:
            continue
        seen.add(position)
        found, following = read_directory(data, position, order, size)
        yield from found
        pending += [
            following,
            *(place for one in found if one.tag == SUB_IFDS for place in places(data, one, order, size)),
        ]


def read_directory(data: bytes, position: int, order: str, size: int) -> tuple[list[Entry], int]:
    """The tags of a directory and where the next one is, 0 if nowhere."""
    n_bytes, entry_bytes = (2, 12) if size == 4 else (8, 20)
    count, first = integer(data, position, order, n_bytes), position + n_bytes
    if count > MOST_ENTRIES:
        return [], 0
    found = [read_entry(data, first + number * entry_bytes, order, size) for number in range(count)]
    return found, integer(data, first + count * entry_bytes, order, size)


def read_entry(data: bytes, position: int, order: str, size: int) -> Entry:
    """The tag that stands at a position."""
    kind, offset = integer(data, position + 2, order, 2), position + 4 + size
    value = integer(data, offset, order, 2 if kind == 3 else size)
    return Entry(integer(data, position, order, 2), integer(data, position + 4, order, size), value, offset)


def places(data: bytes, entry: Entry, order: str, size: int) -> list[int]:
    """The directories that a tag points to."""
    if entry.n_values == 1:
        return [entry.value]
    return [integer(data, entry.value + number * size, order, size) for number in range(min(entry.n_values, 8))]


def integer(data: bytes, position: int, order: str, size: int) -> int:
    """An unsigned number; 0 beyond the file's end."""
    return int.from_bytes(data[position : position + size], "little" if order == "<" else "big")
