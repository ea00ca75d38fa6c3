"""A list of paths as a source: text, CSV or Parquet; relative paths start at the list's folder."""

import csv
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from acquisition.sources import untrusted_parquet
from acquisition.sources.entries import Entry, Origin, bad_entry, file_entry
from shared.errors import UsageError
from shared.storage import locations

SOURCE = "list"
PATH_COLUMN = "path"
#: Columns a list may have beside the path. `tags` is a list, or text separated by semicolons or commas.
OPTIONAL_COLUMNS = ("url", "license", "author", "title", "tags")

Line = tuple[int, Mapping[str, Any] | str]
"""A line's number and its columns, or what is wrong with it."""


def list_entries(path: Path, source: str = SOURCE) -> Iterator[Entry]:
    """An entry for each line of a list, read as it is needed; a line that names no file is an entry that fails.

    Raises:
        UsageError: the file is no list.
    """
    base = path.resolve().parent
    readers = {".csv": csv_lines, ".parquet": parquet_lines}
    for number, line in readers.get(path.suffix.lower(), text_lines)(path):
        problem = line if isinstance(line, str) else path_problem(line[PATH_COLUMN])
        if problem or isinstance(line, str):
            where = f"{locations.encode(base / path.name)}:{number}"
            yield bad_entry(source, where, "bad_entry", problem)
        else:
            yield file_entry(source, absolute(base, line[PATH_COLUMN]), origin_of(line))


def path_problem(value: Any) -> str:
    """Why a value is no path of a file; empty if it is."""
    if not isinstance(value, str | bytes) or not value:
        return "expected a path, got none"
    return "expected a path, got one with a NUL character" if "\0" in os.fsdecode(value) else ""


def absolute(base: Path, value: str | bytes) -> Path:
    """The path that a list means: as it stands, as a file:// URI, or relative to the list's folder."""
    text = os.fsdecode(value)
    if text.startswith(locations.SCHEME):
        return locations.decode(text)
    return Path(os.path.normpath(base / text))


def origin_of(line: Mapping[str, Any]) -> Origin:
    """What the optional columns say."""
    tags = line.get("tags") or []
    if isinstance(tags, str):
        tags = re.split("[;,]", tags)
    texts = {name: plain_text(line.get(name)) for name in OPTIONAL_COLUMNS if name != "tags"}
    return Origin(**texts, tags=[tag for tag in map(plain_text, tags) if tag])


def plain_text(value: Any) -> str:
    """A value as text that can be stored whatever bytes the list had."""
    text = "" if value is None else str(value).strip()
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def text_lines(path: Path) -> Iterator[Line]:
    """One path a line, any bytes; blank lines are skipped.

    Raises:
        UsageError: the file is not text.
    """
    with path.open("rb") as file:
        if b"\0" in file.read(1024):
            raise UsageError(
                f"--source: expected a folder, a list of paths or sample, got a file that is neither: {path}"
            )
        file.seek(0)
        for number, line in enumerate(file, start=1):
            name = line.removesuffix(b"\n").removesuffix(b"\r")
            if name.strip():
                yield number, {PATH_COLUMN: os.fsdecode(name)}


def csv_lines(path: Path) -> Iterator[Line]:
    """Rows of a CSV file with a header.

    Raises:
        UsageError: there is no column `path`.
    """
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = csv.DictReader(file)
        check_columns(path, reader.fieldnames or ())
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield reader.reader.line_num, f"expected a line of CSV, got one with: {error}"
            else:
                too_many = "expected as many values as the header has columns, got more" if None in row else ""
                yield reader.line_num, too_many or row


def parquet_lines(path: Path) -> Iterator[Line]:
    """Rows of a Parquet file.

    Raises:
        UsageError: it is no Parquet file, or has no column `path`.
    """
    check_columns(path, untrusted_parquet.parquet_columns(path))
    wanted = (PATH_COLUMN, *OPTIONAL_COLUMNS)
    yield from enumerate(untrusted_parquet.parquet_rows(path, wanted), start=1)


def check_columns(path: Path, columns: Iterable[str]) -> None:
    """Refuse a list without paths."""
    if PATH_COLUMN not in columns:
        raise UsageError(f"--source: expected a column `{PATH_COLUMN}` in {path}, got {', '.join(columns) or 'none'}")
