"""Metrics of rankings and of lists. `hits` is a ranking, best first: whether each picture is relevant."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Hits = NDArray[np.bool_]


def precision(hits: Hits, k: int) -> float:
    """Share of the first k that are relevant; ranks that the ranking lacks count as not relevant."""
    return float(hits[:k].sum()) / k


def recall(hits: Hits, k: int) -> float:
    """Share of the relevant pictures that are among the first k; 0 when none is relevant."""
    return float(hits[:k].sum()) / max(int(hits.sum()), 1)


def hit_rate(hits: Hits, k: int) -> float:
    """1 when any of the first k is relevant, else 0."""
    return float(hits[:k].any())


def ndcg(hits: Hits, k: int) -> float:
    """Discounted cumulative gain of the first k over the best possible one; 0 when nothing is relevant.

    Source: Jarvelin and Kekalainen 2002, "Cumulated gain-based evaluation of IR techniques"; gain 1, discount 1 / log2(rank + 1).
    """
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = discounts[: min(k, int(hits.sum()))].sum()
    found = hits[:k]
    return float(discounts[: len(found)][found].sum() / ideal) if ideal else 0.0


def auc(relevant: Hits, scores: NDArray[np.float64]) -> float:
    """Probability that a relevant picture has a higher score than another one, ties counting half; 0.5 where there is only one kind.

    Source: Mann and Whitney 1947; Fawcett 2006, "An introduction to ROC analysis".
    """
    n_relevant = int(relevant.sum())
    n_others = len(relevant) - n_relevant
    if not n_relevant or not n_others:
        return 0.5
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    middle_ranks = np.cumsum(counts) - (counts - 1) / 2
    return float((middle_ranks[places][relevant].sum() - n_relevant * (n_relevant + 1) / 2) / (n_relevant * n_others))


def coverage(lists: Sequence[NDArray[np.int64]], n_pictures: int) -> float:
    """Share of the collection that is in any list."""
    return len(set().union(*(one.tolist() for one in lists))) / max(n_pictures, 1)


def diversity(vectors: NDArray[np.float32]) -> float:
    """Mean of 1 - cosine over all pairs of a list's unit vectors; 0 for fewer than two.

    Source: Ziegler et al. 2005, "Improving recommendation lists through topic diversification".
    """
    n = len(vectors)
    if n < 2:
        return 0.0
    cosines = vectors.astype(np.float64) @ vectors.T
    return float(1 - (cosines.sum() - np.trace(cosines)) / (n * (n - 1)))


def novelty(shares: NDArray[np.float64]) -> float:
    """Mean of -log2 of the share of people who like each picture of a list; 0 for an empty list.

    Source: Zhou et al. 2010, "Solving the apparent diversity-accuracy dilemma of recommender systems".
    """
    return float(-np.log2(np.clip(shares, 1e-9, 1)).mean()) if len(shares) else 0.0


def calibration(likes: NDArray[np.int32], shown: NDArray[np.int32], smoothing: float = 0.01) -> float:
    """Kullback-Leibler divergence of a list's clusters from those of the likes, nats; 0 = the same proportions.

    Source: Steck 2018, "Calibrated recommendations", with its smoothing of the list's shares.
    """
    if not len(likes) or not len(shown):
        return 0.0
    n = int(max(likes.max(), shown.max())) + 1
    wanted, found = (np.bincount(one, minlength=n) / len(one) for one in (likes, shown))
    mixed = (1 - smoothing) * found + smoothing * wanted
    there = wanted > 0
    return float((wanted[there] * np.log(wanted[there] / mixed[there])).sum())


def gini(counts: NDArray[np.int64]) -> float:
    """Inequality of how often pictures are shown, 0 = all the same, towards 1 = always the same few; 0 if none ever is.

    Args:
        counts: of every picture of the collection, those never shown included.

    Source: Gini 1912; Shani and Gunawardana 2011, "Evaluating recommendation systems".
    """
    n, total = len(counts), counts.sum()
    if not total:
        return 0.0
    ranks = np.arange(1, n + 1)
    return float(((2 * ranks - n - 1) * np.sort(counts)).sum() / (n * total))


def standard_error(values: Sequence[float]) -> float:
    """Standard error of the mean; 0 for fewer than two values."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0
