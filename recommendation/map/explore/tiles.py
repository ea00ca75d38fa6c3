"""Small square thumbnails: an object of them for each slice, made once, and sheets of them for the page.

map/tiles/<slice>-<sha256>.bin    a count; for each picture its id (16 bytes) and where its JPEG ends (uint32); the JPEGs
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from shared import tables
from shared.storage import Storage
from shared.storage.volume import MAP
from shared.tables import Part

FOLDER = f"{MAP}/tiles"
TILE_PX = 64
TILES_A_SIDE = 32
QUALITY = 82
ENTRY = np.dtype([("id", "S16"), ("end", "<u4")])


class Header(NamedTuple):
    """Where the pictures of a slice are in its object."""

    row_of: dict[bytes, int]
    ends: NDArray[np.int64]
    first: int


def key(part: Part) -> str:
    """Where the tiles of a slice's thumbnails are."""
    return f"{FOLDER}/{part.slice}-{part.sha256[:12]}.bin"


def write(volume: Storage, part: Part) -> None:
    """Store the tiles of a slice; the thumbnails are decoded a row group at a time."""
    ids, jpegs = [], []
    for row in tables.iterate_rows(volume, part, ["image_id", "jpeg"]):
        ids.append(bytes.fromhex(row["image_id"]))
        jpegs.append(tile(row["jpeg"]))
    entries = np.zeros(len(ids), ENTRY)
    entries["id"], entries["end"] = ids, np.cumsum([len(one) for one in jpegs])
    volume.put(key(part), b"".join([np.uint32(len(ids)).tobytes(), entries.tobytes(), *jpegs]))


def tile(jpeg: bytes) -> bytes:
    """The middle square of a thumbnail, small."""
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as opened:
        opened.draft("RGB", (2 * TILE_PX, 2 * TILE_PX))
        small = ImageOps.fit(opened.convert("RGB"), (TILE_PX, TILE_PX), Image.Resampling.BICUBIC)
    return to_jpeg(small, 92)


def to_jpeg(picture: Image.Image, quality: int) -> bytes:
    """A picture as JPEG."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return file.getvalue()


@lru_cache(maxsize=2048)
def header(volume: Storage, object_key: str) -> Header:
    """Where the pictures of a slice are, read once by a process."""
    with volume.open(object_key) as file:
        count = int(np.frombuffer(file.read(4), np.uint32)[0])
        entries = np.frombuffer(file.read(count * ENTRY.itemsize), ENTRY)
    ids = [bytes(one).ljust(16, b"\0") for one in entries["id"]]
    return Header({one: row for row, one in enumerate(ids)}, entries["end"].astype(np.int64), 4 + entries.nbytes)


def read(volume: Storage, object_key: str, ids: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """The tiles of some pictures of a slice, those that it has."""
    found = header(volume, object_key)
    with volume.open(object_key) as file:
        for one in ids:
            if (row := found.row_of.get(one)) is not None:
                start = int(found.ends[row - 1]) if row else 0
                file.seek(found.first + start)
                yield one, file.read(int(found.ends[row]) - start)


def sheet(tiles_in_order: Sequence[bytes | None]) -> bytes:
    """Tiles side by side, row by row, as JPEG; gray where there is none. At 64 px no block of the JPEG is of two tiles."""
    height = -(-len(tiles_in_order) // TILES_A_SIDE)
    made = Image.new("RGB", (TILE_PX * TILES_A_SIDE, TILE_PX * height), "#888")
    for place, jpeg in enumerate(tiles_in_order):
        if jpeg:
            with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as opened:
                made.paste(opened, (TILE_PX * (place % TILES_A_SIDE), TILE_PX * (place // TILES_A_SIDE)))
    return to_jpeg(made, QUALITY)
