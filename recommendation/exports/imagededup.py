"""imagededup: perceptual hashes in the form of its `encoding_map`, 16 hex digits by the picture's location."""

import json
from collections.abc import Iterator

from recommendation.exports.job import Export
from recommendation.exports.records import Record
from shared.pipeline.exports import JSON_OBJECT, to_line

PHASH = slice(16, 24)  # bytes of the measure `hash`, which are an average, a difference and a perceptual hash


def write(export: Export) -> list[str]:
    """Write encodings.json."""
    export.write_lines("encodings.json", JSON_OBJECT, lines)
    return ['use it:  PHash().find_duplicates(encoding_map=json.load(open("encodings.json")))']


def lines(records: Iterator[Record]) -> Iterator[bytes]:
    """A member of the object for each picture."""
    for record in records:
        yield to_line(record.columns["location"]) + b": " + json.dumps(record.hashes[PHASH].hex()).encode()
