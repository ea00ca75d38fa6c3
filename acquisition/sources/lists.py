"""A list of paths as a source: text, CSV, TSV, JSON, JSON lines or Parquet; relative paths start at the list's folder."""

import re
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
from shared.errors import BadInputError
from shared.storage import Storage, locations

KIND = "list"


def open_list(_: Storage, source: str, __: Filters) -> Source | None:
    """The list that a setting names."""
    path = Path(source).expanduser()
    if not path.is_file() or is_named_as_picture(path.name):
        return None
    return Source(
        id=path_id(path),
        name=source,
        entries=partial(list_entries, path),
        may_repeat=True,
    )


LIST = SourceKind(KIND, open_list, fetch_file)


def list_entries(path: Path, notes: Notes, kind: str = KIND) -> Iterator[Entry]:
    """An entry for each line of a list, read as it is needed; a line that names no file is an entry that fails.

    Raises:
        UsageError: the file is no list.
    """
    base = path.resolve().parent
    for number, line in read_lines(path, notes):
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
    tags = line.get("tags") or []
    if isinstance(tags, str):
        tags = re.split("[;,]", tags)
    texts = {name: plain_text(line.get(name)) for name in OPTIONAL_COLUMNS if name != "tags"}
    return Origin(**texts, tags=[tag for tag in map(plain_text, tags if isinstance(tags, list) else [tags]) if tag])


def plain_text(value: Any) -> str:
    """A value as text that can be stored whatever bytes the list had."""
    text = "" if value is None else str(value).strip()
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # half a character, as JSON can have
        return text.encode("utf-8", "backslashreplace").decode()
