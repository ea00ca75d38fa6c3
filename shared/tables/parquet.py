"""Rows as the bytes of a Parquet file, and back: what is written keeps its contract, what is read was checked."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from shared.tables.contracts import Contract

Row = Mapping[str, Any]
Table: TypeAlias = pa.Table
DamagedError = pa.ArrowException
"""What reading a damaged file raises."""


class Encoder:
    """Makes a Parquet file with a checksum on every page, a row group of rows in memory at a time."""

    def __init__(self, contract: Contract) -> None:
        self.rows = 0
        self._contract = contract
        self._columns = set(contract.schema.names)
        self._pending: list[Row] = []
        self._file = io.BytesIO()
        self._writer = pq.ParquetWriter(
            self._file, contract.schema, compression="zstd", write_page_checksum=True, store_schema=True
        )

    def add(self, row: Row) -> None:
        """Append a row.

        Raises:
            ValueError: it has a column that the contract lacks, lacks one that it has, or a row before it a null in one.
        """
        if row.keys() != self._columns:
            raise ValueError(
                f"expected the columns {sorted(self._columns)} of {self._contract.name}, got {sorted(row)}"
            )
        self.rows += 1
        self._pending.append(row)
        if len(self._pending) == self._contract.row_group_rows:
            self._write_group()

    def finish(self) -> bytes:
        """The whole file; errors as `add`."""
        if self._pending:
            self._write_group()
        self._writer.close()
        return self._file.getvalue()

    def _write_group(self) -> None:
        table = pa.Table.from_pylist(self._pending, schema=self._contract.schema)
        for field in self._contract.schema:
            if not field.nullable and table[field.name].null_count:
                raise ValueError(f"expected a value in every row of {self._contract.name}.{field.name}, got a null")
        self._writer.write_table(table)
        self._pending = []


def encode(contract: Contract, rows: Iterable[Row]) -> Encoder:
    """An encoder that was given the rows; errors as `Encoder.add`."""
    encoder = Encoder(contract)
    for row in rows:
        encoder.add(row)
    return encoder


def decode(data: bytes, columns: Sequence[str] | None = None) -> Table:
    """All rows of a Parquet file, every page checked.

    Raises:
        DamagedError: it is no Parquet file, or a page is not what was written.
    """
    # Not pq.read_table: it reads on a thread of its own, which aborts the process when it ends after the interpreter.
    with pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True, pre_buffer=False) as file:
        table: Table = file.read(columns=columns, use_threads=False)
    return table


def decode_rows(data: bytes, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Some columns of a Parquet file's rows, a row group in memory at a time; errors as `decode`."""
    with pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True, pre_buffer=False) as file:
        for group in range(file.num_row_groups):
            yield from file.read_row_group(group, list(columns), use_threads=False).to_pylist()


def read_row(path: Path, row: int, columns: Sequence[str]) -> dict[str, Any]:
    """One row of a file, {} when it has fewer; reads one row group, every page of it checked. Errors as `decode`."""
    with pq.ParquetFile(path, page_checksum_verification=True, pre_buffer=False) as file:
        for group in range(file.num_row_groups):
            if row < (rows := file.metadata.row_group(group).num_rows):
                return dict(file.read_row_group(group, list(columns), use_threads=False).slice(row, 1).to_pylist()[0])
            row -= rows
    return {}
