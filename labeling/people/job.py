"""Wire the people's part of labeling: snapshot of the store, profiles and patterns by RDD. No logic here."""

import logging
from collections.abc import Sequence
from functools import partial
from operator import add
from typing import Any

from pyspark import RDD, SparkContext, StorageLevel

from labeling.people import patterns
from labeling.people.snapshot import write_likes
from shared import tables
from shared.people import profile as profiles
from shared.people import simulate
from shared.people.profile import Counted
from shared.people.store import PeopleStore
from shared.pipeline import exports
from shared.storage import Storage
from shared.storage.files import digest, to_json
from shared.storage.volume import REPORTS
from shared.tables import Part, Snapshot, live, orphans, presence
from shared.tables.contracts import IMAGES, LABELS, LIKES, PATTERNS, PROFILES
from shared.tables.live import LivePart

log = logging.getLogger(__name__)

VERSION = 1  # raise it when profiles become others than before
FINGERPRINT = digest("people", VERSION)
USERS_JSON, PATTERNS_JSON = "users.json", f"{REPORTS}/patterns.json"
LABEL_COLUMNS = ("image_id", "filename", "orientation", "size_category", "color_names", "tags")
PROFILES_PER_PART = 10_000
SAMPLE_PEOPLE = 7  # one of each family
CONTRACTS = (LIKES, PROFILES, PATTERNS)

Row = dict[str, Any]


def refresh(sc: SparkContext, volume: Storage, snapshot: Snapshot, stage: str) -> Snapshot:
    """Bring LIKES, PROFILES, PATTERNS, users.json and reports/patterns.json up to date with the store and the labels.

    Nothing is written where nobody ever said anything.
    """
    if not PeopleStore(volume).exists and is_sample(volume, snapshot):
        simulate.simulate(volume, SAMPLE_PEOPLE, seed=1)
    if not PeopleStore(volume).exists and not snapshot.parts(LIKES):
        return snapshot
    likes = write_likes(volume, stage, FINGERPRINT, snapshot.parts(LIKES))
    if likes != snapshot.parts(LIKES):
        snapshot = tables.publish(volume, snapshot, stage, {LIKES.name: likes})
    made_of = digest(FINGERPRINT, live.digest(snapshot, LIKES, LABELS))[:16]
    stored = [*snapshot.parts(PROFILES, stage), *snapshot.parts(PATTERNS, stage)]
    is_current = stored and all(part.slice.startswith(made_of) and presence.is_there(volume, part) for part in stored)
    if not is_current:
        snapshot = compute(sc, volume, snapshot, stage, made_of)
    orphans.sweep(volume, snapshot, stage, CONTRACTS)
    if not exports.is_current(volume, USERS_JSON, made_of):
        parts = snapshot.parts(PROFILES)
        exports.write(sc, volume, USERS_JSON, made_of, parts, partial(user_lines, volume), exports.JSON_LIST)
    return snapshot


def is_sample(volume: Storage, snapshot: Snapshot) -> bool:
    """Whether the collection is the built-in sample, which comes with made-up people."""
    parts = snapshot.parts(IMAGES)
    return bool(parts) and set(tables.read_columns(volume, parts[0], ["source"])["source"]) == {"sample"}


def compute(sc: SparkContext, volume: Storage, snapshot: Snapshot, stage: str, made_of: str) -> Snapshot:
    """Compute and publish profiles and patterns."""
    counted = facts(sc, volume, snapshot).reduceByKey(add).persist(StorageLevel.MEMORY_AND_DISK)
    rows = counted.map(profiles.by_user).groupByKey().map(profiles.profile_of).sortBy(user_id_of).collect()
    totals = counted.flatMap(patterns.totals_of).reduceByKey(add).sortBy(patterns.most_frequent_first)
    frequent = [total for kind in ("color", "tag", "orientation", "size") for total in most_frequent(totals, kind)]
    counted.unpersist()
    clusters = patterns.cluster_people(patterns.taste_vectors(rows))
    for row, number in zip(rows, clusters.of_user, strict=True):
        row["cluster"] = number
    n_likes = sum(len(row["favorite_images"]) for row in rows)
    found = patterns.pattern_rows(frequent, n_likes, rows, clusters)
    volume.put(PATTERNS_JSON, to_json(patterns.report(found, len(rows), n_likes, clusters.silhouettes)))
    log.info("people: %d, likes %d, clusters %d", len(rows), n_likes, clusters.k)
    parts = {
        PROFILES.name: [
            tables.write_part(volume, PROFILES, some, f"{made_of}-{number:06d}", stage, FINGERPRINT)
            for number, some in enumerate(chunks(rows))
        ],
        PATTERNS.name: [tables.write_part(volume, PATTERNS, found, made_of, stage, FINGERPRINT)],
    }
    return tables.publish(volume, snapshot, stage, parts)


def facts(sc: SparkContext, volume: Storage, snapshot: Snapshot) -> "RDD[Counted]":
    """What every like says of its person."""
    labels = spread(sc, live.live_parts(snapshot, LABELS)).flatMap(partial(read_labels, volume)).keyBy(image_id_of)
    likes = spread(sc, snapshot.parts(LIKES)).flatMap(partial(read_likes, volume)).keyBy(image_id_of)
    return likes.leftOuterJoin(labels).flatMap(profiles.facts_of)


def spread(sc: SparkContext, items: Sequence[Any]) -> "RDD[Any]":
    """Items over partitions, a few a core."""
    return sc.parallelize(items, max(1, min(len(items), 4 * sc.defaultParallelism)))


def most_frequent(totals: "RDD[tuple[tuple[str, str], int]]", kind: str) -> list[tuple[tuple[str, str], int]]:
    """The most frequent values of a kind, of totals that are sorted."""
    return totals.filter(partial(is_kind, kind)).take(patterns.TOTALS)


def is_kind(kind: str, total: tuple[tuple[str, str], int]) -> bool:
    """Whether a total is of a kind."""
    return total[0][0] == kind


def read_labels(volume: Storage, part: LivePart) -> list[Row]:
    """The labels of a slice's pictures that exist."""
    return live.read_rows(volume, part, LABEL_COLUMNS)


def read_likes(volume: Storage, part: Part) -> list[Row]:
    """The rows of a part of LIKES."""
    return tables.read_rows(volume, part)


def image_id_of(row: Row) -> str:
    """A row's picture."""
    return str(row["image_id"])


def user_id_of(row: Row) -> str:
    """A row's person."""
    return str(row["user_id"])


def chunks(rows: list[Row]) -> list[list[Row]]:
    """Rows in lists that become parts; one empty list for none."""
    return [rows[start : start + PROFILES_PER_PART] for start in range(0, max(len(rows), 1), PROFILES_PER_PART)]


def user_lines(volume: Storage, part: Part) -> list[bytes]:
    """A line of users.json for each profile of a part."""
    return [exports.to_line(profiles.to_record(row)) for row in tables.read_rows(volume, part)]
