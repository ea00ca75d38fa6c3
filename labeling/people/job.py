"""Wire the people's part of labeling: snapshot of the store, profiles and patterns by RDD. No logic here.

A task makes the profiles of one part of LIKES, which has whole people, so memory does not grow with the people and no
byte depends on the number of partitions. The driver holds at most `patterns.PAIRED` tastes.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from operator import add
from typing import Any, NamedTuple

from pyspark import RDD, Broadcast, SparkContext, StorageLevel

from labeling.people import parts as people_parts
from labeling.people import patterns
from labeling.people.parts import Located, Profiled
from labeling.people.patterns import Clusters, Pair, Taste, Total, Words
from labeling.people.snapshot import write_likes
from shared import tables
from shared.people import profile as profiles
from shared.people import simulate
from shared.people.store import PeopleStore
from shared.pipeline import exports
from shared.storage import Storage
from shared.storage.files import digest, to_json
from shared.storage.volume import REPORTS
from shared.tables import Part, Snapshot, live, orphans, presence
from shared.tables.contracts import IMAGES, LABELS, LIKES, PATTERNS, PROFILES

log = logging.getLogger(__name__)

VERSION = 2  # raise it when profiles become others than before
FINGERPRINT = digest("people", VERSION)
USERS_JSON, PATTERNS_JSON = "users.json", f"{REPORTS}/patterns.json"
SAMPLE_PEOPLE = 7  # one of each family
CONTRACTS = (LIKES, PROFILES, PATTERNS)


class Found(NamedTuple):
    """What all profiles together say."""

    totals: dict[str, list[Total]]
    counts: dict[str, int]
    words: Words
    clusters: Clusters
    pairs: list[Pair]


def refresh(sc: SparkContext, volume: Storage, snapshot: Snapshot, stage: str) -> Snapshot:
    """Bring LIKES, PROFILES, PATTERNS, users.json and reports/patterns.json up to date with the store and the labels.

    Nothing is written where nobody ever said anything. What is replaced is deleted at once: it may be of somebody forgotten.
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
    orphans.sweep(volume, snapshot, stage, CONTRACTS, at_once=True)
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
    likes = snapshot.parts(LIKES)
    people = profiled(sc, volume, snapshot, likes).persist(StorageLevel.DISK_ONLY)
    found = find_patterns(sc, people)
    shared = sc.broadcast((found.words, found.clusters))
    write = partial(write_profiles, volume, shared, made_of, stage)
    written = people.mapPartitionsWithIndex(write).collect() if likes else []
    people.unpersist()
    sizes = [sum(some) for some in zip(*(sizes for _, sizes in written), strict=True)]
    rows = patterns.pattern_rows(found.totals, found.counts, sizes, found.pairs)
    put_patterns(volume, to_json(patterns.report(rows, found.counts, found.clusters.silhouettes)))
    log.info("people: %d, likes %d, clusters %d", found.counts["people"], found.counts["likes"], len(sizes))
    made = {
        PROFILES.name: [part for part, _ in written],
        PATTERNS.name: [tables.write_part(volume, PATTERNS, rows, made_of, stage, FINGERPRINT)],
    }
    return tables.publish(volume, snapshot, stage, made)


def put_patterns(volume: Storage, document: bytes) -> None:
    """Store the patterns for people to read; where the folder cannot be written, the table has them all the same."""
    try:
        volume.put(PATTERNS_JSON, document)
    except OSError as error:
        log.warning("%s is left out: %s", PATTERNS_JSON, error)


def profiled(sc: SparkContext, volume: Storage, snapshot: Snapshot, likes: Sequence[Part]) -> "RDD[Profiled]":
    """Everybody's profile and facts, the people of a part of LIKES in the partition of its number."""
    liked = spread(sc, list(enumerate(likes))).flatMap(partial(people_parts.liked_pictures, volume))
    labels = spread(sc, live.live_parts(snapshot, LABELS)).flatMap(partial(people_parts.labels_of, volume))
    joined = liked.groupByKey().join(labels).flatMap(people_parts.by_part)
    placed = joined.partitionBy(max(len(likes), 1), partition_of)
    return placed.mapPartitionsWithIndex(partial(profiles_of_part, volume, likes))


def find_patterns(sc: SparkContext, people: "RDD[Profiled]") -> Found:
    """Count, then find clusters and similar pairs."""
    counted = people.mapPartitions(patterns.totals_of).reduceByKey(add)
    totals = counted.sortBy(patterns.most_frequent_first).cache()
    kinds = (*patterns.TOTALLED, *patterns.FAVORITES, "people", "likes")
    frequent = {kind: totals.filter(partial(is_kind, kind)).take(patterns.TOTALS) for kind in kinds}
    words = patterns.words_of(
        {kind: totals.filter(partial(is_kind, kind)).take(patterns.WORDS) for kind in patterns.FAVORITES}
    )
    totals.unpersist()
    tastes = people.keys().mapPartitions(partial(patterns.tastes_of, words)).takeOrdered(patterns.PAIRED, key=key_of)
    counts = {kind: sum(n for _, n in frequent[kind]) for kind in ("people", "likes")}
    clusters = patterns.find_clusters(tastes[: patterns.CLUSTERED])
    return Found(frequent, counts, words, clusters, similar_pairs(sc, tastes))


def similar_pairs(sc: SparkContext, tastes: Sequence[Taste]) -> list[Pair]:
    """The most similar pairs of some people, compared in strips by tasks."""
    if not tastes:
        return []
    by_name = sc.broadcast(people_parts.stacked(tastes))
    starts = list(range(0, len(tastes), patterns.STRIP))
    return spread(sc, starts).map(partial(pairs_of_strip, by_name)).reduce(patterns.best_pairs)


def pairs_of_strip(by_name: "Broadcast[tuple[list[str], patterns.Floats]]", start: int) -> list[Pair]:
    """See `patterns.similar_pairs`."""
    return patterns.similar_pairs(*by_name.value, start)


def profiles_of_part(
    volume: Storage, likes: Sequence[Part], number: int, located: Iterable[tuple[int, Located]]
) -> Iterator[Profiled]:
    """See `people_parts.profiles_of_part`."""
    return people_parts.profiles_of_part(volume, likes[number], located) if likes else iter(())


def write_profiles(
    volume: Storage,
    shared: "Broadcast[tuple[Words, Clusters]]",
    made_of: str,
    stage: str,
    number: int,
    people: Iterable[Profiled],
) -> Iterator[tuple[Part, list[int]]]:
    """Write the part of PROFILES of a partition; with how many of its people are in each cluster."""
    words, clusters = shared.value
    rows = list(patterns.with_cluster(words, clusters, (profile for profile, _ in people)))
    part = tables.write_part(volume, PROFILES, rows, f"{made_of}-{number:06d}", stage, FINGERPRINT)
    numbers = [row["cluster"] for row in rows]
    yield part, [numbers.count(cluster) for cluster in range(len(clusters.centres))]


def spread(sc: SparkContext, items: Sequence[Any]) -> "RDD[Any]":
    """Items over partitions, a few a core."""
    return sc.parallelize(items, max(1, min(len(items), 4 * sc.defaultParallelism)))


def partition_of(number: int) -> int:
    """The partition of a part of LIKES."""
    return number


def is_kind(kind: str, total: Total) -> bool:
    """Whether a total is of a kind."""
    return total[0][0] == kind


def key_of(taste: Taste) -> bytes:
    """What people are drawn by."""
    return taste.key


def user_lines(volume: Storage, part: Part) -> list[bytes]:
    """A line of users.json for each profile of a part."""
    return [exports.to_line(profiles.to_record(row)) for row in tables.read_rows(volume, part)]
