"""PixPlot: metadata.csv with the columns that it knows. Source: pix-plot's readme, "Using metadata"."""

from collections.abc import Iterator
from functools import partial

from recommendation.exports.job import Export
from recommendation.exports.records import Record, flat, path_of
from shared.csv_text import csv_line, safe_cell
from shared.pipeline.exports import csv_table

HEADER = ["filename", "category", "tags", "description", "permalink", "year", "label", "license", "author"]


def write(export: Export) -> list[str]:
    """Write metadata.csv and pictures.txt, a path a line; file names that two pictures have are left out: PixPlot takes one."""
    names = export.records().map(lambda one: (one.columns["filename"], 1)).reduceByKey(lambda one, other: one + other)
    repeated = frozenset(names.filter(lambda pair: pair[1] > 1).keys().collect())
    export.write_lines("metadata.csv", csv_table(csv_line(HEADER)), partial(lines, repeated))
    export.write_lines("pictures.txt", (b"", b"\n", b"\n"), partial(paths, repeated))
    remark = f"{len(repeated)} file names that several pictures have are left out" if repeated else ""
    return [*([remark] if remark else []), 'use it:  pixplot --images "FOLDER/**/*.jpg" --metadata metadata.csv']


def is_usable(record: Record, repeated: frozenset[str]) -> bool:
    """Whether a picture's file name is its own, and UTF-8."""
    return path_of(record) is not None and record.columns["filename"] not in repeated


def lines(repeated: frozenset[str], records: Iterator[Record]) -> Iterator[bytes]:
    """A line of CSV for each picture."""
    for one in records:
        if is_usable(one, repeated):
            columns = one.columns
            year = columns["date_taken"][:4]
            tags = "|".join(safe_cell(tag.replace("|", "/")) for tag in columns["tags"])
            category = flat(columns["category"], " ")
            texts = [flat(one.caption, " "), safe_cell(columns["source_url"]), year if year.isdigit() else ""]
            rights = [flat(columns[name], " ") for name in ("license", "author")]
            yield csv_line([columns["filename"], category, tags, *texts, category, *rights])


def paths(repeated: frozenset[str], records: Iterator[Record]) -> Iterator[bytes]:
    """The path of each picture."""
    return (one.columns["location"].encode() for one in records if is_usable(one, repeated))
