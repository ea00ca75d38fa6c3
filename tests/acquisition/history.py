"""A source that changes in many ways between runs, and the collection after each."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from acquisition import exports
from shared.pipeline.runs import StageCounts
from shared.storage import LocalStorage
from shared.tables import Part, open_snapshot
from shared.tables.contracts import FAILURES, IMAGES, LOCATIONS, THUMBNAILS
from tests.acquisition.source_folder import add, add_pictures, edit_unseen, picture, rows
from tests.rows import Row


class Round(NamedTuple):
    """The collection after a run."""

    source: Path
    counts: StageCounts
    images: list[Row]
    locations: list[Row]
    failures: list[Row]
    thumbnails: list[str]
    slices: list[str]
    parts: list[Part]
    exported: list[str]

    def below(self, folder: str, table: str = "images") -> list[Row]:
        """The rows of a folder of the source."""
        found = [row for row in getattr(self, table) if Path(row["location"]).is_relative_to(self.source / folder)]
        return sorted(found, key=lambda row: str(row["location"]))

    def names(self, folder: str) -> list[str]:
        return [row["filename"] for row in self.below(folder)]

    def failed(self, folder: str) -> list[str]:
        return [row["reason"] for row in self.failures if Path(row["item"]).is_relative_to(self.source / folder)]


def first_round(source: Path) -> None:
    for folder, start, end in (("deleted", 0, 3), ("edited", 4, 6), ("swapped", 7, 9), ("back", 11, 14)):
        add_pictures(source / folder, start, end)
    add(source, "moved/beach/a.png", picture(3))
    add(source, "unseen/a.png", picture(6))
    for name in ("a.png", "b.png", "c.png"):
        add(source, f"copies/{name}", picture(9))
    add(source, "link/z.png", picture(10))
    (source / "link/a.png").symlink_to(source / "link/z.png")
    add_pictures(source / "mended", 15, 16)
    add(source, "mended/torn.png", picture(14)[:60])
    add(source, "repaired/torn.png", picture(24)[:60])
    add_pictures(source / "broken", 16, 18)
    add_pictures(source / "pipe", 18, 20)
    add_pictures(source.parent / "disk", 20, 23)
    (source / "mounted").symlink_to(source.parent / "disk")
    add(source, "torn.png", picture(23)[:60])


def second_round(source: Path) -> None:
    (source / "deleted/001.png").unlink()
    add(source, "edited/005.png", picture(30))
    add(source, "swapped/007.png", picture(8))
    add(source, "swapped/008.png", picture(7))
    (source / "back/012.png").unlink()
    (source / "moved/mountain").mkdir()
    (source / "moved/beach/a.png").rename(source / "moved/mountain/b.png")
    edit_unseen(source / "unseen/a.png", picture(6)[:-1] + b"\xff")
    (source / "copies/a.png").unlink()
    target = add(source.parent, "elsewhere.png", picture(10))
    (source / "link/z.png").unlink()
    (source / "link/a.png").unlink()
    (source / "link/a.png").symlink_to(target)
    (source / "mended/torn.png").unlink()
    add(source, "broken/017.png", picture(17)[:60])
    (source / "pipe/019.png").unlink()
    os.mkfifo(source / "pipe/019.png")
    (source.parent / "disk").rename(source.parent / "unmounted")


def third_round(source: Path) -> None:
    (source / "copies/b.png").unlink()
    add_pictures(source / "back", 12, 13)
    add(source, "repaired/torn.png", picture(24))
    (source / "pipe/019.png").unlink()
    add_pictures(source / "pipe", 19, 20)
    (source.parent / "unmounted").rename(source.parent / "disk")


def fourth_round(source: Path) -> None:
    add(source, "copies/a.png", picture(9))
    add(source, "alone/a.png", picture(31))


def fifth_round(source: Path) -> None:
    (source / "alone/a.png").unlink()


CHANGES: tuple[Callable[[Path], None], ...] = (first_round, second_round, third_round, fourth_round, fifth_round)


def look(source: Path, volume: LocalStorage, counts: StageCounts) -> Round:
    snapshot = open_snapshot(volume)
    return Round(
        source,
        counts,
        images=rows(volume, IMAGES),
        locations=rows(volume, LOCATIONS),
        failures=rows(volume, FAILURES),
        thumbnails=sorted(row["image_id"] for row in rows(volume, THUMBNAILS)),
        slices=[part.slice for part in snapshot.parts(THUMBNAILS)],
        parts=snapshot.parts(IMAGES),
        exported=sorted(one["filename"] for one in json.loads(volume.read(exports.NAME))),
    )
