"""Wire acquisition. First the source is listed, into files; then each slice of the listing is read, once.

1. The driver walks the source and writes what it finds in slices under `work/`. Files that an earlier run has read
   are taken out by a join, and what is left is sliced anew.
2. Each slice becomes one part of STAGED and one of THUMBNAILS, still under `work/`. Exact duplicates are found by
   `reduceByKey`, and the slice's final parts are written without them. All parts of all tables become visible in one
   move.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

from pyspark import RDD, SparkContext

from acquisition import exports, listing, steps
from acquisition.sample.plan import drawings
from acquisition.settings import Settings
from acquisition.sources import sample
from acquisition.sources.entries import Entry
from acquisition.sources.registry import EMPTY, SAMPLE, check_source, open_source, sample_folder
from acquisition.steps import STAGE
from shared import tables
from shared.errors import CannotProceedError
from shared.pictures.sandbox import DECODE_LIMITS, DecodeLimits
from shared.pipeline import slices
from shared.pipeline.progress import progress
from shared.pipeline.runs import StageCounts
from shared.pipeline.slices import Done
from shared.storage import Storage
from shared.storage.volume import WORK
from shared.tables import Part, Snapshot, orphans, presence
from shared.tables.contracts import FAILURES, IMAGES, LOCATIONS, THUMBNAILS

log = logging.getLogger(__name__)

TABLES = (IMAGES, THUMBNAILS, LOCATIONS, FAILURES)
ROWS_PER_PARTITION = 50_000


def run(sc: SparkContext, settings: Settings, limits: DecodeLimits = DECODE_LIMITS) -> StageCounts:
    """Read every file of the source that was not read before, and say where each entry ended.

    Writes IMAGES, THUMBNAILS, LOCATIONS, FAILURES and images_metadata.json.

    Raises:
        UsageError: there is no such source.
        CannotProceedError: the source is empty, or a part that was stored is gone: its files may be, too.
    """
    limits = limits._replace(picture=settings.picture_limits)
    volume, work = settings.volume, settings.volume.folder(WORK)
    snapshot = tables.open_snapshot(volume)
    presence.check_all(volume, (part for contract in TABLES for part in snapshot.parts(contract, STAGE.name)))
    orphans.sweep(volume, snapshot, STAGE.name, TABLES)
    listed, fresh = list_source(sc, settings, snapshot)
    staged = stage_slices(sc, work, fresh, limits)
    new = finish_slices(sc, volume, snapshot, staged)
    published = publish(volume, snapshot, standing_failures(sc, volume, snapshot, fresh), new)
    if settings.json_exports:
        exports.refresh(sc, volume, published)
    volume.delete_folder(WORK)
    return account(sum(part.rows for part in listed), fresh, staged, new)


def check(settings: Settings) -> None:
    """Do nothing if there is such a source and something in it; errors as `sources.check_source`."""
    check_source(settings.volume, settings.source)


def list_source(sc: SparkContext, settings: Settings, snapshot: Snapshot) -> tuple[list[Part], list[Part]]:
    """Write the listing; return all of it, and the slices that are new or have changed.

    Raises:
        UsageError: there is no such source.
        CannotProceedError: the source is empty.
    """
    volume, work = settings.volume, settings.volume.folder(WORK)
    if settings.source == SAMPLE:
        draw_sample(sc, sample_folder(volume))
    source = open_source(volume, settings.source)
    base = listing.base_of(snapshot, STAGE.name)
    listed = listing.write_listing(work, source.entries, STAGE, base)
    if not listed:
        raise CannotProceedError(EMPTY.format(source.name))
    known = listing.known_parts(snapshot, STAGE)
    if not known and not source.may_repeat:
        return listed, listed
    return listed, fresh_slices(sc, volume, listed, known, base)


def draw_sample(sc: SparkContext, folder: Path) -> None:
    """Draw the built-in collection, a picture at a time on every core, unless it is there."""
    if not sample.is_complete(folder):
        log.info("acquisition: drawing the sample")
        sc.parallelize(drawings(), len(drawings())).foreach(partial(sample.add_drawing, folder))
        sample.finish_sample(folder)


def fresh_slices(
    sc: SparkContext, volume: Storage, listed: Sequence[Part], known: Sequence[Part], base: str
) -> list[Part]:
    """The entries that are not known, each once, in slices again and in the order of the listing."""
    work = volume.folder(WORK)
    n = partitions(listed)
    entries = spread(sc, list(enumerate(listed))).flatMap(partial(listing.read_listed, work)).reduceByKey(min, n)
    seen = spread(sc, known).flatMap(partial(listing.read_known, volume)).map(lambda identity: (identity, None))
    ordered: RDD[tuple[listing.Position, Entry]] = entries.subtractByKey(seen, n).values().sortByKey(numPartitions=n)
    numbered = ordered.zipWithIndex().map(lambda one: (listing.slice_number(one[1]), one[0]))
    return sorted(numbered.groupByKey(n).map(partial(write_fresh, work, base)).collect())


def write_fresh(work: Storage, base: str, numbered: tuple[int, Iterable[tuple[listing.Position, Entry]]]) -> Part:
    """Write one slice of entries that came in any order."""
    number, entries = numbered
    ordered = [entry for _, entry in sorted(entries, key=itemgetter(0))]
    return listing.write_slice(work, number, ordered, STAGE, base)


def stage_slices(sc: SparkContext, work: Storage, fresh: Sequence[Part], limits: DecodeLimits) -> list[Done]:
    """Read and decode the files of each slice; slices that an interrupted run left complete are taken as they are."""
    todo = slices.work_list(sc, work, Snapshot({}), STAGE, [part.slice for part in fresh])

    def describe(names: "RDD[str]") -> "RDD[slices.TableRow]":
        return names.flatMap(partial(listing.read_slice, work, STAGE)).flatMap(partial(steps.entry_rows, limits))

    waiting = set(todo.todo)
    with progress(sc, work, STAGE.name, sum(part.rows for part in fresh if part.slice in waiting)) as counter:
        return [
            *todo.adopted,
            *slices.run_slices(sc, work, STAGE, {name: name for name in todo.todo}, describe, counter),
        ]


def finish_slices(sc: SparkContext, volume: Storage, snapshot: Snapshot, staged: Sequence[Done]) -> list[Part]:
    """Find exact duplicates and write the final parts: a picture belongs to the slice with its smallest location."""
    if not staged:
        return []
    work = volume.folder(WORK)
    n = partitions([steps.staged_part(done) for done in staged])
    found = spread(sc, staged).flatMap(partial(steps.places, work))
    firsts = found.reduceByKey(min, n)
    if stored := snapshot.parts(IMAGES):
        ids = spread(sc, stored).flatMap(partial(steps.image_ids, volume)).map(lambda image_id: (image_id, None))
        firsts = firsts.subtractByKey(ids, n)
    m = max(n, min(len(staged), sc.defaultParallelism))  # each writes whole slices
    chosen = firsts.values().map(lambda place: (place[1], place[0])).groupByKey(m)
    joined = spread(sc, staged).keyBy(lambda done: steps.staged_part(done).slice).leftOuterJoin(chosen, m).values()
    finish = partial(steps.finish_slice, volume, work)
    return joined.flatMap(lambda one: finish(one[0], one[1] or ())).collect()


def standing_failures(sc: SparkContext, volume: Storage, snapshot: Snapshot, fresh: Sequence[Part]) -> list[Part]:
    """The stored failures that this run leaves as they are: lasting ones of files that it does not read again."""
    parts = [part for part in listing.known_parts(snapshot, STAGE) if part.table == FAILURES.name]
    if not parts or not fresh:
        return parts
    n = partitions(parts)
    stored = spread(sc, parts).flatMap(partial(steps.failed_items, volume))
    reread = spread(sc, fresh).flatMap(partial(steps.locations_of, volume.folder(WORK)))
    outdated = stored.join(reread, n).map(lambda one: (one[1][0], one[0])).groupByKey(n)
    rewritten = outdated.map(partial(steps.drop_failures, volume)).collect()
    untouched = set(parts) - {old for old, _ in rewritten}
    return [*untouched, *(new for _, new in rewritten if new.rows)]


def spread(sc: SparkContext, addresses: Sequence[Any]) -> "RDD[Any]":
    """Addresses of parts over as many partitions as there are cores: what is read of each part is small."""
    return sc.parallelize(addresses, max(1, min(len(addresses), sc.defaultParallelism)))


def partitions(parts: Sequence[Part]) -> int:
    """How many partitions a shuffle of small pairs, one for each row of the parts, needs."""
    return 1 + sum(part.rows for part in parts) // ROWS_PER_PARTITION


def publish(volume: Storage, snapshot: Snapshot, failures: Sequence[Part], new: Sequence[Part]) -> Snapshot:
    """Make the new parts visible; of the stored failures only `failures` stay. No change, no write."""
    kept = {contract.name: snapshot.parts(contract, STAGE.name) for contract in TABLES}
    if not new and set(failures) == set(kept[FAILURES.name]):
        return snapshot
    kept[FAILURES.name] = list(failures)
    mine = {name: [*parts, *(part for part in new if part.table == name)] for name, parts in kept.items()}
    published = tables.publish(volume, snapshot, STAGE.name, mine)
    orphans.sweep(volume, published, STAGE.name, TABLES)
    return published


def account(listed: int, fresh: Sequence[Part], staged: Sequence[Done], new: Sequence[Part]) -> StageCounts:
    """Where every entry of the source ended."""
    failed = sum((Counter(done.failures) for done in staged), Counter[str]())
    done = sum(steps.staged_part(one).rows for one in staged)
    duplicates = done - sum(part.rows for part in new if part.table == IMAGES.name)
    return StageCounts(
        stage=STAGE.name,
        fingerprint=STAGE.fingerprint,
        listed=listed,
        done=done,
        skipped=listed - sum(part.rows for part in fresh),
        failed=dict(failed),
        note=f"{duplicates} exact duplicates" if duplicates else "",
    )
