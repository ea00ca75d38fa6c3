"""Neighbour averaging: vectors move towards their nearest neighbours, so that what they share counts more.

A query's vector always, stored ones where the index was built so. Copies are not to suffer: a stored picture whose own vector is as
near as a copy's keeps that distance, and the engine ranks it before all others.

Source: Chum et al. 2007, "Total recall: automatic query expansion with a generative feature model for object retrieval";
Arandjelovic and Zisserman 2012, "Three things everyone should know to improve object retrieval", for stored vectors.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.index import reduction
from recommendation.index.searcher import AVERAGED, Searcher, Vector
from shared.pictures import measures

EXPANDED = AVERAGED
COPY_DISTANCE = 0.2  # of cosines; see docs/queries.md
#: A nearest neighbour at less than this share of the distance of the next one is a copy, too: it keeps 99.4 % of strongly cropped originals
#: first, 99.1 % without.
#: Source: Lowe 2004, "Distinctive image features from scale-invariant keypoints", the ratio test; a mirrored copy passes it.
COPY_RATIO = 0.8


class Expansion(NamedTuple):
    """A query vector and its average with its neighbours.

    Args:
        copies: rows that are as near to the query vector itself as copies are.
        proposed: rows that were proposed for the query vector itself, but for those that are left out.
        asked_for: how many that were.
    """

    searcher: Searcher
    plain: Vector
    averaged: Vector
    copies: NDArray[np.int64]
    proposed: NDArray[np.int64]
    asked_for: int

    def propose(self, count: int, allowed: NDArray[np.bool_] | None) -> NDArray[np.int64]:
        """Rows near either vector; some may be there twice."""
        is_known = allowed is None and count <= self.asked_for
        plain = self.proposed if is_known else self.searcher.propose(self.plain, count, allowed)
        return np.concatenate([plain, self.searcher.propose(self.averaged, count, allowed)])

    def distances(self, rows: NDArray[np.int64], metric: str) -> NDArray[np.float32]:
        """Distances of averages; of copies that of the vectors themselves."""
        found = measures.distances(metric, self.averaged, self.searcher.averaged(rows))
        is_copy = np.isin(rows, self.copies)
        if is_copy.any():
            found[is_copy] = self.searcher.distances(self.plain, rows[is_copy], metric)
        return found


def expand(searcher: Searcher, vector: Vector, neighbours: int, left_out: Sequence[int], wanted: int = 0) -> Expansion:
    """A prepared vector and its average with its nearest neighbours, each weighted by its cosine.

    Args:
        left_out: rows that are the query pictures themselves.
        wanted: how many answers there will be: copies are found among as many candidates.
    """
    count = searcher.candidate_count(max(neighbours, wanted)) + len(left_out)
    rows = np.setdiff1d(searcher.propose(vector, count), left_out)
    found = searcher.distances(vector, rows, "cosine")
    nearest = np.argsort(found, kind="stable")[: max(neighbours, 2)]
    weights = np.maximum(1 - found[nearest[:neighbours]], 0)
    average = vector + weights @ searcher.vectors(rows[nearest[:neighbours]])
    copies = found <= COPY_DISTANCE
    if len(nearest) > 1 and found[nearest[0]] < COPY_RATIO * found[nearest[1]]:
        copies[nearest[0]] = True
    return Expansion(searcher, vector, reduction.unit(np.asarray(average, np.float32)), rows[copies], rows, count)
