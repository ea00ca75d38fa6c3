"""What a task does for the index: store shards, find true neighbours, score candidates, ask stored pictures as queries."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from recommendation.index import basis, fusion, objects, recall, searcher, shard
from recommendation.index.basis import WHITENED, Basis
from recommendation.index.build import agreement, learning, networks, shards
from recommendation.index.build.collection import SliceInput
from recommendation.index.build.layout import Group
from recommendation.index.build.shards import Stored
from recommendation.index.fusion import Hits
from recommendation.index.pictures import Pictures
from recommendation.index.recall import Tuned
from recommendation.index.searcher import AVERAGED, Searcher, SearchParams
from recommendation.index.shard import ShardEntry
from recommendation.labels import Labels
from recommendation.search.engine import Engine
from recommendation.search.ranking.expansion import expand
from recommendation.search.request import Options
from recommendation.settings import Settings
from shared.errors import CannotProceedError
from shared.models import store
from shared.models.store import Model
from shared.pictures.measures import MEASURES
from shared.storage import Storage
from shared.storage.files import digest

DEPTH = 10  # answers that are judged
SCANNED_ROWS = 100_000  # see README, Decisions: `auto` scans 50 MiB of reduced vectors
AVERAGED_NEIGHBOURS = 5
MANY_NODES = 20_000  # of a forest, for neighbours to average with
SCAN = SearchParams(recall.FIRST_CANDIDATES, None)


class Asked(NamedTuple):
    """One picture as a query.

    Args:
        label: empty for a picture without, which is not asked.
        hits: measure -> whether each answer has the label, best first, at most DEPTH.
    """

    image_id: str
    label: str
    hits: dict[str, list[bool]]


class View(NamedTuple):
    """A basis and shards that no generation names yet; small enough to be sent to tasks.

    Args:
        document: of the basis, see `learning.describe`.
        neighbours: that embeddings are averaged with.
    """

    volume: Storage
    basis: str
    document: dict[str, Any]
    shards: tuple[ShardEntry, ...] = ()
    neighbours: int = 0

    @property
    def networks(self) -> list[Model]:
        """The models that made the embeddings."""
        return store.models_of(self.volume, self.document["model_sha256"])

    @property
    def is_whitened(self) -> bool:
        """Whether there were mutual neighbours enough, near enough, for whitening."""
        return f"{WHITENED}.map.npy" in self.document["objects"]

    @property
    def is_small(self) -> bool:
        """Whether a scan of all pictures is as fast as a search in forests."""
        return shard.live_count(self.shards) <= SCANNED_ROWS

    def open_basis(self) -> Basis:
        """The basis; its objects must have been checked."""
        return basis.open_basis(self.volume, self.basis, self.document)

    def pictures(self) -> Pictures:
        """Ids and metadata of the shards."""
        return Pictures(self.volume, self.shards)

    def searcher(self, measure: str, params: SearchParams) -> Searcher:
        """The searcher of a measure over the shards."""
        return searcher.open_searcher(self.volume, self.open_basis(), self.shards, MEASURES[measure], params)


def ensure_shard(view: View, trees: int, task: tuple[Group, ShardEntry | None]) -> Stored:
    """Store what is not there of a shard; see `shards.ensure_shard`."""
    group, known = task
    return shards.ensure_shard(view.volume, view.open_basis(), trees, group, known)


def neighbours_of(settings: Settings, view: View) -> int:
    """How many neighbours each embedding is averaged with; without a setting where whitening found that they belong together."""
    if settings.expand_neighbours is not None:
        return settings.expand_neighbours
    return AVERAGED_NEIGHBOURS if view.is_small and view.is_whitened else 0


def ensure_averages(view: View, task: tuple[ShardEntry, ShardEntry | None]) -> Stored:
    """Store the averaged embeddings of a shard where they are wanted and not there.

    Args:
        task: the shard, and how the live generation lists it, if it does and was averaged with as many.
    """
    entry, known = task
    bare = entry._replace(averages="", averages_sha256="")
    if not view.neighbours or not entry.rows:
        return Stored(bare, entry != bare)
    if known is not None and known.averages and is_averaged(view.volume, known):
        return Stored(entry._replace(averages=known.averages, averages_sha256=known.averages_sha256), False)
    name = digest(view.neighbours, entry.name, sorted(one.name for one in view.shards))[:16]
    chunks = objects.array_chunks(averaged_rows(view, entry))
    sha256 = objects.put_bytes(view.volume, shard.averages_key(name), chunks)
    return Stored(entry._replace(averages=name, averages_sha256=sha256), True)


def is_averaged(volume: Storage, entry: ShardEntry) -> bool:
    """Whether the averaged embeddings of a shard are what was stored."""
    try:
        shard.check_averages(volume, entry)
    except CannotProceedError:
        return False
    return True


def averaged_rows(view: View, entry: ShardEntry) -> NDArray[np.float16]:
    """The embeddings of a shard's rows, each averaged with its nearest neighbours in all shards."""
    one = view.searcher(AVERAGED, SCAN if view.is_small else SearchParams(recall.FIRST_CANDIDATES, MANY_NODES))
    filled = [other for other in view.shards if other.rows]
    start = int(one.starts[[other.name for other in filled].index(entry.name)])
    rows = range(start, start + entry.rows)
    return np.stack([expand(one, one.vector(row), view.neighbours, [row]).averaged for row in rows]).astype(np.float16)


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


def network_hits(view: View, slices: Sequence[SliceInput]) -> Hits:
    """Scores of candidates in some slices, judged by the agreement of the networks; see `agreement.hits`."""
    found = learning.read_all(view.volume, slices)
    widths, mean = [one.vector_length for one in view.networks], view.open_basis().means[WHITENED]
    return agreement.hits(found, networks.views(found[WHITENED], mean, widths))


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
            metadata["image_id"],
            label,
            {name: [label_of(one["image_id"]) == label for one in items] for name, items in answers.items()},
        )
