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
        self._places: dict[Part, dict[str, int]] = {}

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
        found = self._row(part, row) if part else {}
        if part and found.get("image_id") != image_id:  # `images` has lost rows that `thumbnails` still has
            found = self._row(part, self._rows(part).get(image_id, part.rows))
        if found.get("image_id") != image_id:
            raise CannotProceedError(
                f"no thumbnail of {image_id} where the index says it is; run `imagerec recommendation build`"
            )
        jpeg: bytes = found["jpeg"]
        return jpeg

    def _row(self, part: Part, row: int) -> dict[str, Any]:
        return tables.read_row(self._volume, part, row, ["image_id", "jpeg"])

    def _rows(self, part: Part) -> dict[str, int]:
        """The row of each image_id in a part that has other rows than `images`."""
        if part not in self._places:
            image_ids = tables.read_columns(self._volume, part, ["image_id"])["image_id"]
            self._places[part] = {image_id: row for row, image_id in enumerate(image_ids)}
        return self._places[part]
