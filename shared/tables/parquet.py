"""Rows as the bytes of a Parquet file, and back: what is written keeps its contract, what is read was checked."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from shared.tables.contracts import Addition, Contract

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

    def add_columns(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Append a row group that is given column by column; errors as `add`."""
        if self._pending:
            self._write_group()
        self._write_table(pa.Table.from_pydict(columns, schema=self._contract.schema))
        self.rows += len(next(iter(columns.values())))

    def finish(self) -> bytes:
        """The whole file; errors as `add`."""
        if self._pending:
            self._write_group()
        self._writer.close()
        return self._file.getvalue()

    def _write_group(self) -> None:
        self._write_table(pa.Table.from_pylist(self._pending, schema=self._contract.schema))
        self._pending = []

    def _write_table(self, table: Table) -> None:
        for field in self._contract.schema:
            if not field.nullable and table[field.name].null_count:
                raise ValueError(f"expected a value in every row of {self._contract.name}.{field.name}, got a null")
        self._writer.write_table(table)


def encode(contract: Contract, rows: Iterable[Row]) -> Encoder:
    """An encoder that was given the rows; errors as `Encoder.add`."""
    encoder = Encoder(contract)
    for row in rows:
        encoder.add(row)
    return encoder


def decode(data: bytes, columns: Sequence[str] | None = None) -> Table:
    """All rows of a Parquet file, in the columns that it has, every page checked.

    Raises:
        DamagedError: it is no Parquet file, or a page is not what was written.
    """
    # Not pq.read_table: it reads on a thread of its own, which aborts the process when it ends after the interpreter.
    with pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True, pre_buffer=False) as file:
        table: Table = file.read(columns=columns, use_threads=False)
    return table


def decode_groups(data: bytes, columns: Sequence[str]) -> Iterator[Table]:
    """Some columns of a Parquet file, a row group in memory at a time; errors as `decode`."""
    with pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True, pre_buffer=False) as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group, list(columns), use_threads=False)


def read_row(file: BinaryIO, row: int, columns: Sequence[str]) -> Table | None:
    """One row of a file, None when it has fewer; reads one row group, every page of it checked. Errors as `decode`."""
    with pq.ParquetFile(file, page_checksum_verification=True, pre_buffer=False) as parquet:
        for group in range(parquet.num_row_groups):
            if row < (rows := parquet.metadata.row_group(group).num_rows):
                return parquet.read_row_group(group, list(columns), use_threads=False).slice(row, 1)
            row -= rows
    return None


def stored_names(contract: Contract, version: int, columns: Sequence[str] | None) -> list[str]:
    """The names under which a part of some version has the columns asked for; those that it lacks are left out.

    Args:
        columns: of the contract as it is now; None for all.
    """
    missing = contract.missing_in(version)
    asked = contract.schema.names if columns is None else columns
    return [missing[name].formerly if name in missing else name for name in asked if _is_stored(missing.get(name))]


def _is_stored(addition: Addition | None) -> bool:
    return addition is None or bool(addition.formerly)


def conform(table: Table, contract: Contract, version: int, columns: Sequence[str] | None) -> Table:
    """Rows read by `stored_names` as the contract has them now: columns renamed, defaults filled in."""
    missing = contract.missing_in(version)
    if not missing:
        return table
    asked = contract.schema.names if columns is None else columns
    made = [_column(table, contract.schema.field(name), missing.get(name)) for name in asked]
    return pa.table(made, schema=pa.schema([contract.schema.field(name) for name in asked]))


def _column(table: Table, field: pa.Field, addition: Addition | None) -> pa.ChunkedArray | pa.Array:
    if _is_stored(addition):
        return table[addition.formerly if addition else field.name]
    return pa.array([addition.default if addition else None] * len(table), field.type)
