"""How much each part counts for a person: learnt from the own likes, each left out once and found again among others."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.scoring.parts import Known, part_matrix
from recommendation.scoring.pictures import Rows
from recommendation.scoring.taste import Shares

#: Likes with which a person's own evidence weighs as much as everybody's: which one is learnt from how well people's weights
#: that half of their likes give find the other half.
STRENGTHS = (10.0, 40.0, 160.0)
SHRINK = STRENGTHS[0]
FEWEST, FOLDS = 3, 15  # of up to so many likes each is left out alone
OTHERS = 300  # random pictures that a left-out like must be found among
START, ROUNDS, TOLERANCE = 0.3, 30, 0.01  # of a weight; people differ by more
PENALTY = 0.3  # on squared weights, so that a part that separates likes perfectly stays finite
#: On weights, times the square root of the trials: a part without any signal has a slope of about that by chance.
SPARSITY = 1.0
CLIP = 15.0  # standard deviations

#: With nobody to learn from: what held on people's ratings of photographs (docs/recommending.md).
PRIOR = {"subject": 1.0, "overall": 0.5, "popularity": 0.5, "color": 0.1, "structure": 0.05, "together": 0.2}


class Scaling(NamedTuple):
    """Mean and spread of each part over random pictures, shape (cases, parts, 1)."""

    mean: Shares
    spread: Shares

    def apply(self, parts: Shares) -> Shares:
        """Parts in standard deviations from the mean, shape as `parts`: (cases, parts, n)."""
        return np.asarray(np.clip((parts - self.mean) / self.spread, -CLIP, CLIP))


class Trials(NamedTuple):
    """Choices of a liked picture among random others.

    Args:
        liked: scaled parts of each left-out like, shape (trials, parts).
        cases: which of `others` each was chosen among, shape (trials,).
        others: scaled parts of the other pictures, shape (cases, parts, n).
    """

    liked: Shares
    cases: Rows
    others: Shares


class Shape(NamedTuple):
    """A function of the weights at one place: its value, slope, shape (parts,), and negated curvature, (parts, parts)."""

    value: float
    slope: Shares
    curvature: NDArray[np.float64]


def scaling_of(parts: Shares) -> Scaling:
    """The scaling of parts of random pictures, shape (cases, parts, n)."""
    spread = parts.std(axis=2, keepdims=True)
    return Scaling(parts.mean(axis=2, keepdims=True), np.where(spread > 1e-9, spread, np.inf))


def prior_weights(names: tuple[str, ...]) -> Shares:
    """The weights before anything was learnt, shape (parts,)."""
    return np.array([PRIOR.get(name, 0.1) for name in names])


def own_weights(known: Known, others: Rows, names: tuple[str, ...]) -> Shares | None:
    """The weights with which a person's left-out likes are found best among other pictures; None for fewer than FEWEST likes.

    Args:
        known: everything of the person.
        others: random pictures that the person did not say anything of.
    """
    if len(known.taste.likes) < FEWEST:
        return None
    return fit(left_out(known, others, names))


def left_out(known: Known, others: Rows, names: tuple[str, ...]) -> Trials:
    """Each like, left out one by one up to FOLDS and in groups of more, among the others."""
    likes = known.taste.likes
    cases = np.arange(len(likes)) % min(FOLDS, len(likes))
    kept = cases != np.arange(cases.max() + 1)[:, np.newaxis]
    parts = part_matrix(known, np.concatenate([likes, others]), names, kept)
    scaled = scaling_of(parts[:, :, len(likes) :]).apply(parts)
    return Trials(scaled[cases, :, np.arange(len(likes))], cases, scaled[:, :, len(likes) :])


def fit(trials: Trials, penalty: float = PENALTY) -> Shares:
    """Weights, none negative, of a conditional logit: the probability that the like of each trial is the chosen one.

    Source: McFadden 1974, "Conditional logit analysis of qualitative choice behavior"; fitted by Newton steps that are
    halved while they overshoot, with the penalty of Tibshirani 1996, "Regression shrinkage and selection via the lasso".
    """
    weights = np.full(trials.liked.shape[1], START)
    at = _shape(trials, weights, penalty)
    for _ in range(ROUNDS):
        step = _step(weights, at)
        found = _shape(trials, weights + step, penalty)
        while found.value < at.value and np.abs(step).max() > TOLERANCE:
            step = step / 2
            found = _shape(trials, weights + step, penalty)
        if found.value <= at.value:
            break
        weights, at = np.maximum(weights + step, 0), found
        if np.abs(step).max() < TOLERANCE:
            break
    return weights


def _step(weights: Shares, at: Shape) -> Shares:
    """A Newton step that makes no weight negative; those that would become so go to 0, the most negative one first."""
    step, free = -weights, np.ones(len(weights), np.bool_)
    while free.any():
        target = at.slope[free] - at.curvature[free][:, ~free] @ step[~free]
        step[free] = np.linalg.solve(at.curvature[free][:, free], target)
        after = np.where(free, weights + step, 0)
        worst = int(np.argmin(after))
        if after[worst] >= 0:
            break
        step[worst], free[worst] = -weights[worst], False
    return step


def _shape(trials: Trials, weights: Shares, penalty: float) -> Shape:
    """The penalised log-likelihood at some weights."""
    liked, cases, others = trials
    utilities = weights @ others
    peaks = utilities.max(axis=1)
    shares = np.exp(utilities - peaks[:, np.newaxis])
    firsts = (others @ shares[:, :, np.newaxis])[:, :, 0]
    seconds = (others * shares[:, np.newaxis]) @ others.transpose(0, 2, 1)
    chosen = liked @ weights
    top = np.maximum(chosen, peaks[cases])
    own, rest = np.exp(chosen - top), np.exp(peaks[cases] - top)
    total = rest * shares.sum(axis=1)[cases] + own
    value = (chosen - top - np.log(total)).sum()
    own, rest = own / total, rest / total
    means = rest[:, np.newaxis] * firsts[cases] + own[:, np.newaxis] * liked
    second = np.tensordot(np.bincount(cases, rest, len(others)), seconds, 1) + (own[:, np.newaxis] * liked).T @ liked
    sparsity = SPARSITY * np.sqrt(len(liked))
    return Shape(
        float(value - penalty / 2 * weights @ weights - sparsity * weights.sum()),
        (liked - means).sum(axis=0) - penalty * weights - sparsity,
        second - means.T @ means + penalty * np.eye(len(weights)),
    )


def shrunk(own: Shares | None, n_likes: int, everybody: Shares, strength: float = SHRINK) -> Shares:
    """A person's weights, drawn towards everybody's by n / (n + strength)."""
    if own is None:
        return everybody
    share = n_likes / (n_likes + strength)
    return np.asarray(share * own + (1 - share) * everybody)


def strength_likelihoods(trials: Trials, everybody: Shares) -> Shares:
    """How well each of STRENGTHS finds every second left-out like with the weights that the others give, shape (STRENGTHS,)."""
    learnt, tested = (_some(trials, trials.cases % 2 == rest) for rest in (0, 1))
    own = fit(learnt)
    weights = [shrunk(own, len(learnt.liked), everybody, strength) for strength in STRENGTHS]
    return np.array([_likelihood(tested, one) for one in weights])


def _some(trials: Trials, there: NDArray[np.bool_]) -> Trials:
    return Trials(trials.liked[there], trials.cases[there], trials.others)


def _likelihood(trials: Trials, weights: Shares) -> float:
    """Sum of the logarithms of the probabilities that the likes are the chosen ones."""
    others, chosen = weights @ trials.others, trials.liked @ weights
    peaks = others.max(axis=1)
    sums = peaks + np.log(np.exp(others - peaks[:, np.newaxis]).sum(axis=1))
    return float((chosen - np.logaddexp(sums[trials.cases], chosen)).sum())


def best_strength(likelihoods: Sequence[Shares]) -> float:
    """The strength that holds for some people together; the smallest of equals, and without people."""
    return STRENGTHS[int(np.argmax(np.sum(likelihoods, axis=0)))] if len(likelihoods) else SHRINK
