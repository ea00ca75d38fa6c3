"""One evaluation: who is evaluated and how, what is measured of each person, and the report."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from recommendation.quality import metrics
from recommendation.quality.evaluation import (
    LEAST_LIKES,
    SCORERS,
    Listed,
    Split,
    check_list,
    crowd_without,
    measure,
    split,
    summarise,
)
from recommendation.scoring.crowd import Crowd, Overlap, crowd_of, leanings, make_crowd, overlaps_enough
from recommendation.scoring.pictures import Pictures, Rows
from recommendation.scoring.recommenders import Evidence, Model, evidence_of, mean_weights
from recommendation.scoring.taste import Taste
from recommendation.scoring.weights import SHRINK, best_strength
from shared.errors import CannotProceedError

MOST_DENSE = 5_000  # pictures that item-kNN is computed of in memory
PEOPLE_TOGETHER = 1_000  # whose products are added up at a time
DIGITS = 4
AGAINST = ("popular", "hybrid")  # that ndcg@10 is compared with, person by person


class Task(NamedTuple):
    """A person, by number, and everything that the person said."""

    number: int
    taste: Taste


class Plan(NamedTuple):
    """How to evaluate.

    Args:
        rated_only: candidates are only what a person rated.
    """

    names: tuple[str, ...]
    seeds: int
    rated_only: bool


class Result(NamedTuple):
    """What was measured of a person.

    Args:
        values: of each recommender the metrics, means over the seeds.
        shown: of each recommender the rows of the lists, of all seeds.
        listed: the checks of the lists as shown, of all seeds.
    """

    values: dict[str, dict[str, float]]
    shown: dict[str, Rows]
    listed: list[Listed]


def splits(model: Model, task: Task, plan: Plan) -> list[Split]:
    """A person's splits, one a seed."""
    n_pictures = len(model.pictures)
    drawn = [
        split(n_pictures, task.taste, np.random.default_rng([seed, task.number]), rated_only=plan.rated_only)
        for seed in range(plan.seeds)
    ]
    return [one for one in drawn if one is not None and one.relevant.any()]


class Common(NamedTuple):
    """What the people of one half have in common, for the evaluation of the other half; see `Model`."""

    everybody: dict[str, float]
    strength: float = SHRINK


def evidence(model: Model, task: Task, plan: Plan) -> Evidence | None:
    """What a person's first split says about everybody's weights; None with too few likes."""
    found = splits(model, task, plan._replace(seeds=1))
    if not found:
        return None
    return evidence_of(model._replace(crowd=crowd_without(model.crowd, found[0])), found[0].known)


def common_weights(found: Sequence[Evidence | None]) -> list[Common]:
    """Mean weights of people with even and with odd numbers: each half is evaluated with those of the other."""
    return [Common(mean_weights([one.weights for one in found[half::2] if one])) for half in (0, 1)]


def common_strengths(found: Sequence[Evidence | None], weights: Sequence[Common]) -> list[Common]:
    """The same with the strength for each half; `found` is the evidence under the weights."""
    return [
        one._replace(strength=best_strength([some.likelihoods for some in found[half::2] if some]))
        for half, one in enumerate(weights)
    ]


def with_common(model: Model, common: Common) -> Model:
    """The model with what a half of the people has in common."""
    return model._replace(everybody=common.everybody, strength=common.strength)


def person(model: Model, task: Task, plan: Plan) -> Result:
    """Measure every recommender of the plan on one person."""
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in plan.names}
    shown: dict[str, list[Rows]] = {name: [] for name in plan.names}
    listed = []
    for one in splits(model, task, plan):
        reduced = model._replace(crowd=crowd_without(model.crowd, one))
        for name in plan.names:
            measured = measure(reduced, one, name)
            rows[name].append(measured.values)
            shown[name].append(measured.shown)
        listed.append(check_list(reduced, one))
    means = {
        name: {metric: float(np.mean([row[metric] for row in some])) for metric in some[0]}
        for name, some in rows.items()
        if some
    }
    return Result(means, {name: np.concatenate(some) for name, some in shown.items() if some}, listed)


def whole_crowd(n_pictures: int, tastes: Sequence[Taste]) -> Crowd:
    """What all people said, with item-kNN where they overlap enough and rate at most MOST_DENSE pictures."""
    crowd = crowd_of(n_pictures, tastes)
    rated = np.flatnonzero(crowd.ratings)
    if not overlaps_enough(crowd) or len(rated) > MOST_DENSE:
        return crowd
    products = np.zeros((len(rated), len(rated)), np.float32)
    for start in range(0, len(tastes), PEOPLE_TOGETHER):
        opinions = np.zeros((PEOPLE_TOGETHER, n_pictures), np.float32)
        for number, taste in enumerate(tastes[start : start + PEOPLE_TOGETHER]):
            opinions[number, taste.seen] = leanings(crowd, taste)
        some = opinions[:, rated]
        products += some.T @ some
    norms = np.zeros(n_pictures)
    norms[rated] = np.diag(products)
    np.fill_diagonal(products, 0)
    neighbours = np.full((n_pictures, len(rated)), -1, np.int32)
    neighbours[rated] = rated
    wide = np.zeros((n_pictures, len(rated)), np.float32)
    wide[rated] = products
    overlap = Overlap(neighbours, wide, norms)
    return make_crowd(crowd.users, crowd.sums, crowd.ratings, crowd.likes, overlap)


def chosen(tastes: Sequence[Taste], most: int) -> tuple[list[Task], int]:
    """The people to evaluate: at most so many, drawn at random of those with enough likes; and how many these are.

    Raises:
        CannotProceedError: nobody has enough likes.
    """
    enough = [number for number, taste in enumerate(tastes) if len(taste.likes) >= LEAST_LIKES]
    if not enough:
        raise CannotProceedError(
            f"nobody likes {LEAST_LIKES} pictures or more; `imagerec users import` or `imagerec users simulate` first"
        )
    drawn = np.random.default_rng(0).permutation(len(enough))[:most]
    return [Task(enough[place], tastes[enough[place]]) for place in sorted(drawn.tolist())], len(enough)


def report(pictures: Pictures, results: Sequence[Result], plan: Plan) -> dict[str, Any]:
    """What was measured, as JSON.

    Raises:
        CannotProceedError: nothing could be left out of anybody's likes.
    """
    results = [one for one in results if one.values]
    if not results:
        raise CannotProceedError("nobody has likes that could be left out and found again")
    summaries = summarise({name: [one.values[name] for one in results] for name in plan.names}, AGAINST)
    listed = [one for result in results for one in result.listed]
    return {
        "people": len(results),
        "seeds": plan.seeds,
        "candidates": "rated" if plan.rated_only else "all",
        "differences": [name for name in AGAINST if name in plan.names],
        "recommenders": {
            name: {
                **{
                    metric: [round(mean, DIGITS), round(one.errors[metric], DIGITS)]
                    for metric, mean in one.means.items()
                },
                **{f"ndcg@10 - {name}": [round(one, DIGITS) for one in pair] for name, pair in one.differences.items()},
                **spread(pictures, [result.shown[name] for result in results]),
            }
            for name, one in summaries.items()
        },
        "hybrid_list": {
            "ndcg@10": round(float(np.mean([one.ndcg for one in listed])), DIGITS),
            "pictures": sum(one.shown for one in listed),
            "untrue_reasons": sum(one.untrue for one in listed),
            "forbidden_pictures": sum(one.forbidden for one in listed),
        },
    }


def spread(pictures: Pictures, shown: Sequence[Rows]) -> dict[str, float]:
    """Coverage and Gini of what was shown to all people."""
    counts = np.bincount(np.concatenate(shown), minlength=len(pictures))
    return {
        "coverage": round(metrics.coverage(shown, len(pictures)), DIGITS),
        "gini": round(metrics.gini(counts), DIGITS),
    }


def names_of(asked: Sequence[str] | None) -> tuple[str, ...]:
    """The recommenders to evaluate: those asked for, with `popular` and `random` to compare with; all by default."""
    return tuple(dict.fromkeys([*asked, "popular", "random"])) if asked else tuple(SCORERS)
