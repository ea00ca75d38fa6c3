"""Readers of tables of opinions: CSV, JSON lines, Parquet, MovieLens. Memory does not grow with the file."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from shared.errors import UsageError
from shared.people.imports.opinions import Opinion, columns_of, opinion_of, parse_time

BATCH = 10_000


def read_csv(path: Path) -> Iterator[Opinion]:
    """Opinions of a CSV file with a header.

    Raises:
        UsageError: it is not UTF-8, or columns are missing.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            rows = csv.reader(file)
            names = next(rows, [])
            columns = columns_of(names, str(path))
            for row in rows:
                if row:
                    yield opinion_of(dict(zip(names, row, strict=False)), columns)
        except (UnicodeDecodeError, csv.Error) as error:
            raise UsageError(f"{path}: expected CSV in UTF-8, got: {error}") from error


def read_jsonl(path: Path) -> Iterator[Opinion]:
    """Opinions of a file with a JSON object a line; errors as `read_csv`."""
    with path.open(encoding="utf-8") as file:
        try:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _json_opinion(line, f"{path}, line {number}")
        except UnicodeDecodeError as error:
            raise UsageError(f"{path}: expected JSON lines in UTF-8, got: {error}") from error


def _json_opinion(line: str, where: str) -> Opinion:
    try:
        row = json.loads(line)
    except ValueError as error:
        return Opinion("", "", None, problem=f"{where}: {error}")
    if not isinstance(row, dict):
        return Opinion("", "", None, problem=f"{where}: expected an object")
    return opinion_of(row, columns_of(row, where))


def read_parquet(path: Path) -> Iterator[Opinion]:
    """Opinions of a Parquet file.

    Raises:
        UsageError: it is not Parquet, or columns are missing.
    """
    try:
        with pq.ParquetFile(path) as file:
            columns = columns_of(list(file.schema_arrow.names), str(path))
            wanted = [name for name in columns.values() if name]
            for batch in file.iter_batches(BATCH, columns=wanted):
                for row in batch.to_pylist():
                    yield opinion_of(row, columns)
    except (pa.ArrowException, OSError) as error:
        raise UsageError(f"{path}: expected a Parquet file, got: {error}") from error


def read_movielens(path: Path) -> Iterator[Opinion]:
    """Opinions of a MovieLens file: ``user::item::rating::timestamp`` or tabs, one a line, or its ratings.csv.

    Source: https://files.grouplens.org/datasets/movielens/ml-1m-README.txt
    """
    if path.suffix == ".csv":
        yield from read_csv(path)
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, 1):
            fields = line.strip().split("::" if "::" in line else "\t")
            if line.strip():
                yield _movielens_opinion(fields, f"{path}, line {number}")


def _movielens_opinion(fields: list[str], where: str) -> Opinion:
    try:
        user, item, rating, *rest = fields
        return Opinion(user, item, float(rating), parse_time(rest[0]) if rest else None)
    except ValueError:
        return Opinion("", "", None, problem=f"{where}: expected user::item::rating::timestamp")
