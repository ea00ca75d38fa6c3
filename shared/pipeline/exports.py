"""Files that other programs expect on the volume: derived from tables by tasks, and written again when those change.

Each task writes the lines of some parts as an object of its own under ``work/``; the driver only concatenates them.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from pyspark import SparkContext

from shared.storage import Storage
from shared.storage.files import digest
from shared.storage.volume import TABLES, WORK

LinesOf = Callable[[Any], Iterable[bytes]]
"""From one item of work, e.g. a part, to its lines without line feeds."""


def is_current(volume: Storage, key: str, content: str) -> bool:
    """Whether an export was written from the same content.

    Args:
        content: identity of what it is made from, e.g. `Snapshot.digest`.
    """
    try:
        return volume.stat(key) is not None and volume.read(_note_key(key)) == content.encode()
    except FileNotFoundError:
        return False


def write(
    sc: SparkContext,
    volume: Storage,
    key: str,
    content: str,
    items: Sequence[Any],
    lines_of: LinesOf,
    enclosure: tuple[bytes, bytes, bytes],
) -> None:
    """Write an export: the lines of all items, in their order.

    Args:
        content: as in `is_current`.
        lines_of: called in tasks.
        enclosure: what stands before, between and after the lines.
    """
    volume.delete(_note_key(key))
    concatenate(sc, volume, key, f"{WORK}/exports/{digest(key, content)[:16]}", items, lines_of, enclosure)
    volume.put(_note_key(key), content.encode())  # last: until it is there the next run writes, and deletes, again


def concatenate(
    sc: SparkContext,
    storage: Storage,
    key: str,
    folder: str,
    items: Sequence[Any],
    lines_of: LinesOf,
    enclosure: tuple[bytes, bytes, bytes],
) -> None:
    """Store one object: the lines of all items, in their order; tasks make them, and the driver reads an item at a time.

    Args:
        folder: where the pieces are meanwhile.
    """
    start, separator, end = enclosure
    pieces = sc.parallelize(list(enumerate(items)), max(1, min(len(items), sc.defaultParallelism)))
    written = pieces.map(partial(_write_piece, storage, folder, lines_of, separator)).collect() if items else []
    storage.put(key, _enclosed(start, separator, (storage.read(piece) for piece in written if piece), end))
    storage.delete_folder(folder)


def put(volume: Storage, key: str, content: str, data: bytes) -> None:
    """Store a whole export that was made from some content, see `is_current`."""
    volume.delete(_note_key(key))
    volume.put(key, data)
    volume.put(_note_key(key), content.encode())


def _write_piece(
    volume: Storage, folder: str, lines_of: LinesOf, separator: bytes, numbered: tuple[int, Any]
) -> str | None:
    """Store an item's lines; the key, None where it has none."""
    number, item = numbered
    data = separator.join(lines_of(item))
    if not data:
        return None
    key = f"{folder}/{number:08d}"
    volume.put(key, data)
    return key


def _enclosed(start: bytes, separator: bytes, pieces: Iterable[bytes], end: bytes) -> Iterator[bytes]:
    yield start
    for number, piece in enumerate(pieces):
        yield (separator if number else b"") + piece
    yield end


def _note_key(key: str) -> str:
    return f"{TABLES}/{key.rsplit('/', 1)[-1]}.content"


#: A JSON list, an item a line.
JSON_LIST = (b"[\n", b",\n", b"\n]\n")
#: A JSON object, a member a line.
JSON_OBJECT = (b"{\n", b",\n", b"\n}\n")


def csv_table(header: bytes) -> tuple[bytes, bytes, bytes]:
    """The enclosure of a CSV file whose lines bring no line feeds."""
    return header + b"\r\n", b"\r\n", b"\r\n"


def to_line(value: Any) -> bytes:
    """JSON without line feeds."""
    return json.dumps(value, ensure_ascii=False).encode()
