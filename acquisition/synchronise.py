"""Compare a source's new listing with what is stored, and rewrite the parts that change. No rows on the driver."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from operator import attrgetter, itemgetter
from typing import Any

from pyspark import RDD, SparkContext, StorageLevel

from acquisition import changes, listing, steps
from acquisition.changes import Change, Described, Scope, StoredRow
from acquisition.listing import Listed
from acquisition.revision import Edit, revise
from acquisition.steps import STAGE
from shared.pipeline.slices import Done
from shared.storage import Storage
from shared.storage.volume import WORK
from shared.tables import Part, Snapshot
from shared.tables.contracts import FAILURES, IMAGES, LOCATIONS, THUMBNAILS, Contract

TABLES = (IMAGES, THUMBNAILS, LOCATIONS, FAILURES)
ROWS_PER_PARTITION = 50_000
MOST_TOUCHED_IDS = 100_000  # 10 MB on the driver


def spread(sc: SparkContext, addresses: Sequence[Any]) -> "RDD[Any]":
    """Addresses of parts over as many partitions as there are cores: what is read of each part is small."""
    return sc.parallelize(addresses, max(1, min(len(addresses), sc.defaultParallelism)))


def partitions(parts: Iterable[Part]) -> int:
    """How many partitions a shuffle of small pairs, one for each row of the parts, needs."""
    return 1 + sum(part.rows for part in parts) // ROWS_PER_PARTITION


def n_partitions(staged: Iterable[Done], parts: Iterable[Part] = ()) -> int:
    """The same for the rows of staged slices and of parts."""
    return partitions([*(steps.staged_part(done) for done in staged), *parts])


def base_of(snapshot: Snapshot) -> str:
    """Identity of all that the stage has stored so far."""
    return listing.base_of(snapshot, STAGE.name, TABLES)


def compare(
    sc: SparkContext, volume: Storage, snapshot: Snapshot, listed: Sequence[Part], scope: Scope
) -> "RDD[Change]":
    """The changes that a listing makes, kept for several passes; nothing for a file that is stored and unchanged."""
    stored = [*stage_parts(snapshot, LOCATIONS), *stage_parts(snapshot, FAILURES)]
    n = partitions([*listed, *stored])
    found = spread(sc, [*enumerate(listed), *((None, part) for part in stored)]).flatMap(partial(_read, volume))
    return found.groupByKey(n).flatMap(partial(_changes, scope)).persist(StorageLevel.MEMORY_AND_DISK)


def _read(volume: Storage, address: tuple[int | None, Part]) -> Iterator[tuple[str, Listed | StoredRow]]:
    """The entries or rows of a part by location.

    Args:
        address: the number of a listing file, or None for a stored part; and the part.
    """
    number, part = address
    if number is not None:
        return listing.read_listed(volume.folder(WORK), number, part)
    return steps.stored_places(volume, part) if part.table == LOCATIONS.name else steps.stored_failures(volume, part)


def _changes(scope: Scope, found: tuple[str, Iterable[Listed | StoredRow]]) -> Iterator[Change]:
    return changes.changes(scope, *found)


def of_kind(found: "RDD[Change]", *kinds: str) -> "RDD[Any]":
    """The values of some kinds of change."""
    return found.filter(lambda change: change[0] in kinds).values()


def fresh_slices(found: "RDD[Change]", volume: Storage, base: str, entries: int) -> list[Part]:
    """The entries to read, in slices again and in the order of the listing."""
    n = 1 + entries // ROWS_PER_PARTITION
    ordered: RDD[Listed] = of_kind(found, changes.FRESH).sortBy(attrgetter("position"), numPartitions=n)
    numbered = ordered.zipWithIndex().map(lambda one: (listing.slice_number(one[1]), one[0]))
    return sorted(numbered.groupByKey(n).map(partial(_write_fresh, volume.folder(WORK), base)).collect())


def _write_fresh(work: Storage, base: str, numbered: tuple[int, Iterable[Listed]]) -> Part:
    """Write one slice of entries that came in any order."""
    number, entries = numbered
    ordered = [one.entry for one in sorted(entries, key=attrgetter("position"))]
    return listing.write_slice(work, number, ordered, STAGE, base)


def added_places(found: "RDD[Change]", volume: Storage, base: str) -> list[Part]:
    """Write the places of pictures that another source has brought already."""
    ordered = of_kind(found, changes.ADDED).sortBy(itemgetter("location"))
    numbered = ordered.zipWithIndex().map(lambda one: (listing.slice_number(one[1]), one[0]))
    written = numbered.groupByKey().map(lambda one: steps.write_places(volume, one[0], one[1], base))
    return sorted(written.collect())


def update_places(
    sc: SparkContext,
    volume: Storage,
    snapshot: Snapshot,
    found: "RDD[Change]",
    counts: Counter[str],
    staged: Sequence[Done],
) -> tuple[dict[str, list[Part]], Counter[str]]:
    """Write the parts of LOCATIONS and FAILURES that change, without the rows of staged slices.

    Args:
        counts: how many changes of each kind there are.

    Returns:
        The parts of both tables, and for files that were read again how many are REREAD, EDITED and vanished.
    """
    places, failures = (stage_parts(snapshot, one) for one in (LOCATIONS, FAILURES))
    edits, again = of_kind(found, changes.PLACE, changes.GONE), Counter[str]()
    n_edits = counts[changes.PLACE] + counts[changes.GONE]
    if counts[changes.REPLACED] and staged:
        replaced = replaced_places(sc, volume, found, staged)
        again = Counter(replaced.keys().countByValue())
        edits, n_edits = edits.union(replaced.values()), n_edits + sum(again.values())
    if n_edits:
        places = rewrite(volume, places, edits)
    if counts[changes.ADDED]:
        places += added_places(found, volume, base_of(snapshot))
    if counts[changes.FAILURE]:
        failures = rewrite(volume, failures, of_kind(found, changes.FAILURE))
    return {LOCATIONS.name: places, FAILURES.name: failures}, again


def replaced_places(
    sc: SparkContext, volume: Storage, found: "RDD[Change]", staged: Sequence[Done]
) -> "RDD[tuple[str, tuple[Part, Edit]]]":
    """Edits that drop the old rows of files that were read again, each with what the file is now."""
    outcomes = spread(sc, staged).flatMap(partial(steps.outcomes, volume.folder(WORK)))
    joined = of_kind(found, changes.REPLACED).join(outcomes, n_partitions(staged)).values()
    return joined.map(steps.drop_replaced).persist(StorageLevel.MEMORY_AND_DISK)


def rewrite(volume: Storage, parts: Sequence[Part], edits: "RDD[tuple[Part, Edit]]") -> list[Part]:
    """The parts of a table after some edits; those without edits are the same."""
    return replaced(parts, edits.groupByKey(partitions(parts)).map(partial(_revise, volume)))


def replaced(parts: Sequence[Part], written: "RDD[tuple[Part, Part | None]]") -> list[Part]:
    """The parts of a table after some of them were written again; None: no row is left."""
    after = dict(written.collect())
    return [part for part in (after.get(part, part) for part in parts) if part is not None]


def _revise(volume: Storage, edited: tuple[Part, Iterable[Edit]]) -> tuple[Part, Part | None]:
    part, edits = edited
    return part, revise(volume, part, edits)


def decide_pictures(
    sc: SparkContext, volume: Storage, snapshot: Snapshot, places: Sequence[Part], staged: Sequence[Done]
) -> "RDD[Change]":
    """What becomes of every picture, kept for several passes.

    Args:
        places: the parts of LOCATIONS as they will be, without those of the staged slices.
    """
    parts = [*places, *stage_parts(snapshot, IMAGES)]
    n = n_partitions(staged, parts)
    changed = set(places) ^ set(stage_parts(snapshot, LOCATIONS))
    wanted = touched_ids(sc, volume, [*staged, *sorted(changed)]) if n > 1 else None
    pictures = spread(sc, [*staged, *parts]).flatMap(partial(_read_pictures, volume, wanted))
    return pictures.groupByKey(n).values().flatMap(changes.decide).persist(StorageLevel.MEMORY_AND_DISK)


def touched_ids(sc: SparkContext, volume: Storage, addresses: Sequence[Done | Part]) -> frozenset[str] | None:
    """The pictures of some slices and parts, which are all that can change; None: too many to be held here."""
    ids = spread(sc, addresses).flatMap(partial(steps.ids_at, volume)).distinct().take(MOST_TOUCHED_IDS + 1)
    return frozenset(ids) if len(ids) <= MOST_TOUCHED_IDS else None


def _read_pictures(
    volume: Storage, wanted: frozenset[str] | None, address: Done | Part
) -> Iterator[tuple[str, Described | StoredRow]]:
    """The places or rows of a staged slice or of a part, by image_id; of the wanted ones alone."""
    if isinstance(address, Done):
        return steps.staged_places(volume.folder(WORK), address)
    if wanted is not None and wanted.isdisjoint(steps.ids_at(volume, address)):
        return iter(())
    read = steps.described_pictures if address.table == LOCATIONS.name else steps.stored_pictures
    return (found for found in read(volume, address) if wanted is None or found[0] in wanted)


def finish_slices(sc: SparkContext, volume: Storage, staged: Sequence[Done], new: "RDD[tuple[str, str]]") -> list[Part]:
    """Write the final parts of staged slices: a picture belongs to the slice with its preferred place.

    Args:
        new: slice and location of each picture that is stored for the first time.
    """
    if not staged:
        return []
    n = max(n_partitions(staged), min(len(staged), sc.defaultParallelism))  # each writes whole slices
    joined = spread(sc, staged).keyBy(steps.staged_slice).leftOuterJoin(new.groupByKey(n), n).values()
    finish = partial(steps.finish_slice, volume, volume.folder(WORK))
    return joined.flatMap(lambda one: finish(one[0], one[1] or ())).collect()


def count_pictures(
    sc: SparkContext, volume: Storage, before: Sequence[Part], after: Sequence[Part], source_id: str
) -> tuple[int, int]:
    """How many pictures a source has in the parts of LOCATIONS before and after a change."""
    versions = [*((0, part) for part in before), *((1, part) for part in after)]
    ids = spread(sc, versions).flatMapValues(partial(steps.ids_of_source, source_id, volume))
    found = ids.distinct(partitions([*before, *after])).keys().countByValue()
    return found[0], found[1]


def stage_parts(snapshot: Snapshot, contract: Contract) -> list[Part]:
    """The parts of a table that acquisition made."""
    return snapshot.parts(contract, STAGE.name)
