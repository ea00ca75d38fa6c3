"""One query over an open index: which pictures are proposed, how they are scored against all that was asked, and ranked."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.index.filters import parse_condition
from recommendation.index.pictures import Pictures
from recommendation.index.searcher import CANDIDATES_PER_ANSWER, Searcher, Vector, smallest
from recommendation.search.ranking.expansion import EXPANDED, expand
from recommendation.search.request import Options
from recommendation.search.weights import TEXT
from recommendation.words.ranking import Ranked
from shared.pictures import measures
from shared.pictures.measures import MEASURES

#: How the scores against several query pictures become one: like all of them in the mean, like all, like any.
COMBINES: dict[str, Callable[..., NDArray[np.float64]]] = {"mean": np.mean, "min": np.min, "max": np.max}
COPIES = "hash"  # the measure that finds them
COPY_SCORE = 0.75  # of the hash; see docs/queries.md
POOL_PER_ANSWER = 10  # best answers that diverse ones are chosen from
#: How much of the mean score against the negative examples is taken away. See docs/queries.md for what was tried.
UNLIKE_SHARE = 0.25

Ranking = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Rows, best first, and their scores."""


class Question(NamedTuple):
    """What is asked of the collection.

    Args:
        pictures: prepared vectors of the query pictures, by measure.
        unlike: the same of negative examples.
        left_out: rows that are no answers: of the query pictures and the negative examples themselves.
        words: how well all rows fit the query's text; None without a text.
        base: weights that the negative examples are scored by where a text alone is asked.
    """

    pictures: Sequence[Mapping[str, Vector]]
    unlike: Sequence[Mapping[str, Vector]]
    left_out: Sequence[int]
    words: Ranked | None
    base: Mapping[str, float]


class Query:
    """One query and how to search."""

    def __init__(
        self, searchers: Mapping[str, Searcher], collection: Pictures, options: Options, question: Question
    ) -> None:
        self._searchers, self._collection, self._options, self._question = searchers, collection, options, question
        self._vectors = [*question.pictures, *question.unlike]
        self._asked = range(len(question.pictures))
        self._unlike = range(len(question.pictures), len(self._vectors))
        self._ranked: dict[tuple[Any, ...], Ranking] = {}
        count, left_out = max(options.expand_neighbours, searchers[EXPANDED].neighbours), question.left_out
        self._expanded = [
            expand(searchers[EXPANDED], one[EXPANDED], count, left_out, options.top_k)
            for one in question.pictures
            if count
        ]
        conditions = [parse_condition(text) for text in options.where]
        self._allowed = collection.matching(conditions) if conditions else None
        self._proposals: dict[tuple[str, int], NDArray[np.int64]] = {}
        self._found: dict[tuple[str, int], dict[int, float]] = {}  # measure, picture -> row -> distance

    def best(self, weights: Mapping[str, float], least: float = 0.0, *, copies_first: bool = False) -> Ranking:
        """The top_k rows by a weighted sum of scores, best first, and their scores; equals by distance, then image_id.

        Args:
            least: lower scores are left out.
            copies_first: whether near-copies by hash have the score of the hash where it is higher.
        """
        key = (copies_first, *weights.items())
        if key not in self._ranked:
            self._ranked[key] = self._rank(weights, copies_first=copies_first)
        rows, scores = self._ranked[key]
        return rows[scores >= least], scores[scores >= least]

    def _rank(self, weights: Mapping[str, float], *, copies_first: bool) -> Ranking:
        names = {*weights, COPIES} if copies_first else weights
        rows = self.order(np.setdiff1d(self._candidates(names), self._question.left_out))
        if self._options.no_copies:
            rows = rows[~self.are_copies(rows)]
        if self._unlike:
            rows = rows[~self._are_copies_of(self._unlike, rows)]
        scores, distances = self._judge(weights, rows)
        if copies_first and self._asked:
            scores = np.where(self.are_copies(rows), np.maximum(scores, self.scores(COPIES, rows)), scores)
        leads = self._lead(rows, weights, copies_first=copies_first)
        scores = np.where(leads, np.maximum(scores, scores[~leads].max(initial=0)), scores)
        order = np.lexsort((distances, -scores, ~leads))  # many scores are 0, no distance is
        if self._options.diversity:
            order = order[: POOL_PER_ANSWER * self._options.top_k]
            order = order[self._diverse(rows[order], scores[order])]
        order = order[: self._options.top_k]
        return rows[order], scores[order]

    def _lead(self, rows: NDArray[np.int64], weights: Mapping[str, float], *, copies_first: bool) -> NDArray[np.bool_]:
        """Which rows averages must not put others before: those whose own vectors are as near as copies, and copies by hash."""
        if len(self._expanded) != 1 or EXPANDED not in weights:
            return np.zeros(len(rows), np.bool_)
        leads = np.isin(rows, self._expanded[0].copies)
        return leads | self.are_copies(rows) if copies_first else leads

    def are_copies(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which rows are copies of the query pictures together, shape (len(rows),)."""
        if not self._asked:
            return np.zeros(len(rows), np.bool_)
        return self.scores(COPIES, rows) >= COPY_SCORE

    def _are_copies_of(self, places: Iterable[int], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which rows are copies of any of some pictures."""
        found = [measures.score("hamming", self._distances(COPIES, place, rows)) for place in places]
        return np.asarray(np.max(found, axis=0) >= COPY_SCORE, np.bool_)

    def _diverse(self, rows: NDArray[np.int64], scores: NDArray[np.float64]) -> NDArray[np.int64]:
        """Places of the answers, each the best balance of its score and its likeness to those before it.

        Source: Carbonell and Goldstein 1998, "The use of MMR, diversity-based reranking for reordering documents".
        """
        vectors, share = self._searchers["embedding"].vectors(rows), self._options.diversity
        chosen, likeness = list[int](), np.zeros(len(rows))
        while len(chosen) < min(self._options.top_k, len(rows)):
            gain = (1 - share) * scores - share * likeness
            gain[chosen] = -np.inf
            chosen.append(int(gain.argmax()))
            likeness = np.maximum(likeness, vectors @ vectors[chosen[-1]])
        return np.array(chosen, np.int64)

    def order(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows in the order of their image_ids, which is the same however they are spread over shards."""
        return rows[np.argsort(self._collection.ids(rows))]

    def _candidates(self, names: Iterable[str]) -> NDArray[np.int64]:
        """What some measures propose for any of the pictures, and the words."""
        found = [self._proposed(name, place) for name in names if name != TEXT for place in self._asked]
        return np.concatenate([*found, self._worded()] if TEXT in names else found)

    def _worded(self) -> NDArray[np.int64]:
        """The rows that fit the text best."""
        assert self._question.words is not None
        sums = self._question.words.sums
        rows = np.flatnonzero(sums > 0 if self._allowed is None else (sums > 0) & self._allowed)
        count = CANDIDATES_PER_ANSWER * self._options.top_k + len(self._question.left_out)
        return rows[smallest(-sums[rows], count, self._collection.ids(rows))]

    def _proposed(self, name: str, place: int) -> NDArray[np.int64]:
        """What a measure proposes for a picture; searched once, for the measure alone and as a part of a sum."""
        if (name, place) not in self._proposals:
            one = self._searchers[name]
            count = one.candidate_count(self._options.top_k) + len(self._question.left_out)
            self._proposals[name, place] = (
                self._expanded[place].propose(count, self._allowed)
                if self._is_expanded(name, place)
                else one.propose(self._vectors[place][name], count, self._allowed)
            )
        return self._proposals[name, place]

    def _distances(self, name: str, place: int, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Distances of a picture to some rows that are in the order of `order`; computed once for each row."""
        found = self._found.setdefault((name, place), {})
        missing = np.array([row for row in rows.tolist() if row not in found], np.int64)
        if len(missing):
            metric = self._metric(name)
            if self._is_expanded(name, place):
                distances = self._expanded[place].distances(missing, metric)
            else:
                distances = self._searchers[name].distances(self._vectors[place][name], missing, metric)
            found.update(zip(missing.tolist(), distances.tolist(), strict=True))
        return np.array([found[row] for row in rows.tolist()], np.float32)

    def _is_expanded(self, name: str, place: int) -> bool:
        return name == EXPANDED and place < len(self._expanded)

    def scores(self, name: str, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Scores of some rows by one measure, or by the text, against all pictures together, shape (len(rows),)."""
        return self._compare({name: 1.0}, rows)[0]

    def _judge(
        self, weights: Mapping[str, float], rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weighted scores and weighted distances of some rows: near what is asked, and away from negative examples.

        Source: Rocchio 1971, "Relevance feedback in information retrieval", with scores in place of vectors.
        """
        scores, distances = self._compare(weights, rows)
        if not self._unlike:
            return scores, distances
        pictorial = {name: weight for name, weight in weights.items() if name != TEXT} or self._question.base
        against = [self._compare_one(pictorial, place, rows) for place in self._unlike]
        mean_score, mean_distance = (
            np.mean([one[0] for one in against], axis=0),
            np.mean([one[1] for one in against], axis=0),
        )
        return np.maximum(0, scores - UNLIKE_SHARE * mean_score), distances - UNLIKE_SHARE * mean_distance

    def _compare(
        self, weights: Mapping[str, float], rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weighted scores and weighted distances of some rows against all pictures together and the text."""
        pictorial = {name: weight for name, weight in weights.items() if name != TEXT}
        found = [self._compare_one(pictorial, place, rows) for place in self._asked if pictorial]
        scores, distances = np.zeros(len(rows)), np.zeros(len(rows))
        if found:
            scores = COMBINES[self._options.combine]([one[0] for one in found], axis=0)
            distances = np.mean([one[1] for one in found], axis=0)
        if TEXT in weights and self._question.words:
            scores = scores + weights[TEXT] * self._question.words.scores[rows]
            distances = distances + weights[TEXT] / (1 + self._question.words.sums[rows])
        return scores, distances

    def _compare_one(
        self, weights: Mapping[str, float], place: int, rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weighted scores and weighted distances of some rows against one picture."""
        scores, distances = np.zeros((2, len(rows)))
        for name, weight in weights.items():
            found = self._distances(name, place, rows)
            distances += weight * found
            scores += weight * measures.score(self._metric(name), found)
        return scores, distances

    def _metric(self, name: str) -> str:
        allowed = MEASURES[name].metrics
        return self._options.metric if self._options.metric in allowed else allowed[0]
