"""Wire the recommendation stage: the build of an index generation, and batches of queries. No logic here, see `steps`."""

import logging
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pyspark import SparkContext

from recommendation import steps
from recommendation.commands import evaluate
from recommendation.commands.evaluate import Tally
from recommendation.index import fusion, generation, recall
from recommendation.index.collection import IndexInput, indexable
from recommendation.index.fusion import FusionWeights
from recommendation.index.rows import Rows
from recommendation.search.request import Options
from recommendation.settings import QuerySettings, Settings
from recommendation.steps import Plan
from shared import tables
from shared.errors import CannotProceedError
from shared.models import store
from shared.pictures.measures import MEASURES
from shared.pipeline.runs import StageCounts
from shared.spark import session
from shared.storage import Storage
from shared.storage.files import digest
from shared.tables import Snapshot

log = logging.getLogger("recommendation")

LAYOUT = 2  # raise it when the files or what is in them change: every index is then built anew
BLOCK_ROWS = 2048
QUERIES_PER_TASK = 250
PARTITIONS_PER_CORE = 4
#: Settings that shape a generation.
SHAPING = ("recall", "trees", "search", "scan_mib")

Facts = dict[str, dict[str, Any]]
"""Measure -> what is known of it."""


def run(sc: SparkContext, settings: Settings) -> StageCounts:
    """Build and publish the index generation of all pictures that have features and an embedding.

    Raises:
        CannotProceedError: there is no such picture, or a table is damaged.
    """
    volume = settings.volume
    parts = indexable(tables.open_snapshot(volume))
    shape = {name: getattr(settings, name) for name in SHAPING}
    fingerprint = digest(LAYOUT, shape)
    name = digest(fingerprint, [[part and part.sha256 for part in one[1:]] for one in parts])[:16]
    pictures = count_intact(volume, name)
    if pictures:
        return StageCounts("recommendation", fingerprint, pictures, 0, pictures, {}, f"generation {name} is up to date")
    folder = generation.begin(volume, name)
    plan = build(sc, settings, parts, folder)
    generation.publish(volume, folder, name)
    return StageCounts("recommendation", fingerprint, plan.rows, plan.rows, 0, {}, f"generation {name}")


def check_input(snapshot: Snapshot) -> None:
    """Do nothing if there is a picture to index; errors as `run`."""
    indexable(snapshot)


def count_intact(volume: Storage, name: str) -> int:
    """How many pictures the live generation holds if it is this one and undamaged, else 0."""
    try:
        live = generation.open_live(volume) if generation.live_name(volume) == name else None
    except CannotProceedError as error:
        log.warning("building the index anew: %s", error)
        return 0
    return int(live.document["pictures"]) if live else 0


def build(sc: SparkContext, settings: Settings, parts: Sequence[IndexInput], folder: Path) -> Plan:
    """Write all files of a generation and seal it."""
    clock = Clock()
    plan, reduced = write_vectors(sc, settings.volume, parts, folder)
    model = store.load_model(settings.volume, plan.model_sha256)
    clock.lap("vectors")
    sc.parallelize(sorted(MEASURES), len(MEASURES)).foreach(partial(steps.build_forest, folder, settings.trees))
    clock.lap("annoy")
    measured, latencies = measure_recall(sc, settings, folder, plan.rows)
    clock.lap("recall")
    choice = choose_default(sc, folder, measured, plan.rows)
    clock.lap("fusion")
    document = {
        "model": model.name,
        "model_sha256": plan.model_sha256,
        "pictures": plan.rows,
        "settings": {name: getattr(settings, name) for name in SHAPING},
        "measures": {name: {**reduced.get(name, {}), **measured[name]} for name in MEASURES},
        "default": choice._asdict(),
    }
    generation.seal(folder, document, {"build_s": clock.laps, "latency_ms": latencies})
    return plan


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


def write_vectors(sc: SparkContext, volume: Storage, parts: Sequence[IndexInput], folder: Path) -> tuple[Plan, Facts]:
    """Write everything that has a row per picture: full and reduced vectors, ids, what is known of it.

    Returns:
        The shape of the generation; for each vector measure its dimensions and what they keep.
    """
    slices = sc.parallelize(parts, min(len(parts), PARTITIONS_PER_CORE * sc.defaultParallelism))
    census = slices.map(partial(steps.count_slice, volume)).treeReduce(steps.add_census)
    plan, places = steps.lay_out(parts, census)
    steps.reserve_files(folder, plan)
    shares = steps.shares(places, sc.defaultParallelism)  # few, since each returns 15 MB of moments
    filled = sc.parallelize(shares, len(shares)).map(partial(steps.fill_slices, volume, folder, plan.mean))
    moments = filled.treeReduce(steps.add_moments)
    reduced = (
        sc.parallelize(sorted(moments.items()), len(moments)).map(partial(steps.write_axes, folder)).collectAsMap()
    )
    blocks = steps.blocks(plan.rows, BLOCK_ROWS)
    sc.parallelize(blocks, len(blocks)).foreach(partial(steps.reduce_rows, folder))
    steps.order_ids(folder)
    return plan, dict(reduced)


def measure_recall(sc: SparkContext, settings: Settings, folder: Path, rows: int) -> tuple[Facts, Facts]:
    """Settle how each measure searches, and say how well and how fast it does.

    Returns:
        For each measure what is settled (the same at every build), and what was measured in milliseconds.
    """
    queries = recall.query_rows(rows)
    pieces = [(name, block) for name in MEASURES for block in steps.blocks(rows, BLOCK_ROWS)]
    nearest = sc.parallelize(pieces, len(pieces)).map(partial(recall.nearest_of_piece, folder, queries))
    truths = nearest.reduceByKey(recall.merge_nearest).collectAsMap()
    settled = {name: recall.tune(folder, name, queries, truths[name], settings) for name in MEASURES}
    return {name: one.facts for name, one in settled.items()}, {name: one.latency_ms for name, one in settled.items()}


def choose_default(sc: SparkContext, folder: Path, settled: Facts, rows: int) -> FusionWeights:
    """Choose the weights of the default measure from the collection."""
    known, queries = Rows(folder), fusion.query_rows(rows)
    kind = fusion.label_kind([known[row] for row in queries])
    if kind is None:
        return fusion.choose_without_labels()
    groups = [queries[block.start : block.stop] for block in steps.blocks(len(queries), QUERIES_PER_TASK)]
    hits = sc.parallelize(groups, len(groups)).map(partial(fusion.gather, folder, settled, kind)).collect()
    return fusion.choose(fusion.join(hits), kind)


def tally_hits(sc: SparkContext, volume: Storage, rows: int) -> Tally:
    """Ask every picture of the live index as a query; count the answers that have its label."""
    queries = sc.parallelize(range(rows), PARTITIONS_PER_CORE * sc.defaultParallelism)
    return queries.mapPartitions(partial(evaluate.count_hits, volume)).treeReduce(evaluate.add_tallies)


def answer_batch(settings: QuerySettings, options: Options, lines: Sequence[str], folder: Path) -> list[str]:
    """Answer the jobs of a batch, one line each, in the lines' order; relative names of pictures start in `folder`."""
    from recommendation.commands import batch  # pulls in decoder and network, which a build does without

    with session.context(settings, "query") as sc:
        answer = partial(batch.answer_lines, volume=settings.volume, defaults=options, folder=folder.absolute())
        return sc.parallelize(lines, sc.defaultParallelism).mapPartitions(answer).collect()
