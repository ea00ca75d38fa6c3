"""IMAGES as acquisition rewrites it when pictures go or move."""

from collections.abc import Mapping
from typing import Any

from acquisition.revision import revise
from shared import tables
from shared.storage import LocalStorage
from shared.tables.contracts import IMAGES


def revise_images(volume: LocalStorage, slice_name: str, edits: Mapping[int, Mapping[str, Any] | None]) -> None:
    """Publish a slice's part of IMAGES with some rows changed, or dropped (None)."""
    snapshot = tables.open_snapshot(volume)
    parts = [
        revise(volume, part, edits.items()) if part.slice == slice_name else part for part in snapshot.parts(IMAGES)
    ]
    tables.publish(volume, snapshot, "acquisition", {IMAGES.name: [part for part in parts if part is not None]})
