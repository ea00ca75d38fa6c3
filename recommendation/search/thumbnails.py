"""Stored thumbnails of the collection, for pages, drawings and the health check."""

from collections.abc import Iterable
from typing import Any

from recommendation.search.engine import Engine
from shared import tables
from shared.errors import CannotProceedError
from shared.storage import Storage
from shared.tables import Part
from shared.tables.contracts import THUMBNAILS


class Thumbnails:
    """Reads thumbnails from the table that acquisition wrote; safe to use from several threads."""

    def __init__(self, volume: Storage) -> None:
        self._volume = volume
        self._parts: dict[str, Part] = {}

    def read(self, engine: Engine, image_ids: Iterable[str]) -> dict[str, bytes]:
        """The thumbnails of stored pictures as JPEG, by image_id.

        Raises:
            UsageError: one of them is not in the index.
            CannotProceedError: the table has lost it or is damaged.
        """
        return {image_id: self._jpeg(image_id, engine.metadata(image_id)) for image_id in image_ids}

    def _jpeg(self, image_id: str, metadata: dict[str, Any]) -> bytes:
        place = metadata["slice"], metadata["row"]
        try:
            return self._read(image_id, *place)
        except CannotProceedError:  # acquisition may have published another part since the last read
            self._parts = {part.slice: part for part in tables.open_snapshot(self._volume).parts(THUMBNAILS)}
            return self._read(image_id, *place)

    def _read(self, image_id: str, slice_name: str, row: int) -> bytes:
        part = self._parts.get(slice_name)
        found = tables.read_row(self._volume, part, row, ["image_id", "jpeg"]) if part else {}
        if found.get("image_id") != image_id:
            raise CannotProceedError(
                f"no thumbnail of {image_id} where the index says it is; run `imagerec recommendation build`"
            )
        jpeg: bytes = found["jpeg"]
        return jpeg
