"""The files of the map to explore: named by their content, all but the one that names the others."""

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any

from shared.storage import Storage
from shared.storage.volume import REPORTS

FOLDER = f"{REPORTS}/map"
DOCUMENT = f"{FOLDER}/map.json"
#: The map as pictures, for people.
FLAT, SPACE = f"{REPORTS}/map.png", f"{REPORTS}/map_3d.png"
NAME = re.compile(r"(points|ids|names|values|sheet)-[0-9a-f]{16}\.(bin|txt|json|jpg)")


def read_document(volume: Storage) -> dict[str, Any] | None:
    """What map.json holds; None where there is no map, or none that can be read."""
    try:
        found = json.loads(volume.read(DOCUMENT))
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def is_current(volume: Storage, content: str) -> bool:
    """Whether the files were made of this content and are all there."""
    found = read_document(volume)
    if found is None or found.get("content") != content:
        return False
    there = {one.key for one in volume.list(REPORTS)}
    return all(key in there for key in {*keys_of(volume, found), FLAT, SPACE})


def keys_of(volume: Storage, document: dict[str, Any]) -> set[str]:
    """Every file that a document names."""
    named = {f"{FOLDER}/{document[name]}" for name in ("points", "ids", "names", "values")}
    sheets = {sheet_key(name) for name, _ in document["sheets"]}
    return named | sheets | {DOCUMENT} | _data_of(volume, f"{FOLDER}/{document['values']}")


def _data_of(volume: Storage, values: str) -> set[str]:
    try:
        return {f"{FOLDER}/{json.loads(volume.read(values))['data']}"}
    except (FileNotFoundError, ValueError):
        return set()


def put(volume: Storage, kind: str, ending: str, chunks: Iterable[bytes]) -> str:
    """Store a file under a name that says what is in it; the name."""
    data = b"".join(chunks)
    name = f"{kind}-{hashlib.sha256(data).hexdigest()[:16]}.{ending}"
    if volume.stat(f"{FOLDER}/{name}") is None:
        volume.put(f"{FOLDER}/{name}", data)
    return name


def put_document(volume: Storage, content: str, document: dict[str, Any]) -> None:
    """Make a map the one that is shown. The files of the one before stay until the next, for pages that are open."""
    made = {"content": content, **document}
    volume.put(DOCUMENT, json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode())


def sweep(volume: Storage) -> None:
    """Delete files that the present map does not name."""
    volume.delete_unfinished(FOLDER)
    document = read_document(volume)
    kept = keys_of(volume, document) if document else set()
    for one in volume.list(FOLDER):
        if one.key not in kept:
            volume.delete(one.key)


def sheet_key(name: str) -> str:
    """Where a sheet is."""
    return f"{FOLDER}/sheet-{name}.jpg"


def sheet_names(volume: Storage) -> set[str]:
    """The sheets that are there."""
    found = (re.fullmatch(rf"{FOLDER}/sheet-([0-9a-f]{{16}})\.jpg", one.key) for one in volume.list(FOLDER))
    return {match[1] for match in found if match}
