"""The query engine: from the features of up to a few pictures to the pictures most like them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recommendation.index import generation
from recommendation.index.document import Summary
from recommendation.index.filters import parse_condition
from recommendation.index.generation import Generation
from recommendation.index.pictures import Pictures
from recommendation.index.searcher import Searcher, Vector, open_searchers
from recommendation.search.answer import ITEM_COLUMNS, Item, make_item, rounded
from recommendation.search.expansion import EXPANDED, expand
from recommendation.search.request import Options
from recommendation.search.weights import DEFAULT, parse_min_scores, parse_weights
from shared.errors import UsageError
from shared.pictures import measures
from shared.pictures.measures import MEASURES
from shared.storage import Storage

#: How the scores against several query pictures become one: like all of them in the mean, like all, like any.
COMBINES: dict[str, Callable[..., NDArray[np.float64]]] = {"mean": np.mean, "min": np.min, "max": np.max}
SEARCH_THREADS = 4
COPIES = "hash"  # the measure that finds them
COPY_SCORE = 0.75  # of the hash; see docs/queries.md
POOL_PER_ANSWER = 10  # best answers that diverse ones are chosen from
Ranking = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Rows, best first, and their scores."""


class QueryPicture(NamedTuple):
    """A picture to search with.

    Args:
        features: measure -> feature, computed as the collection's are.
        is_prepared: whether they are the vectors of a stored picture, see `Basis.prepare`.
    """

    image_id: str
    name: str
    features: dict[str, NDArray[Any]]
    is_prepared: bool = False


class Engine:
    """Answers from one index generation; safe to use from several threads."""

    def __init__(self, live: Generation) -> None:
        self.generation = live.name
        self._live, shards = live, live.shards
        pool = ThreadPoolExecutor(SEARCH_THREADS, "search") if len(shards) > 1 else None
        self.searchers = open_searchers(live.volume, live.open_basis(), shards, live.document["measures"], pool)
        self.weights: dict[str, float] = live.document["default"]["weights"]
        self.pictures = Pictures(live.volume, shards)

    @classmethod
    def open(cls, volume: Storage) -> Self:
        """The engine of the live generation, every object of it checked first.

        Raises:
            CannotProceedError: there is no index, or an object of it is damaged; the message names it.
        """
        return cls(generation.open_live(volume))

    @property
    def model_sha256(self) -> str:
        """SHA-256 of the model that query pictures must be embedded with."""
        sha256: str = self._live.document["model_sha256"]
        return sha256

    @property
    def count(self) -> int:
        """Pictures in the index."""
        count: int = self._live.document["pictures"]
        return count

    def summary(self) -> Summary:
        """What the generation was made of and how well it finds, with what was measured in seconds."""
        return self._live.summary()

    def metadata(self, image_id: str) -> dict[str, Any]:
        """The columns of `index.metadata` for a stored picture: file name, location, licence, ...

        Raises:
            UsageError: it is not in the index.
        """
        return self.pictures.metadata(self._row(image_id))

    def metadata_at(self, position: int) -> dict[str, Any]:
        """The same for the picture at a position, 0..count-1."""
        return self.pictures.metadata(int(self.pictures.rows[position]))

    def features_of(self, image_id: str) -> QueryPicture:
        """A stored picture as a query; errors as `metadata`."""
        row = self._row(image_id)
        features = {name: one.vector(row) for name, one in self.searchers.items()}
        filename: str = self.pictures.values(row, ["filename"])["filename"]
        return QueryPicture(image_id, filename, features, is_prepared=True)

    def _row(self, image_id: str) -> int:
        row = self.pictures.find(image_id)
        if row is None:
            raise UsageError(f"expected the image_id of a picture in the index, got {image_id!r}")
        return row

    def search(self, pictures: Sequence[QueryPicture], options: Options) -> dict[str, list[Item]]:
        """The pictures most like the given ones, which are left out, for each measure of the options."""
        default = parse_weights(options.weight) or self.weights
        wanted = {name: default if name == DEFAULT else {name: 1.0} for name in options.measures}
        stored = [row for row in (self.pictures.find(one.image_id) for one in pictures) if row is not None]
        query = Query(self.searchers, self.pictures, options, [self._prepare(one) for one in pictures], stored)
        least = parse_min_scores(options.min_score)
        best = {
            name: query.best(weights, least.get(name, least.get("", 0.0)), copies_first=name == DEFAULT)
            for name, weights in wanted.items()
        }
        return self._answers(query, best)

    def _prepare(self, picture: QueryPicture) -> dict[str, Vector]:
        if picture.is_prepared:
            return picture.features
        return {name: one.prepare(picture.features[name]) for name, one in self.searchers.items()}

    def _answers(self, query: "Query", best: Mapping[str, Ranking]) -> dict[str, list[Item]]:
        rows = query.order(np.unique(np.concatenate([ranking[0] for ranking in best.values()])))
        scores = {name: query.scores(name, rows) for name in self.searchers}
        shown = {
            int(row): (
                self.pictures.values(int(row), ITEM_COLUMNS),
                {name: rounded(values[place]) for name, values in scores.items()},
            )
            for place, row in enumerate(rows)
        }
        return {
            name: [
                make_item(rank, float(score), *shown[int(row)])
                for rank, (row, score) in enumerate(zip(*ranking, strict=True), 1)
            ]
            for name, ranking in best.items()
        }


class Query:
    """One query: prepared vectors of its pictures, one dictionary each, and how to search.

    Args:
        stored: rows of the query pictures that are in the index; they are left out.
    """

    def __init__(
        self,
        searchers: Mapping[str, Searcher],
        collection: Pictures,
        options: Options,
        pictures: Sequence[Mapping[str, Vector]],
        stored: Sequence[int],
    ) -> None:
        self._searchers, self._collection, self._options = searchers, collection, options
        self._pictures, self._stored = pictures, stored
        self._ranked: dict[tuple[Any, ...], Ranking] = {}
        count = options.expand_neighbours
        self._expanded = [expand(searchers[EXPANDED], one[EXPANDED], count, stored) for one in pictures if count]
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
        rows = self.order(np.setdiff1d(self._candidates(names), self._stored))
        if self._options.no_copies:
            rows = rows[self._copy_scores(rows) < COPY_SCORE]
        scores, distances = self._judge(weights, rows)
        if copies_first:
            copies = self._copy_scores(rows)
            scores = np.where(copies >= COPY_SCORE, np.maximum(scores, copies), scores)
        order = np.lexsort((distances, -scores))  # many scores are 0, no distance is
        if self._options.diversity:
            order = order[: POOL_PER_ANSWER * self._options.top_k]
            order = order[self._diverse(rows[order], scores[order])]
        order = order[: self._options.top_k]
        return rows[order], scores[order]

    def _copy_scores(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """How much each row is a copy of the pictures together, 0..1."""
        return self.scores(COPIES, rows)

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
        """What some measures propose for any of the pictures."""
        return np.concatenate([self._proposed(name, place) for name in names for place in range(len(self._pictures))])

    def _proposed(self, name: str, place: int) -> NDArray[np.int64]:
        """What a measure proposes for a picture; searched once, for the measure alone and as a part of a sum."""
        if (name, place) not in self._proposals:
            one = self._searchers[name]
            count = one.candidate_count(self._options.top_k) + len(self._stored)
            self._proposals[name, place] = (
                self._expanded[place].propose(count, self._allowed)
                if self._is_expanded(name)
                else one.propose(self._pictures[place][name], count, self._allowed)
            )
        return self._proposals[name, place]

    def _distances(self, name: str, place: int, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Distances of a picture to some rows that are in the order of `order`; computed once for each row."""
        found = self._found.setdefault((name, place), {})
        missing = np.array([row for row in rows.tolist() if row not in found], np.int64)
        if len(missing):
            if self._is_expanded(name):
                distances = self._expanded[place].distances(missing, self._metric(name))
            else:
                distances = self._searchers[name].distances(self._pictures[place][name], missing, self._metric(name))
            found.update(zip(missing.tolist(), distances.tolist(), strict=True))
        return np.array([found[row] for row in rows.tolist()], np.float32)

    def _is_expanded(self, name: str) -> bool:
        return bool(self._expanded) and name == EXPANDED

    def scores(self, name: str, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Scores of some rows by one measure against all pictures together, shape (len(rows),)."""
        return self._judge({name: 1.0}, rows)[0]

    def _judge(
        self, weights: Mapping[str, float], rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weighted scores and weighted distances of some rows against all pictures together."""
        scores, distances = np.zeros((2, len(self._pictures), len(rows)))
        for place in range(len(self._pictures)):
            for name, weight in weights.items():
                found = self._distances(name, place, rows)
                distances[place] += weight * found
                scores[place] += weight * measures.score(self._metric(name), found)
        return COMBINES[self._options.combine](scores, axis=0), distances.mean(axis=0)

    def _metric(self, name: str) -> str:
        allowed = MEASURES[name].metrics
        return self._options.metric if self._options.metric in allowed else allowed[0]
