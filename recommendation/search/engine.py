"""The query engine: from the features of up to a few pictures to the pictures most like them."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recommendation.index import generation
from recommendation.index.document import Summary
from recommendation.index.generation import Generation
from recommendation.index.pictures import Pictures
from recommendation.index.searcher import Vector, open_searchers
from recommendation.search.answer import ITEM_COLUMNS, Item, make_item, rounded
from recommendation.search.ranking.query import Query, Question, Ranking
from recommendation.search.request import Options
from recommendation.search.weights import DEFAULT, TEXT, parse_min_scores, parse_weights, with_text
from shared.errors import UsageError
from shared.pictures.measures import MEASURES
from shared.storage import Storage

SEARCH_THREADS = 4


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
        neighbours = int(live.document["settings"].get("expand_neighbours", 0))
        self.searchers = open_searchers(
            live.volume, live.open_basis(), shards, live.document["measures"], pool, neighbours
        )
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

    def search(
        self, pictures: Sequence[QueryPicture], options: Options, unlike: Sequence[QueryPicture] = ()
    ) -> dict[str, list[Item]]:
        """The pictures most like the given ones and the text, for each measure of the options.

        Query pictures and negative examples themselves are left out.

        Raises:
            UsageError: a measure or weight is of pictures or of a text, and there is none.
            CannotProceedError: the index is of an older version, which lacks what is asked.
        """
        return self.answer(pictures, options, unlike)[0]

    def answer(
        self, pictures: Sequence[QueryPicture], options: Options, unlike: Sequence[QueryPicture] = ()
    ) -> tuple[dict[str, list[Item]], dict[str, int]]:
        """What `search` gives, and how many pictures have each word of the text."""
        weights = self.weights_of(options, has_pictures=bool(pictures))
        names = measures_of(options, has_pictures=bool(pictures))
        words = self.pictures.rank(options.text) if options.text else None
        stored = [row for one in (*pictures, *unlike) if (row := self.pictures.find(one.image_id)) is not None]
        vectors, against = ([self._prepare(one) for one in some] for some in (pictures, unlike))
        question = Question(vectors, against, stored, words, self.weights)
        query = Query(self.searchers, self.pictures, options, question)
        least = parse_min_scores(options.min_score)
        best = {
            name: query.best(
                weights if name == DEFAULT else {name: 1.0},
                least.get(name, least.get("", 0.0)),
                copies_first=name == DEFAULT,
            )
            for name in names
        }
        return self._answers(query, best, question), words.counts if words else {}

    def weights_of(self, options: Options, *, has_pictures: bool) -> dict[str, float]:
        """What the default measure is the sum of; errors as `search`."""
        asked = parse_weights(options.weight)
        if not has_pictures:
            if asked and set(asked) != {TEXT}:
                raise UsageError(f"weight: expected text alone in a query without a picture, got {', '.join(asked)}")
            return {TEXT: 1.0}
        if TEXT in asked and not options.text:
            raise UsageError("weight: expected a measure of pictures, or a text to weigh, got text without one")
        return asked or (with_text(self.weights) if options.text else self.weights)

    def _prepare(self, picture: QueryPicture) -> dict[str, Vector]:
        if picture.is_prepared:
            return picture.features
        return {name: one.prepare(picture.features[name]) for name, one in self.searchers.items()}

    def _answers(self, query: Query, best: Mapping[str, Ranking], question: Question) -> dict[str, list[Item]]:
        rows = query.order(np.unique(np.concatenate([ranking[0] for ranking in best.values()])))
        shown_scores = (*(self.searchers if question.pictures else ()), *((TEXT,) if question.words else ()))
        scores = {name: query.scores(name, rows) for name in shown_scores}
        is_copy = query.are_copies(rows)
        shown = {
            int(row): (
                self.pictures.values(int(row), ITEM_COLUMNS),
                {name: rounded(values[place]) for name, values in scores.items()},
                bool(is_copy[place]),
            )
            for place, row in enumerate(rows)
        }
        return {
            name: [
                make_item(rank, float(score), *shown[int(row)][:2], is_copy=shown[int(row)][2])
                for rank, (row, score) in enumerate(zip(*ranking, strict=True), 1)
            ]
            for name, ranking in best.items()
        }


def measures_of(options: Options, *, has_pictures: bool) -> tuple[str, ...]:
    """The measures that a query is answered with, each once.

    Raises:
        UsageError: one of them is of pictures or of a text, and there is none.
    """
    if not has_pictures:
        others = [name for name in options.measure if name not in (DEFAULT, TEXT)]
        if others:
            raise UsageError(f"measure: expected {DEFAULT} or {TEXT} in a query without a picture, got {others[0]}")
        return tuple(dict.fromkeys(options.measure)) or (DEFAULT,)
    if TEXT in options.measure and not options.text:
        raise UsageError(f"measure: expected a text with the measure {TEXT}, got none")
    return tuple(dict.fromkeys(options.measure)) or (DEFAULT, *MEASURES, *((TEXT,) if options.text else ()))
