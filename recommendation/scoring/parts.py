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
        taste: everything that the person said; none of it may come back as the crowd's opinion.
        appeal: predicted approval of every picture, as in `Model`.
        background: rows of pictures drawn at random, none of them liked, for parts that compare likes with the rest.
        ridge: trained on all of `taste`; it can leave out likes.
    """

    pictures: Pictures
    crowd: Crowd
    taste: Taste
    appeal: Shares | None
    background: Rows
    ridge: Ridge


Kept = NDArray[np.bool_]
"""Cases in which only some likes are known, shape (cases, likes): learning weights leaves each like out once."""
Part = Callable[[Known, Rows, Kept], Shares]
"""Scores of pictures in each case, shape (cases, len(rows))."""


def nearest_mean(likeness: NDArray[np.float32], kept: Kept) -> Shares:
    """Mean of the NEAREST highest values of each column among the rows kept in each case; 0 where none is.

    Args:
        likeness: shape (rows, columns).
        kept: shape (cases, rows).

    Returns:
        Shape (cases, columns).
    """
    if not len(likeness):
        return np.zeros((len(kept), likeness.shape[1]))
    depth = min(len(likeness), NEAREST + int((~kept).sum(axis=1).max()))  # so many hold the nearest of every case
    if kept.all():
        nearest = np.partition(likeness, len(likeness) - depth, axis=0)[-depth:]
        return np.repeat(nearest.mean(axis=0, dtype=np.float64)[np.newaxis], len(kept), axis=0)
    order = np.argpartition(-likeness, depth - 1, axis=0)[:depth]
    order = np.take_along_axis(order, np.argsort(-np.take_along_axis(likeness, order, 0), axis=0, kind="stable"), 0)
    there = kept[:, order]
    there &= np.cumsum(there, axis=1, dtype=np.int16) <= NEAREST
    sums = (np.take_along_axis(likeness, order, 0) * there).sum(axis=1, dtype=np.float64)
    return np.asarray(sums / np.maximum(there.sum(axis=1), 1))


def likeness_part(vectors: Floats, taste: Taste, rows: Rows, kept: Kept) -> Shares:
    """Mean cosine with the nearest likes minus that with the nearest dislikes, where there are any."""
    gallery = vectors[rows].T
    liked = nearest_mean(vectors[taste.likes] @ gallery, kept)
    if not len(taste.dislikes):
        return liked
    return liked - nearest_mean(vectors[taste.dislikes] @ gallery, np.ones((1, len(taste.dislikes)), np.bool_))


def kind_part(codes: NDArray[np.int8], shares: Shares, taste: Taste, rows: Rows, kept: Kept) -> Shares:
    """Logarithm of how much more frequent a picture's kind is among a person's likes than in the collection.

    Args:
        codes: the kind of every picture.
        shares: of each kind in the collection.
    """
    counts = kept @ np.eye(len(shares))[codes[taste.likes]]
    n_likes = counts.sum(axis=1, keepdims=True)
    gains = np.log((counts + PRIOR_PICTURES * shares) / (n_likes + PRIOR_PICTURES) / shares)
    return np.asarray(gains[:, codes[rows]])


def words_part(words: Words, taste: Taste, rows: Rows, kept: Kept) -> Shares:
    """Sum over a picture's words of how much more frequent each is among the likes than in the collection."""
    liked = words.take(taste.likes)
    present, places = np.unique(liked.codes, return_inverse=True)
    if not len(present):
        return np.zeros((len(kept), len(rows)))
    has = np.zeros((len(taste.likes), len(present)))
    has[np.repeat(np.arange(len(taste.likes)), np.diff(liked.starts)), places] = 1
    gains = word_gains(words.shares[present], kept @ has, kept.sum(axis=1))
    taken = words.take(rows)
    nearest = np.minimum(np.searchsorted(present, taken.codes), len(present) - 1)
    found = np.where(present[nearest] == taken.codes, gains[:, nearest], 0.0)
    running = np.concatenate([np.zeros((len(kept), 1)), np.cumsum(found, axis=1)], axis=1)
    return np.asarray(running[:, taken.starts[1:]] - running[:, taken.starts[:-1]])


def word_gains(base: Shares, counts: Shares, n_likes: NDArray[np.int64]) -> Shares:
    """Logarithm of each word's smoothed share of the likes over its share of the collection, 0 for words that no like has.

    Args:
        base: share of each word in the collection, shape (words,).
        counts: of each word among the likes, shape (cases, words).
        n_likes: shape (cases,).
    """
    gains = np.log((counts + PRIOR_PICTURES * base) / (n_likes[:, np.newaxis] + PRIOR_PICTURES) / base)
    return np.where(counts > 0, gains, 0.0)


def _subject(known: Known, rows: Rows, kept: Kept) -> Shares:
    return likeness_part(known.pictures.subject, known.taste, rows, kept)


def _color(known: Known, rows: Rows, kept: Kept) -> Shares:
    return likeness_part(known.pictures.color, known.taste, rows, kept)


def _structure(known: Known, rows: Rows, kept: Kept) -> Shares:
    return likeness_part(known.pictures.structure, known.taste, rows, kept)


def _orientation(known: Known, rows: Rows, kept: Kept) -> Shares:
    return kind_part(known.pictures.orientation, known.pictures.orientation_shares, known.taste, rows, kept)


def _size(known: Known, rows: Rows, kept: Kept) -> Shares:
    return kind_part(known.pictures.size, known.pictures.size_shares, known.taste, rows, kept)


def _tags(known: Known, rows: Rows, kept: Kept) -> Shares:
    return words_part(known.pictures.tags, known.taste, rows, kept)


def _palette(known: Known, rows: Rows, kept: Kept) -> Shares:
    return words_part(known.pictures.colors, known.taste, rows, kept)


def _overall(known: Known, rows: Rows, kept: Kept) -> Shares:
    return known.ridge.scores(known.pictures, rows, kept)


def _popularity(known: Known, rows: Rows, kept: Kept) -> Shares:
    found = known.crowd.popularity(known.taste, known.appeal, rows)
    return np.repeat(found[np.newaxis], len(kept), axis=0)


def _together(known: Known, rows: Rows, kept: Kept) -> Shares:
    return together(known.crowd, known.taste, rows, kept)


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


def part_matrix(known: Known, rows: Rows, names: tuple[str, ...], kept: Kept | None = None) -> Shares:
    """The parts of some pictures' scores, not scaled, shape (cases, len(names), len(rows)).

    Args:
        kept: None for the one case that all likes are known.
    """
    cases = everything(known.taste) if kept is None else kept
    found = [PARTS[name](known, rows, cases) for name in names]
    return np.array(found).reshape(len(names), len(cases), len(rows)).transpose(1, 0, 2)


def everything(taste: Taste) -> Kept:
    """The one case that all likes are known."""
    return np.ones((1, len(taste.likes)), np.bool_)


def part_scores(name: str, known: Known, rows: Rows) -> Shares:
    """One part of some pictures' scores, not scaled, shape (len(rows),)."""
    return np.asarray(PARTS[name](known, rows, everything(known.taste))[0])
