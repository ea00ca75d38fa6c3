"""A small collection as acquisition would leave it: drawn thumbnails in published tables."""

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from shared import tables
from shared.storage import LocalStorage
from shared.tables import Part
from shared.tables.contracts import IMAGES, THUMBNAILS
from tests.shared.pictures.drawn import encoded


class Drawn(NamedTuple):
    """A picture and what its source said of it."""

    location: str
    image: Image.Image
    size: tuple[int, int] = (1000, 800)  # of the original
    tags: tuple[str, ...] = ()

    @property
    def jpeg(self) -> bytes:
        return encoded(self.image, "JPEG", quality=95)

    @property
    def image_id(self) -> str:
        return hashlib.sha256(self.location.encode()).hexdigest()[:32]


def publish(volume: LocalStorage, slices: dict[str, list[Drawn]]) -> None:
    """Publish the slices beside those that are there."""
    snapshot = tables.open_snapshot(volume)
    parts: dict[str, list[Part]] = {one.name: snapshot.parts(one) for one in (IMAGES, THUMBNAILS)}
    for name, pictures in slices.items():
        for contract, rows in ((IMAGES, map(image_row, pictures)), (THUMBNAILS, map(thumbnail_row, pictures))):
            part = tables.write_part(volume, contract, list(rows), name, "acquisition", "f" * 64)
            parts[contract.name].append(part)
    tables.publish(volume, snapshot, "acquisition", parts)


def image_row(one: Drawn) -> dict[str, Any]:
    return {
        **dict.fromkeys(("source_url", "license", "author", "title"), ""),
        **dict.fromkeys(("size_bytes", "mtime_ns"), 1),
        "image_id": one.image_id,
        "location": one.location,
        "filename": Path(one.location).name,
        "source": "folder",
        "tags": list(one.tags),
        "width_px": one.size[0],
        "height_px": one.size[1],
        "format": "PNG",
        "mode": "RGB",
        "exif": {},
    }


def thumbnail_row(one: Drawn) -> dict[str, Any]:
    width, height = one.image.size
    return {
        "image_id": one.image_id,
        "thumbnail_width_px": width,
        "thumbnail_height_px": height,
        "jpeg": one.jpeg,
    }
