"""How much each part counts for a person: learnt from the own likes, each left out once and found again among others."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.scoring.parts import Known, part_matrix
from recommendation.scoring.pictures import Rows
from recommendation.scoring.taste import Shares

#: Likes with which a person's own evidence weighs as much as everybody's.
SHRINK = 10.0
FOLDS = 15  # of up to so many likes each is left out alone
OTHERS = 300  # random pictures that a left-out like must be found among
ROUNDS = 30
PENALTY = 0.3  # on squared weights, so that a part that separates likes perfectly stays finite
#: On weights, times the square root of the trials: a part without any signal has a slope of about that by chance.
SPARSITY = 1.0
CLIP = 15.0  # standard deviations

#: With nobody to learn from: what held on people's ratings of photographs (docs/recommending.md).
PRIOR = {"subject": 1.0, "overall": 0.5, "popularity": 0.5, "color": 0.1, "structure": 0.05, "together": 0.2}


class Scaling(NamedTuple):
    """Mean and spread of each part over random pictures, shape (parts,)."""

    mean: Shares
    spread: Shares

    def apply(self, parts: Shares) -> Shares:
        """Parts in standard deviations from the mean, shape as `parts`: (parts, n)."""
        scaled = (parts - self.mean[:, np.newaxis]) / self.spread[:, np.newaxis]
        return np.asarray(np.clip(scaled, -CLIP, CLIP))


def scaling_of(parts: Shares) -> Scaling:
    """The scaling of parts of random pictures, shape (parts, n)."""
    spread = parts.std(axis=1)
    return Scaling(parts.mean(axis=1), np.where(spread > 1e-9, spread, np.inf))


def prior_weights(names: tuple[str, ...]) -> Shares:
    """The weights before anything was learnt, shape (parts,)."""
    return np.array([PRIOR.get(name, 0.1) for name in names])


def own_weights(known: Known, others: Rows, names: tuple[str, ...]) -> Shares | None:
    """The weights with which a person's left-out likes are found best among other pictures; None for fewer than 3 likes.

    Args:
        known: everything of the person.
        others: random pictures that the person did not say anything of.
    """
    if len(known.taste.likes) < 3:
        return None
    trials = [trial for fold in folds(known.taste.likes) for trial in left_out(known, fold, others, names)]
    return fit(np.array(trials))


def folds(likes: Rows) -> list[Rows]:
    """Likes in groups that are left out together; one by one up to FOLDS."""
    n_folds = min(FOLDS, len(likes))
    return [likes[start::n_folds] for start in range(n_folds)]


def left_out(known: Known, fold: Rows, others: Rows, names: tuple[str, ...]) -> Iterator[Shares]:
    """For each left-out like the scaled parts of it (first column) and of the others, shape (parts, 1 + len(others))."""
    rest = known.taste.only(np.setdiff1d(known.taste.seen, fold))
    parts = part_matrix(known._replace(taste=rest), np.concatenate([fold, others]), names)
    scaled = scaling_of(parts[:, len(fold) :]).apply(parts)
    for place in range(len(fold)):
        yield np.hstack([scaled[:, place : place + 1], scaled[:, len(fold) :]])


def fit(trials: NDArray[np.float64], penalty: float = PENALTY) -> Shares:
    """Weights, none negative, of a conditional logit: the probability that the first of each trial is the chosen one.

    Args:
        trials: shape (trials, parts, alternatives).

    Source: McFadden 1974, "Conditional logit analysis of qualitative choice behavior"; fitted by projected Newton
    steps, with the penalty of Tibshirani 1996, "Regression shrinkage and selection via the lasso".
    """
    weights = np.full(trials.shape[1], 0.1)
    for _ in range(ROUNDS):
        slope, curvature = _derivatives(trials, weights, penalty)
        free = (weights > 0) | (slope > 0)  # the others would become negative
        if not free.any():
            break
        step = np.zeros_like(weights)
        step[free] = np.linalg.solve(curvature[np.ix_(free, free)], slope[free])
        before, weights = weights, np.maximum(0, weights + step * min(1.0, 1.0 / max(np.abs(step).max(), 1e-12)))
        if np.abs(weights - before).max() < 1e-4:
            break
    return weights


def _derivatives(trials: NDArray[np.float64], weights: Shares, penalty: float) -> tuple[Shares, NDArray[np.float64]]:
    """Slope of the penalised log-likelihood and its negated curvature."""
    utilities = np.einsum("tpa,p->ta", trials, weights)
    shares = np.exp(utilities - utilities.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    weighted = trials * shares[:, np.newaxis, :]
    means = weighted.sum(axis=2)
    slope = (trials[:, :, 0] - means).sum(axis=0) - penalty * weights - SPARSITY * np.sqrt(len(trials))
    second = np.tensordot(weighted, trials, axes=([0, 2], [0, 2])) - means.T @ means
    return slope, second + penalty * np.eye(len(weights))


def shrunk(own: Shares | None, n_likes: int, everybody: Shares) -> Shares:
    """A person's weights, drawn towards everybody's by n / (n + SHRINK)."""
    if own is None:
        return everybody
    share = n_likes / (n_likes + SHRINK)
    return np.asarray(share * own + (1 - share) * everybody)
