"""TensorBoard's projector: vectors, metadata and one sprite of thumbnails, at most 100,000 pictures.

Source: tensorboard/plugins/projector, projector_config.proto and data-provider.ts: a `.bytes` file is little-endian float32,
metadata has a header if its first line has a tab, a sprite has at most 8,192 px a side, row by row.
"""

import math
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from recommendation.exports.job import Export
from recommendation.exports.records import Record, Slice, flat, read_records, tile
from shared.storage import Storage

MOST_PICTURES = 100_000  # TensorBoard shows no more
SPRITE_PX, LARGEST_TILE_PX = 8192, 64
HEADER = ("image_id", "filename", "category", "tags", "color", "orientation", "license", "author")
CONFIG = """embeddings {{
  tensor_name: "embedding"
  tensor_path: "tensors.bytes"
  tensor_shape: {rows}
  tensor_shape: {length}
  metadata_path: "metadata.tsv"
  sprite {{
    image_path: "sprite.png"
    single_image_dim: {side}
    single_image_dim: {side}
  }}
}}
"""


class Point(NamedTuple):
    """A picture of the projector; sorted by image_id, which is a digest and so shuffles the pictures."""

    image_id: str
    vector: bytes
    line: str
    tile: bytes


def write(export: Export) -> list[str]:
    """Write projector_config.pbtxt, tensors.bytes, metadata.tsv and sprite.png."""
    pieces = export.slices
    sizes = [piece.thumbnails.part.rows for piece in pieces]
    shown = min(sum(sizes), MOST_PICTURES)
    side = min(LARGEST_TILE_PX, SPRITE_PX // math.ceil(math.sqrt(shown)))
    read = partial(points_of, export.volume, export.generation, side, shown / sum(sizes))
    points = export.sc.parallelize(pieces, len(pieces)).flatMap(read).sortBy(lambda one: one.image_id)
    rows, length = write_points(export.out, points.toLocalIterator(prefetchPartitions=False), side, shown)
    config = CONFIG.format(rows=rows, length=length, side=side)
    (export.out / "projector_config.pbtxt").write_text(config, encoding="utf-8")
    remark = [f"{rows} of {sum(sizes)} pictures, as many as TensorBoard shows"] if rows < sum(sizes) else []
    return [*remark, "see it:  tensorboard --logdir ."]


def points_of(volume: Storage, generation: str, side: int, share: float, piece: Slice) -> Iterator[Point]:
    """A share of a slice's pictures: those with the smallest image_ids, which is chance."""
    wanted = math.ceil(share * piece.thumbnails.part.rows)
    records = sorted(read_records(volume, generation, piece, with_jpeg=True), key=lambda one: one.image_id)
    for one in records[:wanted]:
        pixels = tile(one.jpeg, side).tobytes()
        yield Point(one.image_id, one.vector.astype("<f4").tobytes(), metadata_line(one), pixels)


def metadata_line(record: Record) -> str:
    """A picture's line of metadata.tsv."""
    columns = {**record.columns, "color": record.columns["color_names"][:1]}
    return "\t".join(flat(columns[name], " ") for name in HEADER)


def write_points(out: Path, points: Iterable[Point], side: int, most: int) -> tuple[int, int]:
    """Write the files of some points, one at a time; how many there are, and the length of their vectors."""
    columns = math.ceil(math.sqrt(most))
    sprite, rows, length = Image.new("RGB", (columns * side, columns * side), "white"), 0, 0
    with (out / "tensors.bytes").open("wb") as tensors, (out / "metadata.tsv").open("wb") as metadata:
        metadata.write(("\t".join(HEADER) + "\n").encode())
        for point in points:
            if rows == most:
                break
            tensors.write(point.vector)
            metadata.write((point.line + "\n").encode())
            place = (rows % columns * side, rows // columns * side)
            sprite.paste(Image.frombytes("RGB", (side, side), point.tile), place)
            rows, length = rows + 1, len(point.vector) // 4
    sprite.save(out / "sprite.png")
    return rows, length
