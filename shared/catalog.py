"""The DuckDB catalog: every table as a view. Derived from the tables; delete it and nothing is lost."""

from pathlib import Path
from typing import Any

import duckdb

from shared import tables
from shared.contracts import CONTRACTS, Contract
from shared.files import replacing, temporary_name
from shared.tables import Snapshot
from shared.volume import catalog_path


def rebuild(volume: Path, snapshot: Snapshot | None = None) -> Path:
    """Make the catalog from the tables, aside, and put it in place of the old one; return its path."""
    snapshot = snapshot or tables.open_snapshot(volume)
    path = catalog_path(volume)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = temporary_name(path)
    try:
        with duckdb.connect(str(aside)) as connection:
            for contract in CONTRACTS.values():
                connection.execute(view_sql(volume, snapshot, contract))
        with replacing(path) as file:
            file.write(aside.read_bytes())
    finally:
        aside.unlink(missing_ok=True)
    return path


def view_sql(volume: Path, snapshot: Snapshot, contract: Contract) -> str:
    """The statement that makes a table's view; an empty view with the right columns while there are no parts."""
    files = [str(tables.part_path(volume, part).resolve()) for part in snapshot.parts(contract)]
    if not files:
        columns = ", ".join(f'NULL AS "{name}"' for name in contract.schema.names)
        return f"CREATE VIEW {contract.name} AS SELECT {columns} WHERE false"
    listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    return f"CREATE VIEW {contract.name} AS SELECT * FROM read_parquet([{listed}])"


def query(volume: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a SELECT over the catalog, read only."""
    with duckdb.connect(str(catalog_path(volume)), read_only=True) as connection:
        rows: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
        return rows
