"""The files that other programs expect on the volume: derived from tables, written anew when those change."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from shared.storage.files import replacing, write_atomically
from shared.storage.volume import tables_dir


def refresh(volume: Path, name: str, content: str, pieces: Iterable[bytes]) -> bool:
    """Write a file's `pieces` one after the other, unless the file was written from the same content.

    Args:
        name: the file's path on the volume.
        content: identity of what the pieces are made from, e.g. `Snapshot.digest`.

    Returns:
        Whether the file was written; `pieces` is not touched when it was not.
    """
    path, note = volume / name, tables_dir(volume) / f"{Path(name).name}.content"
    if path.exists() and note.exists() and note.read_text(encoding="ascii") == content:
        return False
    note.unlink(missing_ok=True)
    with replacing(path) as file:
        file.writelines(pieces)
    write_atomically(note, content.encode("ascii"))
    return True


def refresh_list(volume: Path, name: str, content: str, rows: Iterable[Any]) -> bool:
    """Write `rows` as a JSON list, one a line; otherwise as `refresh`."""
    return refresh(volume, name, content, enclosed(b"[", map(to_line, rows), b"]"))


def refresh_mapping(volume: Path, name: str, content: str, items: Iterable[tuple[str, Any]]) -> bool:
    """Write `items` as a JSON object, one a line; otherwise as `refresh`."""
    lines = (to_line(key) + b": " + to_line(value) for key, value in items)
    return refresh(volume, name, content, enclosed(b"{", lines, b"}"))


def to_line(value: Any) -> bytes:
    """JSON without line feeds."""
    return json.dumps(value, ensure_ascii=False).encode()


def enclosed(start: bytes, lines: Iterable[bytes], end: bytes) -> Iterator[bytes]:
    """The pieces of a JSON list or object."""
    yield start
    for number, line in enumerate(lines):
        yield (b",\n" if number else b"\n") + line
    yield b"\n" + end + b"\n"
