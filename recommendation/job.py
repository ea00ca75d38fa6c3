"""Wire the recommendation stage: the build of an index generation, and batches of queries. No logic here, see `steps`."""

import logging
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark import SparkContext

from recommendation import steps
from recommendation.duplicates import job as duplicates
from recommendation.index import basis, fusion, generation, objects, recall, reduction, shard
from recommendation.index.basis import WHITENED
from recommendation.index.build import layout, learning, networks, whitening
from recommendation.index.build.collection import SliceInput, indexable
from recommendation.index.build.layout import Group
from recommendation.index.build.shards import Stored
from recommendation.index.build.whitening import Whitening
from recommendation.index.fusion import FusionWeights
from recommendation.index.generation import Generation
from recommendation.index.recall import Tuned
from recommendation.map import job as mapping
from recommendation.recommend import job as people
from recommendation.report import pdf
from recommendation.search.request import Options
from recommendation.settings import QuerySettings, Settings
from recommendation.steps import View
from shared import tables
from shared.errors import CannotProceedError
from shared.models import store
from shared.pictures.measures import MEASURES
from shared.pipeline.runs import StageCounts
from shared.spark import session
from shared.storage import Storage
from shared.tables import Snapshot

log = logging.getLogger("recommendation")

NEIGHBOUR_ROWS = 256  # whose neighbours one task finds, for the whitening
PIECE_ROWS = 4096  # whose true neighbours one task finds
QUERIES_PER_TASK = 250


def run(sc: SparkContext, settings: Settings) -> StageCounts:
    """Build and publish the index generation of all pictures that have features and embeddings; then what is made of it.

    Recommendations for all people, groups of copies, the map and the report.

    Raises:
        CannotProceedError: there is no such picture, or a table is damaged.
    """
    volume = settings.volume
    models = [choice.sha256 for choice in store.read_choices(volume)]
    counts = build_index(sc, settings, volume, indexable(tables.open_snapshot(volume), models))
    people.refresh(sc, volume)
    if settings.duplicates:
        duplicates.refresh(sc, volume)
    mapping.refresh(sc, settings, volume)
    if settings.report:
        pdf.refresh(volume)
    return counts


def build_index(
    sc: SparkContext,
    settings: Settings,
    volume: Storage,
    slices: Sequence[SliceInput],
    shard_rows: int = layout.SHARD_ROWS,
) -> StageCounts:
    """Store what is not there of the index, and publish it if it is another one; errors as `run`.

    Basis and shards of the live generation are used again where they are intact and nothing that they are made of has
    changed.
    """
    conditions = learning.conditions_of(settings, slices)
    live, pointer = generation.find_live(volume)
    clock = Clock()
    kept = kept_basis(volume, live, conditions, slices)
    view = kept or learn_basis(sc, volume, conditions, slices, clock)
    groups = layout.arrange(slices, view.basis, stored_slices(live), shard_rows)
    stored = store_shards(sc, view, settings.trees, groups, live)
    view = view._replace(shards=tuple(one.entry for one in stored))
    clock.lap("shards")
    view = view._replace(neighbours=steps.neighbours_of(settings, view))
    stored = average_shards(sc, view, stored, live)
    view = view._replace(shards=tuple(one.entry for one in stored))
    clock.lap("averages")
    name = generation.generation_name(view.basis, view.shards)
    done = shard.live_count(one.entry for one in stored if one.is_new)
    skipped = shard.live_count(view.shards) - done
    if live and kept and live.name == name and not any(one.is_new for one in stored):
        generation.sweep(volume, pointer)
        note = f"generation {name} is up to date"
    else:
        document = measure(sc, settings, view, slices, clock)
        timings = {"build_s": clock.laps, "latency_ms": document.pop("latency_ms")}
        generation.publish(volume, name, document, timings, pointer)
        note = f"generation {name}"
    return StageCounts("recommendation", conditions, done + skipped, done, skipped, {}, note)


def check_input(snapshot: Snapshot) -> None:
    """Do nothing if there is a picture to index; errors as `run`."""
    indexable(snapshot)


class Clock:
    """Seconds that each step of the build took."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, name: str) -> None:
        """Keep the seconds since the last lap under a name."""
        now = time.monotonic()
        self.laps[name], self._last = round(now - self._last, 2), now
        log.info("recommendation: %s done in %.1f s", name, self.laps[name])


def kept_basis(volume: Storage, live: Generation | None, conditions: str, slices: Sequence[SliceInput]) -> View | None:
    """The basis of the live generation, if it is intact and may be kept."""
    if live is None:
        return None
    name: str = live.document["basis"]
    try:
        document = objects.read_document(volume, basis.document_key(name))
        if not learning.is_valid(document, conditions, learning.picture_count(slices)):
            return None
        basis.check_objects(volume, name, document)
    except CannotProceedError as error:
        log.warning("building the index again: %s", error)
        return None
    return View(volume, name, document)


def learn_basis(sc: SparkContext, volume: Storage, conditions: str, slices: Sequence[SliceInput], clock: Clock) -> View:
    """Learn means and axes from the collection or a sample of it; weights and parameters follow in `measure`."""
    chosen = learning.sample(slices)
    shares = steps.shares(chosen, sc.defaultParallelism)  # few, since each returns 15 MB of moments
    parts = sc.parallelize(shares, len(shares))
    sums = learning.check_sums(parts.map(partial(learning.sum_slices, volume)).treeReduce(learning.add_sums))
    means = learning.means_of(sums, store.models_of(volume, min(sums.models)))
    centred = partial(learning.centred_moments, volume, means)
    moments = parts.map(centred).treeReduce(learning.add_moments) | sums.moments
    found, maps = learn_whitening(sc, volume, chosen, means[WHITENED], moments[WHITENED])
    moments |= {name: learning.map_moment(moments[name], matrix) for name, matrix in maps.items()}
    name = learning.basis_name(conditions, chosen)
    arrays = learning.put_arrays(volume, name, "mean", means) | learning.put_arrays(volume, name, "map", maps)
    put_axes = partial(learning.put_axes, volume, name)
    axes = sc.parallelize(sorted(moments.items()), len(moments)).map(put_axes).collect()
    clock.lap("basis")
    learnt = {"conditions": conditions, "collection": learning.picture_count(slices)}
    return View(volume, name, {**learnt, **learning.describe(sums, found, arrays, axes)})


def learn_whitening(
    sc: SparkContext,
    volume: Storage,
    slices: Sequence[SliceInput],
    mean: NDArray[np.float32],
    moment: NDArray[np.float64],
) -> tuple[Whitening, dict[str, NDArray[np.float32]]]:
    """Whether the embeddings are whitened, and if so the matrix that does it, by measure.

    Args:
        moment: second moment of the centred embeddings.
    """
    chosen = learning.sample(slices, learning.WHITENING_ROWS)
    axes = reduction.principal_axes(moment, whitening.DIMENSIONS)
    parts = sc.parallelize(chosen, len(chosen)).map(partial(learning.coordinates, volume, mean, axes)).collect()
    coordinates = np.concatenate(parts)
    found = whitening.learn(coordinates, find_neighbours(sc, coordinates))
    return found, {} if found.matrix is None else {WHITENED: axes @ found.matrix}


def find_neighbours(sc: SparkContext, coordinates: NDArray[np.float32]) -> list[NDArray[np.int64]]:
    """The nearest rows of each row, blocks of rows in their order; none where they are too few to be whitened."""
    if not whitening.is_possible(len(coordinates)):
        return []
    blocks = steps.blocks(len(coordinates), NEIGHBOUR_ROWS)
    return sc.parallelize(blocks, len(blocks)).map(partial(whitening.nearest, coordinates)).collect()


def stored_slices(live: Generation | None) -> dict[str, list[str]]:
    """The slices of each shard of the live generation whose manifest can be read."""
    found: dict[str, list[str]] = {}
    if live is None:
        return found
    for entry in live.shards:
        try:
            manifest = objects.read_document(live.volume, shard.manifest_key(entry.name))
        except CannotProceedError as error:
            log.warning("storing the shard again: %s", error)
        else:
            found[entry.name] = list(manifest["slices"])
    return found


def store_shards(
    sc: SparkContext, view: View, trees: int, groups: Sequence[Group], live: Generation | None
) -> list[Stored]:
    """Store what is not there of each shard, and check what is."""
    known = {entry.name: entry for entry in live.shards} if live else {}
    tasks = [(group, known.get(layout.shard_name(view.basis, group))) for group in groups]
    return sc.parallelize(tasks, len(tasks)).map(partial(steps.ensure_shard, view, trees)).collect()


def average_shards(sc: SparkContext, view: View, stored: Sequence[Stored], live: Generation | None) -> list[Stored]:
    """Average embeddings with their neighbours as is wanted; what is there of a shard stays while it was made alike."""
    is_alike = live is not None and live.document["settings"].get("expand_neighbours", 0) == view.neighbours
    known = {entry.name: entry for entry in live.shards} if live and is_alike else {}
    tasks = [(one.entry, known.get(one.entry.name)) for one in stored]
    made = sc.parallelize(tasks, len(tasks)).map(partial(steps.ensure_averages, view)).collect()
    return [Stored(one.entry, one.is_new or before.is_new) for one, before in zip(made, stored, strict=True)]


def measure(
    sc: SparkContext, settings: Settings, view: View, slices: Sequence[SliceInput], clock: Clock
) -> dict[str, Any]:
    """The document of a generation; a basis without weights and parameters gets them here."""
    tuned = tune(sc, settings, view)
    clock.lap("recall")
    facts = {name: {**view.document["measures"].get(name, {}), **one.facts} for name, one in tuned.items()}
    if "default" not in view.document:
        default = choose_default(sc, view, slices, facts)._asdict()
        starts = {name: recall.stored_start(one.start) for name, one in tuned.items()}
        view = view._replace(document={**view.document, "params": starts, "default": default})
        objects.put_document(view.volume, basis.document_key(view.basis), view.document)
        clock.lap("fusion")
    sha256 = view.document["model_sha256"]
    return {
        "model": store.name_of(view.networks),
        "model_sha256": sha256,
        "networks": learning.describe_networks(view.networks),
        "pictures": shard.live_count(view.shards),
        "settings": {name: getattr(settings, name) for name in learning.SHAPING}
        | {"expand_neighbours": view.neighbours},
        "measures": facts,
        "default": view.document["default"],
        "whitening": view.document["whitening"],
        "basis": view.basis,
        "shards": [one._asdict() for one in view.shards],
        "latency_ms": {name: one.latency_ms for name, one in tuned.items()},
    }


def tune(sc: SparkContext, settings: Settings, view: View) -> dict[str, Tuned]:
    """Choose how each measure searches, from its basis's parameters on, and measure how well and how fast it does."""
    sampled = view._replace(shards=tuple(recall.sample(view.shards)))
    rows = sampled.pictures().rows
    queries = recall.query_rows(rows)
    blocks = steps.blocks(len(rows), PIECE_ROWS)
    pieces = [(name, rows[block.start : block.stop]) for name in MEASURES for block in blocks]
    nearest = sc.parallelize(pieces, len(pieces)).map(partial(steps.nearest_of_piece, sampled, queries))
    truths = nearest.reduceByKey(recall.merge_nearest).collectAsMap()
    return {name: steps.tune_measure(settings, view, sampled, name, queries, truths[name]) for name in MEASURES}


def choose_default(
    sc: SparkContext, view: View, slices: Sequence[SliceInput], tuned: dict[str, dict[str, Any]]
) -> FusionWeights:
    """Choose the weights of the default measure from the collection."""
    pictures = view.pictures()
    queries = fusion.query_rows(pictures.rows)
    kind = fusion.label_kind([pictures.values(int(row), fusion.LABEL_COLUMNS) for row in queries])
    if kind == fusion.HALVES:
        if len(queries) < fusion.LEAST_QUERIES:
            return fusion.choose_alone()
        if len(view.networks) > 1:
            sampled = [learning.sample(slices, networks.ROWS)]
            [found] = sc.parallelize(sampled, 1).map(partial(steps.network_hits, view)).collect()
            return fusion.choose(found, fusion.NETWORKS)
        queries = queries[: fusion.AGREEMENT_QUERIES]
    groups = [queries[block.start : block.stop] for block in steps.blocks(len(queries), QUERIES_PER_TASK)]
    hits = sc.parallelize(groups, len(groups)).map(partial(steps.gather_hits, view, tuned, kind)).collect()
    return fusion.choose(fusion.join(hits), kind)


def answer_batch(settings: QuerySettings, options: Options, lines: Sequence[str], folder: Path) -> list[str]:
    """Answer the jobs of a batch, one line each, in the lines' order; relative names of pictures start in `folder`."""
    from recommendation.commands import batch  # pulls in decoder and network, which a build does without

    with session.context(settings, "query") as sc:
        answer = partial(batch.answer_lines, volume=settings.volume, defaults=options, folder=folder.absolute())
        return sc.parallelize(lines, sc.defaultParallelism).mapPartitions(answer).collect()
