"""What a task does for the index: store shards, find true neighbours, score candidates, ask stored pictures as queries."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from recommendation.index import basis, fusion, recall, searcher
from recommendation.index.basis import Basis
from recommendation.index.build import shards
from recommendation.index.build.collection import SliceInput
from recommendation.index.build.layout import Group
from recommendation.index.fusion import Hits
from recommendation.index.pictures import Pictures
from recommendation.index.recall import Tuned
from recommendation.index.searcher import Searcher, SearchParams
from recommendation.index.shard import ShardEntry
from recommendation.labels import Labels
from recommendation.search.engine import Engine
from recommendation.search.request import Options
from recommendation.settings import Settings
from shared.errors import CannotProceedError
from shared.pictures.measures import MEASURES
from shared.storage import Storage

DEPTH = 10  # answers that are judged
SCAN = SearchParams(recall.FIRST_CANDIDATES, None)


class Asked(NamedTuple):
    """One picture as a query.

    Args:
        label: empty for a picture without, which is not asked.
        hits: measure -> whether each answer has the label, best first, at most DEPTH.
    """

    label: str
    hits: dict[str, list[bool]]


class View(NamedTuple):
    """A basis and shards that no generation names yet; small enough to be sent to tasks.

    Args:
        document: of the basis, see `learning.describe`.
    """

    volume: Storage
    basis: str
    document: dict[str, Any]
    shards: tuple[ShardEntry, ...] = ()

    def open_basis(self) -> Basis:
        """The basis; its objects must have been checked."""
        return basis.open_basis(self.volume, self.basis, self.document)

    def pictures(self) -> Pictures:
        """Ids and metadata of the shards."""
        return Pictures(self.volume, self.shards)

    def searcher(self, measure: str, params: SearchParams) -> Searcher:
        """The searcher of a measure over the shards."""
        return searcher.open_searcher(self.volume, self.open_basis(), self.shards, MEASURES[measure], params)


def ensure_shard(view: View, trees: int, task: tuple[Group, ShardEntry | None]) -> shards.Stored:
    """Store what is not there of a shard; see `shards.ensure_shard`."""
    group, known = task
    return shards.ensure_shard(view.volume, view.open_basis(), trees, group, known)


def nearest_of_piece(
    view: View, queries: NDArray[np.int64], piece: tuple[str, NDArray[np.int64]]
) -> tuple[str, NDArray[np.float32]]:
    """A measure's name, and `recall.nearest_distances` by it among some rows."""
    name, rows = piece
    return name, recall.nearest_distances(view.searcher(name, SCAN), queries, rows)


def tune_measure(
    settings: Settings,
    view: View,
    sampled: View,
    name: str,
    queries: NDArray[np.int64],
    truth: NDArray[np.float32],
) -> Tuned:
    """Choose how a measure searches and measure it over a sample of the shards; its latency is that of all of them."""
    reduced_bytes = view.searcher(name, SCAN).reduced_bytes
    tuned = recall.tune(
        partial(sampled.searcher, name),
        recall.start_of(view.document.get("params"), name),
        recall.is_scan_used(settings, reduced_bytes),
        queries,
        truth,
        settings.recall,
    )
    if sampled.shards == view.shards:
        return tuned
    whole = view.searcher(name, searcher.tuned_params(tuned.facts))
    rows = recall.query_rows(view.pictures().rows)
    return tuned._replace(latency_ms=recall.percentiles_ms(recall.try_search(whole, rows, truth).seconds))


def shares(slices: Sequence[SliceInput], n_shares: int) -> list[Sequence[SliceInput]]:
    """The slices dealt out in turn, since later ones are larger; at most `n_shares` shares, none empty."""
    n_shares = min(n_shares, len(slices))
    return [slices[start::n_shares] for start in range(n_shares)]


def gather_hits(view: View, tuned: Mapping[str, Mapping[str, Any]], kind: str, queries: Iterable[int]) -> Hits:
    """Scores of the candidates of some rows as queries; see `fusion.gather`."""
    searchers = searcher.open_searchers(view.volume, view.open_basis(), view.shards, tuned)
    return fusion.gather(searchers, view.pictures(), kind, queries)


def blocks(rows: int, size: int) -> list[range]:
    """0..rows cut into ranges of at most `size`."""
    return [range(start, min(start + size, rows)) for start in range(0, rows, size)]


@lru_cache(maxsize=1)
def engine_of(volume: Storage, generation: str) -> Engine:
    """This process's engine: opening one checks every object of the index, so partitions share it."""
    engine = Engine.open(volume)
    if engine.generation != generation:
        raise CannotProceedError(f"generation {generation} was replaced by {engine.generation} meanwhile; run again")
    return engine


def ask_pictures(volume: Storage, generation: str, labels: Labels, positions: Iterable[int]) -> Iterator[Asked]:
    """Ask some pictures of the index as queries; see which answers have their label.

    Args:
        positions: of pictures, 0..count-1.
    """
    engine = engine_of(cast("Any", volume), generation)  # every storage can be hashed
    for position in positions:
        metadata = engine.metadata_at(position)
        label = labels.label(metadata)
        answers = engine.search([engine.features_of(metadata["image_id"])], Options(top_k=DEPTH)) if label else {}
        label_of = cache(lambda image_id: labels.label(engine.metadata(image_id)))
        yield Asked(
            label, {name: [label_of(one["image_id"]) == label for one in items] for name, items in answers.items()}
        )
