"""images_metadata.json: the metadata of every picture, in one file for people and other programs."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from pyspark import SparkContext

from shared import tables
from shared.pipeline import exports
from shared.storage import Storage
from shared.tables import Part, Snapshot
from shared.tables.contracts import IMAGES, ORIGIN_COLUMNS

NAME = "images_metadata.json"
ORIGIN_NAMES = tuple(column.name for column in ORIGIN_COLUMNS)


def refresh(sc: SparkContext, volume: Storage, snapshot: Snapshot) -> None:
    """Write the file if IMAGES has changed since it was written."""
    content = snapshot.digest(IMAGES)
    if not exports.is_current(volume, NAME, content):
        lines_of = partial(metadata_lines, volume)
        exports.write(sc, volume, NAME, content, snapshot.parts(IMAGES), lines_of, exports.JSON_LIST)


def metadata_lines(volume: Storage, part: Part) -> Iterator[bytes]:
    """A line for each picture of a part."""
    return (exports.to_line(to_record(row)) for row in tables.read_rows(volume, part))


def to_record(row: dict[str, Any]) -> dict[str, Any]:
    """A row of IMAGES in the fields that were agreed on; of its EXIF only the fields that are there."""
    return {
        "image_id": row["image_id"],
        "filename": row["filename"],
        "location": row["location"],
        "width": row["width_px"],
        "height": row["height_px"],
        "format": row["format"],
        "file_size_kb": round(row["size_bytes"] / 1024, 2),
        "source": row["source"],
        **{name: row[name] for name in ORIGIN_NAMES},
        "exif": {name: value for name, value in row["exif"].items() if value is not None},
    }
