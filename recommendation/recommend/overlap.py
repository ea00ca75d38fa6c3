"""Item-kNN of many people: products of opinions by sparse matrices, in blocks of pictures. Pure functions for an RDD.

Products are whole numbers, so that the order in which people are added changes nothing.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.recommend.saved import Learnt
from recommendation.scoring.crowd import LEAST_OPINIONS, LEAST_USERS, RATED_SHARE, SHRINK, approvals
from recommendation.scoring.taste import Taste
from shared.people.events import LIKE

#: People that item-kNN is learnt from, about; where there are more they are drawn by a hash of their ids.
MOST_PEOPLE = 20_000
MOST_PAIRED = 100  # opinions of a person that are paired with each other
FEWEST_NEIGHBOURS, STORED = 50, 8_000_000  # of each picture, and of all pictures together
LEAST_COMMON = 2  # people who must have an opinion of both pictures
FIXED_POINT = 1 << 10  # of an opinion
BLOCK = 512  # pictures whose products are added up together

Person = tuple[str, dict[str, float]]
"""A user id and the person's values of pictures by image_id."""
Products = tuple[Any, Any]
"""Sparse matrices of a block's pictures by all pictures: sums of products, people with an opinion of both."""


class Means(NamedTuple):
    """What the crowd thinks.

    Args:
        ids: pictures, ascending.
        means: mean approval of each; None where people only like.
        share: of the people that item-kNN is learnt from.
    """

    ids: NDArray[np.str_]
    means: NDArray[np.float64] | None
    share: float


class Neighbours(NamedTuple):
    """Of a block of pictures: their places, and the places and products of their neighbours, -1 and 0 for none."""

    places: NDArray[np.int64]
    neighbours: NDArray[np.int32]
    products: NDArray[np.float32]


def overlaps_enough(learnt: Learnt) -> bool:
    """Whether people share enough pictures for item-kNN."""
    return learnt.users >= LEAST_USERS and bool(learnt.counts[1].sum() >= LEAST_OPINIONS * learnt.users)


def means_of(learnt: Learnt) -> Means:
    """What opinions are compared with."""
    sums, ratings, likes = learnt.counts
    is_rated = 1 - likes.sum() / ratings.sum() >= RATED_SHARE
    return Means(learnt.ids, sums / ratings if is_rated else None, min(1.0, MOST_PEOPLE / learnt.users))


def products_of(means: Means, people: Iterable[Person]) -> Iterator[tuple[int, Products]]:
    """Products of some people's opinions, by number of the block."""
    from scipy import sparse  # slow to import: only in tasks

    found = [opinions_of(means, person) for person in people if is_drawn(means.share, person[0])]
    if not found:
        return
    lengths = [len(places) for places, _ in found]
    places, values = (np.concatenate([one[part] for one in found]) for part in (0, 1))
    shape = (len(found), len(means.ids))
    starts = np.concatenate([[0], np.cumsum(lengths)])
    opinions = sparse.csr_array((values.astype(np.float64), places, starts), shape)
    said = sparse.csr_array((np.ones(len(values), np.int32), places, starts), shape)
    for number in np.unique(places // BLOCK).tolist():
        some = slice(number * BLOCK, (number + 1) * BLOCK)
        yield number, ((opinions[:, some].T @ opinions).tocsr(), (said[:, some].T @ said).tocsr())


def is_drawn(share: float, user_id: str) -> bool:
    """Whether a person is of the drawn share of all people."""
    return int.from_bytes(hashlib.sha256(user_id.encode()).digest()[:6]) < share * (1 << 48)


def opinions_of(means: Means, person: Person) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of the pictures that a person has an opinion of, at most MOST_PAIRED, and opinions beyond the crowd's in fixed point.

    Of people who only like, 1 for each like.
    """
    user_id, values = person
    ids = sorted(one for one in values if means.means is not None or values[one] >= LIKE)
    places = np.searchsorted(means.ids, np.array(ids, means.ids.dtype))
    if means.means is None:
        leanings = np.ones(len(ids))
    else:
        taste = Taste.of(np.arange(len(ids)), np.array([values[one] for one in ids]))
        leanings = approvals(taste) - means.means[places]
    if len(ids) > MOST_PAIRED:
        seed = int.from_bytes(hashlib.sha256(user_id.encode()).digest()[:8])
        drawn = np.sort(np.random.default_rng(seed).choice(len(ids), MOST_PAIRED, replace=False))
        places, leanings = places[drawn], leanings[drawn]
    return places, np.round(leanings * FIXED_POINT).astype(np.int64)


def add_products(left: Products, right: Products) -> Products:
    """Products of the people of both."""
    return left[0] + right[0], left[1] + right[1]


def squares_of(block: tuple[int, Products]) -> tuple[int, NDArray[np.float64]]:
    """Of a block's pictures the sums of squared opinions."""
    number, (products, _) = block
    return number, products.diagonal(number * BLOCK) / FIXED_POINT**2


def n_neighbours(n_pictures: int) -> int:
    """How many neighbours are kept of each picture: all of them in a small collection."""
    return min(n_pictures, max(FEWEST_NEIGHBOURS, STORED // max(n_pictures, 1)))


def nearest(norms: NDArray[np.float64], block: tuple[int, Products]) -> Neighbours:
    """The neighbours of each picture of a block that are most alike, or most opposite, largest first; equals by id."""
    number, (products, people) = block
    n_rows, width = products.shape[0], n_neighbours(len(norms))
    neighbours, kept = np.full((n_rows, width), -1, np.int32), np.zeros((n_rows, width), np.float32)
    for row in range(n_rows):
        place = number * BLOCK + row
        others, values = _row(products, row)
        common = dict(zip(*(one.tolist() for one in _row(people, row)), strict=True))
        there = np.array([common[one] >= LEAST_COMMON and one != place for one in others.tolist()], np.bool_)
        others, values = others[there], values[there] / FIXED_POINT**2
        likeness = np.abs(values) / (np.sqrt(norms[place] * norms[others]) + SHRINK)
        order = np.lexsort((others, -likeness))[:width]
        neighbours[row, : len(order)], kept[row, : len(order)] = others[order], values[order]
    return Neighbours(number * BLOCK + np.arange(n_rows), neighbours, kept)


def _row(matrix: Any, row: int) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Columns and values of a row of a sparse matrix."""
    some = slice(matrix.indptr[row], matrix.indptr[row + 1])
    return matrix.indices[some], matrix.data[some]


def norms_of(n_pictures: int, squares: Sequence[tuple[int, NDArray[np.float64]]]) -> NDArray[np.float64]:
    """Sums of squared opinions of all pictures."""
    found = np.zeros(n_pictures)
    for number, some in squares:
        found[number * BLOCK : number * BLOCK + len(some)] = some
    return found


def with_overlap(learnt: Learnt, norms: NDArray[np.float64], found: Iterable[Neighbours]) -> Learnt:
    """What was learnt, with item-kNN."""
    shape = (len(learnt.ids), n_neighbours(len(learnt.ids)))
    neighbours, products = np.full(shape, -1, np.int32), np.zeros(shape, np.float32)
    for block in found:
        neighbours[block.places], products[block.places] = block.neighbours, block.products
    return learnt._replace(neighbours=neighbours, products=products, norms=norms)
