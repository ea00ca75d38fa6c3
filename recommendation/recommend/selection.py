"""Which pictures may be recommended to a person, and a list of them that is not ten times the same."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.scoring.pictures import Pictures, Rows, near_copies
from recommendation.scoring.taste import Shares, Taste

#: Weight of the score against being unlike what is already in the list.
RELEVANCE = 0.9
POOL = 100  # best candidates that the list is made of
#: Of ten recommended pictures at least one is of a cluster that none of the likes is of, where there is such a candidate.
FRESH_EVERY = 10


class Chosen(NamedTuple):
    """The list.

    Args:
        rows: of the collection, best first.
        places: of the candidates that they were.
        fresh: which of them are there because they are of another cluster than all likes.
    """

    rows: Rows
    places: Rows
    fresh: NDArray[np.bool_]


def eligible(pictures: Pictures, taste: Taste, rows: Rows) -> Rows:
    """Of some rows those that may be recommended: permitted, nothing said of them, and no near-copy of a like or dislike."""
    found = np.setdiff1d(rows[pictures.allowed[rows]], taste.seen)
    return found[~near_copies(pictures, np.concatenate([taste.likes, taste.dislikes]), found)]


def choose(pictures: Pictures, taste: Taste, rows: Rows, scores: Shares, n: int) -> Chosen:
    """The n candidates to show: maximal marginal relevance, one of each group of near-copies, some of fresh clusters.

    Ties go to the smaller image_id. Fewer candidates than n: a shorter list.

    Source: Carbonell and Goldstein 1998, "The use of MMR, diversity-based reranking".
    """
    order = np.lexsort((rows, -scores))
    liked = np.isin(pictures.clusters[rows], pictures.clusters[taste.likes])
    n_fresh = n // FRESH_EVERY if len(taste.likes) else 0
    fresh_order = order[~liked[order]][: max(POOL, 3 * n)]
    places = _marginal(pictures, rows, scores, order[: max(POOL, 3 * n)], n, [])
    missing = n_fresh - int((~liked[places]).sum())
    n_kept = len(places)
    if missing > 0 and len(fresh_order):
        n_kept = min(max(n - missing, 0), n_kept)
        places = _marginal(pictures, rows, scores, fresh_order, n, places[:n_kept])
    chosen = np.array(places, np.int64)
    return Chosen(rows[chosen], chosen, np.arange(len(chosen)) >= n_kept)


def _marginal(pictures: Pictures, rows: Rows, scores: Shares, pool: Rows, n: int, start: list[int]) -> list[int]:
    """Places of up to n candidates, those of `start` first, then the best of a pool by marginal relevance."""
    chosen = list(start)
    if not len(pool):
        return chosen
    spread = float(scores[pool].max() - scores[pool].min()) or 1.0
    relevance = (scores[pool] - scores[pool].min()) / spread
    vectors = pictures.subject[rows[pool]]
    nearest, open_ = np.full(len(pool), -1.0), ~np.isin(pool, chosen)
    for place in chosen:
        _add(pictures, rows, pool, vectors, place, nearest, open_)
    while len(chosen) < n and open_.any():
        gains = np.where(open_, RELEVANCE * relevance - (1 - RELEVANCE) * np.maximum(nearest, 0), -np.inf)
        best = int(pool[np.argmax(gains)])
        chosen.append(best)
        _add(pictures, rows, pool, vectors, best, nearest, open_)
    return chosen


def _add(
    pictures: Pictures,
    rows: Rows,
    pool: Rows,
    vectors: NDArray[np.float32],
    place: int,
    nearest: Shares,
    open_: NDArray[np.bool_],
) -> None:
    """Account for a picture that joined the list: the others' nearest in it, and near-copies that are out now."""
    np.maximum(nearest, vectors @ pictures.subject[rows[place]], out=nearest)
    open_ &= ~near_copies(pictures, rows[place : place + 1], rows[pool])


def one_per_cluster(pictures: Pictures, rows: Rows, scores: Shares, n: int) -> Chosen:
    """The best of each cluster, best first; when there are more places than clusters the next best of each, and so on."""
    order = np.lexsort((rows, -scores))
    rank_in_cluster = np.zeros(len(rows), np.int64)
    seen: dict[int, int] = {}
    for place in order.tolist():
        cluster = int(pictures.clusters[rows[place]])
        rank_in_cluster[place] = seen.get(cluster, 0)
        seen[cluster] = seen.get(cluster, 0) + 1
    chosen: list[int] = []
    for place in np.lexsort((rows, -scores, rank_in_cluster)).tolist():
        if len(chosen) == n:
            break
        if not near_copies(pictures, rows[chosen], rows[place : place + 1])[0]:
            chosen.append(place)
    places = np.array(chosen, np.int64)
    return Chosen(rows[places], places, np.zeros(len(places), np.bool_))
