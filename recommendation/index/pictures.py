"""The pictures of a generation: the row of an image_id, and the metadata of a row.

Rows are numbered through all shards: row r of the shard that starts at s is row s + r.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.index import objects
from recommendation.index.filters import Condition, matching_rows
from recommendation.index.metadata import Column, Metadata
from recommendation.index.objects import SHARDS
from recommendation.index.shard import ShardEntry, open_metadata, open_words
from recommendation.words import ranking
from recommendation.words.postings import Postings
from recommendation.words.ranking import Ranked
from shared.storage import Storage

ID_BYTES = 16


class _Shard(NamedTuple):
    ids: NDArray[np.bytes_]
    order: NDArray[np.uint32]
    metadata: Metadata
    is_removed: NDArray[np.bool_]


class Pictures:
    """The pictures of some shards whose objects were checked, read from the disk as they are used."""

    def __init__(self, volume: Storage, shards: Sequence[ShardEntry]) -> None:
        objects.allow_open_files(len(shards))
        self._volume, self._entries = volume, [one for one in shards if one.rows]
        self._shards = [_open_shard(volume, one) for one in self._entries]
        self._starts = starts_of(len(one.ids) for one in self._shards)

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """The rows of all pictures that exist, ascending."""
        return np.flatnonzero(~np.concatenate([one.is_removed for one in self._shards]))

    @cached_property
    def all_ids(self) -> NDArray[np.bytes_]:
        """The ids of all rows, 16 bytes each."""
        return np.concatenate([one.ids for one in self._shards])

    @cached_property
    def words(self) -> list[Postings]:
        """The words of each shard's pictures; errors as `shard.open_words`."""
        return [open_words(self._volume, one) for one in self._entries]

    def rank(self, text: str) -> Ranked:
        """How well the words of all rows fit a text; errors as `words`."""
        return ranking.rank(text, self.words, self._starts)

    def columns(self, name: str) -> list[Column]:
        """One column of each shard, removed rows too; errors as `Metadata.column`."""
        return [one.metadata.column(name) for one in self._shards]

    def matching(self, conditions: Sequence[Condition]) -> NDArray[np.bool_]:
        """Which rows are of pictures that exist and meet all conditions, shape (rows,)."""
        return np.concatenate([matching_rows(one.metadata, conditions) & ~one.is_removed for one in self._shards])

    def find(self, image_id: str) -> int | None:
        """The row of a picture; None when it is not in the index."""
        try:
            wanted = bytes.fromhex(image_id)
        except ValueError:
            return None
        found = (self._find(one, wanted) for one in self._shards)
        rows = (int(start + row) for start, row in zip(self._starts, found, strict=False) if row is not None)
        return next(rows, None)

    @staticmethod
    def _find(shard: _Shard, wanted: bytes) -> int | None:
        if len(wanted) != ID_BYTES:
            return None
        key = np.array(wanted, shard.ids.dtype)
        place = int(np.searchsorted(shard.ids, key, sorter=shard.order))
        row = int(shard.order[place]) if place < len(shard.ids) else -1
        return row if row >= 0 and shard.ids[row] == key and not shard.is_removed[row] else None

    def ids(self, rows: NDArray[np.int64]) -> NDArray[np.bytes_]:
        """The ids of some rows, 16 bytes each."""
        return gather([one.ids for one in self._shards], self._starts, rows)

    def metadata(self, row: int) -> dict[str, Any]:
        """Everything that is stored about a picture."""
        shard, place = self._place(row)
        return shard.metadata.row(place)

    def values(self, row: int, names: Iterable[str]) -> dict[str, Any]:
        """Some columns of the metadata of a picture."""
        shard, place = self._place(row)
        return shard.metadata.values(place, names)

    def column(self, name: str) -> list[Any]:
        """One column of the metadata of all pictures that exist, in the order of `rows`."""
        columns = ((shard.metadata.column(name), np.flatnonzero(~shard.is_removed).tolist()) for shard in self._shards)
        return [column[row] for column, rows in columns for row in rows]

    def _place(self, row: int) -> tuple[_Shard, int]:
        number = int(np.searchsorted(self._starts, row, "right")) - 1
        return self._shards[number], row - int(self._starts[number])


def _open_shard(volume: Storage, entry: ShardEntry) -> _Shard:
    ids, order = (objects.load_array(volume, f"{SHARDS}/{entry.name}.{name}.npy") for name in ("ids", "order"))
    metadata = open_metadata(volume, entry)
    is_removed = np.zeros(len(ids), np.bool_)
    if entry.removed:
        is_removed[metadata.removed_rows()] = True
    return _Shard(ids, order, metadata, is_removed)


def starts_of(sizes: Iterable[int]) -> NDArray[np.int64]:
    """The first row of each shard, and behind the last one the number of all rows."""
    return np.concatenate([[0], np.cumsum(np.fromiter(sizes, np.int64))]).astype(np.int64)


def gather(arrays: Sequence[NDArray[Any]], starts: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[Any]:
    """Some rows, in their order, of arrays that are numbered through."""
    if len(arrays) == 1:
        return arrays[0][rows]
    found = np.empty((len(rows), *arrays[0].shape[1:]), arrays[0].dtype)
    numbers = np.searchsorted(starts, rows, "right") - 1
    for number in np.unique(numbers).tolist():
        here = numbers == number
        found[here] = arrays[number][rows[here] - starts[number]]
    return found
