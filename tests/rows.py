"""Rows of tables for tests: a test names the columns it is about, the others have defaults."""

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from shared import tables
from shared.storage import LocalStorage
from shared.tables import Part
from shared.tables.contracts import Contract

Row = dict[str, Any]
FINGERPRINT = "f" * 64
DEFAULTS: Row = {
    "image_id": "0" * 32,
    "location": "/pictures/a.jpg",
    "filename": "a.jpg",
    "source": "folder",
    "format": "JPEG",
    "mode": "RGB",
    "kind": "tag",
    "rank": 1,
    **dict.fromkeys(("size_bytes", "mtime_ns", "width_px", "height_px", "pictures"), 1),
}


def row(contract: Contract, **values: Any) -> Row:
    """A row of a table: these values, defaults for the other columns.

    Raises:
        ValueError: a value for a column that the table lacks.
    """
    if unknown := values.keys() - set(contract.schema.names):
        raise ValueError(f"expected columns of {contract.name}, got {sorted(unknown)}")
    return {field.name: default(field) for field in contract.schema} | values


def default(field: pa.Field) -> Any:
    """The value of a column that a test is not about: zero or empty unless DEFAULTS says otherwise."""
    kind = field.type
    if pa.types.is_struct(kind):
        return {}  # all of its fields null
    if pa.types.is_list(kind):
        return []
    if pa.types.is_fixed_size_binary(kind):
        return bytes(kind.byte_width)
    if pa.types.is_timestamp(kind):
        return pa.scalar(0, kind).as_py()
    plain: dict[pa.DataType, Any] = {pa.string(): "", pa.binary(): b"", pa.bool_(): False}
    return DEFAULTS.get(field.name, plain.get(kind, 0))


def rows_of(volume: LocalStorage, contract: Contract) -> list[Row]:
    """All rows of a table that are published."""
    parts = tables.open_snapshot(volume).parts(contract)
    return [one for part in parts for one in tables.read_rows(volume, part)]


def write_slices(
    volume: LocalStorage, stage: str, slices: Mapping[str, Mapping[Contract, Iterable[Row]]]
) -> dict[str, list[Part]]:
    """Write parts of a stage, slice by slice, without publishing them; the parts of each table."""
    parts: dict[str, list[Part]] = {}
    for name, rows in slices.items():
        for contract, some in rows.items():
            part = tables.write_part(volume, contract, list(some), name, stage, FINGERPRINT)
            parts.setdefault(contract.name, []).append(part)
    return parts
