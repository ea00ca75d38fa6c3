"""A folder of pictures that changes, and runs over it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyspark import SparkContext

from acquisition import job
from acquisition.settings import Settings
from shared.pipeline.runs import StageCounts, checked
from shared.storage import LocalStorage
from shared.tables import open_snapshot, read_rows
from shared.tables.contracts import IMAGES, LOCATIONS, Contract
from tests.shared.pictures.drawn import encoded, plain

Run = Callable[..., StageCounts]


def picture(number: int) -> bytes:
    """The bytes of a picture; another one for each number."""
    return encoded(plain((20 + number, 20)))


def add(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def add_pictures(folder: Path, start: int, end: int) -> None:
    for number in range(start, end):
        add(folder, f"{number:03d}.png", picture(number))


def edit_unseen(path: Path, data: bytes) -> None:
    """Replace a file's bytes by as many, and put its modification time back."""
    before = path.stat()
    assert len(data) == before.st_size
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def run_source(sc: SparkContext, volume: LocalStorage, source: Path | str, **settings: Any) -> StageCounts:
    made = Settings(data=volume.root, source=str(source), master="local[2]", **{"json_exports": False, **settings})
    job.check(made)
    return checked(job.run(sc, made))


def rows(volume: LocalStorage, contract: Contract) -> list[dict[str, Any]]:
    return [row for part in open_snapshot(volume).parts(contract) for row in read_rows(volume, part)]


def filenames(volume: LocalStorage) -> list[str]:
    """Names of the pictures of the collection."""
    return sorted(row["filename"] for row in rows(volume, IMAGES))


def places(volume: LocalStorage) -> list[tuple[str, str]]:
    """Source and file name of every location, both by their last part."""
    return sorted((Path(row["source_id"]).name, row["filename"]) for row in rows(volume, LOCATIONS))


def contents(volume: LocalStorage) -> dict[str, bytes]:
    """Every stored table file by its path."""
    folder = volume.local_path("tables")
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
