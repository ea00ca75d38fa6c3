"""Wire the recommendations of all people: what the crowd says, everybody's weights, a list for each. No logic here."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import groupby
from operator import add
from typing import Any

from pyspark import RDD, Broadcast, SparkContext

from recommendation.recommend import batch, saved
from recommendation.recommend.advisor import State, make_state
from recommendation.search.engine import Engine
from shared import tables
from shared.pipeline import exports
from shared.storage import Storage
from shared.storage.files import digest
from shared.tables import Part, Snapshot, orphans, presence
from shared.tables.contracts import LIKES, RECOMMENDATIONS

log = logging.getLogger("recommendation")

STAGE = "recommendation"
VERSION = 1  # raise it when recommendations become others than before
N = 10  # pictures for each person
ROWS_PER_PART = 50_000
RECOMMENDATIONS_JSON = "recommendations.json"

Row = dict[str, Any]


def refresh(sc: SparkContext, volume: Storage) -> Snapshot:
    """Bring RECOMMENDATIONS, recommendations.json and the model of all people up to date with likes and index.

    Nothing is written where nobody ever said anything.
    """
    snapshot = tables.open_snapshot(volume)
    if not snapshot.tables.get(LIKES.name) and not snapshot.parts(RECOMMENDATIONS):
        return snapshot
    made_of = digest(VERSION, N, snapshot.digest(LIKES), Engine.open(volume).generation)[:16]
    stored = snapshot.parts(RECOMMENDATIONS, STAGE)
    if not stored or not all(part.slice.startswith(made_of) and presence.is_there(volume, part) for part in stored):
        parts = compute(sc, volume, snapshot.parts(LIKES), made_of)
        snapshot = tables.publish(volume, snapshot, STAGE, {RECOMMENDATIONS.name: parts})
    orphans.sweep(volume, snapshot, STAGE, [RECOMMENDATIONS])
    if not exports.is_current(volume, RECOMMENDATIONS_JSON, made_of):
        parts = snapshot.parts(RECOMMENDATIONS)
        lines = partial(json_lines, volume)
        exports.write(sc, volume, RECOMMENDATIONS_JSON, made_of, parts, lines, exports.JSON_OBJECT)
    return snapshot


def compute(sc: SparkContext, volume: Storage, likes: Sequence[Part], made_of: str) -> list[Part]:
    """Learn from all people, then write the parts of RECOMMENDATIONS; the same bytes for any number of partitions."""
    people = spread(sc, likes).flatMap(partial(read_people, volume)).cache()
    learn(sc, volume, people)
    stamp = batch.stamp(volume)
    rows = people.mapPartitions(partial(recommend_people, volume, stamp)).sortBy(order_of).collect()
    people.unpersist()
    log.info("recommendations for %d people", len({row["user_id"] for row in rows}))
    return [
        tables.write_part(volume, RECOMMENDATIONS, some, f"{made_of}-{number:06d}", STAGE, digest(VERSION))
        for number, some in enumerate(batch.in_parts(rows, ROWS_PER_PART))
    ]


def learn(sc: SparkContext, volume: Storage, people: "RDD[batch.Person]") -> None:
    """Store what all people together say: sums, item-kNN where they overlap enough, and the mean of their weights."""
    counted: Sequence[tuple[str, batch.Counts]] = (
        people.flatMap(batch.opinions_of).reduceByKey(batch.add_counts).sortByKey().collect()
    )
    n_users = people.filter(batch.has_opinions).count()
    learnt = batch.crowd_counts(counted, n_users)
    if batch.overlaps_enough(learnt):
        means = sc.broadcast(batch.means_of(learnt))
        pairs = people.flatMap(partial(pairs_of, means)).reduceByKey(add).cache()
        norms = pairs.filter(batch.is_square).map(batch.square_of).collectAsMap()
        nearest: Sequence[tuple[str, list[tuple[str, int]]]] = (
            pairs.flatMap(batch.both_ways).groupByKey().map(partial(batch.nearest, norms)).sortByKey().collect()
        )
        learnt = batch.with_overlap(learnt, norms, nearest)
        pairs.unpersist()
    saved.save(volume, learnt)
    sample = people.map(batch.shuffled).takeOrdered(batch.SAMPLE, key=batch.first)
    chosen = spread(sc, [person for _, person in sample])
    weights = chosen.mapPartitions(partial(weigh_people, volume, batch.stamp(volume))).sortByKey().values().collect()
    saved.save(volume, learnt._replace(everybody=batch.mean_weights(weights)))


def pairs_of(
    means: "Broadcast[dict[str, float] | None]", person: batch.Person
) -> Iterator[tuple[tuple[str, str], Any]]:
    """See `batch.pairs_of`."""
    return batch.pairs_of(means.value, person)


def spread(sc: SparkContext, items: Sequence[Any]) -> "RDD[Any]":
    """Items over partitions, a few a core."""
    return sc.parallelize(items, max(1, min(len(items), 4 * sc.defaultParallelism)))


def read_people(volume: Storage, part: Part) -> Iterator[batch.Person]:
    """The people of a part of LIKES with their opinions; all of a person are in one part."""
    rows = tables.iterate_rows(volume, part, ["user_id", "image_id", "value"])
    for user_id, some in groupby(rows, key=user_id_of):
        yield user_id, {row["image_id"]: row["value"] for row in some}


def user_id_of(row: Row) -> str:
    """A row's person."""
    return str(row["user_id"])


def order_of(row: Row) -> tuple[str, int]:
    """Sort key of recommendations."""
    return row["user_id"], row["rank"]


@lru_cache(maxsize=1)
def state_of(volume: Storage, stamp: str) -> State:  # noqa: ARG001 # the stamp is what the cache goes by
    """The state of a worker process; opened again when index or model are others."""
    return make_state(volume, Engine.open(volume))


def weigh_people(volume: Storage, stamp: str, people: Iterable[batch.Person]) -> Iterator[tuple[str, dict[str, float]]]:
    """The own weights of each person that has enough likes."""
    for person in people:
        weights = batch.weights_of(state_of(volume, stamp), person)
        if weights:
            yield person[0], weights


def recommend_people(volume: Storage, stamp: str, people: Iterable[batch.Person]) -> Iterator[Row]:
    """Rows of RECOMMENDATIONS."""
    for person in people:
        yield from batch.recommendation_rows(state_of(volume, stamp), person, N)


def json_lines(volume: Storage, part: Part) -> Iterator[bytes]:
    """A member of recommendations.json for each person of a part."""
    rows = tables.read_rows(volume, part)
    for user_id, some in groupby(rows, key=user_id_of):
        yield exports.to_line(user_id) + b": " + exports.to_line([batch.to_record(row) for row in some])
