"""Pairs of pictures that may be copies: by the bits of their hashes, turned and mirrored, and by their embeddings.

The average hash is 8 x 8 bits, which turn and mirror as the picture does. Its bits are dealt into BANDS; two pictures whose
hashes differ in few bits share a band whole, so only pictures with the same band are compared.

Source: Leskovec, Rajaraman and Ullman 2020, "Mining of massive datasets", chapter 3 (banding).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.duplicates.signature import SYMMETRIES

SIDE, BANDS = 8, 4
BAND_BITS = SIDE * SIDE // BANDS
HASH_BYTES = SIDE * SIDE // 8  # of the stored hashes, of which the average hash is the first
MOST_DIFFERENT = 6  # bits of 64
MOST_ALIKE = (
    2000  # pictures with the same band; more are of one kind, such as white pages, and found by their embeddings
)
NEIGHBOURS, LEAST_COSINE = 6, 0.65  # by embedding
BLOCK = 2048  # rows that are compared at once

ROW_BITS = 32

Pairs = NDArray[np.int64]
"""Rows of two pictures, the smaller one first, shape (pairs, 2); rows are below 2 to the power of 31."""
NO_PAIRS: Pairs = np.zeros((0, 2), np.int64)


class Entries(NamedTuple):
    """Hashes that have one of some bands.

    Args:
        keys: of the band.
        rows: of the picture.
        bits: the hash, turned.
        symmetry: how it was turned, see `signature.turn`; 0 for the hash as it is.
    """

    keys: NDArray[np.int64]
    rows: NDArray[np.int64]
    bits: NDArray[np.uint64]
    symmetry: NDArray[np.uint8]


def entries_of(hashes: NDArray[np.uint8], rows: NDArray[np.int64], is_new: NDArray[np.bool_]) -> Entries:
    """Every band of every hash, and those of the turned hashes of new pictures.

    Args:
        hashes: shape (pictures, bytes); pictures without contrast, whose bits are all zero, have no entries.
        rows: of the pictures.
    """
    has_contrast = hashes.any(axis=1)
    hashes, rows, is_new = hashes[has_contrast], rows[has_contrast], is_new[has_contrast]
    squares = np.unpackbits(hashes[:, :HASH_BYTES], axis=1).reshape(-1, SIDE, SIDE)
    found = []
    for symmetry in range(SYMMETRIES):
        chosen = slice(None) if symmetry == 0 else is_new
        bits = np.packbits(turned(squares[chosen], symmetry).reshape(-1, SIDE * SIDE), axis=1)
        found.append(banded(np.ascontiguousarray(bits), rows[chosen], symmetry))
    return joined(found)


def turned(squares: NDArray[np.uint8], symmetry: int) -> NDArray[np.uint8]:
    """Squares of bits as `signature.turn` turns pictures, shape (squares, SIDE, SIDE)."""
    return np.rot90(squares[:, :, ::-1] if symmetry >= 4 else squares, symmetry % 4, axes=(1, 2))


def banded(bits: NDArray[np.uint8], rows: NDArray[np.int64], symmetry: int) -> Entries:
    """The entries of some hashes: band `b` has the bits b, b + BANDS, ..., so that each is from all over the picture."""
    single = np.unpackbits(bits, axis=1)
    weights = 1 << np.arange(BAND_BITS)
    keys = [band + BANDS * (single[:, band::BANDS].astype(np.int64) @ weights) for band in range(BANDS)]
    words = bits.view(np.uint64)[:, 0]
    return Entries(
        np.concatenate(keys),
        np.tile(rows, BANDS),
        np.tile(words, BANDS),
        np.full(BANDS * len(rows), symmetry, np.uint8),
    )


def joined(some: Sequence[Entries]) -> Entries:
    """Several entries as one."""
    return Entries(*(np.concatenate(columns) for columns in zip(*some, strict=True)))


def shares_of(entries: Entries, n_shares: int) -> Iterator[tuple[int, Entries]]:
    """The entries by the share of all keys that they belong to."""
    share = entries.keys % n_shares
    for number in np.unique(share).tolist():
        here = share == number
        yield number, Entries(*(column[here] for column in entries))


def pairs_of_bands(entries: Entries) -> Pairs:
    """Pairs whose hashes have a band in common and differ in few bits, one of them as it is."""
    order = np.argsort(entries.keys, kind="stable")
    keys, rows, bits, symmetry = (
        entries.keys[order],
        entries.rows[order],
        entries.bits[order],
        entries.symmetry[order],
    )
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.zeros(0, np.int64)
    found = [NO_PAIRS]
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(keys)], strict=True):
        if end - start > 1:
            found.append(pairs_of_band(rows[start:end], bits[start:end], symmetry[start:end]))
    return unique(np.concatenate(found))


def pairs_of_band(rows: NDArray[np.int64], bits: NDArray[np.uint64], symmetry: NDArray[np.uint8]) -> Pairs:
    """The same for the pictures of one band; none where they are too many."""
    plain = np.flatnonzero(symmetry == 0)
    if len(plain) > MOST_ALIKE:
        return NO_PAIRS
    found = [NO_PAIRS]
    for start in range(0, len(rows), BLOCK):
        stop = start + BLOCK
        different = np.bitwise_count(bits[start:stop, np.newaxis] ^ bits[plain][np.newaxis])
        left, right = np.nonzero(different <= MOST_DIFFERENT)
        found.append(np.stack([rows[start:stop][left], rows[plain[right]]], axis=1))
    return unique(np.concatenate(found))


def neighbours(
    vectors: NDArray[np.float32], rows: NDArray[np.int64], gallery: Sequence[tuple[int, NDArray[np.float32]]]
) -> Pairs:
    """Each picture with its nearest by embedding.

    Args:
        vectors: of unit length, of the pictures, shape (pictures, dimensions).
        rows: of the pictures.
        gallery: first row and vectors of each shard.
    """
    found = Near(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))
    for first, shard in gallery:
        for start in range(0, len(shard), BLOCK):
            cosines = vectors @ shard[start : start + BLOCK].T
            left, right = np.nonzero(cosines >= LEAST_COSINE)
            numbers = first + start + right
            is_other = rows[left] != numbers
            some = Near(left[is_other], numbers[is_other], cosines[left, right][is_other])
            found = nearest_of(found.followed_by(some))
    return unique(np.stack([rows[found.places], found.numbers], axis=1))


class Near(NamedTuple):
    """Some neighbours: of which picture (its place), which row, and the cosine."""

    places: NDArray[np.int64]
    numbers: NDArray[np.int64]
    cosines: NDArray[np.float32]

    def followed_by(self, other: "Near") -> "Near":
        """These and others."""
        return Near(
            np.concatenate([self.places, other.places]),
            np.concatenate([self.numbers, other.numbers]),
            np.concatenate([self.cosines, other.cosines]),
        )


def nearest_of(near: Near) -> Near:
    """The NEIGHBOURS nearest of each picture; of equally near ones those of the smallest rows."""
    order = np.lexsort((near.numbers, -near.cosines, near.places))
    places = near.places[order]
    starts = np.searchsorted(places, places, "left")
    kept = order[np.arange(len(order)) - starts < NEIGHBOURS]
    return Near(places=near.places[kept], numbers=near.numbers[kept], cosines=near.cosines[kept])


def unique(pairs: Pairs) -> Pairs:
    """Each pair once, the smaller row first; none of a picture with itself."""
    first, second = np.minimum(*pairs.T), np.maximum(*pairs.T)
    both = np.sort((first << ROW_BITS | second)[first != second])  # as one number: a tenth of the time of rows
    both = both[np.diff(both, prepend=-1) != 0]
    return np.stack([both >> ROW_BITS, both & (1 << ROW_BITS) - 1], axis=1)


def has_new(pairs: Pairs, is_new: NDArray[np.bool_]) -> Pairs:
    """The pairs with a new picture among them."""
    return pairs[is_new[pairs].any(axis=1)] if len(pairs) else pairs
