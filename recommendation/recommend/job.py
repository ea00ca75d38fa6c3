"""Wire the recommendations of all people: what the crowd says, everybody's weights, a list for each. No logic here."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import groupby
from typing import Any

from pyspark import RDD, Broadcast, SparkContext, StorageLevel

from recommendation.recommend import batch, overlap, saved
from recommendation.recommend.advisor import State, make_state
from recommendation.recommend.overlap import Person
from recommendation.recommend.saved import Learnt
from recommendation.scoring.recommenders import Evidence, mean_weights
from recommendation.scoring.weights import best_strength
from recommendation.search.engine import Engine
from shared import tables
from shared.pipeline import exports
from shared.storage import Storage
from shared.storage.files import digest
from shared.tables import Part, Snapshot, orphans, presence
from shared.tables.contracts import LIKES, RECOMMENDATIONS

log = logging.getLogger("recommendation")

STAGE = "recommendation"
VERSION = 2  # raise it when recommendations become others than before
N = 10  # pictures for each person
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
    orphans.sweep(volume, snapshot, STAGE, [RECOMMENDATIONS], at_once=True)
    if not exports.is_current(volume, RECOMMENDATIONS_JSON, made_of):
        parts = snapshot.parts(RECOMMENDATIONS)
        lines = partial(json_lines, volume)
        exports.write(sc, volume, RECOMMENDATIONS_JSON, made_of, parts, lines, exports.JSON_OBJECT)
    return snapshot


def compute(sc: SparkContext, volume: Storage, likes: Sequence[Part], made_of: str) -> list[Part]:
    """Learn from all people, then write the parts of RECOMMENDATIONS; the same bytes for any number of partitions.

    A task writes the parts of the pieces that it works on; the driver holds what is known of pictures, never of people.
    """
    pieces = batch.pieces_of(likes)
    learn(sc, volume, spread(sc, pieces).flatMap(partial(batch.read_piece, volume)))
    numbered = sc.parallelize(list(enumerate(pieces)), max(1, len(pieces)))
    written = numbered.map(partial(write_piece, volume, batch.stamp(volume), made_of)).collect() if pieces else []
    log.info("recommendations for %d people", sum(n_people for _, n_people in written))
    return [part for part, _ in written] or [write_rows(volume, [], f"{made_of}-000000")]


def learn(sc: SparkContext, volume: Storage, people: "RDD[Person]") -> None:
    """Store what all people together say: sums, item-kNN where they overlap enough, and the mean of their weights."""
    counted: RDD[tuple[str, batch.Counts]] = people.mapPartitions(batch.counts_of).reduceByKey(batch.add_counts)
    learnt = batch.crowd_counts(counted.sortByKey().mapPartitions(batch.as_arrays).collect(), people.count())
    if overlap.overlaps_enough(learnt):
        learnt = learn_overlap(sc, people, learnt)
    saved.save(volume, learnt)
    sample = people.map(batch.shuffled).takeOrdered(batch.SAMPLE, key=batch.first)
    chosen = spread(sc, [person for _, person in sample])
    gather = partial(evidence, chosen, volume, batch.stamp(volume))
    everybody = mean_weights([one.weights for one in gather({})])
    strength = best_strength([one.likelihoods for one in gather(everybody)])
    saved.save(volume, learnt._replace(everybody=everybody, strength=strength))


def evidence(people: "RDD[Person]", volume: Storage, stamp: str, everybody: dict[str, float]) -> list[Evidence]:
    """The evidence of some people under common weights, by user id."""
    return people.mapPartitions(partial(weigh_people, volume, stamp, everybody)).sortByKey().values().collect()


def learn_overlap(sc: SparkContext, people: "RDD[Person]", learnt: Learnt) -> Learnt:
    """What was learnt, with item-kNN."""
    means = sc.broadcast(overlap.means_of(learnt))
    products = people.mapPartitions(partial(products_of, means)).reduceByKey(overlap.add_products)
    products.persist(StorageLevel.DISK_ONLY)
    norms = overlap.norms_of(len(learnt.ids), products.map(overlap.squares_of).collect())
    shared = sc.broadcast(norms)
    found = products.map(partial(nearest, shared)).toLocalIterator()
    learnt = overlap.with_overlap(learnt, norms, found)
    products.unpersist()
    return learnt


def products_of(means: "Broadcast[overlap.Means]", people: Iterable[Person]) -> Iterator[tuple[int, overlap.Products]]:
    """See `overlap.products_of`."""
    return overlap.products_of(means.value, people)


def nearest(norms: "Broadcast[Any]", block: tuple[int, overlap.Products]) -> overlap.Neighbours:
    """See `overlap.nearest`."""
    return overlap.nearest(norms.value, block)


def spread(sc: SparkContext, items: Sequence[Any]) -> "RDD[Any]":
    """Items over partitions, a few a core."""
    return sc.parallelize(items, max(1, min(len(items), 4 * sc.defaultParallelism)))


def user_id_of(row: Row) -> str:
    """A row's person."""
    return str(row["user_id"])


@lru_cache(maxsize=1)
def state_of(volume: Storage, stamp: str) -> State:  # noqa: ARG001 # the stamp is what the cache goes by
    """The state of a worker process; opened again when index or model are others."""
    return make_state(volume, Engine.open(volume))


def weigh_people(
    volume: Storage, stamp: str, everybody: dict[str, float], people: Iterable[Person]
) -> Iterator[tuple[str, Evidence]]:
    """The evidence of each person that has enough likes."""
    for person in people:
        found = batch.evidence_of(state_of(volume, stamp), everybody, person)
        if found:
            yield person[0], found


def write_piece(volume: Storage, stamp: str, made_of: str, numbered: tuple[int, batch.Piece]) -> tuple[Part, int]:
    """Write the part of RECOMMENDATIONS of a piece's people; with how many they are."""
    number, piece = numbered
    rows: list[Row] = []
    n_people = 0
    for person in batch.read_piece(volume, piece):
        rows += batch.recommendation_rows(state_of(volume, stamp), person, N)
        n_people += 1
    return write_rows(volume, rows, f"{made_of}-{number:06d}"), n_people


def write_rows(volume: Storage, rows: Sequence[Row], slice_name: str) -> Part:
    """Write a part of RECOMMENDATIONS."""
    return tables.write_part(volume, RECOMMENDATIONS, rows, slice_name, STAGE, digest(VERSION))


def json_lines(volume: Storage, part: Part) -> Iterator[bytes]:
    """A member of recommendations.json for each person of a part."""
    rows = tables.read_rows(volume, part)
    for user_id, some in groupby(rows, key=user_id_of):
        yield exports.to_line(user_id) + b": " + exports.to_line([batch.to_record(row) for row in some])
