"""One shard: the ids, vectors and forests of some slices, written in sequence by one task and never changed.

index/shards/<name>.json                its slices and the SHA-256 of each of its objects; put last
<name>.ids.npy <name>.order.npy         image_id of each row, and the rows in the order of their ids
<name>.<measure>.npy                    vectors for exact scores: float16 of unit length, or uint8 bits
<name>.<measure>.reduced.npy .ann       for candidates
index/metadata/<name>.arrow .words      see `metadata`
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from recommendation.index import metadata, objects
from recommendation.index.metadata import Metadata
from recommendation.index.objects import AVERAGES, BUILD, SHARDS
from recommendation.words import postings
from recommendation.words.postings import Postings
from shared.errors import CannotProceedError
from shared.storage import Storage


class ShardEntry(NamedTuple):
    """A shard as a generation lists it.

    Args:
        rows: of its arrays.
        removed: how many of them are of pictures that no longer exist.
        averages: its averaged embeddings; empty where they are not averaged.
        averages_sha256: SHA-256 of that object.
    """

    name: str
    rows: int
    metadata: str
    removed: int
    averages: str = ""
    averages_sha256: str = ""

    @property
    def identity(self) -> tuple[str, ...]:
        """What of it makes a generation another one."""
        return self.name, self.metadata, *([self.averages] if self.averages else [])


def manifest_key(name: str) -> str:
    """Where a shard is described."""
    return f"{SHARDS}/{name}.json"


def check_shard(volume: Storage, name: str) -> dict[str, Any]:
    """A shard's manifest, if every object of the shard is what was stored.

    Raises:
        CannotProceedError: one is missing or damaged; the message names it.
    """
    manifest = objects.read_document(volume, manifest_key(name))
    for suffix, sha256 in manifest["objects"].items():
        objects.check_object(volume, f"{SHARDS}/{name}.{suffix}", sha256)
    return manifest


def check_metadata(volume: Storage, name: str) -> None:
    """Do nothing if the metadata of a shard are what was stored; errors as `check_shard`."""
    document = objects.read_document(volume, metadata.document_key(name))
    objects.check_object(volume, metadata.data_key(name), document["sha256"])
    if "words" in document:
        objects.check_object(volume, metadata.words_key(name), document["words"]["sha256"])


def averages_key(name: str) -> str:
    """Where averaged embeddings are stored: float16 of unit length, a row for each row of the shard."""
    return f"{AVERAGES}/{name}.npy"


def check_averages(volume: Storage, entry: ShardEntry) -> None:
    """Do nothing if the averaged embeddings of a shard, if it has any, are what was stored; errors as `check_shard`."""
    if entry.averages:
        objects.check_object(volume, averages_key(entry.averages), entry.averages_sha256)


def open_metadata(volume: Storage, entry: ShardEntry) -> Metadata:
    """The metadata of a shard; they must have been checked."""
    document = objects.read_document(volume, metadata.document_key(entry.metadata))
    return Metadata(volume.local_path(metadata.data_key(entry.metadata)), document)


def open_words(volume: Storage, entry: ShardEntry) -> Postings:
    """The words of a shard's pictures; they must have been checked.

    Raises:
        CannotProceedError: the index was built before it had words.
    """
    document = objects.read_document(volume, metadata.document_key(entry.metadata))
    if "words" not in document:
        raise CannotProceedError(f"the index is of an older version, which has no words; {BUILD}")
    path = volume.local_path(metadata.words_key(entry.metadata))
    return postings.decode(np.memmap(path, np.uint8, "r").view(np.ndarray), document["words"]["arrays"])


def metadata_keys(volume: Storage, name: str) -> list[str]:
    """Every object of a shard's metadata; errors as `check_metadata`."""
    document = objects.read_document(volume, metadata.document_key(name))
    words = [metadata.words_key(name)] if "words" in document else []
    return [metadata.data_key(name), metadata.document_key(name), *words]


def object_keys(name: str, manifest: dict[str, Any]) -> list[str]:
    """Every object of a shard."""
    return [manifest_key(name), *(f"{SHARDS}/{name}.{suffix}" for suffix in manifest["objects"])]


def live_count(shards: Iterable[ShardEntry]) -> int:
    """Pictures in some shards, without removed ones."""
    return sum(one.rows - one.removed for one in shards)
