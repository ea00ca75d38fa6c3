"""A small collection as acquisition would leave it: drawn thumbnails in published tables."""

import hashlib
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from shared import tables
from shared.storage import LocalStorage
from shared.tables.contracts import IMAGES, THUMBNAILS
from tests.rows import Row, row, write_slices
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
    rows = {
        name: {IMAGES: map(image_row, pictures), THUMBNAILS: map(thumbnail_row, pictures)}
        for name, pictures in slices.items()
    }
    snapshot, written = tables.open_snapshot(volume), write_slices(volume, "acquisition", rows)
    parts = {one.name: [*snapshot.parts(one), *written[one.name]] for one in (IMAGES, THUMBNAILS)}
    tables.publish(volume, snapshot, "acquisition", parts)


def image_row(one: Drawn) -> Row:
    return row(
        IMAGES,
        image_id=one.image_id,
        location=one.location,
        filename=Path(one.location).name,
        tags=list(one.tags),
        width_px=one.size[0],
        height_px=one.size[1],
        format="PNG",
    )


def thumbnail_row(one: Drawn) -> Row:
    width, height = one.image.size
    return row(THUMBNAILS, image_id=one.image_id, thumbnail_width_px=width, thumbnail_height_px=height, jpeg=one.jpeg)
