"""Vectors of all pictures as one NumPy array, and their ids."""

from collections.abc import Iterator

from recommendation.exports.csv_backup import npy_header
from recommendation.exports.job import Export
from recommendation.exports.records import Record

VECTORS, IDS = "vectors.npy", "vector_ids.txt"


def write_vectors(export: Export) -> None:
    """Write vectors.npy (float32, a row a picture) and vector_ids.txt (an image_id a line, in the same order)."""
    lengths = export.records().map(lambda one: len(one.vector))
    export.write_lines(VECTORS, (npy_header(lengths.count(), lengths.first()), b"", b""), vectors)
    export.write_lines(IDS, (b"", b"\n", b"\n"), ids)


def ids(records: Iterator[Record]) -> Iterator[bytes]:
    """The ids of some pictures."""
    return (record.image_id.encode() for record in records)


def vectors(records: Iterator[Record]) -> Iterator[bytes]:
    """The vectors of some pictures."""
    return (record.vector.astype("<f4").tobytes() for record in records)
