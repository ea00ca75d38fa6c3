"""Wire the search for copies: candidate pairs, signatures and verification by RDD; then the table and its exports."""

import logging
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyspark import RDD, SparkContext

from recommendation.duplicates import comparison, edges, facts
from recommendation.duplicates.candidates import BANDS, Pairs, has_new
from recommendation.duplicates.comparison import Found, Rows
from recommendation.duplicates.edges import Edges
from recommendation.duplicates.grouping import Group, groups_of
from recommendation.index import generation
from recommendation.index.generation import Generation
from recommendation.index.pictures import Pictures
from shared import tables
from shared.csv_text import csv_line, safe_cell
from shared.people.store import DecisionStore
from shared.pipeline import exports
from shared.storage import Storage
from shared.storage.files import digest
from shared.storage.volume import REPORTS
from shared.tables import Part, Snapshot, orphans, presence
from shared.tables.contracts import DUPLICATES, IMAGES, LABELS, LOCATIONS
from shared.tables.live import live_parts

log = logging.getLogger("recommendation")

STAGE = "recommendation"
VERSION = 1  # raise it when groups become others than before
BLOCK_ROWS = 2048  # pictures of a task
BLOCK_PAIRS = 512  # that a task verifies
ROWS_PER_PART = 50_000
JSON, CSV = f"{REPORTS}/duplicates.json", f"{REPORTS}/duplicates.csv"


def refresh(sc: SparkContext, volume: Storage) -> Snapshot:
    """Bring the pairs of copies, DUPLICATES and its exports up to date with the live index and people's decisions."""
    live = generation.read_generation(volume, generation.expected_name(volume))
    found = update_edges(sc, volume, live)
    snapshot = tables.open_snapshot(volume)
    decisions = DecisionStore(volume)
    made_of = digest(VERSION, live.name, edges_digest(found), decisions.revision())[:16]
    stored = snapshot.parts(DUPLICATES, STAGE)
    if not stored or not all(part.slice.startswith(made_of) and presence.is_there(volume, part) for part in stored):
        known = collect_facts(sc, volume, snapshot, found)
        groups = groups_of(found.list(), known, decisions.pairs())
        log.info("duplicates: %d groups with %d files", len(groups), sum(len(rows_of(one, known)) for one in groups))
        snapshot = tables.publish(
            volume, snapshot, STAGE, {DUPLICATES.name: write_table(volume, groups, known, made_of)}
        )
    orphans.sweep(volume, snapshot, STAGE, [DUPLICATES])
    export(sc, volume, snapshot.parts(DUPLICATES), made_of)
    return snapshot


def update_edges(sc: SparkContext, volume: Storage, live: Generation) -> Edges:
    """Compare the pictures that are new with all others; return all copies, which are stored, too."""
    pictures = Pictures(volume, live.shards)
    ids, rows = pictures.all_ids, pictures.rows
    before = edges.read(volume)
    kept = before.kept(ids[rows])
    is_new = np.zeros(len(ids), np.bool_)
    is_new[rows] = ~np.isin(ids[rows], kept.compared)
    if is_new.any():
        found = compare(sc, volume, live, rows, is_new)
        kept = with_found(kept, found, ids, ids[rows])
        log.info("duplicates: compared %d new pictures, %d pairs of copies", is_new.sum(), len(kept.firsts))
    if is_new.any() or len(before.compared) != len(kept.compared):
        edges.write(volume, kept)
    return kept


def with_found(kept: Edges, found: Sequence[Found], ids: NDArray[np.bytes_], compared: NDArray[np.bytes_]) -> Edges:
    """The pairs that were kept and those that were found."""
    return Edges(
        np.sort(compared),
        np.concatenate([kept.firsts, ids[np.array([one.first for one in found], np.int64)]]),
        np.concatenate([kept.seconds, ids[np.array([one.second for one in found], np.int64)]]),
        np.concatenate([kept.kinds, np.array([one.kind for one in found], np.uint8)]),
        np.concatenate([kept.scores, np.array([one.score for one in found], np.float32)]),
        np.concatenate([kept.parts, np.array([one.is_part for one in found], np.int8)]),
    )


def compare(
    sc: SparkContext, volume: Storage, live: Generation, rows: NDArray[np.int64], is_new: NDArray[np.bool_]
) -> list[Found]:
    """The copies with a new picture among them, by row."""
    shards = rows_of_shards(live, rows)
    starts = np.array([one.first for one in shards])
    log.info("duplicates: comparing %d new pictures with %d", is_new.sum(), len(rows))
    by_bits = by_hash(sc, volume, shards, is_new)
    by_bits = by_bits.map(partial(keep_new, is_new)).map(partial(comparison.keep_plausible, volume, tuple(live.shards)))
    pairs: RDD[Pairs] = (
        by_bits.union(by_embedding(sc, volume, shards, is_new))
        .flatMap(partial(comparison.split, starts))
        .reduceByKey(comparison.merge_pairs)
        .flatMap(blocks_of_shard)
        .cache()
    )
    needed = np.unique(np.concatenate([np.zeros(0, np.int64), *pairs.map(np.unique).collect()]))
    log.info("duplicates: %d pairs to verify", pairs.map(len).sum())
    try:
        blocks = blocks_of_rows(rows_of_shards(live, needed))
        thumbnails = comparison.parts_by_slice(volume)
        write = partial(comparison.write_signatures, volume, thumbnails)
        stored = sc.parallelize(blocks, max(1, len(blocks))).map(write).collect()
        return pairs.flatMap(partial(comparison.verify_pairs, volume, stored)).sortBy(tuple).collect()
    finally:
        pairs.unpersist()
        volume.delete_folder(comparison.FOLDER)


def by_hash(sc: SparkContext, volume: Storage, shards: Sequence[Rows], is_new: NDArray[np.bool_]) -> "RDD[Pairs]":
    """Pairs with bits of a hash in common."""
    tasks = [(one, is_new[one.first + one.rows]) for one in shards]
    n_shares = BANDS * max(4, 2 * sc.defaultParallelism)
    entries = sc.parallelize(tasks, len(tasks)).flatMap(partial(comparison.propose_by_hash, volume, n_shares))
    return entries.groupByKey().mapValues(comparison.pairs_of_share).values()


def by_embedding(sc: SparkContext, volume: Storage, shards: Sequence[Rows], is_new: NDArray[np.bool_]) -> "RDD[Pairs]":
    """Pairs of new pictures and their nearest by embedding."""
    fresh = [one._replace(rows=one.rows[is_new[one.first + one.rows]]) for one in shards]
    blocks = blocks_of_rows([one for one in fresh if len(one.rows)])
    return sc.parallelize(blocks, len(blocks)).map(partial(comparison.propose_by_embedding, volume, tuple(shards)))


def keep_new(is_new: NDArray[np.bool_], pairs: Pairs) -> Pairs:
    """See `candidates.has_new`."""
    return has_new(pairs, is_new)


def blocks_of_shard(shard: tuple[int, Pairs]) -> list[Pairs]:
    """A shard's pairs in blocks."""
    return comparison.blocks_of(shard[1], BLOCK_PAIRS)


def rows_of_shards(live: Generation, rows: NDArray[np.int64]) -> list[Rows]:
    """Rows by shard; shards without any are left out."""
    found, first = [], 0
    for shard in live.shards:
        some = rows[(rows >= first) & (rows < first + shard.rows)] - first
        if len(some):
            found.append(Rows(shard, first, some))
        first += shard.rows
    return found


def blocks_of_rows(shards: Sequence[Rows]) -> list[Rows]:
    """The same in blocks of at most BLOCK_ROWS."""
    return [
        one._replace(rows=one.rows[start : start + BLOCK_ROWS])
        for one in shards
        for start in range(0, len(one.rows), BLOCK_ROWS)
    ]


def edges_digest(found: Edges) -> str:
    """What the pairs of copies are."""
    return digest([column.tobytes().hex() for column in found[1:]])


def collect_facts(sc: SparkContext, volume: Storage, snapshot: Snapshot, found: Edges) -> facts.Facts:
    """The facts about every picture of a pair, and every one that is at several places."""
    paired = frozenset((*edges.hex_ids(found.firsts), *edges.hex_ids(found.seconds)))
    read = spread(sc, snapshot.parts(LOCATIONS)).flatMap(partial(facts.read_places, volume))
    places = read.groupByKey().filter(partial(facts.is_worth, paired)).mapValues(set).collectAsMap()
    wanted = paired | places.keys()
    described = spread(sc, snapshot.parts(IMAGES)).flatMap(partial(facts.read_images, volume, wanted)).collectAsMap()
    labels = spread(sc, live_parts(snapshot, LABELS)).flatMap(partial(facts.read_labels, volume, wanted)).collectAsMap()
    return facts.facts_of(described, places, labels)


def spread(sc: SparkContext, items: Sequence[Any]) -> "RDD[Any]":
    """Items over partitions, a few a core."""
    return sc.parallelize(items, max(1, min(len(items), 4 * sc.defaultParallelism)))


def rows_of(group: Group, known: facts.Facts) -> list[dict[str, Any]]:
    """The rows of DUPLICATES of a group, the picture to keep first."""
    return [
        {
            "group_id": group.members[0].image_id,
            "image_id": member.image_id,
            "location": location,
            "filename": filename,
            "kind": member.kind if number == 0 else "exact",
            "score": member.score,
            "reason": group.reason,
            **{name: known[member.image_id][name] for name in facts.COLUMNS},
        }
        for member in group.members
        for number, (location, filename) in enumerate(known[member.image_id]["locations"])
    ]


def write_table(volume: Storage, groups: Sequence[Group], known: facts.Facts, made_of: str) -> list[Part]:
    """The parts of DUPLICATES; a group is in one part."""
    rows = [row for group in groups for row in rows_of(group, known)]
    return [
        tables.write_part(
            volume, DUPLICATES, rows[start : start + ROWS_PER_PART], f"{made_of}-{start:09}", STAGE, digest(VERSION)
        )
        for start in range(0, max(1, len(rows)), ROWS_PER_PART)
    ]


def export(sc: SparkContext, volume: Storage, parts: Sequence[Part], made_of: str) -> None:
    """Write reports/duplicates.json and reports/duplicates.csv, where the table is another one."""
    if not exports.is_current(volume, JSON, made_of):
        exports.write(sc, volume, JSON, made_of, parts, partial(json_lines, volume), exports.JSON_LIST)
    if not exports.is_current(volume, CSV, made_of):
        header = csv_line(DUPLICATES.schema.names)
        exports.write(sc, volume, CSV, made_of, parts, partial(csv_lines, volume), exports.csv_table(header))


def json_lines(volume: Storage, part: Part) -> Iterator[bytes]:
    """A line for each file of a part of DUPLICATES."""
    yield from map(exports.to_line, tables.read_rows(volume, part))


def csv_lines(volume: Storage, part: Part) -> Iterator[bytes]:
    """The same as lines of a CSV file."""
    for row in tables.read_rows(volume, part):
        line = csv_line(safe_cell(row[name]) for name in DUPLICATES.schema.names)
        yield line.replace(b"\n", b" ").replace(b"\r", b" ")
