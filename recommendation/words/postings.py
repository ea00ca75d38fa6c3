"""The words of a shard's pictures: for each word the pictures that have it and how much; written once, read through NumPy.

index/metadata/<name>.words     the arrays of `Postings`, one behind the other; where each starts is beside the metadata
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.words.categories import called
from recommendation.words.tokens import words_of, words_of_name

#: How much a word counts by where it stands; a category's by its probability, and half of that in a broader term.
#: See docs/queries.md for what was tried.
TAG, TITLE, NAME, CATEGORY, BROADER = 1.0, 1.0, 0.5, 1.0, 0.5
LEAST_PROBABLE = 0.05  # of a category whose words count
UNITS = 16  # weights are stored in parts of a whole
MOST_UNITS = 255
ALIGNED = 8  # bytes


class Postings(NamedTuple):
    """An inverted index.

    Args:
        texts: the words in UTF-8, sorted, one behind the other.
        text_starts: where each starts, and the end of the last.
        starts: where the pictures of each word start, and the end of the last one's.
        rows: of the pictures that have a word, ascending for each word.
        units: how much each of these has the word, in parts of UNITS.
        lengths: of all rows the sum of `units`.
    """

    texts: NDArray[np.uint8]
    text_starts: NDArray[np.int32]
    starts: NDArray[np.int32]
    rows: NDArray[Any]
    units: NDArray[np.uint8]
    lengths: NDArray[np.int32]

    def find(self, word: str) -> tuple[NDArray[Any], NDArray[np.uint8]]:
        """The rows that have a word and how much each has it; none for an unknown word."""
        wanted, low, high = word.encode(), 0, len(self.text_starts) - 1
        while low < high:
            middle = (low + high) // 2
            if self._text(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        if low == len(self.text_starts) - 1 or self._text(low) != wanted:
            return self.rows[:0], self.units[:0]
        place = slice(self.starts[low], self.starts[low + 1])
        return self.rows[place], self.units[place]

    def _text(self, place: int) -> bytes:
        return self.texts[self.text_starts[place] : self.text_starts[place + 1]].tobytes()


def weigh(row: Mapping[str, Any]) -> dict[str, float]:
    """How much a picture has each of its words.

    Args:
        row: metadata; `categories` holds pairs of category and probability.
    """
    found = defaultdict[str, float](float)
    add(found, TITLE, words_of(row.get("title") or ""))
    add(found, NAME, words_of_name(row.get("filename") or ""))
    for tag in row.get("tags") or ():
        add(found, TAG, words_of(tag))
    for category, probability in row.get("categories") or ():
        if probability >= LEAST_PROBABLE:
            words = called(category)
            add(found, CATEGORY * probability, words.names)
            add(found, BROADER * probability, words.broader)
    return found


def add(found: dict[str, float], weight: float, words: Iterable[str]) -> None:
    """Count some words."""
    for word in words:
        found[word] += weight


def make_postings(rows: Sequence[Mapping[str, Any]]) -> Postings:
    """The words of some pictures; the same for the same pictures, byte by byte."""
    by_word = defaultdict[str, list[tuple[int, int]]](list)
    lengths = np.zeros(len(rows), np.int32)
    for number, row in enumerate(rows):
        for word, weight in weigh(row).items():
            units = min(MOST_UNITS, max(1, round(UNITS * weight)))
            by_word[word].append((number, units))
            lengths[number] += units
    words = sorted((word.encode("utf-8", "surrogatepass"), word) for word in by_word)
    pairs = [pair for _, word in words for pair in by_word[word]]
    return Postings(
        np.frombuffer(b"".join(text for text, _ in words), np.uint8),
        starts_of([len(text) for text, _ in words]),
        starts_of([len(by_word[word]) for _, word in words]),
        np.array([row for row, _ in pairs], np.uint16 if len(rows) <= 1 << 16 else np.uint32),
        np.array([units for _, units in pairs], np.uint8),
        lengths,
    )


def starts_of(lengths: Sequence[int]) -> NDArray[np.int32]:
    """Where each of some pieces starts, and the end of the last."""
    return np.concatenate([[0], np.cumsum(np.array(lengths, np.int64))]).astype(np.int32)


def encode(postings: Postings) -> tuple[bytes, dict[str, Any]]:
    """The arrays as one object, and where each is in it."""
    data, places = bytearray(), {}
    for name, array in postings._asdict().items():
        data += bytes(-len(data) % ALIGNED)
        places[name] = [array.dtype.str, len(data), len(array)]
        data += array.tobytes()
    return bytes(data), places


def decode(data: NDArray[np.uint8], places: Mapping[str, Any]) -> Postings:
    """What `encode` was given, without a copy."""
    return Postings(
        **{
            name: data[start : start + np.dtype(kind).itemsize * count].view(kind)
            for name, (kind, start, count) in places.items()
        }
    )
