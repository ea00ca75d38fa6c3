"""Rows of a table about stored pictures, found by the slice and row that the index keeps of each."""

from collections.abc import Sequence
from typing import Any

from recommendation.search.engine import Engine
from shared import tables
from shared.errors import CannotProceedError
from shared.storage import Storage
from shared.tables import Part
from shared.tables.contracts import Contract


class StoredRows:
    """Reads one row of a table for a picture; safe to use from several threads.

    Args:
        volume: where the table is.
        contract: of a table that has one row a picture.
        columns: to read; `image_id` is read anyway.
    """

    def __init__(self, volume: Storage, contract: Contract, columns: Sequence[str]) -> None:
        self._volume, self._contract = volume, contract
        self._columns = list(dict.fromkeys(["image_id", *columns]))
        self._parts: dict[str, Part] = {}
        self._places: dict[Part, dict[str, int]] = {}

    def read(self, engine: Engine, image_id: str) -> dict[str, Any]:
        """The row of a picture of the index.

        Raises:
            UsageError: it is not in the index.
            CannotProceedError: the table has lost it or is damaged.
        """
        metadata = engine.metadata(image_id)
        place = metadata["slice"], metadata["row"]
        try:
            return self._read(image_id, *place)
        except CannotProceedError:  # a run may have published another part since the last read
            self._parts = {part.slice: part for part in tables.open_snapshot(self._volume).parts(self._contract)}
            return self._read(image_id, *place)

    def _read(self, image_id: str, slice_name: str, row: int) -> dict[str, Any]:
        part = self._parts.get(slice_name)
        found = self._row(part, row) if part else {}
        if part and found.get("image_id") != image_id:  # `images` has lost rows that the table still has
            found = self._row(part, self._rows(part).get(image_id, part.rows))
        if found.get("image_id") != image_id:
            raise CannotProceedError(
                f"no row of {image_id} in {self._contract.name} where the index says it is; run `imagerec recommendation build`"
            )
        return found

    def _row(self, part: Part, row: int) -> dict[str, Any]:
        return tables.read_row(self._volume, part, row, self._columns)

    def _rows(self, part: Part) -> dict[str, int]:
        """The row of each image_id in a part that has other rows than `images`."""
        if part not in self._places:
            image_ids = tables.read_columns(self._volume, part, ["image_id"])["image_id"]
            self._places[part] = {image_id: row for row, image_id in enumerate(image_ids)}
        return self._places[part]
