"""Contracts of tables: their name, schema and how it changed. The tables themselves are in `contracts`."""

from typing import Any, NamedTuple

import pyarrow as pa


class Addition(NamedTuple):
    """A column that a table did not always have.

    Args:
        version: the first version of the contract with this column; it counts up by one with each change.
        default: what rows of older parts have in it.
        formerly: the name that older parts have it under; empty for a column that is new.
    """

    column: str
    version: int
    default: Any = None
    formerly: str = ""


class Contract(NamedTuple):
    """One table on the shared volume, stored as ``tables/<name>/part-*.parquet``.

    Args:
        additions: how the table changed; parts written before a change are read as if it had always been there.
    """

    name: str
    schema: pa.Schema
    row_group_rows: int = 1024
    additions: tuple[Addition, ...] = ()

    @property
    def version(self) -> int:
        """Version of the schema, stored with every part; 0 for a table that never changed."""
        return max((one.version for one in self.additions), default=0)

    def missing_in(self, version: int) -> dict[str, Addition]:
        """The columns that parts of an older version lack, or have under another name."""
        return {one.column: one for one in self.additions if one.version > version}


def column(name: str, kind: pa.DataType, meaning: str) -> pa.Field:
    """A column that is never null; its meaning and unit travel inside the Parquet file."""
    return pa.field(name, kind, nullable=False, metadata={"meaning": meaning})


IMAGE_ID = column("image_id", pa.string(), "first 32 hex characters of the SHA-256 of the file's bytes")
STRINGS = pa.list_(pa.field("item", pa.string(), nullable=False))
FLOATS = pa.list_(pa.field("item", pa.float32(), nullable=False))
