"""Storing shards: everything that one task does for one shard, a pure function of its tables and basis."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.index import annoy_index, metadata, objects, reduction
from recommendation.index.basis import Basis, vector_measures
from recommendation.index.build import columns
from recommendation.index.build.collection import (
    SliceInput,
    SliceVectors,
    check_models,
    read_metadata,
    read_vectors,
)
from recommendation.index.build.layout import metadata_name, shard_name
from recommendation.index.objects import SHARDS
from recommendation.index.shard import ShardEntry, check_metadata, check_shard, manifest_key
from recommendation.words import postings
from shared.errors import CannotProceedError
from shared.pictures.measures import MEASURES
from shared.storage import Storage

BLOCK_ROWS = 2048


class Stored(NamedTuple):
    """What a task did for a shard."""

    entry: ShardEntry
    is_new: bool


def ensure_shard(
    volume: Storage, basis: Basis, trees: int, group: tuple[SliceInput, ...], known: ShardEntry | None
) -> Stored:
    """Store what is not there of a shard and its metadata: all of it, a damaged object, or nothing.

    Args:
        known: how the live generation lists the shard.

    Raises:
        CannotProceedError: a part of a table is missing or damaged, or made with another model than the basis.
        OSError: the storage is full or broken.
    """
    name = shard_name(basis.name, group)
    try:
        manifest, is_new = check_shard(volume, name), False
    except CannotProceedError:
        manifest, is_new = write_shard(volume, basis, trees, name, group), True
    wanted = metadata_name(name, group)
    if known is not None and known.metadata == wanted and is_intact(volume, wanted):
        return Stored(known, is_new)
    rows = manifest["slices"]
    pictures = metadata_rows(volume, ids_by_slice(volume, name, rows), group)
    put_metadata(volume, wanted, pictures)
    removed = sum(row["is_removed"] for row in pictures)
    return Stored(ShardEntry(name, len(pictures), wanted, removed), True)


def put_metadata(volume: Storage, name: str, pictures: Sequence[metadata.Row]) -> None:
    """Store the metadata of a shard: columns, words, and how to read them."""
    data, document = columns.encode(pictures)
    words, places = postings.encode(postings.make_postings(pictures))
    sha256 = {
        "sha256": objects.put_bytes(volume, metadata.data_key(name), [data]),
        "words": {"sha256": objects.put_bytes(volume, metadata.words_key(name), [words]), "arrays": places},
    }
    objects.put_document(volume, metadata.document_key(name), {**document, **sha256})


def is_intact(volume: Storage, metadata_name: str) -> bool:
    """Whether a shard's metadata are what was stored."""
    try:
        check_metadata(volume, metadata_name)
    except CannotProceedError:
        return False
    return True


def metadata_rows(volume: Storage, image_ids: dict[str, list[str]], group: Iterable[SliceInput]) -> list[metadata.Row]:
    """The metadata of a shard's rows; errors as `ensure_shard`."""
    by_name = {one.slice: one for one in group}
    return [row for name, ids in image_ids.items() for row in read_metadata(volume, by_name[name], ids)]


def ids_by_slice(volume: Storage, name: str, rows: dict[str, int]) -> dict[str, list[str]]:
    """The ids of each slice's rows in a shard."""
    ids = iter(hex_ids(objects.load_array(volume, f"{SHARDS}/{name}.ids.npy")))
    return {slice_name: [next(ids) for _ in range(count)] for slice_name, count in rows.items()}


def hex_ids(ids: Iterable[bytes]) -> list[str]:
    """Stored ids as image_ids; NumPy drops zero bytes at the end."""
    return [one.ljust(16, b"\0").hex() for one in ids]


def write_shard(volume: Storage, basis: Basis, trees: int, name: str, group: Iterable[SliceInput]) -> dict[str, Any]:
    """Store a shard, a measure in memory after the other; return its manifest; errors as `ensure_shard`."""
    slices = {one.slice: read_prepared(volume, basis, one) for one in group}
    check_models(frozenset({basis.model_sha256}).union(*(one.models for one in slices.values())))
    hashes = {
        suffix: objects.put_bytes(volume, f"{SHARDS}/{name}.{suffix}", chunks)
        for suffix, chunks in shard_objects(basis, trees, list(slices.values()))
    }
    manifest = {
        "slices": {slice_name: len(one.image_ids) for slice_name, one in slices.items()},
        "objects": hashes,
    }
    objects.put_document(volume, manifest_key(name), manifest)
    return manifest


def read_prepared(volume: Storage, basis: Basis, parts: SliceInput) -> SliceVectors:
    """A slice's vectors as they are stored: prepared and in float16, or bits."""
    found = read_vectors(volume, parts)
    if not found.image_ids:
        empty = {
            name: np.zeros((0, width), np.float16 if name in vector_measures() else np.uint8)
            for name, width in basis.widths.items()
        }
        return SliceVectors([], empty, frozenset())
    prepared = {name: basis.prepare(name, found.features[name]).astype(np.float16) for name in vector_measures()}
    return found._replace(features=found.features | prepared)


def shard_objects(basis: Basis, trees: int, slices: list[SliceVectors]) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Name and content of each object of a shard; nothing but ids for a shard without rows."""
    ids = np.array([bytes.fromhex(one) for some in slices for one in some.image_ids], "S16")
    names = MEASURES if len(ids) else ()
    measures = ((name, np.concatenate([one.features.pop(name) for one in slices])) for name in names)
    yield from objects_of(basis, trees, ids, measures)


def objects_of(
    basis: Basis, trees: int, ids: NDArray[np.bytes_], measures: Iterable[tuple[str, NDArray[Any]]]
) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Name and content of each object of a shard.

    Args:
        measures: each with its vectors or bits, shape (len(ids), width); taken one at a time.
    """
    yield "ids.npy", objects.array_chunks(ids)
    yield "order.npy", objects.array_chunks(np.argsort(ids, kind="stable").astype(np.uint32))
    for name, full in measures:
        yield f"{name}.npy", objects.array_chunks(full)
        reduced = full
        if name in vector_measures():
            reduced = reduce_vectors(full, basis.axes[name])
            yield f"{name}.reduced.npy", objects.array_chunks(reduced)
        yield f"{name}.ann", annoy_index.build_forest(reduced, trees)


def reduce_vectors(full: NDArray[np.float16], axes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Stored vectors along the axes, a block in float32 at a time; shape (rows, dimensions)."""
    blocks = (full[start : start + BLOCK_ROWS].astype(np.float32) for start in range(0, len(full), BLOCK_ROWS))
    return np.concatenate([reduction.project(block, axes) for block in blocks])
