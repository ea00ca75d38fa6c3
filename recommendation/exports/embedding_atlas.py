"""embedding-atlas: the data of its static site, and the site itself where its package is installed.

Source: embedding-atlas 0.26: data/metadata.json names the columns, data/dataset.parquet holds them; pictures are data URLs,
neighbours are zero-based rows.
"""

import base64
import io
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from recommendation.exports.job import PIECES, Export
from recommendation.exports.records import MEASURE, Record, Slice, read_records, tile
from recommendation.search.request import Options
from recommendation.steps import engine_of
from shared.storage import Storage

TILE_PX, NEIGHBOURS = 128, 10
PROPS = {
    "data": {
        "id": "image_id",
        "projection": {"x": "projection_x", "y": "projection_y"},
        "image": "image",
        "neighbors": "__neighbors",
        "text": "filename",
    }
}
NUMBERS = ("width_px", "height_px", "brightness")
NEIGHBOURS_TYPE = pa.struct([("ids", pa.list_(pa.int64())), ("distances", pa.list_(pa.float64()))])


def write(export: Export) -> list[str]:
    """Write data/dataset.parquet and data/metadata.json, and the site beside them."""
    (export.out / "data").mkdir()
    (export.out / PIECES).mkdir()
    pieces = export.slices
    rows = export.sc.parallelize(pieces, len(pieces)).map(partial(rows_of, export.volume, export.generation)).collect()
    write_one = partial(write_slice, export.volume, export.generation, places_of(np.concatenate(rows)))
    export.write_slices(write_one, with_jpeg=True)
    merge(sorted((export.out / PIECES).iterdir()), export.out / "data" / "dataset.parquet")
    shutil.rmtree(export.out / PIECES)
    document = {"props": PROPS, "isStatic": True, "database": {"type": "wasm", "load": True}}
    (export.out / "data" / "metadata.json").write_text(json.dumps(document, indent=2), encoding="utf-8")
    return copy_site(export.out)


def rows_of(volume: Storage, generation: str, piece: Slice) -> NDArray[np.int64]:
    """The rows in the index of a slice's pictures."""
    pictures = engine_of(volume, generation).pictures
    found = (pictures.find(record.image_id) for record in read_records(volume, generation, piece))
    return np.array([row for row in found if row is not None], np.int64)


def places_of(rows: NDArray[np.int64]) -> NDArray[np.int32]:
    """For each row of the index its place among the exported pictures, -1 where it is none."""
    places = np.full(int(rows.max(initial=-1)) + 1, -1, np.int32)
    places[rows] = np.arange(len(rows), dtype=np.int32)
    return places


def write_slice(
    volume: Storage, generation: str, places: NDArray[np.int32], out: Path, number: int, records: Iterator[Record]
) -> Counter[str]:
    """Write the rows of a slice as a piece."""
    rows = [describe(volume, generation, places, record) for record in records]
    if rows:
        schema = pa.Table.from_pylist(rows[:1]).schema
        schema = schema.set(schema.get_field_index("__neighbors"), pa.field("__neighbors", NEIGHBOURS_TYPE))
        pq.write_table(pa.Table.from_pylist(rows, schema), out / PIECES / f"{number:08d}")
    return Counter(pictures=len(rows))


def describe(volume: Storage, generation: str, places: NDArray[np.int32], record: Record) -> dict[str, Any]:
    """The row of a picture."""
    engine = engine_of(volume, generation)
    query = engine.features_of(record.image_id)
    items = engine.search([query], Options(top_k=NEIGHBOURS, measure=(MEASURE,)))[MEASURE]
    found = [(engine.pictures.find(one["image_id"]), one["score"]) for one in items]
    near = [(int(places[row]), 1 - score) for row, score in found if row is not None and places[row] >= 0]
    x, y = (float(value) for value in record.vector[:2])
    columns = {name: "" if value is None else value for name, value in record.columns.items() if name not in NUMBERS}
    return {
        **columns,
        **{name: float(record.columns[name] or 0) for name in NUMBERS},
        "image": data_url(record.jpeg),
        "projection_x": x,
        "projection_y": y,
        "__neighbors": {"ids": [place for place, _ in near], "distances": [distance for _, distance in near]},
    }


def data_url(jpeg: bytes) -> str:
    """A small picture as text."""
    buffer = io.BytesIO()
    tile(jpeg, TILE_PX).save(buffer, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def merge(pieces: Sequence[Path], path: Path) -> None:
    """Write one Parquet file of many, a piece in memory at a time."""
    with pq.ParquetWriter(path, pq.read_schema(pieces[0])) as writer:
        for piece in pieces:
            writer.write_table(pq.read_table(piece))


def copy_site(out: Path) -> list[str]:
    """Copy the site of the installed package beside the data; say what to do where there is none."""
    found = find_spec("embedding_atlas")
    if found is None or found.origin is None:
        return [
            "the site itself:  pip install --no-deps embedding-atlas, then export again",
            "see it:  embedding-atlas data/dataset.parquet",
        ]
    shutil.copytree(Path(found.origin).parent / "static", out, dirs_exist_ok=True)
    return ["see it:  python -m http.server --bind 127.0.0.1"]
