"""The built-in sample as a source: a list that is drawn together with its pictures."""

from functools import partial
from pathlib import Path

from acquisition.sources.files import fetch_file
from acquisition.sources.lists import list_entries
from acquisition.sources.source import Filters, Source, SourceKind
from shared.storage import Storage
from shared.storage.volume import IMAGES

KIND = "sample"
LIST_NAME = "sample.csv"


def open_sample(volume: Storage, source: str, _: Filters) -> Source | None:
    """The sample, if a setting names it; it is drawn by the run."""
    if source != KIND:
        return None
    entries = partial(list_entries, sample_folder(volume) / LIST_NAME, kind=KIND)
    return Source(id=KIND, name="the sample", entries=entries)


SAMPLE = SourceKind(KIND, open_sample, fetch_file)


def sample_folder(volume: Storage) -> Path:
    """Where the sample is drawn to."""
    return volume.local_path(f"{IMAGES}/{KIND}")
