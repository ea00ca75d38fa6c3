"""What tasks do to find copies: propose pairs, make signatures, verify. Spark is in `job`."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.duplicates import candidates, signature
from recommendation.duplicates.candidates import Entries, Pairs
from recommendation.duplicates.plausibility import open_gallery, plausible
from recommendation.duplicates.verification import verify
from recommendation.index import objects
from recommendation.index.objects import SHARDS
from recommendation.index.shard import ShardEntry, open_metadata
from shared import tables
from shared.pictures import pixels
from shared.storage import Storage
from shared.storage.volume import WORK
from shared.tables import Part
from shared.tables.contracts import THUMBNAILS

FOLDER = f"{WORK}/duplicates"


class Rows(NamedTuple):
    """Some rows of a shard.

    Args:
        first: number of the shard's first row among all.
        rows: within the shard, ascending.
    """

    shard: ShardEntry
    first: int
    rows: NDArray[np.int64]


class Found(NamedTuple):
    """Two copies, by their rows; see `Verified`."""

    first: int
    second: int
    kind: int
    score: float
    is_part: int


def propose_by_hash(
    volume: Storage, n_shares: int, task: tuple[Rows, NDArray[np.bool_]]
) -> Iterator[tuple[int, Entries]]:
    """The entries of a shard's pictures, by share.

    Args:
        task: the pictures that exist, and which of them are new.
    """
    some, is_new = task
    hashes = objects.load_array(volume, f"{SHARDS}/{some.shard.name}.hash.npy")[some.rows]
    yield from candidates.shares_of(candidates.entries_of(hashes, some.first + some.rows, is_new), n_shares)


def pairs_of_share(entries: Iterable[Entries]) -> Pairs:
    """See `candidates.pairs_of_bands`."""
    return candidates.pairs_of_bands(candidates.joined(list(entries)))


def keep_plausible(volume: Storage, shards: Sequence[ShardEntry], pairs: Pairs) -> Pairs:
    """See `plausibility.plausible`."""
    return plausible(open_gallery(volume, shards), pairs) if len(pairs) else pairs


def propose_by_embedding(volume: Storage, gallery: Sequence[Rows], some: Rows) -> Pairs:
    """Each of some pictures with its nearest among all that exist."""
    vectors = reduced(volume, some)
    opened = [
        (one.first, objects.load_array(volume, f"{SHARDS}/{one.shard.name}.embedding.reduced.npy")) for one in gallery
    ]
    pairs = candidates.neighbours(vectors, some.first + some.rows, opened)
    exists = np.concatenate([one.first + one.rows for one in gallery])
    return pairs[np.isin(pairs, exists).all(axis=1)]


def reduced(volume: Storage, some: Rows) -> NDArray[np.float32]:
    """Reduced embeddings of some pictures, of unit length."""
    found: NDArray[np.float32] = objects.load_array(volume, f"{SHARDS}/{some.shard.name}.embedding.reduced.npy")[
        some.rows
    ]
    return found


def split(starts: NDArray[np.int64], pairs: Pairs) -> Iterator[tuple[int, Pairs]]:
    """Pairs by the shard of their first picture."""
    shards = np.searchsorted(starts, pairs[:, 0], "right") - 1
    for number in np.unique(shards).tolist():
        yield number, pairs[shards == number]


def merge_pairs(left: Pairs, right: Pairs) -> Pairs:
    """Pairs of both, each once."""
    return candidates.unique(np.concatenate([left, right]))


def blocks_of(pairs: Pairs, size: int) -> list[Pairs]:
    """Pairs in blocks of neighbouring rows."""
    return [pairs[start : start + size] for start in range(0, len(pairs), size)]


def signature_key(row: int) -> str:
    """Where the signatures of a block that starts with a row are."""
    return f"{FOLDER}/{row:012}"


def write_signatures(volume: Storage, thumbnails: dict[str, Part], some: Rows) -> tuple[NDArray[np.int64], int]:
    """Store the signatures of some pictures as one object; their rows among all, and the first of them.

    Args:
        thumbnails: the parts of THUMBNAILS, by slice.
    """
    metadata = open_metadata(volume, some.shard)
    slices, ids = metadata.column("slice"), metadata.column("image_id")
    wanted: dict[str, dict[str, int]] = {}
    for place, row in enumerate(some.rows.tolist()):
        wanted.setdefault(slices[row], {})[ids[row]] = place
    found = np.zeros((len(some.rows), signature.LENGTH), np.uint8)
    for name, places in wanted.items():
        for row in tables.iterate_rows(volume, thumbnails[name], ["image_id", "jpeg"]) if name in thumbnails else ():
            if row["image_id"] in places:
                found[places[row["image_id"]]] = signature.encode(pixels.open_thumbnail(row["jpeg"]))
    first = int(some.first + some.rows[0])
    volume.put(signature_key(first), found.tobytes())
    return some.first + some.rows, first


def verify_pairs(volume: Storage, stored: Sequence[tuple[NDArray[np.int64], int]], pairs: Pairs) -> list[Found]:
    """The copies among some pairs.

    Args:
        stored: rows of each block of signatures, and the row that names it.
    """
    signatures = read_signatures(volume, stored, np.unique(pairs))
    found = []
    for first, second in pairs.tolist():
        verified = verify(signatures[first], signatures[second])
        if verified:
            found.append(Found(first, second, *verified))
    return found


def read_signatures(
    volume: Storage, stored: Sequence[tuple[NDArray[np.int64], int]], wanted: NDArray[np.int64]
) -> dict[int, signature.Signature]:
    """The signatures of some rows."""
    found: dict[int, signature.Signature] = {}
    for rows, first in stored:
        here = np.flatnonzero(np.isin(rows, wanted))
        if len(here):
            data = np.memmap(volume.local_path(signature_key(first)), np.uint8, "r").reshape(-1, signature.LENGTH)
            found |= {int(rows[place]): signature.decode(np.asarray(data[place])) for place in here.tolist()}
    return found


def parts_by_slice(volume: Storage) -> dict[str, Part]:
    """The parts of THUMBNAILS."""
    return {part.slice: part for part in tables.open_snapshot(volume).parts(THUMBNAILS)}
