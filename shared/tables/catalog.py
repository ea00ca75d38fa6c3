"""The DuckDB catalog: every table as a view.

    catalog.duckdb             what people open with DuckDB
    catalog.duckdb.sha256      a line for this catalog and one for the one before, each with the path it was made for

Derived from the tables; delete it and nothing is lost. Views name files by absolute paths, for that is what DuckDB finds
from any working directory, so a volume that was moved or copied gets a new catalog from the next command.
"""

import glob
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import duckdb

from shared import tables
from shared.errors import CannotProceedError, UsageError
from shared.storage import Storage
from shared.storage.files import replacing, sha256_of, temporary_name, write_atomically
from shared.storage.volume import CATALOG
from shared.tables.contracts import (
    CATEGORIES,
    CONTRACTS,
    EMBEDDINGS,
    FEATURES,
    IMAGES,
    LABELS,
    MAP,
    THUMBNAILS,
    Contract,
)
from shared.tables.live import COPIED, live_parts
from shared.tables.parts import Part
from shared.tables.snapshot import Snapshot

#: Tables whose rows are about a picture of IMAGES.
FOLLOWING = (THUMBNAILS, LABELS, FEATURES, EMBEDDINGS, CATEGORIES, MAP)
#: A column with the file that a row was read from.
PART_FILE = "part_file"
MAKE_AGAIN = "delete it, and `imagerec run` makes it again"


def rebuild(volume: Storage, snapshot: Snapshot | None = None) -> Path:
    """Make the catalog from the tables, aside, and put it in place of the old one; return its path.

    Raises:
        CannotProceedError: it cannot be written.
    """
    snapshot = snapshot or tables.open_snapshot(volume)
    path = volume.local_path(CATALOG)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = temporary_name(path)
    try:
        with duckdb.connect(str(aside)) as connection:
            for contract in CONTRACTS.values():
                connection.execute(view_sql(volume, snapshot, contract))
        _put_in_place(path, aside)
    except duckdb.Error as error:
        raise CannotProceedError(f"{path} cannot be made ({error})") from error
    finally:
        for left in path.parent.glob(f"{aside.name}*"):  # DuckDB's log, too
            left.unlink()
    return path


def refresh_moved(volume: Storage) -> None:
    """Make the catalog again where it was made for another path: its views name files of the place it came from."""
    path = volume.local_path(CATALOG)
    if path.exists() and str(path) not in _checksums(path).values():
        rebuild(volume)


def _put_in_place(path: Path, aside: Path) -> None:
    in_place = sha256_of(path) if path.exists() else ""
    before = {in_place: made_for} if (made_for := _checksums(path).get(in_place)) else {}
    lines = [f"{sha256}  {made_for}\n" for sha256, made_for in {sha256_of(aside): str(path), **before}.items()]
    write_atomically(checksums_path(path), "".join(lines).encode("utf-8", "surrogateescape"))
    with replacing(path) as file:
        file.write(aside.read_bytes())


def checksums_path(path: Path) -> Path:
    """Where the SHA-256 of a catalog is stored."""
    return path.with_name(f"{path.name}.sha256")


def _checksums(path: Path) -> dict[str, str]:
    """SHA-256 of the catalogs that were made, and the path that each was made for; empty for one by older code."""
    try:
        text = checksums_path(path).read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return {}
    lines = (line.partition("  ") for line in text.splitlines())
    return {sha256: made_for for sha256, _, made_for in lines}


def view_sql(volume: Storage, snapshot: Snapshot, contract: Contract) -> str:
    """The statement that makes a table's view; an empty view with the right columns while there are no parts.

    A view of a table about pictures has the rows of the live collection, see `shared.tables.live`.
    """
    live = (
        live_parts(snapshot, contract) if contract in FOLLOWING else [(one, None) for one in snapshot.parts(contract)]
    )
    if not live:
        columns = ", ".join(f'NULL AS "{name}"' for name in contract.schema.names)
        return f"CREATE VIEW {contract.name} AS SELECT {columns} WHERE false"
    groups = defaultdict[tuple[int, bool], list[tuple[Part, Part | None]]](list)
    for part, images in live:
        groups[part.version, images is not None].append((part, images))
    selects = [_select(volume, contract, version, groups[version, is_joined]) for version, is_joined in sorted(groups)]
    return f"CREATE VIEW {contract.name} AS {' UNION ALL '.join(selects)}"


def _select(volume: Storage, contract: Contract, version: int, live: list[tuple[Part, Part | None]]) -> str:
    """A SELECT of some parts, all of one version of the contract, in today's columns.

    Args:
        live: each with the part of IMAGES that it is joined to; none is, or all are.
    """
    parts, images = [part for part, _ in live], [images for _, images in live if images]
    missing = contract.missing_in(version)
    copied = COPIED if images and contract == LABELS else ()
    columns = (
        _copied(name, missing) if name in copied else _expression(name, missing, "one." if images else "")
        for name in contract.schema.names
    )
    if not images:
        return f"SELECT {', '.join(columns) if missing else '*'} FROM {_reader(volume, parts)}"
    return (
        f"SELECT {', '.join(columns)} FROM {_reader(volume, parts, PART_FILE)} AS one JOIN {_reader(volume, images, PART_FILE)} AS image "
        f"ON one.image_id = image.image_id AND {_slice('one', parts[0].stage)} = {_slice('image', images[0].stage)}"
    )


def _copied(name: str, missing: dict[str, Any]) -> str:
    """A column that IMAGES is asked for; tags with what people said of them, as `live.merged_tags` has it."""
    if name != "tags" or "tags_by_hand" in missing:
        return f'image."{name}"'
    removed = "list_transform(list_filter(one.tags_by_hand, lambda said: said.is_removed), lambda said: said.tag)"
    added = (
        "list_filter(one.tags_by_hand, lambda said: NOT said.is_removed AND NOT list_contains(image.tags, said.tag))"
    )
    kept = f"list_filter(image.tags, lambda tag: NOT list_contains({removed}, tag))"
    return f'list_concat({kept}, list_transform({added}, lambda said: said.tag)) AS "tags"'


def _reader(volume: Storage, parts: list[Part], file_column: str = "") -> str:
    """The rows of some parts, with the part's file in a column if that is wanted."""
    files = (glob.escape(volume.locate(part.key)) for part in parts)
    listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    return f"read_parquet([{listed}]{file_column and f', filename = {_literal(file_column)}'})"


def _slice(alias: str, stage: str) -> str:
    """The name of the slice that a row's part belongs to."""
    return f"regexp_extract(parse_filename({alias}.{PART_FILE}), '^part-(.+)-{stage}-[0-9a-f]{{8}}', 1)"


def _expression(name: str, missing: dict[str, Any], table: str) -> str:
    """A column of today's contract in terms of those that a part has."""
    if name not in missing:
        return f'{table}"{name}"'
    if missing[name].formerly:
        return f'{table}"{missing[name].formerly}" AS "{name}"'
    return f'{_literal(missing[name].default)} AS "{name}"'


def _literal(value: Any) -> str:
    """A default value in SQL."""
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else json.dumps(value)


def query(volume: Storage, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a SELECT over the catalog, read only.

    DuckDB does not notice a damaged Parquet file, so the parts of every table that the statement names are checked first.

    Raises:
        CannotProceedError: the catalog or a part is missing or damaged; the message names it.
    """
    with _connect(volume, sql) as connection:
        rows: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
        return rows


def query_arrow(volume: Storage, sql: str) -> Any:
    """The answer to a person's SELECT over the catalog as an Arrow table; errors as `query`.

    Raises:
        UsageError: DuckDB refuses the statement; the message is DuckDB's.
    """
    with _connect(volume, sql) as connection:
        try:
            return connection.sql(sql).to_arrow_table()
        except duckdb.Error as error:
            raise UsageError(str(error)) from error


def _connect(volume: Storage, sql: str) -> duckdb.DuckDBPyConnection:
    """The catalog, checked, with all that a statement reads."""
    path = volume.local_path(CATALOG)
    refresh_moved(volume)
    check(path)
    snapshot = tables.open_snapshot(volume)
    for contract in _named(sql):
        tables.check_parts(volume, snapshot.parts(contract))
    return duckdb.connect(str(path), read_only=True)


def query_tables(volume: Storage, snapshot: Snapshot, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a SELECT over the tables of a snapshot, without the stored catalog.

    Raises:
        CannotProceedError: a part of a table that the statement names is missing or damaged.
    """
    with duckdb.connect() as connection:
        for contract in _named(sql):
            tables.check_parts(volume, snapshot.parts(contract))
            connection.execute(view_sql(volume, snapshot, contract))
        rows: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
        return rows


def _named(sql: str) -> list[Contract]:
    """The tables that a statement reads: those it names, and IMAGES, which says what rows of others are live."""
    named = [one for one in CONTRACTS.values() if re.search(rf"\b{one.name}\b", sql, re.IGNORECASE)]
    return [IMAGES, *named] if IMAGES not in named and set(named) & set(FOLLOWING) else named


def check(path: Path) -> None:
    """Verify that the catalog is the one that was made.

    Raises:
        CannotProceedError: it is not there or not what was made.
    """
    try:
        found = sha256_of(path)
    except OSError as error:
        raise CannotProceedError(f"{path} cannot be read ({error.strerror}); `imagerec run` makes it again") from error
    if found not in _checksums(path):
        raise CannotProceedError(f"{path} is damaged (its SHA-256 is not the stored one); {MAKE_AGAIN}")
