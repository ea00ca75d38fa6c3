"""FiftyOne: a folder of the type CSVDataset, vectors beside it, and a script that loads both.

FiftyOne returns rows sorted by path, so the script joins vectors by image_id.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recommendation.exports.job import Export
from recommendation.exports.records import NOT_EXPORTED, Record, path_of
from recommendation.exports.vectors import write_vectors
from recommendation.index.build.columns import COLUMNS, TEXTS
from shared.csv_text import csv_line, safe_cell
from shared.pipeline.exports import csv_table

NAMES = [name for name in COLUMNS if name not in NOT_EXPORTED]
SCRIPT = Path(__file__).with_name("load_fiftyone.txt")


def write(export: Export) -> list[str]:
    """Write labels.csv, data/, vectors.npy, vector_ids.txt and load_fiftyone.py."""
    export.write_lines("labels.csv", csv_table(csv_line(["filepath", *NAMES])), lines)
    (export.out / "data").mkdir()  # the importer asks for it even where all paths are absolute
    write_vectors(export)
    script = SCRIPT.read_text(encoding="utf-8").replace("LISTS", repr([n for n in NAMES if COLUMNS[n] == TEXTS]))
    (export.out / "load_fiftyone.py").write_text(script, encoding="utf-8")
    return ["load it:  python load_fiftyone.py"]


def lines(records: Iterator[Record]) -> Iterator[bytes]:
    """A line for each picture whose path is UTF-8."""
    for record in records:
        path = path_of(record)
        if path is not None:
            yield csv_line([path, *(value_text(record.columns[name]) for name in NAMES)])


def value_text(value: Any) -> str:
    """A value as the script's parsers expect it."""
    if value is None:
        return ""
    return safe_cell(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
