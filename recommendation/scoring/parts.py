"""The parts of a score: what each knows of a person is the likes and dislikes that it is given."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.scoring.crowd import Crowd, together
from recommendation.scoring.linear import Ridge
from recommendation.scoring.pictures import Floats, Pictures, Rows, Words
from recommendation.scoring.taste import Shares, Taste

NEAREST = 3
#: Pictures added to a person's counts, in the proportions of the collection, before shares are taken of them.
PRIOR_PICTURES = 4.0


class Known(NamedTuple):
    """What a part may use to score pictures for a person.

    Args:
        taste: the opinions to go by.
        whole: all that the person said: it must not come back as the crowd's opinion.
        popularity: of every picture without this person.
        background: rows of pictures drawn at random, none of them liked, for parts that compare likes with the rest.
        ridge: trained on all of `whole`; it can leave out likes.
    """

    pictures: Pictures
    crowd: Crowd
    taste: Taste
    whole: Taste
    popularity: Shares
    background: Rows
    ridge: Ridge


Part = Callable[[Known, Rows], Shares]


def nearest_mean(likeness: NDArray[np.float32]) -> Shares:
    """Mean of the NEAREST highest values of each column; shape (columns,), zeros without rows."""
    if not len(likeness):
        return np.zeros(likeness.shape[1])
    k = min(NEAREST, len(likeness))
    return np.asarray(np.partition(likeness, len(likeness) - k, axis=0)[-k:].mean(axis=0, dtype=np.float64))


def likeness_part(vectors: Floats, taste: Taste, rows: Rows) -> Shares:
    """Mean cosine with the nearest likes minus that with the nearest dislikes, where there are any."""
    gallery = vectors[rows]
    liked = nearest_mean(vectors[taste.likes] @ gallery.T)
    return liked - nearest_mean(vectors[taste.dislikes] @ gallery.T) if len(taste.dislikes) else liked


def kind_part(codes: NDArray[np.int8], shares: Shares, taste: Taste, rows: Rows) -> Shares:
    """Logarithm of how much more frequent a picture's kind is among a person's likes than in the collection.

    Args:
        codes: the kind of every picture.
        shares: of each kind in the collection.
    """
    counts = np.bincount(codes[taste.likes], minlength=len(shares))
    gains = np.log((counts + PRIOR_PICTURES * shares) / (counts.sum() + PRIOR_PICTURES) / shares)
    return np.asarray(gains[codes[rows]])


def words_part(words: Words, taste: Taste, rows: Rows) -> Shares:
    """Sum over a picture's words of how much more frequent each is among the likes than in the collection."""
    if not len(words.names):
        return np.zeros(len(rows))
    return np.asarray(words.take(rows).sums(word_gains(words, taste)))


def word_gains(words: Words, taste: Taste) -> Shares:
    """Logarithm of each word's smoothed share of the likes over its share of the collection, 0 for words that no like has."""
    counts, base = words.tally(taste.likes), words.shares
    gains = np.log((counts + PRIOR_PICTURES * base) / (len(taste.likes) + PRIOR_PICTURES) / base)
    return np.where(counts > 0, gains, 0.0)


def _subject(known: Known, rows: Rows) -> Shares:
    return likeness_part(known.pictures.subject, known.taste, rows)


def _color(known: Known, rows: Rows) -> Shares:
    return likeness_part(known.pictures.color, known.taste, rows)


def _structure(known: Known, rows: Rows) -> Shares:
    return likeness_part(known.pictures.structure, known.taste, rows)


def _orientation(known: Known, rows: Rows) -> Shares:
    return kind_part(known.pictures.orientation, known.pictures.orientation_shares, known.taste, rows)


def _size(known: Known, rows: Rows) -> Shares:
    return kind_part(known.pictures.size, known.pictures.size_shares, known.taste, rows)


def _tags(known: Known, rows: Rows) -> Shares:
    return words_part(known.pictures.tags, known.taste, rows)


def _palette(known: Known, rows: Rows) -> Shares:
    return words_part(known.pictures.colors, known.taste, rows)


def _overall(known: Known, rows: Rows) -> Shares:
    return known.ridge.scores(known.pictures, known.taste.likes, rows)


def _popularity(known: Known, rows: Rows) -> Shares:
    return known.popularity[rows]


def _together(known: Known, rows: Rows) -> Shares:
    return together(known.crowd, known.taste, known.whole, rows)


#: To add a part, add a line here and a sentence in `reasons`.
PARTS: dict[str, Part] = {
    "subject": _subject,
    "color": _color,
    "structure": _structure,
    "orientation": _orientation,
    "size": _size,
    "tags": _tags,
    "palette": _palette,
    "overall": _overall,
    "popularity": _popularity,
    "together": _together,
}
CONTENT = ("subject", "color", "structure")


def part_matrix(known: Known, rows: Rows, names: tuple[str, ...]) -> Shares:
    """The parts of some pictures' scores, not scaled, shape (len(names), len(rows))."""
    return np.array([PARTS[name](known, rows) for name in names]).reshape(len(names), len(rows))
