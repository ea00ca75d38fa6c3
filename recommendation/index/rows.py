"""What an index generation knows of each of its pictures: by row, and the row of an image_id."""

import json
from bisect import bisect_left
from pathlib import Path
from typing import Any

import numpy as np

from recommendation.index import generation


class Rows:
    """The pictures of a generation, read from the disk as they are asked for.

    Args:
        folder: a generation whose files are known to be right.
    """

    def __init__(self, folder: Path) -> None:
        self._ids = generation.load_rows(folder / "ids.npy")
        self._order = generation.load_rows(folder / "ids.order.npy")
        self._offsets = generation.load_rows(folder / "rows.offsets.npy")
        self._lines = np.memmap(folder / "rows.jsonl", np.uint8, "r").view(np.ndarray)

    def __len__(self) -> int:
        return len(self._ids)

    def find(self, image_id: str) -> int | None:
        """The row of a picture; None when it is not in the index."""
        try:
            key = bytes.fromhex(image_id).rstrip(b"\0")  # NumPy drops zero bytes at the end, too
        except ValueError:
            return None
        place = bisect_left(self._order, key, key=self._id)
        found = place < len(self) and self._id(self._order[place]) == key
        return int(self._order[place]) if found else None

    def _id(self, row: int) -> bytes:
        return bytes(self._ids[row])

    def __getitem__(self, row: int) -> dict[str, Any]:
        start, stop = int(self._offsets[row]), int(self._offsets[row + 1])
        known: dict[str, Any] = json.loads(self._lines[start:stop].tobytes())
        return known
