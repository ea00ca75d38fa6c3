"""The whole collection in the order of its similarity to one of its pictures."""

import numpy as np
from numpy.typing import NDArray

from recommendation.index.searcher import AVERAGED
from recommendation.search.engine import Engine
from recommendation.search.request import Options
from recommendation.search.weights import DEFAULT
from shared.pictures import measures

LEAD = 100  # pictures in the order of a query's answers: copies first, and as many as a person compares
BLOCK_ROWS = 16_384


def likeness_order(engine: Engine, image_id: str) -> NDArray[np.int32]:
    """All rows, removed ones too: the picture, the LEAD answers to it as a query, then all others by the default measure.

    Raises:
        UsageError: the picture is not in the index.
    """
    answers = engine.search([engine.features_of(image_id)], Options(top_k=LEAD, measure=(DEFAULT,)))[DEFAULT]
    places = [engine.pictures.find(one) for one in (image_id, *(answer["image_id"] for answer in answers))]
    lead = np.array([place for place in places if place is not None], np.int64)
    order = np.argsort(-default_scores(engine, int(lead[0])), kind="stable")
    return np.concatenate([lead, order[~np.isin(order, lead)]]).astype(np.int32)


def default_scores(engine: Engine, row: int) -> NDArray[np.float32]:
    """The score of every row against a stored picture by the default measure, shape (rows,), 0..1."""
    scores = np.zeros(len(engine.pictures.all_ids), np.float32)
    for name, weight in engine.weights.items():
        searcher = engine.searchers[name]
        vectors = searcher.averaged if name == AVERAGED else searcher.vectors
        query = vectors(np.array([row]))[0]
        for start in range(0, len(scores), BLOCK_ROWS):
            rows = np.arange(start, min(len(scores), start + BLOCK_ROWS))
            distances = measures.distances(searcher.metric, query, vectors(rows))
            scores[rows] += weight * measures.score(searcher.metric, distances)
    return scores
