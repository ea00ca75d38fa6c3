"""WebDataset, as img2dataset writes it: a tar of pictures with .txt and .json for each slice, a Parquet file and counts beside it."""

import io
import json
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from recommendation.exports.job import Export
from recommendation.exports.records import Record, original

STATUS = {True: "success", False: "failed_to_download"}  # img2dataset's words


def write(export: Export) -> list[str]:
    """Write NNNNN.tar, NNNNN.parquet and NNNNN_stats.json for each slice."""
    counts = export.write_slices(write_slice)
    gone = (
        [f"{counts['failed']} pictures are left out: their files cannot be read any more"] if counts["failed"] else []
    )
    return [f"{counts['pictures']} pictures", *gone]


def write_slice(out: Path, number: int, records: Iterator[Record]) -> Counter[str]:
    """Write the files of a slice, a picture in memory at a time."""
    rows, counts = list[dict[str, Any]](), Counter[str]()
    with tarfile.open(out / f"{number:05d}.tar", "w") as tar:
        for place, record in enumerate(records):
            data = original(record)
            row = describe(record, f"{number:05d}{place:04d}", is_there=data is not None)
            rows.append(row)
            counts["pictures" if data is not None else "failed"] += 1
            if data is not None:
                texts = {"json": json.dumps(row, ensure_ascii=False).encode(), "txt": record.caption.encode()}
                for suffix, content in {record.suffix: data, **texts}.items():
                    add(tar, f"{row['key']}.{suffix}", content)
    pq.write_table(pa.Table.from_pylist(rows), out / f"{number:05d}.parquet")
    stats = {"count": len(rows), "successes": counts["pictures"], "failed_to_download": counts["failed"]}
    (out / f"{number:05d}_stats.json").write_text(json.dumps(stats), encoding="utf-8")
    return counts


def describe(record: Record, key: str, *, is_there: bool) -> dict[str, Any]:
    """The row of a picture in img2dataset's columns, then ours."""
    columns = record.columns
    sizes = {"width": columns["width_px"], "height": columns["height_px"]}
    known = {"url": columns["source_url"], "caption": record.caption, "key": key, "status": STATUS[is_there]}
    return {**known, "error_message": "", **sizes, **columns}


def add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    """Add a file; without times and owners, so that the same pictures make the same bytes."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))
