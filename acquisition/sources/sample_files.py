"""The files of the sample: drawn once, drawn anew when a run was cut off, left alone when complete."""

import os
from pathlib import Path

from acquisition.sample.damage import BROKEN
from acquisition.sample.plan import Drawing, drawings, files_of, listing, paths_of, truth
from acquisition.sources.sample import LIST_NAME
from shared.storage.files import TEMPORARY, write_atomically

TRUTH_NAME = "truth.json"

#: Modification time of every file, s since 1970 (2024-01-01): a sample drawn again looks unchanged.
MODIFIED_S = 1_704_067_200


def draw_sample(folder: Path) -> None:
    """Draw the sample into `folder` unless it is there already; takes some seconds."""
    if is_complete(folder):
        return
    for drawing in drawings():
        add_drawing(folder, drawing)
    finish_sample(folder)


def is_complete(folder: Path) -> bool:
    """Whether a run of this edition of the sample came to its end and nothing has gone since."""
    marker = folder / TRUTH_NAME
    return (
        marker.is_file() and marker.read_bytes() == truth() and all((folder / path).is_file() for path in all_paths())
    )


def all_paths() -> list[str]:
    """Every file that the list names, in its order."""
    return [path for drawing in drawings() for path in paths_of(drawing)] + list(BROKEN)


def add_drawing(folder: Path, drawing: Drawing) -> None:
    """Draw one picture and its copies; drawing it twice, even at the same time, does no harm."""
    for path, data in files_of(drawing).items():
        add_file(folder / path, data)


def finish_sample(folder: Path) -> None:
    """Add the broken files and the list, sweep what a killed run left, and mark the sample complete."""
    for path, (make, _) in BROKEN.items():
        add_file(folder / path, make())
    for leftover in folder.rglob(f"*{TEMPORARY}*"):
        leftover.unlink()
    add_file(folder / LIST_NAME, listing())
    add_file(folder / TRUTH_NAME, truth())


def add_file(path: Path, data: bytes) -> None:
    """Write a file whose modification time is always the same."""
    write_atomically(path, data)
    os.utime(path, (MODIFIED_S, MODIFIED_S))
