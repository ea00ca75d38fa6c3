"""A large index grown from a small real one: made-up neighbours of its pictures, with their metadata."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendation.index import generation, objects, shard
from recommendation.index.basis import Basis, vector_measures
from recommendation.index.build import columns
from recommendation.index.build.layout import SHARD_ROWS
from recommendation.index.build.shards import hex_ids, objects_of, put_metadata
from recommendation.index.generation import Generation
from recommendation.index.metadata import Row
from recommendation.index.objects import SHARDS
from recommendation.index.pictures import Pictures
from recommendation.index.shard import ShardEntry
from shared.pictures.measures import MEASURES
from shared.storage import LocalStorage

NOISE = 0.5  # length of what is added to a vector of unit length
FLIPPED = 0.1  # share of the bits of a hash
TREES = 20


def grow(volume: LocalStorage, count: int) -> None:
    """Replace the index of a volume by one of `count` pictures, searched through Annoy."""
    live = generation.open_live(volume)
    basis, pictures = live.open_basis(), Pictures(volume, live.shards)
    real = {name: stored(volume, live, name) for name in MEASURES}
    rows = [pictures.values(int(row), columns.COLUMNS) for row in pictures.rows]
    starts = range(0, count, SHARD_ROWS)
    entries = [
        grow_shard(volume, basis, real, rows, number, min(SHARD_ROWS, count - start))
        for number, start in enumerate(starts)
    ]
    name = generation.generation_name(basis.name, entries)
    measures = {name: {**one, "search": "annoy"} for name, one in live.document["measures"].items()}
    document = {**live.document, "pictures": count, "measures": measures, "shards": [one._asdict() for one in entries]}
    objects.put_document(volume, generation.document_key(name), document)
    objects.put_document(volume, generation.timings_key(name), live.timings)
    pointer = {"format": generation.FORMAT, "generation": name, "previous": live.name}
    volume.commit(generation.CURRENT, objects.seal(pointer), volume.read(generation.CURRENT))


def stored(volume: LocalStorage, live: Generation, name: str) -> NDArray[Any]:
    """The vectors or bits of a measure, shape (rows, width)."""
    return np.concatenate([objects.load_array(volume, f"{SHARDS}/{one.name}.{name}.npy") for one in live.shards])


def grow_shard(
    volume: LocalStorage, basis: Basis, real: dict[str, NDArray[Any]], rows: list[Row], number: int, size: int
) -> ShardEntry:
    """Store a shard of made-up neighbours of real pictures."""
    random, name = np.random.default_rng(number), f"{number:016x}"
    chosen = random.integers(0, len(rows), size)
    ids = np.frombuffer(random.bytes(16 * size), "S16")
    hashes = {}
    for suffix, chunks in objects_of(basis, TREES, ids, made_up(real, chosen, random)):
        hashes[suffix] = objects.put_bytes(volume, f"{SHARDS}/{name}.{suffix}", chunks)
    objects.put_document(volume, shard.manifest_key(name), {"slices": {}, "objects": hashes})
    embedding = objects.load_array(volume, f"{SHARDS}/{name}.embedding.npy")
    averages = objects.put_array(volume, shard.averages_key(name), embedding)
    made = zip(chosen.tolist(), hex_ids(ids), strict=True)
    put_metadata(volume, name, [{**rows[row], "image_id": image_id} for row, image_id in made])
    return ShardEntry(name, size, name, 0, name, averages)


def made_up(
    real: dict[str, NDArray[Any]], chosen: NDArray[np.int64], random: np.random.Generator
) -> Iterator[tuple[str, NDArray[Any]]]:
    """Each measure of neighbours of the chosen rows: vectors of unit length as float16, or bits."""
    for name, vectors in real.items():
        some = vectors[chosen]
        if name in vector_measures():
            noise = random.standard_normal(some.shape, np.float32) * (NOISE / np.sqrt(some.shape[1]))
            moved = some.astype(np.float32) + noise
            yield name, (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float16)
        else:
            flips = np.packbits(random.random((len(some), 8 * some.shape[1])) < FLIPPED, axis=1)
            yield name, some ^ flips
