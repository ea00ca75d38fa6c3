"""Wire the removal of pictures by hand. No logic here: what happens to one part is in `removal`."""

from collections.abc import Sequence
from functools import partial

from pyspark import SparkContext

from acquisition import changes, exports, removal, synchronise
from acquisition.fetching.journal import Journal
from acquisition.removal import Removal
from acquisition.sources.web.downloads import source_prefix
from acquisition.steps import STAGE
from acquisition.synchronise import TABLES, of_kind, spread, stage_parts
from shared import tables
from shared.storage import Storage
from shared.storage.volume import TABLES as FOLDER
from shared.tables import Part, Snapshot
from shared.tables.contracts import FAILURES, FETCHES, IMAGES, LOCATIONS, REMOVALS, THUMBNAILS


def remove(sc: SparkContext, volume: Storage, wanted: Removal) -> int:
    """Take pictures out of all tables of the stage, with thumbnails and downloaded originals; return how many.

    Pictures named by id are remembered, so that they stay out.
    """
    snapshot = tables.open_snapshot(volume)
    images, thumbnails, places, failures = (stage_parts(snapshot, contract) for contract in TABLES)
    edits, failed = (spread(sc, parts).flatMap(partial(removal.edits, wanted, volume)) for parts in (places, failures))
    places_left = synchronise.rewrite(volume, places, edits)
    explained = spread(sc, places).flatMap(partial(removal.write_failures, wanted, volume)).collect()
    decided = synchronise.decide_pictures(sc, volume, snapshot, places_left, [])
    images_left = synchronise.rewrite(volume, images, of_kind(decided, changes.UPDATED, changes.REMOVED))
    unequal = spread(sc, removal.unequal_slices(thumbnails, images_left))
    thumbnails_left = synchronise.replaced(thumbnails, unequal.map(partial(removal.purge, volume)))
    ids = removal.removed_ids(volume, snapshot) | wanted.ids
    downloads = [part for part in stage_parts(snapshot, FETCHES) if not is_of_source(part, wanted.source_id)]
    parts = {
        FETCHES.name: downloads,
        IMAGES.name: images_left,
        THUMBNAILS.name: thumbnails_left,
        LOCATIONS.name: places_left,
        FAILURES.name: [*synchronise.rewrite(volume, failures, failed), *explained],
        REMOVALS.name: removal.write_removals(volume, ids) if wanted.ids else stage_parts(snapshot, REMOVALS),
    }
    published = tables.publish(volume, snapshot, STAGE.name, parts)
    delete_at_once(sc, volume, places, published)
    if wanted.source_id is not None:
        Journal.of(volume, wanted.source_id).folder.delete_folder("")
    if volume.stat(exports.NAME) is not None:
        exports.refresh(sc, volume, published)
    return sum(part.rows for part in images) - sum(part.rows for part in images_left)


def delete_at_once(sc: SparkContext, volume: Storage, places: Sequence[Part], published: Snapshot) -> None:
    """Delete downloaded originals that no place is left for, and the thumbnails that are replaced, without a grace period."""
    before, after = (
        spread(sc, parts).flatMap(partial(removal.originals, volume)) for parts in (places, published.parts(LOCATIONS))
    )
    before.subtract(after).foreach(volume.delete)
    kept = {part.key for part in published.parts(THUMBNAILS)}
    for one in volume.list(f"{FOLDER}/{THUMBNAILS.name}"):
        if one.key.endswith(".parquet") and one.key not in kept:
            volume.delete(one.key)


def is_of_source(part: Part, source_id: str | None) -> bool:
    """Whether a part of FETCHES is a source's."""
    return source_id is not None and part.slice.startswith(source_prefix(source_id))
