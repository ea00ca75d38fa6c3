"""The JSON files that other programs expect on the volume: derived from tables, written anew when those change."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from shared.files import replacing, write_atomically
from shared.volume import tables_dir


def refresh_list(volume: Path, name: str, content: str, rows: Iterable[Any]) -> bool:
    """Write `rows` as a JSON list, one a line, unless the file was written from the same content.

    Args:
        content: identity of what the rows are made from, e.g. `Snapshot.digest`.

    Returns:
        Whether the file was written; `rows` is not touched when it was not.
    """
    path, note = volume / name, tables_dir(volume) / f"{name}.content"
    if path.exists() and note.exists() and note.read_text(encoding="ascii") == content:
        return False
    note.unlink(missing_ok=True)
    with replacing(path) as file:
        file.write(b"[")
        for number, row in enumerate(rows):
            file.write((",\n" if number else "\n").encode() + json.dumps(row, ensure_ascii=False).encode())
        file.write(b"\n]\n")
    write_atomically(note, content.encode("ascii"))
    return True
