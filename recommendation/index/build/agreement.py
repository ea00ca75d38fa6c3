"""Hits for `fusion.choose` from several networks: what a sum with one network finds, judged by the neighbours by another."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.index import fusion
from recommendation.index.basis import vector_measures
from recommendation.index.build import networks
from recommendation.index.fusion import ALONE, CANDIDATES, Hits
from shared.pictures import measures
from shared.pictures.measures import MEASURES


class Judged(NamedTuple):
    """A network, and the neighbours by another one of some queries.

    Args:
        vectors: shape (pictures, width).
        labels: shape (queries, fusion.K).
    """

    vectors: NDArray[np.float32]
    labels: NDArray[np.int64]


def hits(features: Mapping[str, NDArray[Any]], vectors: Sequence[NDArray[np.float32]]) -> Hits:
    """Each network in turn takes the embedding's part of the sum, and the next one's nearest are what it should find.

    Args:
        features: measure -> features of the same pictures, more than fusion.K.
        vectors: of each network, two or more.
    """
    count = len(vectors[0])
    queries = fusion.query_rows(np.arange(count))[: fusion.AGREEMENT_QUERIES]
    nearest = [networks.nearest(one, queries, fusion.K) for one in vectors]
    judged = [Judged(one, nearest[(place + 1) % len(vectors)]) for place, one in enumerate(vectors)]
    others = {name: MEASURES[name].metrics[0] for name in vector_measures() if name != ALONE}
    fixed = {name: [scores(metric, features[name], row) for row in queries] for name, metric in others.items()}
    return fusion.stack(
        [
            hits_of_one(
                int(row), {ALONE: scores("cosine", one.vectors, row)} | {n: fixed[n][place] for n in fixed}, labels
            )
            for one in judged
            for place, (row, labels) in enumerate(zip(queries, one.labels, strict=True))
        ]
    )


def scores(metric: str, features: NDArray[np.float32], row: int) -> NDArray[np.float32]:
    """Scores of all pictures against one of them."""
    return measures.score(metric, measures.distances(metric, features[row], features))


def hits_of_one(row: int, found: Mapping[str, NDArray[np.float32]], labels: NDArray[np.int64]) -> Hits:
    """The scores of a query's candidates, which each measure proposes, and which of them are among its labels."""
    best = [np.argsort(-values, kind="stable")[: CANDIDATES + 1] for values in found.values()]
    candidates = np.setdiff1d(np.concatenate(best), [row])
    return fusion.padded({name: values[candidates] for name, values in found.items()}, np.isin(candidates, labels))
