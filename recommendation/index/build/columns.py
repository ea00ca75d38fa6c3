"""A shard's metadata as an Arrow IPC file. The index's only module that imports pyarrow; see `index.metadata` for the reader."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from recommendation.index.metadata import Row

TEXT = pa.string()
REPEATED = pa.dictionary(pa.int32(), pa.string())
TEXTS = pa.list_(pa.string())
COLUMNS: Mapping[str, pa.DataType] = {
    "image_id": TEXT,
    "filename": TEXT,
    "location": TEXT,
    "source": REPEATED,
    "license": REPEATED,
    "author": TEXT,
    "title": TEXT,
    "source_url": TEXT,
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


def encode(rows: Sequence[Row]) -> tuple[bytes, dict[str, Any]]:
    """The metadata of a shard as a file, and what `index.metadata.Metadata` needs to read it."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, SCHEMA) as writer:
        writer.write_batch(pa.record_batch([_column(rows, name) for name in COLUMNS], schema=SCHEMA))
    data = sink.getvalue()
    batch = pa.ipc.open_file(data).get_batch(0)  # its buffers are parts of `data`
    columns = {name: _describe(batch.column(name), data.address) for name in COLUMNS}
    return data.to_pybytes(), {"rows": len(rows), "columns": columns}


def _column(rows: Sequence[Row], name: str) -> pa.Array:
    kind = COLUMNS[name]
    values = (row.get(name) for row in rows)
    return pa.array([MISSING[kind] if value is None else value for value in values], kind)


def _describe(column: pa.Array, base: int) -> tuple[str, list[list[int]]]:
    """Kind of a column, and start and size of each of its buffers."""
    if column.type == REPEATED:
        return "repeated", list(_buffers(column.indices, base)) + list(_buffers(column.dictionary, base))
    kind = {TEXT: "texts", TEXTS: "lists"}.get(column.type) or KINDS[column.type]
    return kind, list(_buffers(column, base))


def _buffers(column: pa.Array, base: int) -> Iterator[list[int]]:
    """All buffers but those of validity, which stand first and are not there, since nothing is null."""
    for buffer in column.buffers():
        if buffer is not None:
            yield [buffer.address - base if buffer.size else 0, buffer.size]  # an empty one is anywhere
