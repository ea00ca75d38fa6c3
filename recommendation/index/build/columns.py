"""A shard's metadata as an Arrow IPC file. The index's only module that imports pyarrow; see `index.metadata` for the reader."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from recommendation.index.metadata import Row

TEXT = pa.string()
REPEATED = pa.dictionary(pa.int32(), pa.string())
TEXTS = pa.list_(pa.dictionary(pa.int32(), pa.string()))
#: Part of the names of metadata: raise it when columns or words are others than before.
VERSION = 3
COLUMNS: Mapping[str, pa.DataType] = {
    "image_id": TEXT,
    "filename": TEXT,
    "location": TEXT,
    "source": REPEATED,
    "license": REPEATED,
    "author": TEXT,
    "title": TEXT,
    "source_url": TEXT,
    "license_id": REPEATED,
    "license_url": REPEATED,
    "author_url": TEXT,
    "attribution": TEXT,
    "display_url": TEXT,
    "tags": TEXTS,
    "width_px": pa.int32(),
    "height_px": pa.int32(),
    "format": REPEATED,
    "orientation": REPEATED,
    "size_category": REPEATED,
    "color_names": TEXTS,
    "brightness": pa.float32(),
    "category": REPEATED,
    "date_taken": TEXT,
    "camera_make": REPEATED,
    "camera_model": REPEATED,
    "year": pa.int32(),
    "color_rgb": pa.int32(),
    "slice": REPEATED,
    "row": pa.int32(),
    "is_removed": pa.bool_(),
}
SCHEMA = pa.schema([pa.field(name, kind, nullable=False) for name, kind in COLUMNS.items()])
#: What stands for a value that is not there.
MISSING = {TEXT: "", REPEATED: "", TEXTS: [], pa.int32(): -1, pa.float32(): float("nan"), pa.bool_(): False}
KINDS = {pa.int32(): "int32", pa.float32(): "float32", pa.bool_(): "bool"}
#: Where columns come from: IMAGES, their struct `exif`, LABELS.
IMAGE_COLUMNS = list(COLUMNS)[: list(COLUMNS).index("format") + 1]
EXIF_COLUMNS = ["date_taken", "camera_make", "camera_model"]
LABEL_COLUMNS = ["orientation", "size_category", "color_names", "brightness"]
YEAR = re.compile(r"[12]\d{3}(?=-|$)")


def encode(rows: Sequence[Row]) -> tuple[bytes, dict[str, Any]]:
    """The metadata of a shard as a file, and what `index.metadata.Metadata` needs to read it."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, SCHEMA) as writer:
        writer.write_batch(pa.record_batch([_column(rows, name) for name in COLUMNS], schema=SCHEMA))
    data = sink.getvalue()
    batch = pa.ipc.open_file(data).get_batch(0)  # its buffers are parts of `data`
    columns = {name: _describe(batch.column(name), data.address) for name in COLUMNS}
    return data.to_pybytes(), {"rows": len(rows), "columns": columns}


def year_of(date_taken: str | None) -> int:
    """The year of an ISO 8601 date, -1 where there is none."""
    found = YEAR.match(date_taken or "")
    return int(found[0]) if found else -1


def rgb_of(palette: Sequence[Sequence[int]]) -> int:
    """The first colour of a palette as 0xRRGGBB, -1 for an empty one."""
    return int.from_bytes(bytes(palette[0])) if len(palette) else -1


def _column(rows: Sequence[Row], name: str) -> pa.Array:
    kind = COLUMNS[name]
    values = (row.get(name) for row in rows)
    return pa.array([MISSING[kind] if value is None else value for value in values], kind)


def _describe(column: pa.Array, base: int) -> tuple[str, list[list[int]]]:
    """Kind of a column, and start and size of each of its buffers."""
    if column.type == REPEATED:
        return "repeated", [*_buffers(column.indices, base), *_buffers(column.dictionary, base)]
    if column.type == TEXTS:
        offsets, items = _buffers(column, base)[:1], column.values
        return "coded_lists", [*offsets, *_buffers(items.indices, base), *_buffers(items.dictionary, base)]
    return "texts" if column.type == TEXT else KINDS[column.type], _buffers(column, base)


def _buffers(column: pa.Array, base: int) -> list[list[int]]:
    """All buffers but that of validity, which stands first and is not there, since nothing is null; empty ones are anywhere."""
    found = [(buffer.address - base, buffer.size) if buffer is not None else (0, 0) for buffer in column.buffers()[1:]]
    return [[start if size else 0, size] for start, size in found]
