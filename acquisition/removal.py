"""Pictures that are taken out by hand: pure functions of parts; what Spark does with them is in `job`."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from acquisition.revision import Edit, revise
from acquisition.steps import REMOVED_DETAIL, STAGE
from shared import tables
from shared.pipeline.slices import failure_row
from shared.storage import Storage
from shared.storage.files import digest
from shared.storage.volume import IMAGES as ORIGINALS
from shared.tables import Part, Snapshot
from shared.tables.contracts import FAILURES, REMOVALS


class Removal(NamedTuple):
    """What to take out.

    Args:
        ids: pictures, wherever they are.
        source_id: every place that this source lists.
    """

    ids: frozenset[str] = frozenset()
    source_id: str | None = None


def removed_ids(volume: Storage, snapshot: Snapshot) -> frozenset[str]:
    """The pictures that must not come back; few, for somebody named each of them."""
    return frozenset(row["image_id"] for part in snapshot.parts(REMOVALS) for row in tables.read_rows(volume, part))


def is_taken(removal: Removal, row: dict[str, Any]) -> bool:
    """Whether a row of LOCATIONS or FAILURES goes."""
    return row.get("image_id") in removal.ids or row["source_id"] == removal.source_id


def edits(removal: Removal, volume: Storage, part: Part) -> Iterator[tuple[Part, Edit]]:
    """The edits that drop the rows of a part of LOCATIONS or FAILURES."""
    for number, row in enumerate(tables.read_rows(volume, part)):
        if is_taken(removal, row):
            yield part, (number, None)


def write_failures(removal: Removal, volume: Storage, part: Part) -> list[Part]:
    """The part of FAILURES that keeps the removed files of a part of LOCATIONS from being read again; none without any."""
    detail = REMOVED_DETAIL.format
    rows = [
        failure_row(STAGE.name, row["location"], "removed", detail(row["image_id"]), row)[1]
        for row in tables.read_rows(volume, part)
        if row["image_id"] in removal.ids and row["source_id"] != removal.source_id
    ]
    if not rows:
        return []
    revision = digest(part.sha256, rows)[:8]
    args = (rows, part.slice, STAGE.name, STAGE.fingerprint)
    return [tables.write_part(volume, FAILURES, *args, revision=revision)]


def originals(volume: Storage, part: Part) -> Iterator[str]:
    """Keys of the files on the volume that a part of LOCATIONS is about."""
    root = volume.locate("").rstrip("/") + "/"
    for location in tables.read_columns(volume, part, ["location"])["location"]:
        if location.startswith(f"{root}{ORIGINALS}/"):
            yield location.removeprefix(root)


def purge(volume: Storage, pair: tuple[Part, Part | None]) -> tuple[Part, Part | None]:
    """A part of THUMBNAILS, and the one that takes its place with the pictures alone that its slice's IMAGES has."""
    thumbnails, images = pair
    live = set(tables.read_columns(volume, images, ["image_id"])["image_id"]) if images else set()
    ids = tables.read_columns(volume, thumbnails, ["image_id"])["image_id"]
    gone: list[Edit] = [(number, None) for number, image_id in enumerate(ids) if image_id not in live]
    return thumbnails, revise(volume, thumbnails, gone) if gone else thumbnails


def unequal_slices(thumbnails: Iterable[Part], images: Iterable[Part]) -> list[tuple[Part, Part | None]]:
    """The parts of THUMBNAILS with rows of removed pictures, each with its slice's part of IMAGES if there is one."""
    images_of = {part.slice: part for part in images}
    pairs = [(part, images_of.get(part.slice)) for part in thumbnails]
    return [(part, of) for part, of in pairs if of is None or of.rows < part.rows]


def write_removals(volume: Storage, ids: Iterable[str]) -> list[Part]:
    """The part of REMOVALS with these pictures, none for none; a removal keeps no other time than the last change's."""
    now = datetime.now(UTC)
    rows = [{"image_id": image_id, "removed": now} for image_id in sorted(ids)]
    if not rows:
        return []
    name = digest(str(now), [row["image_id"] for row in rows])[:16]
    return [tables.write_part(volume, REMOVALS, rows, name, STAGE.name, STAGE.fingerprint)]


def undo(volume: Storage, ids: frozenset[str]) -> int:
    """Let removed pictures come back with the next run of their source; return how many of the ids were removed.

    Raises:
        CannotProceedError: a part is missing or damaged, or another process has published.
    """
    snapshot = tables.open_snapshot(volume)
    removed = removed_ids(volume, snapshot)
    details = {REMOVED_DETAIL.format(image_id) for image_id in ids}
    failures = [
        after
        for part in snapshot.parts(FAILURES, STAGE.name)
        if (after := revise_if_needed(volume, part, details)) is not None
    ]
    parts = {REMOVALS.name: write_removals(volume, removed - ids), FAILURES.name: failures}
    tables.publish(volume, snapshot, STAGE.name, parts)
    return len(removed & ids)


def revise_if_needed(volume: Storage, part: Part, details: set[str]) -> Part | None:
    """A part of FAILURES without the rows that have one of some details."""
    stored = tables.read_columns(volume, part, ["detail"])["detail"]
    gone: list[Edit] = [(number, None) for number, detail in enumerate(stored) if detail in details]
    return revise(volume, part, gone) if gone else part
