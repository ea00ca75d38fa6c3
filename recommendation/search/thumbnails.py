"""Stored thumbnails of the collection, for pages, drawings and the health check."""

from collections.abc import Iterable

from recommendation.search.engine import Engine
from recommendation.search.stored_rows import StoredRows
from shared.storage import Storage
from shared.tables.contracts import THUMBNAILS


class Thumbnails:
    """Reads thumbnails from the table that acquisition wrote; safe to use from several threads."""

    def __init__(self, volume: Storage) -> None:
        self._rows = StoredRows(volume, THUMBNAILS, ["jpeg"])

    def read(self, engine: Engine, image_ids: Iterable[str]) -> dict[str, bytes]:
        """The thumbnails of stored pictures as JPEG, by image_id; errors as `StoredRows.read`."""
        return {image_id: self._rows.read(engine, image_id)["jpeg"] for image_id in image_ids}
