"""Thumbnails on a volume, made without acquisition."""

import hashlib

import numpy as np
from PIL import Image

from embedding.steps import Thumbnail
from shared import tables
from shared.storage import LocalStorage
from shared.tables.contracts import IMAGES, THUMBNAILS
from tests.rows import Row, row, write_slices
from tests.shared.pictures.drawn import encoded

SIDE_PX = 40


def thumbnail(number: int) -> Thumbnail:
    """Stripes whose direction, width and colours depend on the number."""
    random = np.random.default_rng(number)
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX]
    wave = np.sin(x * random.uniform(-1, 1) + y * random.uniform(-1, 1))[..., None]
    colors = random.uniform(0, 255, (2, 3))
    pixels = (colors[0] * (wave + 1) / 2 + colors[1] * (1 - wave) / 2).astype(np.uint8)
    jpeg = encoded(Image.fromarray(pixels), "JPEG")
    return Thumbnail(hashlib.sha256(jpeg).hexdigest()[:32], jpeg)


def publish_thumbnails(volume: LocalStorage, slices: dict[str, range]) -> None:
    """Publish slices of thumbnails, as acquisition would."""
    rows = {
        name: {
            IMAGES: [row(IMAGES, image_id=thumbnail(number).image_id) for number in numbers],
            THUMBNAILS: [thumbnail_row(number) for number in numbers],
        }
        for name, numbers in slices.items()
    }
    tables.publish(volume, tables.open_snapshot(volume), "acquisition", write_slices(volume, "acquisition", rows))


def thumbnail_row(number: int) -> Row:
    size = {"thumbnail_width_px": SIDE_PX, "thumbnail_height_px": SIDE_PX}
    return row(THUMBNAILS, **thumbnail(number)._asdict(), **size)
