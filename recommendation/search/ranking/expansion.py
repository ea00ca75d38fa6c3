"""Neighbour averaging: a query's vector moves towards its nearest neighbours, so that what they share counts more.

Precision@5 with 5 neighbours rises from 0.871 to 0.881 on 2,999 photos of things and from 0.799 to 0.807 on 1,380 of scenes and
materials. Copies are not to suffer: what is as near as a copy to the query itself keeps that distance.

Source: Chum et al. 2007, "Total recall: automatic query expansion with a generative feature model for object retrieval".
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.index import reduction
from recommendation.index.searcher import Searcher, Vector

EXPANDED = "embedding"  # the measure that is averaged
COPY_DISTANCE = 0.2  # of cosines; see docs/queries.md


class Expansion(NamedTuple):
    """A query vector and its average with its neighbours."""

    searcher: Searcher
    plain: Vector
    averaged: Vector

    def propose(self, count: int, allowed: NDArray[np.bool_] | None) -> NDArray[np.int64]:
        """Rows near either vector; some may be there twice."""
        return np.concatenate([self.searcher.propose(one, count, allowed) for one in (self.plain, self.averaged)])

    def distances(self, rows: NDArray[np.int64], metric: str) -> NDArray[np.float32]:
        """Distances from the average, or from the vector itself where it is nearer and as near as a copy."""
        found = self.searcher.distances(self.averaged, rows, metric)
        is_copy = self.searcher.distances(self.plain, rows, "cosine") <= COPY_DISTANCE
        nearer = np.minimum(found, self.searcher.distances(self.plain, rows, metric))
        return np.where(is_copy, nearer, found)


def expand(searcher: Searcher, vector: Vector, neighbours: int, left_out: Sequence[int]) -> Expansion:
    """A prepared vector and its average with its nearest neighbours, each weighted by its cosine.

    Args:
        left_out: rows that are the query pictures themselves.
    """
    rows = np.setdiff1d(searcher.propose(vector, searcher.candidate_count(neighbours) + len(left_out)), left_out)
    cosines = 1 - searcher.distances(vector, rows, "cosine")
    nearest = np.argsort(-cosines, kind="stable")[:neighbours]
    weights = np.maximum(cosines[nearest], 0)
    average = vector + weights @ searcher.vectors(rows[nearest])
    return Expansion(searcher, vector, reduction.unit(np.asarray(average, np.float32)))
