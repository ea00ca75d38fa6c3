"""The list of pictures recommended to one person, each with its score, parts, reason and licence."""

from typing import Any, NamedTuple

import numpy as np

from recommendation.recommend.reasons import Reason, cold_reason, reason_of
from recommendation.recommend.selection import Chosen, choose, eligible, one_per_cluster
from recommendation.scoring.pictures import Rows
from recommendation.scoring.recommenders import DEFAULT, Model, Scores, recommender
from recommendation.scoring.taste import Taste
from shared.errors import UsageError

MOST = 1000
DECIMALS = 4


class Recommended(NamedTuple):
    """One recommended picture."""

    row: int
    score: float
    parts: dict[str, float]
    reason: Reason


def recommend(
    model: Model, taste: Taste, n: int, name: str = DEFAULT, candidates: Rows | None = None
) -> list[Recommended]:
    """Pictures that a person might like, best first; at most n.

    Args:
        candidates: rows to choose from; None for the whole collection.

    Raises:
        UsageError: n is not 1..MOST, or there is no such recommender.
    """
    if not 1 <= n <= MOST:
        raise UsageError(f"n: expected 1 to {MOST} pictures, got {n}")
    score = recommender(name)
    rows = eligible(model.pictures, taste, np.arange(len(model.pictures)) if candidates is None else candidates)
    if not len(rows):
        return []
    if not len(taste.likes):
        popularity = model.crowd.popularity(taste, model.appeal, rows)
        chosen = one_per_cluster(model.pictures, rows, popularity, n)
        return _items(model, taste, chosen, Scores(popularity, {"popularity": popularity}), cold=True)
    scores = score(model, taste, rows)
    return _items(model, taste, choose(model.pictures, taste, rows, scores.total, n), scores, cold=False)


def _items(model: Model, taste: Taste, chosen: Chosen, scores: Scores, *, cold: bool) -> list[Recommended]:
    found = []
    for row, place, fresh in zip(chosen.rows.tolist(), chosen.places.tolist(), chosen.fresh.tolist(), strict=True):
        parts = {name: round(float(values[place]), DECIMALS) for name, values in scores.parts.items()}
        reason = cold_reason(model, row, len(taste.dislikes)) if cold else reason_of(model, taste, row, parts, fresh)
        found.append(Recommended(row, round(float(scores.total[place]), DECIMALS), parts, reason))
    return found


def to_record(model: Model, one: Recommended) -> dict[str, Any]:
    """A recommended picture as JSON shows it."""
    pictures = model.pictures
    return {
        "file_name": pictures.filenames[one.row],
        "image_id": str(pictures.ids[one.row]),
        "reason": one.reason.text,
        "score": one.score,
        "parts": one.parts,
        "because_of": [pictures.filenames[row] for row in one.reason.because_of],
        "licence": pictures.licenses[one.row],
        "attribution": pictures.credits[one.row],
    }
