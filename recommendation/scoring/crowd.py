"""What all people together like: approval of each picture, and which pictures the same people like."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.scoring.pictures import Rows
from recommendation.scoring.taste import NOBODY, Shares, Taste

#: Strength of the prior of a picture's popularity, in ratings.
PRIOR_RATINGS = 5.0
#: From this share of other opinions than likes on, a picture that was not rated is unknown rather than not liked.
RATED_SHARE = 0.1
#: Fewer people, or people with fewer opinions on average, overlap too little for item-kNN.
LEAST_USERS, LEAST_OPINIONS = 50, 20
#: Added to the norms of two pictures' opinions before they divide their product: few common people say little.
SHRINK = 5.0


class Overlap(NamedTuple):
    """Which pictures the same people like: for each picture its neighbours.

    Args:
        neighbours: rows, shape (pictures, k), -1 for none.
        products: sum over people of the product of their opinions of picture and neighbour, shape (pictures, k).
        norms: sum of the squared opinions of each picture, shape (pictures,).
    """

    neighbours: NDArray[np.int32]
    products: NDArray[np.float32]
    norms: NDArray[np.float64]


class Crowd(NamedTuple):
    """What all people together said.

    Args:
        users: people who said anything.
        sums: of the approval of each picture, see `approvals`, shape (pictures,).
        ratings: how many said anything of each picture.
        likes: how many like each picture.
        is_rated: people rate pictures, so one without their rating is unknown; else it is not liked.
        overlap: None where people overlap too little.
    """

    users: int
    sums: Shares
    ratings: Shares
    likes: Shares
    is_rated: bool
    overlap: Overlap | None = None

    def popularity(self, without: Taste = NOBODY, prior: Shares | None = None, rows: Rows | None = None) -> Shares:
        """Smoothed mean approval of pictures, 0..1.

        Args:
            without: a person whose own opinions must not count.
            prior: what a picture without ratings gets, shape (pictures,); the mean of all pictures if not given.
            rows: of the pictures; None for all.
        """
        asked = np.arange(len(self.sums)) if rows is None else rows
        if self.is_rated:
            own, seen = approvals(without), without.seen
            sums, ratings = self.sums[asked], self.ratings[asked]
            total, n_ratings = self.sums.sum() - own.sum(), self.ratings.sum() - len(seen)
            ratings = ratings - _at(asked, seen, np.ones(len(seen)))
        else:
            own, seen = np.ones(len(without.likes)), without.likes
            others = max(self.users - (len(seen) > 0), 0)
            sums, ratings = self.likes[asked], np.full(len(asked), others, np.float64)
            total, n_ratings = self.likes.sum() - own.sum(), others * len(self.sums)
        sums = np.maximum(sums - _at(asked, seen, own), 0)
        ratings = np.maximum(ratings, 0)
        mean: Any = max(total, 0) / max(n_ratings, 1) if prior is None else prior[asked]
        return np.asarray((sums + PRIOR_RATINGS * mean) / (ratings + PRIOR_RATINGS))

    def n_likes(self, row: int) -> int:
        """How many people like a picture."""
        return int(self.likes[row])


def _at(rows: Rows, seen: Rows, values: Shares) -> Shares:
    """The value of each row that was seen, 0 for the others, shape (len(rows),)."""
    if not len(seen):
        return np.zeros(len(rows))
    places = np.minimum(np.searchsorted(seen, rows), len(seen) - 1)
    return np.where(seen[places] == rows, values[places], 0.0)


def approvals(taste: Taste) -> Shares:
    """A person's approval of each row of `seen`: of one who rates differently, relative to the own mean, around 0.5."""
    if len(taste.likes) == len(taste.seen):
        return taste.shares
    return np.asarray(taste.shares - taste.shares.mean() + 0.5)


def crowd_of(n_pictures: int, tastes: Iterable[Taste]) -> Crowd:
    """What some people together said, without overlap."""
    users, (sums, ratings, likes) = 0, np.zeros((3, n_pictures))
    for taste in tastes:
        users += len(taste.seen) > 0
        likes[taste.likes] += 1
        sums[taste.seen] += approvals(taste)
        ratings[taste.seen] += 1
    return make_crowd(users, sums, ratings, likes)


def make_crowd(users: int, sums: Shares, ratings: Shares, likes: Shares, overlap: Overlap | None = None) -> Crowd:
    """A crowd from sums over its people."""
    is_rated = bool(ratings.sum() and 1 - likes.sum() / ratings.sum() >= RATED_SHARE)
    return Crowd(users, sums, ratings, likes, is_rated, overlap)


def overlaps_enough(crowd: Crowd) -> bool:
    """Whether people share enough pictures for item-kNN to say anything."""
    return crowd.users >= LEAST_USERS and crowd.ratings.sum() >= LEAST_OPINIONS * crowd.users


def leanings(crowd: Crowd, taste: Taste) -> Shares:
    """A person's opinion of each row of `seen` beyond what the crowd thinks of it; 1 for likes where nobody rates."""
    if not crowd.is_rated:
        return np.asarray((taste.shares >= 0.75).astype(np.float64))
    means = crowd.sums[taste.seen] / np.maximum(crowd.ratings[taste.seen], 1)
    return np.asarray(approvals(taste) - means)


def together(crowd: Crowd, taste: Taste, rows: Rows, kept: NDArray[np.bool_]) -> Shares:
    """Item-kNN: how much the people who agree with a person's opinions like some pictures, shape (cases, len(rows)).

    Args:
        taste: everything that the person said; none of it counts as another person's agreement.
        kept: likes that are gone by in each case, shape (cases, likes); other opinions are in all of them.

    Source: Sarwar et al. 2001, "Item-based collaborative filtering recommendation algorithms".
    """
    if crowd.overlap is None or not len(taste.seen):
        return np.zeros((len(kept), len(rows)))
    likeness = _likeness(crowd, crowd.overlap, taste, rows)
    known = np.ones((len(kept), len(taste.seen)), np.bool_)
    known[:, np.searchsorted(taste.seen, taste.likes)] = kept
    found = np.zeros((len(kept), len(rows)))
    for case, there in enumerate(known):
        some = Taste.of(taste.seen[there], 2 * taste.shares[there] - 1)
        found[case] = likeness[:, there] @ leanings(crowd, some)
    return found


def _likeness(crowd: Crowd, overlap: Overlap, taste: Taste, rows: Rows) -> Shares:
    """How alike other people's opinions of some pictures and of those that a person saw are, shape (len(rows), seen).

    It goes by the neighbours of what was seen, which are few, whatever the number of rows.
    """
    seen, mine = taste.seen, leanings(crowd, taste)
    asked, places_of = np.unique(rows, return_inverse=True)
    neighbours = overlap.neighbours[seen]
    places = np.minimum(np.searchsorted(asked, neighbours), len(asked) - 1)
    at_seen, ranks = np.nonzero(asked[places] == neighbours)
    at_asked = places[at_seen, ranks]
    own = _at(asked, seen, mine)
    norms = np.sqrt(np.maximum(overlap.norms[asked] - own**2, 0))
    seen_norms = np.sqrt(np.maximum(overlap.norms[seen] - mine**2, 0))
    products = overlap.products[seen[at_seen], ranks] - mine[at_seen] * own[at_asked]
    found = np.zeros((len(asked), len(seen)))
    found[at_asked, at_seen] = products / (norms[at_asked] * seen_norms[at_seen] + SHRINK)
    return np.asarray(found[places_of])
