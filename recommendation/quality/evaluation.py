"""Evaluation of recommenders: likes of a person are left out, and looked for among everything else. Pure functions."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.quality import metrics
from recommendation.recommend.listing import recommend
from recommendation.recommend.reasons import holds
from recommendation.recommend.selection import eligible
from recommendation.scoring import recommenders
from recommendation.scoring.crowd import Crowd, Overlap, approvals, leanings
from recommendation.scoring.parts import part_scores
from recommendation.scoring.pictures import Rows
from recommendation.scoring.recommenders import Model, known_of
from recommendation.scoring.taste import Shares, Taste

PROFILE = 15  # likes that are known of a person; half of them where there are fewer than twice as many
LEAST_LIKES = 4
K = 10

Scorer = Callable[[Model, Taste, Rows], Shares]


class Split(NamedTuple):
    """A person with some opinions left out.

    Args:
        known: what recommenders are given.
        whole: everything.
        candidates: rows that are ranked: all that is not known; of people who rate pictures, those that they rated.
        relevant: which of these are left-out likes.
    """

    known: Taste
    whole: Taste
    candidates: Rows
    relevant: NDArray[np.bool_]


def split(n_pictures: int, whole: Taste, random: np.random.Generator, *, rated_only: bool) -> Split | None:
    """Leave out all but PROFILE likes and as many dislikes; None for a person with fewer than LEAST_LIKES likes."""
    if len(whole.likes) < LEAST_LIKES:
        return None
    n_known = min(PROFILE, len(whole.likes) // 2)
    likes = random.choice(whole.likes, n_known, replace=False)
    dislikes = random.choice(whole.dislikes, min(n_known, len(whole.dislikes) // 2), replace=False)
    known = whole.only(np.concatenate([likes, dislikes]))
    return split_at(n_pictures, whole, known, rated_only=rated_only)


def split_at(n_pictures: int, whole: Taste, known: Taste, *, rated_only: bool) -> Split:
    """A person of whom these opinions are known."""
    rest = np.setdiff1d(whole.seen if rated_only else np.arange(n_pictures), known.seen)
    return Split(known, whole, rest, np.isin(rest, whole.likes))


def crowd_without(crowd: Crowd, person: Split) -> Crowd:
    """The crowd as if the left-out opinions had never been stated."""
    sums, ratings, likes = crowd.sums.copy(), crowd.ratings.copy(), crowd.likes.copy()
    sums[person.whole.seen] -= approvals(person.whole)
    sums[person.known.seen] += approvals(person.known)
    ratings[np.setdiff1d(person.whole.seen, person.known.seen)] -= 1
    likes[np.setdiff1d(person.whole.likes, person.known.likes)] -= 1
    overlap = crowd.overlap and overlap_without(crowd.overlap, crowd, person)
    return crowd._replace(sums=np.maximum(sums, 0), ratings=ratings, likes=likes, overlap=overlap)


def overlap_without(overlap: Overlap, crowd: Crowd, person: Split) -> Overlap:
    """Item-kNN without the products in which a left-out opinion has a part."""
    own = np.zeros(len(crowd.sums) + 1)  # the last place is for neighbours that are not there
    own[person.whole.seen] = leanings(crowd, person.whole)
    kept = np.zeros_like(own)
    kept[person.known.seen] = own[person.known.seen]
    rows, products = person.whole.seen, overlap.products.copy()
    near = overlap.neighbours[rows]
    products[rows] -= own[rows][:, np.newaxis] * own[near] - kept[rows][:, np.newaxis] * kept[near]
    return overlap._replace(products=products, norms=overlap.norms - own[:-1] ** 2 + kept[:-1] ** 2)


def _random(_: Model, taste: Taste, rows: Rows) -> Shares:
    return np.random.default_rng([7, *taste.likes.tolist()]).random(len(rows))


def _centroid(model: Model, taste: Taste, rows: Rows) -> Shares:
    vectors = model.pictures.subject
    return np.asarray(vectors[rows] @ vectors[taste.likes].mean(axis=0), np.float64)


def _part(name: str) -> Scorer:
    return lambda model, taste, rows: part_scores(name, known_of(model, taste)[0], rows)


def _total(name: str) -> Scorer:
    return lambda model, taste, rows: recommenders.RECOMMENDERS[name](model, taste, rows).total


#: Recommenders, and what they are compared with.
SCORERS: dict[str, Scorer] = {
    **{name: _total(name) for name in recommenders.RECOMMENDERS},
    "random": _random,
    "same tag": _part("tags"),
    "same colour": _part("color"),
    "centroid": _centroid,
}


class Measured(NamedTuple):
    """One ranking of one person's candidates.

    Args:
        values: metrics by name.
        shown: rows of the first K.
    """

    values: dict[str, float]
    shown: Rows


def measure(model: Model, person: Split, name: str) -> Measured:
    """Rank all candidates by one of SCORERS; equal scores by image_id."""
    scores = SCORERS[name](model, person.known, person.candidates)
    order = np.lexsort((person.candidates, -scores))
    hits, shown, pictures = person.relevant[order], person.candidates[order[:K]], model.pictures
    shares = np.maximum(model.crowd.likes[shown], 0.5) / max(model.crowd.users, 1)
    values = {
        "ndcg@10": metrics.ndcg(hits, K),
        "precision@5": metrics.precision(hits, 5),
        "precision@10": metrics.precision(hits, K),
        "recall@10": metrics.recall(hits, K),
        "hit_rate@10": metrics.hit_rate(hits, K),
        "auc": metrics.auc(person.relevant, scores),
        "diversity": metrics.diversity(pictures.subject[shown]),
        "novelty": metrics.novelty(np.minimum(shares, 1)),
        "calibration": metrics.calibration(pictures.clusters[person.known.likes], pictures.clusters[shown]),
    }
    return Measured(values, shown)


class Listed(NamedTuple):
    """What is wrong with the list that a person would be shown; all zero when nothing is.

    Args:
        shown: pictures in the list.
        untrue: reasons that do not hold.
        forbidden: pictures that must not be in it.
        ndcg: of the list as shown, diversity included.
    """

    shown: int
    untrue: int
    forbidden: int
    ndcg: float


def check_list(model: Model, person: Split) -> Listed:
    """Recommend as people are recommended to, and check every reason and every picture."""
    found = recommend(model, person.known, K, candidates=person.candidates)
    rows = np.array([one.row for one in found], np.int64)
    allowed = eligible(model.pictures, person.known, np.unique(rows))
    return Listed(
        len(rows),
        sum(not holds(model, person.known, one.row, one.reason) for one in found),
        len(rows) - len(allowed),
        ndcg_of_list(np.isin(rows, person.whole.likes), int(person.relevant.sum())),
    )


def ndcg_of_list(hits: NDArray[np.bool_], n_relevant: int) -> float:
    """NDCG of a list that is no whole ranking: the relevant pictures that it lacks follow at its end."""
    missing = np.ones(max(n_relevant - int(hits.sum()), 0), np.bool_)
    padded = np.concatenate([hits, np.zeros(max(K - len(hits), 0), np.bool_), missing])
    return metrics.ndcg(padded, K)


class Summary(NamedTuple):
    """One recommender's metrics over people: mean and standard error, also of the differences of ndcg@10 to others."""

    means: dict[str, float]
    errors: dict[str, float]
    differences: dict[str, tuple[float, float]]


def summarise(per_user: Mapping[str, Sequence[Mapping[str, float]]], against: Sequence[str]) -> dict[str, Summary]:
    """Means over people of each recommender; differences are of the same people.

    Args:
        per_user: of each recommender the metrics of each person, in the same order of people.
    """
    ndcg = {name: np.array([row["ndcg@10"] for row in rows]) for name, rows in per_user.items()}
    found = {}
    for name, rows in per_user.items():
        columns = {metric: [row[metric] for row in rows] for metric in rows[0]}
        paired = {other: (ndcg[name] - ndcg[other]).tolist() for other in against if other in ndcg}
        found[name] = Summary(
            {metric: float(np.mean(values)) for metric, values in columns.items()},
            {metric: metrics.standard_error(values) for metric, values in columns.items()},
            {other: (float(np.mean(values)), metrics.standard_error(values)) for other, values in paired.items()},
        )
    return found
