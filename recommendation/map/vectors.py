"""The vectors that a map is made of: the index's reduced embeddings, slice by slice, as whole numbers.

Inner products of whole numbers are exact in float32, so neighbours do not depend on processors, threads or block sizes.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.index import generation, objects
from recommendation.index.basis import WHITENED
from recommendation.index.build.whitening import FIXED_POINT, fixed_point
from recommendation.index.generation import Generation
from recommendation.index.metadata import Metadata, Repeated
from recommendation.index.objects import SHARDS
from recommendation.index.shard import ShardEntry, open_metadata
from shared.storage import Storage

Matrix = NDArray[np.float32]

#: Squared length of a vector, in the units of its products.
SQUARED_LENGTH = FIXED_POINT**2


class SliceRows(NamedTuple):
    """Where a shard of the index keeps a slice's vectors."""

    slice: str
    shard: ShardEntry
    start: int
    stop: int


class SliceVectors(NamedTuple):
    """The pictures that a slice has now.

    Args:
        rows: of the shard.
        vectors: whole numbers, see `whitening.fixed_point`; shape (rows, dimensions).
    """

    image_ids: list[str]
    rows: NDArray[np.int64]
    vectors: Matrix


def live(volume: Storage) -> Generation:
    """The live index.

    Raises:
        CannotProceedError: there is none, or a document of it is missing or damaged.
    """
    return generation.read_generation(volume, generation.expected_name(volume))


def slices_of(volume: Storage) -> list[SliceRows]:
    """The slices of the live index, sorted; errors as `live`."""
    return sorted(found for shard in live(volume).shards if shard.rows for found in _slices_of_shard(volume, shard))


def _slices_of_shard(volume: Storage, shard: ShardEntry) -> Iterator[SliceRows]:
    column = metadata_of(volume, shard).column("slice")
    assert isinstance(column, Repeated)
    starts = [0, *(np.flatnonzero(np.diff(column.positions)) + 1).tolist(), shard.rows]
    for start, stop in pairwise(starts):
        yield SliceRows(str(column[start]), shard, start, stop)


@lru_cache(maxsize=64)
def metadata_of(volume: Storage, shard: ShardEntry) -> Metadata:
    """The metadata of a shard, kept open by a process that works on several of its slices."""
    return open_metadata(volume, shard)


def read(volume: Storage, one: SliceRows) -> SliceVectors:
    """The pictures of a slice that were not removed, with their vectors."""
    removed = metadata_of(volume, one.shard).removed_rows() if one.shard.removed else np.zeros(0, np.int64)
    rows = np.setdiff1d(np.arange(one.start, one.stop), removed)
    start = f"{SHARDS}/{one.shard.name}"
    ids = objects.load_array(volume, f"{start}.ids.npy")[rows]
    reduced = objects.load_array(volume, f"{start}.{WHITENED}.reduced.npy")[rows]
    return SliceVectors(hex_ids(ids), rows, fixed_point(reduced))


def hex_ids(ids: NDArray[np.bytes_]) -> list[str]:
    """Stored ids as they are written; NumPy drops the zeros at the end of a string of bytes."""
    return [bytes(one).ljust(ids.dtype.itemsize, b"\0").hex() for one in ids]
