"""The collection as recommenders see it: arrays with a row for each picture, in the order of image_ids."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

ORIENTATIONS = ("landscape", "portrait", "square")
SIZES = ("thumbnail", "medium", "large")
#: Bits of 192 (three hashes of 64) that near-copies differ in at most: of 4.5 million pairs of 2,999 photos 40 do.
NEAR_COPY_BITS = 24
#: Pictures whose hashes differ in more, up to these, are near-copies if their embeddings have this cosine.
SIMILAR_BITS, SAME_SUBJECT = 48, 0.95
COMPARED = 64  # pictures at a time, which bounds the memory


class Words(NamedTuple):
    """Words of each picture, e.g. its tags: a table of names and, for each picture, which of them it has.

    Args:
        names: the words, sorted.
        codes: all pictures' words one after the other, as positions in `names`.
        starts: where each picture's words begin in `codes`, shape (pictures + 1,).
        shares: smoothed share of the whole collection's pictures that have each name.
    """

    names: tuple[str, ...]
    codes: NDArray[np.int32]
    starts: NDArray[np.int64]
    shares: NDArray[np.float64]

    @classmethod
    def of(cls, lists: Sequence[Sequence[str]]) -> Self:
        """Words of pictures that are given as lists; each counts once a picture."""
        unique = [sorted(set(words)) for words in lists]
        names = tuple(sorted({word for words in unique for word in words}))
        places = {name: place for place, name in enumerate(names)}
        codes = np.fromiter((places[word] for words in unique for word in words), np.int32)
        starts = np.concatenate([[0], np.cumsum([len(words) for words in unique], dtype=np.int64)])
        shares = np.asarray((np.bincount(codes, minlength=len(names)) + 1.0) / (len(lists) + 1.0), np.float64)
        return cls(names, codes, starts, shares)

    def of_row(self, row: int) -> list[str]:
        """The words of one picture."""
        return [self.names[code] for code in self.codes[self.starts[row] : self.starts[row + 1]]]

    def take(self, rows: Rows) -> Self:
        """The words of some pictures only, with the same names."""
        lengths = self.starts[rows + 1] - self.starts[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        places = np.repeat(self.starts[rows] - starts[:-1], lengths) + np.arange(starts[-1])
        return type(self)(self.names, self.codes[places], starts, self.shares)


@dataclass(frozen=True)
class Pictures:
    """What recommenders need of each picture.

    Args:
        ids: image_ids, ascending.
        subject: reduced embeddings, centred on the collection's mean, unit length, shape (n, d).
        color: reduced colour features, unit length.
        structure: reduced structure features, unit length.
        hashes: shape (n, 24), bits that near-copies share.
        orientation: position in ORIENTATIONS of each.
        size: position in SIZES of each.
        clusters: of similar pictures, numbered from 0.
        allowed: pictures that may be shown: their licence permits it.
    """

    ids: NDArray[np.str_]
    subject: Floats
    color: Floats
    structure: Floats
    hashes: NDArray[np.uint8]
    orientation: NDArray[np.int8]
    size: NDArray[np.int8]
    tags: Words
    colors: Words
    clusters: NDArray[np.int32]
    allowed: NDArray[np.bool_]
    filenames: Sequence[str]
    licenses: Sequence[str]
    credits: Sequence[str]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def orientation_shares(self) -> NDArray[np.float64]:
        """Smoothed share of each of ORIENTATIONS."""
        return smoothed_shares(self.orientation, len(ORIENTATIONS))

    @cached_property
    def size_shares(self) -> NDArray[np.float64]:
        """Smoothed share of each of SIZES."""
        return smoothed_shares(self.size, len(SIZES))

    def rows_of(self, image_ids: Sequence[str]) -> Rows:
        """The rows of pictures, in the order given; those that are not there are left out."""
        wanted = np.asarray(image_ids, self.ids.dtype if len(self.ids) else np.str_)
        places = np.searchsorted(self.ids, wanted)
        there = [
            place for place, one in zip(places, wanted, strict=True) if place < len(self) and self.ids[place] == one
        ]
        return np.array(there, np.int64)


def smoothed_shares(codes: NDArray[np.int8], n_kinds: int) -> NDArray[np.float64]:
    """Share of each kind, none of them 0."""
    counts = np.bincount(codes, minlength=n_kinds) + 1.0
    return np.asarray(counts / counts.sum())


def near_copies(pictures: Pictures, some: Rows, rows: Rows) -> NDArray[np.bool_]:
    """Which of some rows are nearly the same picture as any of others, these included, shape (len(rows),).

    Nearly the same hash, or a similar one and the same subject.

    Args:
        some: rows of the others.
    """
    found = np.zeros(len(rows), np.bool_)
    words, wanted = (np.ascontiguousarray(pictures.hashes[one]).view(np.uint64).T for one in (rows, some))
    for start in range(0, len(some), COMPARED):
        differing = np.zeros((len(some[start : start + COMPARED]), len(rows)), np.uint8)
        for word, other in zip(words, wanted[:, start : start + COMPARED], strict=True):
            differing += np.bitwise_count(word ^ other[:, np.newaxis])
        found |= (differing <= NEAR_COPY_BITS).any(axis=0)
        others, similar = np.nonzero((differing <= SIMILAR_BITS) & ~found)
        cosines = (pictures.subject[some[start + others]] * pictures.subject[rows[similar]]).sum(axis=1)
        found[similar[cosines >= SAME_SUBJECT]] = True
    return found
