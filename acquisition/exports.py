"""images_metadata.json: what is known of every picture, in one file for people and other programs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared import tables
from shared.tables import Snapshot, exports
from shared.tables.contracts import IMAGES

NAME = "images_metadata.json"


def refresh(volume: Path, snapshot: Snapshot) -> bool:
    """Write the file if IMAGES has changed since it was written; say whether it was."""
    return exports.refresh_list(volume, NAME, snapshot.digest(IMAGES), pictures(volume, snapshot))


def pictures(volume: Path, snapshot: Snapshot) -> Iterator[dict[str, Any]]:
    """Every picture as the file tells it, a part in memory at a time."""
    for part in snapshot.parts(IMAGES):
        yield from map(tell, tables.read_rows(volume, part))


def tell(row: dict[str, Any]) -> dict[str, Any]:
    """One picture; of its EXIF only what is known."""
    return {
        "image_id": row["image_id"],
        "filename": row["filename"],
        "location": row["location"],
        "width": row["width_px"],
        "height": row["height_px"],
        "format": row["format"],
        "file_size_kb": round(row["size_bytes"] / 1024, 2),
        **{name: row[name] for name in ("source", "source_url", "license", "author", "title", "tags")},
        "exif": {name: value for name, value in row["exif"].items() if value is not None},
    }
