"""The bare loop: the same functions over the same pictures in one process, without Spark. What Spark is measured against."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from acquisition import steps as acquiring
from acquisition.folder import folder_entries
from embedding import steps as embedding
from labeling import steps as labeling
from shared import slices, tables
from shared.contracts import STAGED, THUMBNAILS
from shared.decoder import GUARD
from shared.models import store
from shared.slices import Stage


def acquire(photos: Path, volume: Path, scratch: Path) -> float:
    """Pictures per second of reading, decoding and storing every file of a folder."""
    contracts = (STAGED, THUMBNAILS)
    entries = list(folder_entries(photos, volume))
    stage = Stage("acquisition", acquiring.FINGERPRINT, contracts)

    def work() -> None:
        rows = (row for entry in entries for row in acquiring.describe_entry(GUARD, entry))
        _write_in_slices(scratch, stage, rows, len(contracts))

    return _rate(work, len(entries))


def label(volume: Path, scratch: Path) -> float:
    """Pictures per second of labeling every thumbnail of a volume."""
    parts = labeling.slice_parts(tables.open_snapshot(volume))

    def work() -> None:
        for name in parts:
            pictures = labeling.read_pictures(volume, parts, name)
            slices.write_slice(
                scratch, labeling.STAGE, name, (row for one in pictures for row in labeling.describe(one))
            )

    return _rate(work, sum(part.images.rows for part in parts.values()))


def embed(volume: Path, scratch: Path) -> float:
    """Pictures per second of embedding every thumbnail of a volume with the model it has."""
    model = store.current(volume)
    parts = {part.slice: part for part in tables.open_snapshot(volume).parts(THUMBNAILS)}

    def work() -> None:
        for name in parts:
            seen = embedding.embed_pictures(volume, model, embedding.read_thumbnails(volume, parts, name))
            rows = (row for one in seen for row in embedding.rows(model, one))
            slices.write_slice(scratch, embedding.stage_of(model), name, rows)

    return _rate(work, sum(part.rows for part in parts.values()))


def _write_in_slices(scratch: Path, stage: Stage, rows: Iterable[slices.TableRow], tables_per_picture: int) -> None:
    """Store rows as a run does, a slice of 512 pictures at a time."""
    chunk: list[slices.TableRow] = []
    number = 0
    for row in rows:
        chunk.append(row)
        if len(chunk) == 512 * tables_per_picture:
            slices.write_slice(scratch, stage, f"{number:06d}", chunk)
            chunk, number = [], number + 1
    slices.write_slice(scratch, stage, f"{number:06d}", chunk)


def _rate(work: Callable[[], None], pictures: int) -> float:
    started = time.perf_counter()
    work()
    return pictures / (time.perf_counter() - started)
