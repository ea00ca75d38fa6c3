"""What all people together like: approval of each picture, and which pictures the same people like."""

from collections.abc import Iterable
from typing import NamedTuple

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

    def popularity(self, without: Taste = NOBODY, prior: Shares | None = None) -> Shares:
        """Smoothed mean approval of each picture, 0..1.

        Args:
            without: a person whose own opinions must not count.
            prior: what a picture without ratings gets, shape (pictures,); the mean of all pictures if not given.
        """
        if self.is_rated:
            sums, ratings = self.sums.copy(), self.ratings.copy()
            sums[without.seen] -= approvals(without)
            ratings[without.seen] -= 1
        else:
            sums = self.likes.copy()
            sums[without.likes] -= 1
            ratings = np.full(len(sums), max(self.users - (len(without.likes) > 0), 0), np.float64)
        sums, ratings = np.maximum(sums, 0), np.maximum(ratings, 0)
        mean = sums.sum() / max(ratings.sum(), 1)
        return np.asarray((sums + PRIOR_RATINGS * (mean if prior is None else prior)) / (ratings + PRIOR_RATINGS))

    def n_likes(self, row: int) -> int:
        """How many people like a picture."""
        return int(self.likes[row])


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


def together(crowd: Crowd, known: Taste, whole: Taste, rows: Rows) -> Shares:
    """Item-kNN: how much the people who agree with a person's opinions like some pictures, shape (len(rows),).

    Args:
        known: the opinions to go by.
        whole: everything that the person said; none of it counts as another person's agreement.

    Source: Sarwar et al. 2001, "Item-based collaborative filtering recommendation algorithms".
    """
    if crowd.overlap is None or not len(known.seen):
        return np.zeros(len(rows))
    mine, own = np.zeros((2, len(crowd.sums) + 1))  # the last place is for neighbours that are not there
    mine[known.seen], own[whole.seen] = leanings(crowd, known), leanings(crowd, whole)
    norms = np.append(np.sqrt(np.maximum(crowd.overlap.norms - own[:-1] ** 2, 0)), 0)
    neighbours = crowd.overlap.neighbours[rows]
    products = crowd.overlap.products[rows] - own[rows][:, np.newaxis] * own[neighbours]
    likeness = products / (norms[rows][:, np.newaxis] * norms[neighbours] + SHRINK)
    return np.asarray((likeness * mine[neighbours]).sum(axis=1))
