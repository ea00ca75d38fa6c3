"""Wire acquisition: list the source, read what is new or has changed, and bring the tables to what the source is now.

1. The driver walks the source and writes what it finds in slices under `work/`. The listing is compared with LOCATIONS
   and FAILURES; what is new or has changed is sliced anew.
2. Each slice becomes one part of STAGED and one of THUMBNAILS, still under `work/`.
3. LOCATIONS is rewritten where files are gone, moved or edited. From all places of a picture follows its row of IMAGES:
   a new one, another description, or none. All parts of all tables become visible in one move.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pyspark import RDD, SparkContext

from acquisition import changes, exports, listing, safeguard, steps, synchronise
from acquisition.changes import Change, Scope
from acquisition.fetching import download
from acquisition.fetching import originals as fetched_originals
from acquisition.fetching.rules import FetchRules
from acquisition.removal import removed_ids
from acquisition.settings import Settings
from acquisition.sources import sample
from acquisition.sources.source import Filters, Notes, Source
from acquisition.steps import STAGE
from acquisition.synchronise import TABLES, base_of, of_kind, stage_parts
from shared import tables
from shared.pictures.sandbox import DECODE_LIMITS, DecodeLimits
from shared.pipeline import slices
from shared.pipeline.progress import progress
from shared.pipeline.runs import StageCounts
from shared.pipeline.slices import Done
from shared.storage import Storage
from shared.storage.volume import WORK
from shared.tables import Part, Snapshot, orphans, presence
from shared.tables.contracts import FAILURES, IMAGES, LOCATIONS

log = logging.getLogger(__name__)

STORED = "stored"  # pictures that were not stored before


class Listing(NamedTuple):
    """A source as it is now.

    Args:
        fresh: slices of what is new or has changed.
        found: the changes; None where nothing is stored to compare with.
        counts: how many changes of each kind.
    """

    source: Source
    entries: int
    fresh: list[Part]
    found: "RDD[Change] | None"
    counts: dict[str, int]


class Outcome(NamedTuple):
    """The parts that the stage's tables have after a run, and what became of how many pictures."""

    parts: dict[str, list[Part]]
    counts: Counter[str]


def run(
    sc: SparkContext, settings: Settings, limits: DecodeLimits = DECODE_LIMITS, rules: FetchRules | None = None
) -> StageCounts:
    """Bring the tables to what the source is now, and say where each entry ended.

    Writes IMAGES, THUMBNAILS, LOCATIONS, FAILURES and images_metadata.json.

    Raises:
        UsageError: there is no such source.
        CannotProceedError: the source is empty or has lost too much, or a part that was stored is gone: its files may
            be, too.
    """
    limits = limits._replace(picture=settings.picture_limits)
    volume, work = settings.volume, settings.volume.folder(WORK)
    earlier = tables.open_snapshot(volume)
    make_source(sc, settings, rules)
    snapshot = tables.open_snapshot(volume)
    presence.check_all(volume, (part for contract in TABLES for part in snapshot.parts(contract, STAGE.name)))
    orphans.sweep(volume, snapshot, STAGE.name, TABLES)
    now = list_source(sc, settings, snapshot)
    staged = stage_slices(sc, work, now.fresh, limits, removed_ids(volume, snapshot))
    outcome = bring_up_to_date(sc, settings, snapshot, now, staged)
    published = publish(volume, snapshot, outcome.parts)
    if fetched_originals.is_due(earlier, published):
        fetched_originals.sweep(sc, volume, published)
    if settings.json_exports:
        exports.refresh(sc, volume, published)
    volume.delete_folder(WORK)
    return account(now, staged, outcome.counts)


def check(settings: Settings) -> None:
    """Do nothing if there is such a source and something in it, or something that it had; errors as `list_source`."""
    safeguard.check_source(settings.volume, settings.source, filters_of(settings), allowed=settings.allow_removal)
    source = safeguard.open_source(settings.volume, settings.source, filters_of(settings))
    if source.web is not None:
        download.check(source.web, settings)


def filters_of(settings: Settings) -> Filters:
    """The user's patterns."""
    return Filters(settings.exclude, settings.include)


def make_source(sc: SparkContext, settings: Settings, rules: FetchRules | None = None) -> None:
    """Draw or download what is not there yet.

    Raises:
        UsageError: there is no such source.
        CannotProceedError: nothing of it could be downloaded.
    """
    if settings.source == sample.KIND:
        draw_sample(sc, sample.sample_folder(settings.volume))
    else:
        source = safeguard.open_source(settings.volume, settings.source, filters_of(settings))
        download.download(sc, settings, source, rules)


def list_source(sc: SparkContext, settings: Settings, snapshot: Snapshot) -> Listing:
    """Write the listing, and compare it with what is stored.

    Raises:
        UsageError: there is no such source.
        CannotProceedError: the source is empty or cannot be listed.
    """
    volume, work, notes = settings.volume, settings.volume.folder(WORK), Notes()
    source = safeguard.open_source(volume, settings.source, filters_of(settings))
    base = base_of(snapshot)
    entries = ({**entry, "source_id": source.id} for entry in source.entries(notes))
    listed = listing.write_listing(work, entries, STAGE, base)
    for line in remarks(notes):
        log.info("acquisition: %s", line)
    if not listed:
        safeguard.refuse_empty(volume, source, allowed=settings.allow_removal)
    total = sum(part.rows for part in listed)
    if not source.may_repeat and not (stage_parts(snapshot, LOCATIONS) or stage_parts(snapshot, FAILURES)):
        return Listing(source, total, listed, None, {})
    scope = Scope(source.id, tuple(map(changes.path_bytes, notes.unlisted)), settings.reread)
    found = synchronise.compare(sc, volume, snapshot, listed, scope)
    counts = dict(found.keys().countByValue())
    n_fresh = counts.get(changes.FRESH, 0)
    fresh = synchronise.fresh_slices(found, volume, base, n_fresh) if n_fresh else []
    return Listing(source, total, fresh, found, counts)


def remarks(notes: Notes) -> list[str]:
    """What the user should know of a listing, a line each."""
    others = ", ".join(f"{count} {suffix}" for suffix, count in sorted(notes.other_files.items(), key=_frequent_first))
    return [*notes.remarks, *([f"not pictures: {others}"] if others else [])]


def _frequent_first(counted: tuple[str, int]) -> tuple[int, str]:
    return -counted[1], counted[0]


def draw_sample(sc: SparkContext, folder: Path) -> None:
    """Draw the built-in collection, a picture at a time on every core, unless it is there."""
    from acquisition.sample.plan import drawings  # the painters, which other sources do without
    from acquisition.sources import sample_files

    if not sample_files.is_complete(folder):
        log.info("acquisition: drawing the sample")
        sc.parallelize(drawings(), len(drawings())).foreach(partial(sample_files.add_drawing, folder))
        sample_files.finish_sample(folder)


def stage_slices(
    sc: SparkContext, work: Storage, fresh: Sequence[Part], limits: DecodeLimits, removed: frozenset[str]
) -> list[Done]:
    """Read and decode the files of each slice; slices that an interrupted run left complete are taken as they are."""
    todo = slices.work_list(sc, work, Snapshot({}), STAGE, [part.slice for part in fresh])

    def rows_of(names: "RDD[str]") -> "RDD[slices.TableRow]":
        entries = names.flatMap(partial(listing.read_slice, work, STAGE))
        return entries.flatMap(partial(steps.entry_rows, limits, removed))

    waiting = set(todo.todo)
    with progress(sc, work, STAGE.name, sum(part.rows for part in fresh if part.slice in waiting)) as counter:
        return [
            *todo.adopted,
            *slices.run_slices(sc, work, STAGE, {name: name for name in todo.todo}, rows_of, counter),
        ]


def bring_up_to_date(
    sc: SparkContext, settings: Settings, snapshot: Snapshot, now: Listing, staged: Sequence[Done]
) -> Outcome:
    """Write the parts that change, not yet visible.

    Raises:
        CannotProceedError: too many pictures would go.
    """
    volume = settings.volume
    parts = {contract.name: stage_parts(snapshot, contract) for contract in TABLES}
    counts = Counter(now.counts)
    if now.found is not None:
        updated, again = synchronise.update_places(sc, volume, snapshot, now.found, counts, staged)
        parts, counts = {**parts, **updated}, counts + again
    places = parts[LOCATIONS.name]
    if not rows_staged(staged) and places == stage_parts(snapshot, LOCATIONS):
        return with_new(parts, synchronise.finish_slices(sc, volume, staged, sc.parallelize([], 1)), counts)
    decided = synchronise.decide_pictures(sc, volume, snapshot, places, staged)
    if parts[IMAGES.name]:
        counts += Counter(decided.keys().countByValue())
        if not settings.allow_removal:
            check_loss(sc, volume, now.source, snapshot, places, staged, counts)
        if counts[changes.UPDATED] or counts[changes.REMOVED]:
            edits = of_kind(decided, changes.UPDATED, changes.REMOVED)
            parts[IMAGES.name] = synchronise.rewrite(volume, parts[IMAGES.name], edits)
    return with_new(parts, synchronise.finish_slices(sc, volume, staged, of_kind(decided, changes.NEW)), counts)


def with_new(parts: dict[str, list[Part]], new: Sequence[Part], counts: Counter[str]) -> Outcome:
    """The outcome with the parts of new slices."""
    counts[STORED] = sum(part.rows for part in new if part.table == IMAGES.name)
    return Outcome({name: [*kept, *(one for one in new if one.table == name)] for name, kept in parts.items()}, counts)


def check_loss(
    sc: SparkContext,
    volume: Storage,
    source: Source,
    snapshot: Snapshot,
    places: Sequence[Part],
    staged: Sequence[Done],
    counts: Counter[str],
) -> None:
    """Refuse to remove what a disk that is not mounted would take along; errors as `safeguard.refuse_loss`."""
    is_of_service = source.web is not None and source.web.is_resumable  # other sizes take the place of what goes
    lost = counts[changes.REMOVED] - counts[steps.EDITED] - is_of_service * rows_staged(staged)
    if lost > 0:
        stored = stage_parts(snapshot, LOCATIONS)
        before, after = synchronise.count_pictures(sc, volume, stored, places, source.id)
        safeguard.refuse_loss(source.name, lost, before, after + rows_staged(staged))


def rows_staged(staged: Sequence[Done]) -> int:
    """Pictures that were read, duplicates included."""
    return sum(steps.staged_part(done).rows for done in staged)


def publish(volume: Storage, snapshot: Snapshot, parts: dict[str, list[Part]]) -> Snapshot:
    """Make the parts those of the stage. No change, no write."""
    if all(set(parts[contract.name]) == set(snapshot.parts(contract, STAGE.name)) for contract in TABLES):
        return snapshot
    published = tables.publish(volume, snapshot, STAGE.name, parts)
    orphans.sweep(volume, published, STAGE.name, TABLES)
    return published


def account(now: Listing, staged: Sequence[Done], counts: Counter[str]) -> StageCounts:
    """Where every entry of the source ended."""
    failed = sum((Counter(done.failures) for done in staged), Counter[str]())
    done = rows_staged(staged)
    moved = min(counts[changes.UPDATED], counts[changes.GONE])
    notes = {
        "exact duplicates": done - counts[STORED] - counts[steps.REREAD] - moved,
        "moved": moved,
        "removed from the collection": counts[changes.REMOVED],
    }
    return StageCounts(
        stage=STAGE.name,
        fingerprint=STAGE.fingerprint,
        listed=now.entries,
        done=done,
        skipped=now.entries - sum(part.rows for part in now.fresh),
        failed=dict(failed),
        note=", ".join(f"{count} {what}" for what, count in notes.items() if count > 0),
        source_id=now.source.id,
        removed=counts[changes.REMOVED],
    )
