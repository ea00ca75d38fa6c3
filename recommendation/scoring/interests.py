"""Interests: clusters of a person's likes, each stood for by the like in its middle."""

import numpy as np

from recommendation.scoring.parts import Known
from recommendation.scoring.pictures import Pictures, Rows
from recommendation.scoring.taste import Shares, Taste
from shared.people.clustering import kmeans

MOST_INTERESTS, LIKES_PER_INTEREST = 3, 5


def medoids(pictures: Pictures, taste: Taste) -> Rows:
    """For each interest, 1 to MOST_INTERESTS, the like that is most like the others of it; largest interest first.

    Source: Pal et al. 2020, "PinnerSage: multi-modal user embedding framework for recommendations at Pinterest".
    """
    likes = taste.likes
    if not len(likes):
        return likes
    vectors = pictures.subject[likes]
    groups, _ = kmeans(vectors, max(1, min(MOST_INTERESTS, len(likes) // LIKES_PER_INTEREST)))
    numbers, sizes = np.unique(groups, return_counts=True)
    return np.array(
        [_medoid(pictures, likes[groups == number]) for number in numbers[np.argsort(-sizes, kind="stable")]]
    )


def _medoid(pictures: Pictures, rows: Rows) -> int:
    vectors = pictures.subject[rows]
    return int(rows[np.argmax((vectors @ vectors.T).sum(axis=1))])


def scores(known: Known, rows: Rows) -> Shares:
    """Cosine of each picture with the middle of the nearest interest; zeros without likes."""
    if not len(known.taste.likes):
        return np.zeros(len(rows))
    pictures, likes = known.pictures, known.taste.likes
    middles = medoids(pictures, known.taste)
    nearest = np.argmax(pictures.subject[likes] @ pictures.subject[middles].T, axis=1)
    centres = np.array([pictures.subject[likes[nearest == number]].mean(axis=0) for number in range(len(middles))])
    centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)
    return np.asarray((centres @ pictures.subject[rows].T).max(axis=0), np.float64)
