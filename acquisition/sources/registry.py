"""Sources by name: what `--source` may be."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from acquisition.sources import folder, lists
from acquisition.sources.entries import Entry
from acquisition.sources.sample import LIST_NAME
from shared.errors import CannotProceedError, UsageError
from shared.storage import Storage
from shared.storage.volume import IMAGES

SAMPLE = "sample"


EMPTY = "found no pictures in {}; expected files such as .jpg, .png, .webp, .gif or .tif"


class Source(NamedTuple):
    """A source that is there, and its entries, which are found as they are asked for."""

    name: str
    entries: Iterator[Entry]
    may_repeat: bool  # whether one file can be listed twice


def check_source(volume: Storage, source: str) -> None:
    """Do nothing if there is such a source and something in it; looks no further than the first entry.

    Raises:
        UsageError: there is none of that name, or it is a file that is no list.
        CannotProceedError: it is empty.
    """
    opened = open_source(volume, source)
    if source != SAMPLE and next(opened.entries, None) is None:  # the sample is drawn by the run
        raise CannotProceedError(EMPTY.format(opened.name))


def open_source(volume: Storage, source: str) -> Source:
    """The source that a setting names.

    Raises:
        UsageError: there is none of that name.
    """
    if source == SAMPLE:
        return Source("the sample", lists.list_entries(sample_folder(volume) / LIST_NAME, SAMPLE), may_repeat=False)
    path = Path(source).expanduser()
    if source and path.is_dir():
        root = volume.local_path("")
        if root.exists() and path.samefile(root):
            raise UsageError(f"--source: expected a folder of pictures, got the volume {root}; give --data another")
        return Source(source, folder.folder_entries(path, root), may_repeat=False)
    if path.is_file() and not folder.is_named_as_picture(path.name):
        return Source(source, lists.list_entries(path), may_repeat=True)
    raise UsageError(f"--source: expected a folder, a list of paths or sample, got {source!r}, {what_it_is(path)}")


def what_it_is(path: Path) -> str:
    """What a path is that is no source, and what to do."""
    if path.is_file():
        return "a picture by its name; give the folder it is in, or a list that names it"
    return "which is neither" if path.exists() else "which is not there"


def sample_folder(volume: Storage) -> Path:
    """Where the sample is drawn to."""
    return volume.local_path(f"{IMAGES}/{SAMPLE}")
