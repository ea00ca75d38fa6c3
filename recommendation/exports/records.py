"""What an export knows of a picture: its metadata and vector from the index, its thumbnail from the table."""

import io
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from recommendation.index.metadata import INTERNAL
from recommendation.steps import engine_of
from shared.csv_text import safe_cell
from shared.pictures.originals import read_original
from shared.storage import Storage, locations
from shared.tables import live
from shared.tables.live import LivePart

MEASURE, HASHES = "embedding", "hash"
#: Where the tables keep a picture, which means nothing outside the volume.
NOT_EXPORTED = INTERNAL | {"slice", "row"}
SUFFIXES = {"JPEG": "jpg", "TIFF": "tif", "JPEG2000": "jp2", "RAW": "raw"}


class Record(NamedTuple):
    """One picture.

    Args:
        columns: metadata of the index, see `recommendation.index.build.columns`; numbers that are missing are None.
        vector: float32, unit length, as queries compare it.
        hashes: the bits of the measure `hash`, see `shared.pictures.features.hashes`.
        jpeg: the thumbnail; empty where it was not asked for.
    """

    columns: dict[str, Any]
    vector: NDArray[np.float32]
    hashes: bytes
    jpeg: bytes

    @property
    def image_id(self) -> str:
        """The picture's id."""
        return str(self.columns["image_id"])

    @property
    def caption(self) -> str:
        """What is said about the picture: its title, else its tags, else its category."""
        return str(self.columns["title"] or " ".join(self.columns["tags"]) or self.columns["category"])

    @property
    def suffix(self) -> str:
        """The usual suffix of its file format, without the dot."""
        return SUFFIXES.get(self.columns["format"], str(self.columns["format"]).lower())


class Slice(NamedTuple):
    """A slice of the collection as one piece of work.

    Args:
        number: its place among all slices, from 0.
        thumbnails: its part of THUMBNAILS.
    """

    number: int
    thumbnails: LivePart


def read_records(volume: Storage, generation: str, piece: Slice, *, with_jpeg: bool = False) -> Iterator[Record]:
    """The pictures of a slice that are in the index, in its order."""
    engine = engine_of(volume, generation)
    for row in live.read_rows(volume, piece.thumbnails, ["image_id", "jpeg"] if with_jpeg else ["image_id"]):
        found = engine.pictures.find(row["image_id"])
        if found is not None:
            stored = engine.pictures.metadata(found)
            columns = {name: value for name, value in stored.items() if name not in NOT_EXPORTED}
            vector = np.asarray(engine.searchers[MEASURE].vector(found), np.float32)
            hashes = np.asarray(engine.searchers[HASHES].vector(found), np.uint8).tobytes()
            yield Record(columns, vector, hashes, row.get("jpeg", b""))


def path_of(record: Record) -> str | None:
    """The path of the picture's file; None where it is not UTF-8, which no text format can hold."""
    location = str(record.columns["location"])
    return None if location.startswith(locations.SCHEME) else location


def original(record: Record) -> bytes | None:
    """The bytes of the picture's file; None where it cannot be read any more, or is another."""
    return read_original(record.columns["location"], record.image_id)


def tile(jpeg: bytes, side_px: int) -> Image.Image:
    """The thumbnail in a square, centred on white, RGB."""
    with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as opened:
        opened.draft("RGB", (side_px, side_px))
        picture = opened.convert("RGB")
    picture.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
    made = Image.new("RGB", (side_px, side_px), "white")
    made.paste(picture, ((side_px - picture.width) // 2, (side_px - picture.height) // 2))
    return made


def flat(value: Any, separator: str) -> str:
    """A value as one text without line feeds and tabs; lists are joined."""
    text = separator.join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else value
    return "" if text is None else safe_cell(" ".join(str(text).split()))
