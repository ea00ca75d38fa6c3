"""Originals on the volume that nothing refers to any more: other bytes have taken their place, or they are gone at their host."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from pyspark import RDD, SparkContext

from acquisition.fetching.journal import OUTCOMES_FOLDER
from acquisition.removal import originals
from shared import tables
from shared.storage import Storage
from shared.storage.volume import FETCHING, IMAGES
from shared.tables import Part, Snapshot, parquet
from shared.tables.contracts import FETCHES, LOCATIONS

FOLDERS = tuple(f"{IMAGES}/{number:02x}" for number in range(256))
NAME = re.compile(rf"{IMAGES}/[0-9a-f]{{2}}/[0-9a-f]{{32}}\.[a-z0-9]+")


def is_due(before: Snapshot, now: Snapshot) -> bool:
    """Whether rows of FETCHES were replaced."""
    return bool(set(before.parts(FETCHES)) - set(now.parts(FETCHES)))


def sweep(sc: SparkContext, volume: Storage, snapshot: Snapshot) -> int:
    """Delete the downloads that no row of LOCATIONS and FETCHES and no journal refers to; return how many.

    For who holds the volume's lock: what is being downloaded is in no journal yet.
    """
    batches = [one.key for one in volume.list(FETCHING) if f"/{OUTCOMES_FOLDER}/" in one.key]
    needed = [
        keys(sc, snapshot.parts(LOCATIONS), partial(originals, volume)),
        keys(sc, snapshot.parts(FETCHES), partial(fetched, volume)),
        keys(sc, batches, partial(noted, volume)),
    ]
    gone = keys(sc, FOLDERS, partial(stored, volume)).subtract(sc.union(needed), sc.defaultParallelism)
    return int(gone.map(partial(delete, volume)).sum())


def keys(sc: SparkContext, items: Sequence[Part | str], keys_of: Callable[..., Iterator[str]]) -> "RDD[str]":
    """The keys that are found at some items."""
    return sc.parallelize(items, max(1, min(len(items), sc.defaultParallelism))).flatMap(keys_of)


def stored(volume: Storage, folder: str) -> Iterator[str]:
    """Downloads in a folder; what people have put there is left alone."""
    return (one.key for one in volume.list(folder) if NAME.fullmatch(one.key))


def fetched(volume: Storage, part: Part) -> Iterator[str]:
    """Keys in a part of FETCHES."""
    return iter(tables.read_columns(volume, part, ["key"])["key"])


def noted(volume: Storage, batch: str) -> Iterator[str]:
    """Keys in a batch of a journal."""
    return iter(parquet.decode(volume.read(batch)).column("key").to_pylist())


def delete(volume: Storage, key: str) -> int:
    """Delete an object; 1."""
    volume.delete(key)
    return 1
