"""Wire the merging of tags that people gave by hand into LABELS; slices of which nothing new was said stay as they are."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from pyspark import Broadcast, SparkContext

from shared import tables
from shared.people.tags import HandTag, TagStore
from shared.storage import Storage
from shared.storage.files import digest
from shared.tables import Part, Snapshot
from shared.tables.contracts import IMAGES, LABELS
from shared.tables.live import merged_tags

NOTE = "people/tags.merged"  # what was merged last
REVISION_LENGTH = 8
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Said = Mapping[str, list[dict[str, Any]]]
"""Of each image_id what people said of its tags, as `LABELS.tags_by_hand` has it."""


def merge_tags(sc: SparkContext, volume: Storage, snapshot: Snapshot, stage: str) -> Snapshot:
    """Bring the tags of LABELS up to date with the store; nothing is read where neither has changed."""
    store = TagStore(volume)
    if not store.exists or is_current(volume, store, snapshot):
        return snapshot
    revision = store.revision()  # before it is read: what is said meanwhile is merged by the next run
    said = sc.broadcast(by_picture(store.all()))
    images = {part.slice: part for part in snapshot.parts(IMAGES)}
    parts = snapshot.parts(LABELS, stage)
    pairs = [(part, images.get(part.slice)) for part in parts]
    merged = sc.parallelize(pairs, max(1, min(len(pairs), 4 * sc.defaultParallelism)))
    written = merged.map(partial(merge_part, volume, said)).collect() if pairs else []
    if written != list(parts):
        snapshot = tables.publish(volume, snapshot, stage, {LABELS.name: written})
    volume.put(NOTE, content_of(revision, snapshot))
    return snapshot


def is_current(volume: Storage, store: TagStore, snapshot: Snapshot) -> bool:
    """Whether the tags of LABELS are those of the store."""
    try:
        return volume.read(NOTE) == content_of(store.revision(), snapshot)
    except FileNotFoundError:
        return False


def content_of(revision: int, snapshot: Snapshot) -> bytes:
    """Identity of what was merged."""
    return digest(revision, snapshot.digest(LABELS)).encode()


def by_picture(tags: Sequence[HandTag]) -> Said:
    """What people said, by picture."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in tags:
        row = {"tag": one.tag, "is_removed": one.is_removed, "user_id": one.user_id}
        found.setdefault(one.image_id, []).append({**row, "time": EPOCH + timedelta(seconds=one.time)})
    return found


def merge_part(volume: Storage, said: "Broadcast[Said]", parts: tuple[Part, Part | None]) -> Part:
    """The part of LABELS with the tags of today; the same one where it has them already."""
    part, images = parts
    stored = tables.read_columns(volume, part, ["image_id", "tags_by_hand"])
    wanted = [said.value.get(image_id, []) for image_id in stored["image_id"]]
    if images is None or wanted == stored["tags_by_hand"]:
        return part
    columns = tables.read_columns(volume, images, ["image_id", "tags"])
    source_tags = dict(zip(columns["image_id"], columns["tags"], strict=True))
    rows = [
        {**row, "tags": merged_tags(source_tags.get(row["image_id"], row["tags"]), by_hand), "tags_by_hand": by_hand}
        for row, by_hand in zip(tables.read_rows(volume, part), wanted, strict=True)
    ]
    revision = digest(part.sha256, LABELS.version, [str(one) for one in wanted])[:REVISION_LENGTH]
    return tables.write_part(volume, LABELS, rows, part.slice, part.stage, part.fingerprint, revision=revision)
