"""Somebody else's Parquet files, read without trust."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from shared.errors import UsageError

BATCH_ROWS = 1024


def parquet_columns(path: Path) -> list[str]:
    """Names of the file's columns.

    Raises:
        UsageError: it is no Parquet file.
    """
    try:
        names: list[str] = pq.read_schema(path).names
    except pa.ArrowException as error:
        raise _no_parquet(path, error) from error
    return names


def parquet_rows(path: Path, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The file's rows, a batch in memory at a time; columns that it lacks are left out.

    Raises:
        UsageError: the file is damaged.
    """
    try:
        with pq.ParquetFile(path) as file:
            present = [name for name in columns if name in file.schema_arrow.names]
            for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=present):
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise _no_parquet(path, error) from error


def _no_parquet(path: Path, error: Exception) -> UsageError:
    return UsageError(
        f"expected a Parquet file, got {path}, which is none or is damaged ({str(error).splitlines()[0]})"
    )
