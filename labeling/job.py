"""Wire the labeling stage: label every slice that lacks labels, then count the labels of the whole collection."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from operator import add
from typing import Any

from pyspark import RDD, SparkContext

from labeling import exports, steps, totals
from labeling.charts import job as charts
from labeling.people import job as people
from labeling.people import tag_job
from labeling.settings import Settings
from labeling.steps import STAGE, LabelingInput
from shared import tables
from shared.pipeline import runs, slices
from shared.pipeline.progress import progress
from shared.pipeline.runs import StageCounts
from shared.pipeline.slices import TableRow
from shared.pipeline.stages import require
from shared.storage import Storage
from shared.storage.files import digest
from shared.tables import Part, Snapshot, live, orphans, presence
from shared.tables.contracts import FAILURES, IMAGES, LABELS, LOCATIONS, TOTALS
from shared.tables.live import LivePart

PARTS_PER_TASK = 16


def run(sc: SparkContext, settings: Settings) -> StageCounts:
    """Label every picture that has no labels yet.

    Writes LABELS, FEATURES, TOTALS, images_labels.json and, if asked for, features.csv; LIKES, PROFILES, PATTERNS and users.json
    where people like pictures; reports/charts.

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
    published = tag_job.merge_tags(sc, volume, published, STAGE.name)
    published = refresh_totals(sc, volume, published)
    published = people.refresh(sc, volume, published, STAGE.name)
    if settings.json_exports:
        exports.refresh_labels(sc, volume, published, partial(repeated_names, sc, volume, published))
    exports.refresh_features(sc, volume, published, wanted=settings.features_csv)
    if settings.charts:
        charts.refresh(sc, volume, published)
    return runs.count_slices(STAGE, IMAGES, snapshot, work, done)


def check_input(snapshot: Snapshot) -> None:
    """Do nothing if there are pictures; errors as `run`."""
    require(snapshot.rows(IMAGES), STAGE.name, "acquisition")


def label_slices(volume: Storage, parts: "RDD[LabelingInput]") -> "RDD[TableRow]":
    """Rows of every table from the parts of slices; a slice's rows stay in its partition and in its order."""
    return parts.flatMap(partial(steps.read_pictures, volume)).flatMap(steps.label_picture)


def refresh_totals(sc: SparkContext, volume: Storage, snapshot: Snapshot) -> Snapshot:
    """Count the collection anew if what is counted has changed since; sweep what that leaves."""
    counted = digest(totals.VERSION, live.digest(snapshot, LABELS), counted_parts(snapshot))[
        :16
    ]  # names the part: another one each time, so a live part is never overwritten
    stored = snapshot.parts(TOTALS, STAGE.name, STAGE.fingerprint)
    if [part.slice for part in stored if presence.is_there(volume, part)] != [counted]:
        found = count_all(sc, volume, snapshot)
        rows = [{"kind": kind, "value": value, "pictures": n} for (kind, value), n in found]
        part = tables.write_part(volume, TOTALS, rows, counted, STAGE.name, STAGE.fingerprint)
        snapshot = tables.publish(volume, snapshot, STAGE.name, {TOTALS.name: [part]})
    orphans.sweep(volume, snapshot, STAGE.name, [TOTALS])
    return snapshot


def counted_parts(snapshot: Snapshot) -> list[list[str]]:
    """Identity of what is counted besides LABELS."""
    parts = (snapshot.parts(IMAGES), snapshot.parts(LOCATIONS), known_failures(snapshot))
    return [[part.sha256 for part in some] for some in parts]


def known_failures(snapshot: Snapshot) -> list[Part]:
    """Failures of the stages up to this one; later stages write theirs when this one has counted."""
    return [part for part in snapshot.parts(FAILURES) if part.stage in (tables.FIRST_STAGE, STAGE.name)]


def count_all(sc: SparkContext, volume: Storage, snapshot: Snapshot) -> list[tuple[tuple[str, str], int]]:
    """All that TOTALS holds, the most frequent first; of open kinds the most frequent values only."""
    facts = [
        labels(sc, volume, snapshot, totals.LABEL_COLUMNS).flatMap(totals.facts_of_label),
        *(
            spread(sc, parts).flatMap(partial(read_stored, volume, columns)).flatMap(facts_of)
            for parts, columns, facts_of in (
                (snapshot.parts(IMAGES), totals.IMAGE_COLUMNS, totals.facts_of_image),
                (snapshot.parts(LOCATIONS), totals.LOCATION_COLUMNS, totals.facts_of_location),
                (known_failures(snapshot), totals.FAILURE_COLUMNS, totals.facts_of_failure),
            )
        ),
    ]
    counts = sc.union(facts).map(lambda fact: (fact, 1)).reduceByKey(add, sc.defaultParallelism).cache()
    closed: list[tuple[tuple[str, str], int]] = counts.filter(totals.is_closed).collect()
    most = counts.filter(totals.is_open).takeOrdered(totals.MOST_TOTALS, key=totals.most_frequent_first)
    counts.unpersist()
    return sorted([*closed, *most], key=totals.most_frequent_first)


def repeated_names(sc: SparkContext, volume: Storage, snapshot: Snapshot) -> frozenset[str]:
    """File names that more than one picture has; the driver holds these, never all names."""
    counts = counted(labels(sc, volume, snapshot, ["filename"]), steps.filename_of)
    return frozenset(counts.filter(steps.is_repeated).keys().collect())


def labels(sc: SparkContext, volume: Storage, snapshot: Snapshot, columns: list[str]) -> "RDD[dict[str, Any]]":
    """Some columns of LABELS, row by row; of live pictures alone."""
    return spread(sc, live.live_parts(snapshot, LABELS)).flatMap(partial(read_part, volume, columns))


def spread(sc: SparkContext, parts: Sequence[Any]) -> "RDD[Any]":
    """Parts over tasks, PARTS_PER_TASK at most to each."""
    n_tasks = max(sc.defaultParallelism, math.ceil(len(parts) / PARTS_PER_TASK))
    return sc.parallelize(parts, max(1, min(len(parts), n_tasks)))


def read_stored(volume: Storage, columns: list[str], part: Part) -> list[dict[str, Any]]:
    """Some columns of a part's rows."""
    return tables.read_rows(volume, part, columns)


def read_part(volume: Storage, columns: list[str], part: LivePart) -> list[dict[str, Any]]:
    """Some columns of a part's live rows."""
    return live.read_rows(volume, part, columns)


def counted(rows: "RDD[dict[str, Any]]", keys_of: Callable[[dict[str, Any]], Iterator[Any]]) -> "RDD[tuple[Any, int]]":
    """How many rows have each key."""
    return rows.flatMap(keys_of).map(lambda key: (key, 1)).reduceByKey(add)
