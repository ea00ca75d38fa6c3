"""BM25: how well the words of each picture fit a text, over all shards of an index.

Source: Robertson and Zaragoza 2009, "The probabilistic relevance framework: BM25 and beyond"; weights by where a word
stands as in its BM25F; the inverse document frequency never below 0, as in Lucene.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.words.postings import UNITS, Postings
from recommendation.words.tokens import words_of

SATURATION, BY_LENGTH = 1.2, 0.3  # k1 and b
MOST_WORDS = 32  # of a text that count

Values = NDArray[np.float32]


class Ranked(NamedTuple):
    """How well all pictures fit a text.

    Args:
        sums: BM25 of each row.
        scores: the same as 0..1: 1 where a picture has all words as much as an average picture has one of its own.
        counts: how many pictures have each word of the text.
    """

    sums: Values
    scores: Values
    counts: dict[str, int]


def rank(text: str, shards: Sequence[Postings], starts: NDArray[np.int64]) -> Ranked:
    """Rank the pictures of some shards by a text.

    Args:
        starts: first row of each shard, and behind the last one the number of all rows.
    """
    total = int(starts[-1])
    words = list(dict.fromkeys(words_of(text)))[:MOST_WORDS]
    found = {word: [one.find(word) for one in shards] for word in words}
    counts = {word: sum(len(rows) for rows, _ in some) for word, some in found.items()}
    weights = {word: math.log(1 + (total - count + 0.5) / (count + 0.5)) for word, count in counts.items()}
    mean = max(1.0, sum(int(one.lengths.sum(dtype=np.int64)) for one in shards) / max(1, total))
    sums = np.zeros(total, np.float32)
    for word, some in found.items():
        for (rows, units), shard, start in zip(some, shards, starts.tolist(), strict=False):
            length = 1 - BY_LENGTH + BY_LENGTH * shard.lengths[rows] / mean
            times = units / np.float32(UNITS)
            sums[start + rows.astype(np.int64)] += (
                weights[word] * (SATURATION + 1) * times / (times + SATURATION * length)
            )
    best = sum(weight for word, weight in weights.items() if counts[word])  # nobody can have the others
    return Ranked(sums, np.minimum(1, sums / best) if best else sums, counts)
