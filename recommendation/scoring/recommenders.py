"""The recommenders: each gives every candidate a score for one person, and the parts that the score is the sum of."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np

from recommendation.scoring import classifiers, interests
from recommendation.scoring.crowd import Crowd
from recommendation.scoring.linear import train_ridge
from recommendation.scoring.parts import CONTENT, PARTS, Known, part_matrix, part_scores
from recommendation.scoring.pictures import Pictures, Rows
from recommendation.scoring.taste import Shares, Taste
from recommendation.scoring.weights import (
    FEWEST,
    OTHERS,
    SHRINK,
    fit,
    left_out,
    own_weights,
    prior_weights,
    scaling_of,
    shrunk,
    strength_likelihoods,
)
from shared.errors import UsageError

BACKGROUND = 150  # random pictures that classifiers tell likes from
SEED = 11
DEFAULT = "hybrid"


class Model(NamedTuple):
    """Everything that is the same for all people.

    Args:
        everybody: weight of each part that people have in common, by part.
        appeal: predicted approval of each picture, for those that nobody has rated; None without enough ratings.
        strength: how strongly a person's weights are drawn towards everybody's, see `weights.shrunk`.
    """

    pictures: Pictures
    crowd: Crowd
    everybody: Mapping[str, float] = {}
    appeal: Shares | None = None
    strength: float = SHRINK


class Scores(NamedTuple):
    """Scores of candidates.

    Args:
        total: shape (n,): the sum of the parts.
        parts: shape (n,) each.
    """

    total: Shares
    parts: Mapping[str, Shares]


class Sample(NamedTuple):
    """Random pictures that a person said nothing of."""

    background: Rows
    others: Rows


Recommender = Callable[[Model, Taste, Rows], Scores]


def known_of(model: Model, taste: Taste) -> tuple[Known, Rows]:
    """What parts may use for a person, and random other pictures to compare with."""
    sample = sample_for(len(model.pictures), taste)
    ridge = train_ridge(model.pictures, taste, sample.background)
    return Known(model.pictures, model.crowd, taste, model.appeal, sample.background, ridge), sample.others


def sample_for(n_pictures: int, taste: Taste) -> Sample:
    """The same random pictures for everybody, without those that the person said something of."""
    drawn = random_rows(n_pictures, min(n_pictures, BACKGROUND + OTHERS + len(taste.seen)))
    left = drawn[~np.isin(drawn, taste.seen)][: BACKGROUND + OTHERS]
    n_background = min(BACKGROUND, len(left) // 3)
    return Sample(left[:n_background], left[n_background:])


@lru_cache(maxsize=64)
def random_rows(n_pictures: int, count: int) -> Rows:
    """Some rows, each once; always the same ones first."""
    return np.random.default_rng(SEED).permutation(n_pictures)[:count]


def active_parts(model: Model, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of some parts that can say anything about this collection."""
    silent = {
        "together": model.crowd.overlap is None,
        "popularity": model.crowd.users < 2,
        "tags": not model.pictures.tags.names,
    }
    return tuple(name for name in names if not silent.get(name, False))


def weighted(names: tuple[str, ...], model: Model, taste: Taste, rows: Rows) -> Scores:
    """A sum of parts with the person's own weights."""
    known, others = known_of(model, taste)
    names = active_parts(model, names)
    weights = weights_of(model, known, others, names)
    found = part_matrix(known, np.concatenate([others, rows]), names)
    scaled = scaling_of(found[:, :, : len(others)]).apply(found[:, :, len(others) :])
    parts = weights[:, np.newaxis] * scaled[0]
    return Scores(parts.sum(axis=0), dict(zip(names, parts, strict=True)))


def weights_of(model: Model, known: Known, others: Rows, names: tuple[str, ...]) -> Shares:
    """The person's weight of each part."""
    own = own_weights(known, others, names)
    return shrunk(own, len(known.taste.likes), everybodys(model, names), model.strength)


def everybodys(model: Model, names: tuple[str, ...]) -> Shares:
    """The weight of each part that people have in common."""
    prior = prior_weights(names)
    return np.array([model.everybody.get(name, value) for name, value in zip(names, prior, strict=True)])


class Evidence(NamedTuple):
    """What one person says about everybody's weights: the own ones, by part, and see `strength_likelihoods`."""

    weights: dict[str, float]
    likelihoods: Shares


def evidence_of(model: Model, taste: Taste) -> Evidence | None:
    """The evidence of one person under the model's common weights; None with too few likes to learn from."""
    if len(taste.likes) < FEWEST:
        return None
    known, others = known_of(model, taste)
    names = active_parts(model, HYBRID)
    trials = left_out(known, others, names)
    likelihoods = strength_likelihoods(trials, everybodys(model, names))
    return Evidence(dict(zip(names, fit(trials).tolist(), strict=True)), likelihoods)


def mean_weights(weights: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Everybody's weights: the mean of people's own and, as if one more person had it, of the prior."""
    if not weights:
        return {}
    names = tuple(weights[0])
    prior = dict(zip(names, prior_weights(names).tolist(), strict=True))
    return {name: float((sum(one[name] for one in weights) + prior[name]) / (len(weights) + 1)) for name in names}


def single(name: str, score: Callable[[Known, Rows], Shares], model: Model, taste: Taste, rows: Rows) -> Scores:
    """A score of one part only."""
    known, _ = known_of(model, taste)
    found = score(known, rows)
    return Scores(found, {name: found})


HYBRID = tuple(PARTS)

#: To add a recommender, add a line here.
RECOMMENDERS: dict[str, Recommender] = {
    "hybrid": partial(weighted, HYBRID),
    "content": partial(weighted, CONTENT),
    **{
        f"classifier:{kind}": partial(single, "classifier", partial(classifiers.scores, kind))
        for kind in classifiers.KINDS
    },
    "cluster": partial(single, "cluster", interests.scores),
    "collaborative": partial(single, "together", partial(part_scores, "together")),
    "popular": partial(single, "popularity", partial(part_scores, "popularity")),
}


def recommender(name: str) -> Recommender:
    """A recommender by its name.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in RECOMMENDERS:
        raise UsageError(f"recommender: expected one of {', '.join(RECOMMENDERS)}, got {name!r}")
    return RECOMMENDERS[name]
