"""The built-in sample as a source: a list that is drawn together with its pictures."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from acquisition.sources.entries import UNKNOWN, Entry
from acquisition.sources.files import fetch_file
from acquisition.sources.lists import list_entries
from acquisition.sources.source import FetchedFile, Filters, Notes, Source, SourceKind
from shared.storage import Storage
from shared.storage.volume import IMAGES

KIND = "sample"
LIST_NAME = "sample.csv"
NOT_OF_A_DISK = {"ctime_ns": UNKNOWN, "inode": UNKNOWN}


def open_sample(volume: Storage, source: str, _: Filters) -> Source | None:
    """The sample, if a setting names it; it is drawn by the run."""
    if source != KIND:
        return None
    return Source(id=KIND, name="the sample", entries=partial(sample_entries, sample_folder(volume)))


def sample_entries(folder: Path, notes: Notes) -> Iterator[Entry]:
    """The entries of the list, without what differs between two disks that it was drawn on."""
    return (entry | NOT_OF_A_DISK for entry in list_entries(folder / LIST_NAME, notes, kind=KIND))


def fetch_drawing(entry: Entry, max_bytes: int) -> FetchedFile:
    """The file of an entry, its state as in `sample_entries`; errors as `fetch_file`."""
    file = fetch_file(entry, max_bytes)
    return file._replace(state=file.state._replace(**NOT_OF_A_DISK))


SAMPLE = SourceKind(KIND, open_sample, fetch_drawing)


def sample_folder(volume: Storage) -> Path:
    """Where the sample is drawn to."""
    return volume.local_path(f"{IMAGES}/{KIND}")
