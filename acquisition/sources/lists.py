"""A list of paths or addresses as a source: text, CSV, TSV, JSON, JSON lines or Parquet.

Relative paths start at the list's folder; pictures at addresses are downloaded before the list is read as a source.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from acquisition.sources import list_paths
from acquisition.sources.entries import Entry, Origin, bad_entry, file_entry
from acquisition.sources.files import fetch_file
from acquisition.sources.ignored import is_named_as_picture
from acquisition.sources.list_formats import OPTIONAL_COLUMNS, PATH_COLUMN, read_lines
from acquisition.sources.source import Filters, Notes, Source, SourceKind, path_id
from acquisition.sources.web.addresses import is_address, plain_text, tags_of, web_query
from acquisition.sources.web.downloads import downloaded_entries
from shared.errors import BadInputError
from shared.fetching.addresses import without_user
from shared.storage import Storage, locations

KIND = "list"


def open_list(volume: Storage, source: str, _: Filters) -> Source | None:
    """The list that a setting names."""
    path = Path(source).expanduser()
    if not path.is_file() or is_named_as_picture(path.name):
        return None
    return Source(
        id=path_id(path),
        name=source,
        entries=partial(all_entries, volume, path),
        may_repeat=True,
        web=web_query(path),
    )


LIST = SourceKind(KIND, open_list, fetch_file)


def all_entries(volume: Storage, path: Path, notes: Notes) -> Iterator[Entry]:
    """An entry for each path of a list, then one for each downloaded picture."""
    yield from list_entries(path, notes)
    yield from downloaded_entries(volume, path_id(path), KIND, notes)


def list_entries(path: Path, notes: Notes, kind: str = KIND) -> Iterator[Entry]:
    """An entry for each line of a list, read as it is needed; a line that names no file is an entry that fails.

    Raises:
        UsageError: the file is no list.
    """
    base = path.resolve().parent
    for number, line in read_lines(path, notes):
        if is_address(line):
            continue
        try:
            yield file_entry(kind, path_in(base, line), origin_of(line) if isinstance(line, Mapping) else Origin())
        except BadInputError as error:
            where = f"{locations.encode(base / path.name)}:{number}"
            yield bad_entry(kind, where, error.reason, error.detail)


def path_in(base: Path, line: Mapping[str, Any] | str) -> Path:
    """The path that a line names.

    Raises:
        BadInputError: it names none.
    """
    if isinstance(line, str):
        raise BadInputError("bad_entry", line)
    return list_paths.absolute(base, line.get(PATH_COLUMN))


def origin_of(line: Mapping[str, Any]) -> Origin:
    """What the optional columns state."""
    texts = {name: without_user(plain_text(line.get(name))) for name in OPTIONAL_COLUMNS if name != "tags"}
    return Origin(**texts, tags=tags_of(line))
