"""Wire the labeling stage: label every slice that lacks labels, then count the labels of the whole collection."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from operator import add
from typing import Any

from pyspark import RDD, SparkContext

from labeling import exports, steps
from labeling.people import job as people
from labeling.settings import Settings
from labeling.steps import STAGE, LabelingInput
from shared import tables
from shared.pipeline import runs, slices
from shared.pipeline.progress import progress
from shared.pipeline.runs import StageCounts
from shared.pipeline.slices import TableRow
from shared.pipeline.stages import require
from shared.storage import Storage
from shared.tables import Snapshot, live, orphans, presence
from shared.tables.contracts import IMAGES, LABELS, TOTALS
from shared.tables.live import LivePart

PARTS_PER_TASK = 16
MOST_TOTALS = 10_000  # a source may tag every picture differently; the most frequent are kept


def run(sc: SparkContext, settings: Settings) -> StageCounts:
    """Label every picture that has no labels yet.

    Writes LABELS, FEATURES, TOTALS, images_labels.json and, if asked for, features.csv; LIKES, PROFILES, PATTERNS and users.json
    where people like pictures.

    Raises:
        CannotProceedError: there are no pictures.
    """
    volume = settings.volume
    snapshot = tables.open_snapshot(volume)
    check_input(snapshot)
    parts = steps.slice_parts(snapshot)
    work = slices.work_list(sc, volume, snapshot, STAGE, parts)
    todo = {name: parts[name] for name in work.todo}
    with progress(sc, volume, STAGE.name, sum(one.images.rows for one in todo.values())) as counter:
        done = slices.run_slices(sc, volume, STAGE, todo, partial(label_slices, volume), counter)
    published = slices.publish(volume, snapshot, STAGE, work, done)
    published = refresh_totals(sc, volume, published)
    published = people.refresh(sc, volume, published, STAGE.name)
    if settings.json_exports:
        exports.refresh_labels(sc, volume, published, partial(repeated_names, sc, volume, published))
    exports.refresh_features(sc, volume, published, wanted=settings.features_csv)
    return runs.count_slices(STAGE, IMAGES, snapshot, work, done)


def check_input(snapshot: Snapshot) -> None:
    """Do nothing if there are pictures; errors as `run`."""
    require(snapshot.rows(IMAGES), STAGE.name, "acquisition")


def label_slices(volume: Storage, parts: "RDD[LabelingInput]") -> "RDD[TableRow]":
    """Rows of every table from the parts of slices; a slice's rows stay in its partition and in its order."""
    return parts.flatMap(partial(steps.read_pictures, volume)).flatMap(steps.label_picture)


def refresh_totals(sc: SparkContext, volume: Storage, snapshot: Snapshot) -> Snapshot:
    """Count the collection anew if its labels have changed since it was counted; sweep what that leaves."""
    counted = live.digest(snapshot, LABELS)[
        :16
    ]  # names the part: another one each time, so a live part is never overwritten
    stored = snapshot.parts(TOTALS, STAGE.name, STAGE.fingerprint)
    if [part.slice for part in stored if presence.is_there(volume, part)] != [counted]:
        rows = [{"kind": kind, "value": value, "pictures": n} for (kind, value), n in totals(sc, volume, snapshot)]
        part = tables.write_part(volume, TOTALS, rows, counted, STAGE.name, STAGE.fingerprint)
        snapshot = tables.publish(volume, snapshot, STAGE.name, {TOTALS.name: [part]})
    orphans.sweep(volume, snapshot, STAGE.name, [TOTALS])
    return snapshot


def totals(sc: SparkContext, volume: Storage, snapshot: Snapshot) -> list[tuple[tuple[str, str], int]]:
    """How many pictures have each colour, orientation, size, format and tag; the most frequent first."""
    counts = counted(labels(sc, volume, snapshot, steps.COUNTED), steps.counted_values)
    return counts.takeOrdered(MOST_TOTALS, key=steps.most_frequent_first)


def repeated_names(sc: SparkContext, volume: Storage, snapshot: Snapshot) -> frozenset[str]:
    """File names that more than one picture has; the driver holds these, never all names."""
    counts = counted(labels(sc, volume, snapshot, ["filename"]), steps.filename_of)
    return frozenset(counts.filter(steps.is_repeated).keys().collect())


def labels(sc: SparkContext, volume: Storage, snapshot: Snapshot, columns: list[str]) -> "RDD[dict[str, Any]]":
    """Some columns of LABELS, row by row; of live pictures alone."""
    parts = live.live_parts(snapshot, LABELS)
    n_tasks = max(sc.defaultParallelism, math.ceil(len(parts) / PARTS_PER_TASK))
    return sc.parallelize(parts, max(1, min(len(parts), n_tasks))).flatMap(partial(read_part, volume, columns))


def read_part(volume: Storage, columns: list[str], part: LivePart) -> list[dict[str, Any]]:
    """Some columns of a part's live rows."""
    return live.read_rows(volume, part, columns)


def counted(rows: "RDD[dict[str, Any]]", keys_of: Callable[[dict[str, Any]], Iterator[Any]]) -> "RDD[tuple[Any, int]]":
    """How many rows have each key."""
    return rows.flatMap(keys_of).map(lambda key: (key, 1)).reduceByKey(add)
