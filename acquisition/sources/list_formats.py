"""The file formats of lists, and the encodings of their text: each reader yields numbered lines with columns."""

import codecs
import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from acquisition.sources import untrusted_parquet
from acquisition.sources.source import Notes
from shared.errors import UsageError

PATH_COLUMN, URL_COLUMN = "path", "url"
#: Columns a list may have beside the path. `tags` is a list, or text separated by semicolons or commas.
OPTIONAL_COLUMNS = (URL_COLUMN, "license", "author", "title", "tags")
#: Columns about pictures of the web.
WEB_COLUMNS = ("license_url", "author_url", "source_url", "width", "height", "sha256", "sha1", "md5")
COLUMNS = (PATH_COLUMN, *OPTIONAL_COLUMNS, *WEB_COLUMNS)
#: What others call these columns: img2dataset, LAION and DataComp. A column of ours comes first.
ALIASES = {
    "caption": "title",
    "text": "title",
    "image_url": URL_COLUMN,
    "creator": "author",
    "licence": "license",
    "keywords": "tags",
    "original_width": "width",
    "original_height": "height",
}
#: An address, maybe in quotes or angle brackets.
ADDRESS = re.compile(r"[\s\"'<]*(https?://.+?)[\s\"'>]*", re.IGNORECASE)

Line = tuple[int, Mapping[str, Any] | str]
"""A line's number and its columns, or what is wrong with it."""

UTF8 = "utf-8"
#: What text may start with. The longer marks first: UTF-32's starts with UTF-16's.
MARKS = {
    codecs.BOM_UTF8: UTF8,
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
DELIMITERS = ",;\t"
PROBE_BYTES = 1024


def read_lines(path: Path, notes: Notes) -> Iterator[Line]:
    """The lines of a list in the format that its name says; one path a line where it says none.

    Raises:
        UsageError: the file is no such list.
    """
    readers: dict[str, Callable[[Path, Notes], Iterator[Line]]] = {
        ".csv": table_lines,
        ".tsv": table_lines,
        ".json": json_lines,
        ".jsonl": jsonl_lines,
        ".ndjson": jsonl_lines,
        ".parquet": parquet_lines,
    }
    return readers.get(path.suffix.lower(), text_lines)(path, notes)


def encoding_of(path: Path, notes: Notes) -> str:
    """The encoding of a text file: by its byte order mark, or UTF-16 without one, else UTF-8; any but UTF-8 is noted."""
    with path.open("rb") as file:
        start = file.read(PROBE_BYTES)
    found = next((name for mark, name in MARKS.items() if start.startswith(mark)), None) or _guess(start)
    if found != UTF8:
        notes.remarks.append(f"{path} is read as {found.upper()}")
    return found


def _guess(start: bytes) -> str:
    """The encoding of text without a mark, by where its NUL bytes are: in UTF-16 every other byte of ASCII is one."""
    for name, zeros, letters in (("utf-16-le", start[1::2], start[::2]), ("utf-16-be", start[::2], start[1::2])):
        if 0 not in letters and zeros.count(0) * 2 > len(zeros) > 0:
            return name
    return UTF8


def _open_text(path: Path, encoding: str, newline: str) -> TextIO:
    return path.open(encoding=encoding, errors="surrogateescape" if encoding == UTF8 else "replace", newline=newline)


def text_lines(path: Path, notes: Notes) -> Iterator[Line]:
    """One path a line, any bytes; blank lines and those that start with # are skipped.

    Raises:
        UsageError: the file is not text.
    """
    encoding = encoding_of(path, notes)
    with path.open("rb") as start:
        if encoding == UTF8 and b"\0" in start.read(PROBE_BYTES):
            raise UsageError(
                f"--source: expected a folder, a list of paths or addresses, sample; got a file that is neither: {path}"
            )
    with _open_text(path, encoding, "\n") as file:
        for number, line in enumerate(_split_lines(file), start=1):
            if line.strip() and not line.startswith("#"):
                yield number, columns_of(line)


def columns_of(text: str) -> dict[str, str]:
    """The columns of a line that is nothing but a path or an address."""
    address = ADDRESS.fullmatch(text)
    return {URL_COLUMN: address.group(1)} if address else {PATH_COLUMN: text}


def _split_lines(file: Iterable[str]) -> Iterator[str]:
    """Lines without their ends, which are line feeds alone or after a carriage return."""
    for number, line in enumerate(file):
        text = line.removesuffix("\n").removesuffix("\r")
        yield text.removeprefix("\ufeff") if number == 0 else text


def table_lines(path: Path, notes: Notes) -> Iterator[Line]:
    """Rows of a CSV or TSV file with a header; separated by commas, semicolons or tabs.

    Raises:
        UsageError: there is no column `path` or `url`.
    """
    with _open_text(path, encoding_of(path, notes), "") as file:
        header = next(_split_lines(file), "")
        delimiter = _delimiter(header, "\t" if path.suffix.lower() == ".tsv" else ",")
        file.seek(0)
        reader = csv.reader(_without_mark(file), delimiter=delimiter, skipinitialspace=True)
        header_row = _first_row(reader)
        columns = column_names(header_row)
        check_columns(path, header_row, notes)
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield reader.line_num, f"expected a line of CSV, got one with: {error}"
            else:
                if row:
                    yield reader.line_num, _named(columns, row)


def _without_mark(file: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(file):
        yield line.removeprefix("\ufeff") if number == 0 else line


def _delimiter(header: str, default: str) -> str:
    """The character that separates the columns: the one that leaves a column `path` or `url`."""
    for delimiter in default + DELIMITERS:
        names = column_names(_first_row(csv.reader([header], delimiter=delimiter, skipinitialspace=True)))
        if PATH_COLUMN in names or URL_COLUMN in names:
            return delimiter
    return default


def _first_row(rows: Iterator[list[str]]) -> list[str]:
    """The header, empty where there is none."""
    try:
        return next(rows, [])
    except csv.Error:
        return []


def column_names(header: Iterable[str]) -> list[str]:
    """A header's names in lower case, without blanks around them; those of others as ours where they are free."""
    names = [name.strip().lower() for name in header]
    taken = {*names}
    renamed = []
    for name in names:
        ours = ALIASES.get(name, name)
        renamed.append(name if ours in taken else ours)
        taken.add(ours)
    return renamed


def _named(columns: Sequence[str], row: Sequence[str]) -> dict[str, str] | str:
    if len(row) > len(columns):
        return "expected as many values as the header has columns, got more"
    return dict(zip(columns, row, strict=False))


def json_lines(path: Path, notes: Notes) -> Iterator[Line]:
    """Items of a JSON list: paths, or objects with the columns; numbered from one.

    Raises:
        UsageError: it is no JSON list.
    """
    with _open_text(path, encoding_of(path, notes), "\n") as file:
        text = file.read().removeprefix("\ufeff")
    try:
        items = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--source: expected a JSON list in {path}, got: {error}") from error
    if not isinstance(items, list):
        raise UsageError(f"--source: expected a JSON list in {path}, got {type(items).__name__}")
    yield from _items(path, notes, enumerate(items, start=1))


def jsonl_lines(path: Path, notes: Notes) -> Iterator[Line]:
    """Lines of a file with one JSON value a line, each a path or an object with the columns.

    Raises:
        UsageError: the file is not text.
    """
    with _open_text(path, encoding_of(path, notes), "\n") as file:
        lines = ((number, line) for number, line in enumerate(_split_lines(file), start=1) if line.strip())
        yield from _items(path, notes, ((number, _parsed(line)) for number, line in lines))


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        return error


def _items(path: Path, notes: Notes, numbered: Iterable[tuple[int, Any]]) -> Iterator[Line]:
    unused = dict[str, None]()
    for number, item in numbered:
        if isinstance(item, dict):
            columns = dict(zip(column_names(item), item.values(), strict=True))
            unused |= dict.fromkeys(name for name in columns if name not in COLUMNS)
            yield number, columns
        elif isinstance(item, str):
            yield number, columns_of(item)
        elif isinstance(item, Exception):
            yield number, f"expected JSON, got: {item}"
        else:
            yield number, f"expected a path or an object with `path`, got {json.dumps(item)[:100]}"
    note_unused(path, list(unused), notes)


def parquet_lines(path: Path, notes: Notes) -> Iterator[Line]:
    """Rows of a Parquet file.

    Raises:
        UsageError: it is no Parquet file, or has no column `path` or `url`.
    """
    stored = untrusted_parquet.parquet_columns(path)
    names = dict(zip(column_names(stored), stored, strict=True))
    check_columns(path, stored, notes)
    wanted = {names[name]: name for name in COLUMNS if name in names}
    for number, row in enumerate(untrusted_parquet.parquet_rows(path, list(wanted)), start=1):
        yield number, {wanted[name]: value for name, value in row.items()}


def check_columns(path: Path, header: Sequence[str], notes: Notes) -> None:
    """Refuse a list without paths and addresses, and note the columns that are not used."""
    columns = column_names(header)
    if PATH_COLUMN not in columns and URL_COLUMN not in columns:
        raise UsageError(
            f"--source: expected a column `{PATH_COLUMN}` or `{URL_COLUMN}` in {path}, got {', '.join(header) or 'none'}"
        )
    note_unused(path, [name for name in columns if name not in COLUMNS], notes)


def note_unused(path: Path, columns: Sequence[str], notes: Notes) -> None:
    """Note columns that a list has and the tables have not."""
    if columns:
        named = ", ".join(name or "(no name)" for name in columns)
        notes.remarks.append(f"{path}: columns that are not used: {named}; used are {', '.join(COLUMNS)}")
