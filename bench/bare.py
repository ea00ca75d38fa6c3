"""The bare loop: the same functions over the same pictures in one process, without Spark. What Spark is measured against."""

import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from acquisition import listing
from acquisition import steps as acquiring
from acquisition.changes import Described
from acquisition.sources.folder import folder_entries
from acquisition.sources.ignored import Patterns
from acquisition.sources.source import NO_FILTERS, Notes
from acquisition.steps import STAGE
from embedding import steps as embedding
from labeling import steps as labeling
from shared import tables
from shared.models import store
from shared.pictures.sandbox import DECODE_LIMITS
from shared.pipeline import slices
from shared.pipeline.slices import Done
from shared.storage import LocalStorage, Storage
from shared.storage.volume import WORK
from shared.tables.contracts import THUMBNAILS
from shared.tables.live import LivePart


def acquire(photos: Path, scratch: Path) -> float:
    """Pictures per second of listing a folder, reading, decoding and storing every file, and leaving out duplicates."""
    volume = LocalStorage(scratch / "volume")
    work_folder = volume.folder(WORK)

    def work() -> int:
        listed = listing.write_listing(
            work_folder, folder_entries(photos, volume.root, Patterns(NO_FILTERS), Notes()), STAGE, ""
        )
        staged = [stage_slice(work_folder, part.slice) for part in listed]
        firsts: dict[str, Described] = {}
        for image_id, place in (found for done in staged for found in acquiring.staged_places(work_folder, done)):
            firsts[image_id] = min(place, firsts.get(image_id, place))
        chosen = defaultdict(list)
        for place in firsts.values():
            chosen[place.slice].append(place.rank[2])
        for done in staged:
            acquiring.finish_slice(volume, work_folder, done, chosen[acquiring.staged_part(done).slice])
        return sum(part.rows for part in listed)

    return _rate(work)


def stage_slice(work: Storage, name: str) -> Done:
    """Read and decode the files of one slice of the listing."""
    entries = listing.read_slice(work, STAGE, name)
    rows = (row for entry in entries for row in acquiring.entry_rows(DECODE_LIMITS, frozenset(), entry))
    return slices.write_slice(work, STAGE, name, rows)


def label(volume: Storage, scratch: Storage) -> float:
    """Pictures per second of labeling every thumbnail of a volume."""
    parts = labeling.slice_parts(tables.open_snapshot(volume))

    def work() -> int:
        for name, part in parts.items():
            pictures = labeling.read_pictures(volume, part)
            slices.write_slice(
                scratch, labeling.STAGE, name, (row for one in pictures for row in labeling.label_picture(one))
            )
        return sum(part.images.rows for part in parts.values())

    return _rate(work)


def embed(volume: Storage, scratch: Storage) -> float:
    """Pictures per second of embedding every thumbnail of a volume with the models it has."""
    models = tuple(store.current(volume))
    outputs = [embedding.stage_of(model) for model in models]
    parts = {part.slice: part for part in tables.open_snapshot(volume).parts(THUMBNAILS)}

    def work() -> int:
        for name, part in parts.items():
            task = embedding.Work(LivePart(part, None), models)
            slices.write_outputs(scratch, outputs, name, embedding.embed_slice(volume, task))
        return sum(part.rows for part in parts.values())

    return _rate(work)


def _rate(work: Callable[[], int]) -> float:
    started = time.perf_counter()
    pictures = work()
    return pictures / (time.perf_counter() - started)
