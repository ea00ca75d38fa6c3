"""A made-up collection of which every score is known."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendation.index import reduction
from recommendation.search.answer import Item
from recommendation.search.engine import QueryPicture
from shared.pictures import measures
from shared.pictures.measures import MEASURES
from tests.recommendation.made_up import image_id, make_rows

ROWS = 240


ROUNDING = 2e-3  # what float16 costs a score


def features() -> dict[str, NDArray[Any]]:
    """The features of all pictures, as the tables have them."""
    rows = make_rows(range(ROWS), "", np.random.default_rng(7), tagged=True)
    return {
        "embedding": np.array([row["vector"] for row in rows["embeddings"]]),
        "color": np.array([row["color"] for row in rows["features"]]),
        "structure": np.array([row["structure"] for row in rows["features"]]),
        "hash": np.array([list(row["hash"]) for row in rows["features"]], np.uint8),
    }


def picture(number: int, name: str | None = None) -> QueryPicture:
    """A picture of the collection, as one that came from outside."""
    found = {measure: rows[number] for measure, rows in features().items()}
    found["embedding"] = reduction.joined([found["embedding"]])
    return QueryPicture(name or image_id(number), f"{number}.jpg", found)


def true_scores(number: int, measure: str, metric: str | None = None) -> NDArray[np.float32]:
    """Scores of all pictures for one of them, by the definition."""
    vectors = features()[measure]
    if measure == "embedding":
        powers = vectors**0.7 / np.linalg.norm(vectors**0.7, axis=1, keepdims=True)
        vectors = powers - reduction.shrunk_mean(powers.mean(axis=0), ROWS, np.zeros(powers.shape[1], np.float32))
        vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    metric = metric or MEASURES[measure].metrics[0]
    return measures.score(metric, measures.distances(metric, vectors[number], vectors))


def scores_of(items: list[Item]) -> list[float]:
    return [item["score"] for item in items]
