"""Sources by name: what `--source` may be."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from acquisition import folder, lists
from acquisition.entries import Entry
from acquisition.sample import LIST_NAME
from shared.errors import UsageError
from shared.volume import images_dir

SAMPLE = "sample"


class Source(NamedTuple):
    """A source that is there, and its entries, which are found as they are asked for."""

    name: str
    entries: Iterator[Entry]
    may_repeat: bool  # whether one file can be listed twice


def open_source(volume: Path, source: str) -> Source:
    """The source that a setting names.

    Raises:
        UsageError: there is none of that name.
    """
    if source == SAMPLE:
        return Source("the sample", lists.list_entries(sample_folder(volume) / LIST_NAME, SAMPLE), may_repeat=False)
    path = Path(source).expanduser()
    if source and path.is_dir():
        return Source(source, folder.folder_entries(path, volume), may_repeat=False)
    if path.is_file():
        return Source(source, lists.list_entries(path), may_repeat=True)
    raise UsageError(f"--source: expected a folder, a list of paths or sample, got {source!r}, which is not there")


def sample_folder(volume: Path) -> Path:
    """Where the sample is drawn to."""
    return images_dir(volume) / SAMPLE
