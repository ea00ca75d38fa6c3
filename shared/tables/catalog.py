"""The DuckDB catalog: every table as a view.

    catalog.duckdb             what people open with DuckDB
    catalog.duckdb.sha256      of this catalog and of the one before: one of them is right whenever a kill comes

Derived from the tables; delete it and nothing is lost.
"""

import glob
import re
from pathlib import Path
from typing import Any

import duckdb

from shared import tables
from shared.errors import CannotProceedError
from shared.storage.files import replacing, sha256_of, temporary_name, write_atomically
from shared.storage.volume import catalog_path
from shared.tables import Snapshot
from shared.tables.contracts import CONTRACTS, Contract

MAKE_AGAIN = "delete it, and `imagerec run` makes it again"


def rebuild(volume: Path, snapshot: Snapshot | None = None) -> Path:
    """Make the catalog from the tables, aside, and put it in place of the old one; return its path.

    Raises:
        CannotProceedError: it cannot be written.
    """
    snapshot = snapshot or tables.open_snapshot(volume)
    path = catalog_path(volume)
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


def _put_in_place(path: Path, aside: Path) -> None:
    in_place = [sha256_of(path)] if path.exists() else []
    known = [one for one in in_place if one in _checksums(path)]
    write_atomically(checksums_path(path), "\n".join([sha256_of(aside), *known, ""]).encode())
    with replacing(path) as file:
        file.write(aside.read_bytes())


def checksums_path(path: Path) -> Path:
    """Where the SHA-256 of a catalog is stored."""
    return path.with_name(f"{path.name}.sha256")


def _checksums(path: Path) -> list[str]:
    try:
        return checksums_path(path).read_text(encoding="ascii", errors="replace").split()
    except FileNotFoundError:
        return []


def view_sql(volume: Path, snapshot: Snapshot, contract: Contract) -> str:
    """The statement that makes a table's view; an empty view with the right columns while there are no parts."""
    files = [glob.escape(str(tables.part_path(volume, part).resolve())) for part in snapshot.parts(contract)]
    if not files:
        columns = ", ".join(f'NULL AS "{name}"' for name in contract.schema.names)
        return f"CREATE VIEW {contract.name} AS SELECT {columns} WHERE false"
    listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    return f"CREATE VIEW {contract.name} AS SELECT * FROM read_parquet([{listed}])"


def query(volume: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a SELECT over the catalog, read only.

    DuckDB believes a damaged Parquet file, so the parts of every table that the statement names are checked first.

    Raises:
        CannotProceedError: the catalog or a part is missing or damaged; the message names it.
    """
    path = catalog_path(volume)
    check(path)
    snapshot = tables.open_snapshot(volume)
    for contract in CONTRACTS.values():
        if re.search(rf"\b{contract.name}\b", sql, re.IGNORECASE):
            tables.check_parts(volume, snapshot.parts(contract))
    with duckdb.connect(str(path), read_only=True) as connection:
        rows: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
        return rows


def check(path: Path) -> None:
    """Do nothing if the catalog is the one that was made.

    Raises:
        CannotProceedError: it is not there or not what was made.
    """
    try:
        found = sha256_of(path)
    except OSError as error:
        raise CannotProceedError(f"{path} cannot be read ({error.strerror}); `imagerec run` makes it again") from error
    if found not in _checksums(path):
        raise CannotProceedError(f"{path} is damaged (its SHA-256 is not the stored one); {MAKE_AGAIN}")
