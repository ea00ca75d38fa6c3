"""CSV: every table as one file, vectors as NumPy arrays beside them.

<table>.csv                      UTF-8, RFC 4180; lists and structs as JSON, bytes as base64, times as ISO 8601
<table>.<column>.<length>.npy    float32, a row for each vector of that length; the CSV has its row and its length
"""

import base64
import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from itertools import accumulate
from operator import add
from typing import Any, NamedTuple

import numpy as np

from recommendation.exports.job import Export
from shared.csv_text import csv_line, safe_cell
from shared.pictures.measures import MEASURES
from shared.pipeline.exports import csv_table
from shared.storage import Storage
from shared.tables import live
from shared.tables.catalog import FOLLOWING
from shared.tables.contracts import CONTRACTS, EMBEDDINGS, FEATURES, Contract
from shared.tables.live import LivePart

#: Columns whose lists are vectors; other lists are short.
VECTORS = {
    EMBEDDINGS.name: ["vector"],
    FEATURES.name: [one.column for one in MEASURES.values() if one.kind == "vector" and one.feature],
}
README = """Every table of the collection, see the view of the same name in catalog.duckdb.
A vector's place in its .npy file is in the columns NAME_row and NAME_length; lists and structs are JSON, bytes base64.
A text that a spreadsheet would take for a formula has an apostrophe before it.
"""


class Piece(NamedTuple):
    """A part of a table.

    Args:
        first_rows: (column, length) -> vectors of that length in the parts before it.
    """

    part: LivePart
    first_rows: dict[tuple[str, int], int]


def write(export: Export) -> list[str]:
    """Write every table that has rows."""
    n_tables = sum(write_table(export, contract) for contract in CONTRACTS.values())
    (export.out / "README.txt").write_text(README, encoding="utf-8")
    return [f"{n_tables} tables"]


def write_table(export: Export, contract: Contract) -> bool:
    """Write a table and its vectors; whether it has rows."""
    parts = parts_of(export, contract)
    if not parts:
        return False
    vectors = VECTORS.get(contract.name, [])
    counts = count_vectors(export, parts, vectors) if vectors else [Counter[tuple[str, int]]() for _ in parts]
    before = list(accumulate(counts, add, initial=Counter[tuple[str, int]]()))
    pieces = [Piece(part, dict(first)) for part, first in zip(parts, before[:-1], strict=True)]
    lines_of = partial(table_lines, export.volume, contract.name, vectors)
    header = csv_line(name for field in contract.schema.names for name in csv_names(field, vectors))
    export.concatenate(f"{contract.name}.csv", csv_table(header), pieces, lines_of)
    for (column, length), rows in sorted(before[-1].items()):
        enclosure = (npy_header(rows, length), b"", b"")
        name = f"{contract.name}.{column}.{length}.npy"
        export.concatenate(name, enclosure, parts, partial(vector_bytes, export.volume, column, length))
    return True


def parts_of(export: Export, contract: Contract) -> list[LivePart]:
    """The parts of a table; of tables about pictures those of the live collection."""
    if contract in FOLLOWING:
        return live.live_parts(export.snapshot, contract)
    return [LivePart(part, None) for part in export.snapshot.parts(contract)]


def count_vectors(export: Export, parts: list[LivePart], columns: list[str]) -> list[Counter[tuple[str, int]]]:
    """How many vectors of each length each part has, by column."""
    counted = export.sc.parallelize(parts, len(parts)).map(partial(count_part, export.volume, columns))
    return counted.collect()


def count_part(volume: Storage, columns: list[str], part: LivePart) -> Counter[tuple[str, int]]:
    """How many vectors of each length a part has."""
    rows = live.read_rows(volume, part, columns)
    return Counter((name, len(row[name])) for row in rows for name in columns)


def vector_bytes(volume: Storage, column: str, length: int, part: LivePart) -> Iterator[bytes]:
    """The vectors of one length of a part."""
    for row in live.read_rows(volume, part, [column]):
        if len(row[column]) == length:
            yield np.asarray(row[column], "<f4").tobytes()


def npy_header(rows: int, length: int) -> bytes:
    """What stands before the numbers of a .npy file. Source: NumPy's documentation, "NEP 1: A simple file format"."""
    buffer = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": (rows, length)}
    np.lib.format.write_array_header_1_0(buffer, header)
    return buffer.getvalue()


def table_lines(volume: Storage, table: str, vectors: list[str], piece: Piece) -> Iterator[bytes]:
    """A line for each row of a part."""
    next_rows = Counter(piece.first_rows)
    for row in live.read_rows(volume, piece.part):
        cells = list[str]()
        for name in CONTRACTS[table].schema.names:
            if name in vectors:
                key = name, len(row[name])
                cells += [str(next_rows[key]), str(key[1])]
                next_rows[key] += 1
            else:
                cells.append(cell(row[name]))
        yield csv_line(cells)


def csv_names(name: str, vectors: list[str]) -> list[str]:
    """The columns of the CSV for a column of the table."""
    return [f"{name}_row", f"{name}_length"] if name in vectors else [name]


def cell(value: Any) -> str:
    """A value as text."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, str):
        return safe_cell(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)
