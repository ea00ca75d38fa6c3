"""Hugging Face imagefolder: the pictures, and metadata.jsonl with a relative file_name for each."""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from recommendation.exports.job import PIECES, Export
from recommendation.exports.records import Record, original
from shared.pipeline.exports import to_line

PICTURES, METADATA = "pictures", "metadata.jsonl"


def write(export: Export) -> list[str]:
    """Write pictures/ab/<image_id>.<suffix> and metadata.jsonl."""
    (export.out / PIECES).mkdir()
    counts = export.write_slices(write_slice)
    with (export.out / METADATA).open("wb") as metadata:
        for piece in sorted((export.out / PIECES).iterdir()):
            with piece.open("rb") as lines:
                shutil.copyfileobj(lines, metadata)
    shutil.rmtree(export.out / PIECES)
    gone = (
        [f"{counts['failed']} pictures are left out: their files cannot be read any more"] if counts["failed"] else []
    )
    return [f"{counts['pictures']} pictures", *gone, 'load it:  datasets.load_dataset("imagefolder", data_dir=FOLDER)']


def write_slice(out: Path, number: int, records: Iterator[Record]) -> Counter[str]:
    """Copy the pictures of a slice and write their lines."""
    counts = Counter[str]()
    with (out / PIECES / f"{number:08d}").open("wb") as lines:
        for record in records:
            data = original(record)
            counts["pictures" if data is not None else "failed"] += 1
            if data is not None:
                name = f"{PICTURES}/{record.image_id[:2]}/{record.image_id}.{record.suffix}"
                (out / name).parent.mkdir(parents=True, exist_ok=True)
                (out / name).write_bytes(data)
                columns = {key: value for key, value in record.columns.items() if key != "location"}
                lines.write(to_line({"file_name": name, "text": record.caption, **columns}) + b"\n")
    return counts
