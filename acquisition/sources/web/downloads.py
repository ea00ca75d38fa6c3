"""Downloaded pictures as entries: the stored files of a source's rows of FETCHES."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from acquisition.sources.entries import Entry, FileState, Origin, make_entry
from acquisition.sources.files import fetch_file
from acquisition.sources.source import FetchedFile, Filters, Notes, Source, SourceKind, WebQuery
from acquisition.sources.web.protocol import Service
from shared import tables
from shared.storage import Storage
from shared.storage.files import digest
from shared.tables.contracts import FETCHES, ORIGIN_COLUMNS

#: Outcomes of FETCHES with bytes on the volume.
STORED = ("ok", "not_modified")
ORIGIN_NAMES = tuple(column.name for column in ORIGIN_COLUMNS)


def source_prefix(source_id: str) -> str:
    """What the slices of a source's parts of FETCHES begin with."""
    return f"{digest(source_id)[:16]}-"


def downloaded_entries(volume: Storage, source_id: str, kind: str, _: Notes) -> Iterator[Entry]:
    """An entry for each stored picture of a source, in the order of its listing."""
    snapshot = tables.open_snapshot(volume)
    parts = [part for part in snapshot.parts(FETCHES) if part.slice.startswith(source_prefix(source_id))]
    rows = chain.from_iterable(tables.read_rows(volume, part) for part in parts)
    return (downloaded_entry(volume, kind, row) for row in rows if row["outcome"] in STORED)


def downloaded_entry(volume: Storage, kind: str, row: dict[str, Any]) -> Entry:
    """The entry of a row of FETCHES. The file's name is its content, so nothing but its size is its state."""
    origin = Origin(url=row["source_url"], **{name: row[name] for name in ORIGIN_NAMES if name != "source_url"})
    return make_entry(kind, volume.locate(row["key"]), FileState(row["size_bytes"]), origin)


def fetch_downloaded(entry: Entry, max_bytes: int) -> FetchedFile:
    """The file of an entry, with the state that entries of downloads have; errors as `fetch_file`."""
    file = fetch_file(entry, max_bytes)
    return file._replace(state=FileState(file.state.size_bytes))


def service_kind(service: Service) -> SourceKind:
    """A service as a kind of source."""

    def open_service(volume: Storage, source: str, _: Filters) -> Source | None:
        name, colon, query = source.partition(":")
        if not colon or name.strip().lower() != service.name:
            return None
        source_id = f"{service.name}:{query.strip()}"
        return Source(
            id=source_id,
            name=source_id,
            entries=lambda notes: downloaded_entries(volume, source_id, service.name, notes),
            may_repeat=True,
            web=WebQuery(service, query.strip()),
        )

    return SourceKind(service.name, open_service, fetch_downloaded)
