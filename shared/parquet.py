"""Rows as the bytes of a Parquet file, and back: what is written keeps its contract, what is read was checked."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from shared.contracts import Contract

Rows = Sequence[Mapping[str, Any]]
Table: TypeAlias = pa.Table
DamagedError = pa.ArrowException
"""What reading a damaged file raises."""


def encode_rows(contract: Contract, rows: Rows) -> bytes:
    """Rows as a Parquet file with a checksum on every page.

    Raises:
        ValueError: a row has a column that the contract lacks, lacks one that it has, or a null in one.
    """
    names = set(contract.schema.names)
    for row in rows:
        if row.keys() != names:
            raise ValueError(f"expected the columns {sorted(names)} of {contract.name}, got {sorted(row)}")
    table = pa.Table.from_pylist(list(rows), schema=contract.schema)
    for field in contract.schema:
        if not field.nullable and table[field.name].null_count:
            raise ValueError(f"expected a value in every row of {contract.name}.{field.name}, got a null")
    sink = io.BytesIO()
    pq.write_table(
        table,
        sink,
        row_group_size=contract.row_group_rows,
        compression="zstd",
        write_page_checksum=True,
        store_schema=True,
    )
    return sink.getvalue()


def decode(data: bytes, columns: Sequence[str] | None = None) -> Table:
    """All rows of a Parquet file, every page checked.

    Raises:
        DamagedError: it is no Parquet file, or a page is not what was written.
    """
    # Not pq.read_table: it reads on a thread of its own, which aborts the process when it ends after the interpreter.
    with pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True, pre_buffer=False) as file:
        table: Table = file.read(columns=columns, use_threads=False)
    return table


def read_row(path: Path, row: int, columns: Sequence[str]) -> dict[str, Any]:
    """One row of a file, {} when it has fewer; reads one row group, every page of it checked. Errors as `decode`."""
    with pq.ParquetFile(path, page_checksum_verification=True, pre_buffer=False) as file:
        for group in range(file.num_row_groups):
            if row < (rows := file.metadata.row_group(group).num_rows):
                return dict(file.read_row_group(group, list(columns), use_threads=False).slice(row, 1).to_pylist()[0])
            row -= rows
    return {}
