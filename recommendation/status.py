"""The part of `imagerec status` about the index."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.errors import CannotProceedError
from shared.storage import Storage
from shared.storage.volume import INDEX

BUILD = "run `imagerec recommendation build`"


def facts(volume: Storage) -> dict[str, Any]:
    """The document and timings of the current index generation; None before the first build.

    Raises:
        CannotProceedError: a file of it is missing or damaged.
    """
    current = volume.local_path(INDEX) / "CURRENT"
    if not current.exists():
        return {"index": None}
    folder = volume.local_path(INDEX) / read_text(current).strip()
    document, timings = read_object(folder / "generation.json"), read_object(folder / "timings.json")
    for name in document["files"]:
        if not (folder / name).exists():
            raise CannotProceedError(f"{folder / name} is missing; {BUILD}")
    return {"index": {"generation": folder.name, **document, "timings": timings}}


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object from a file; errors as `facts`."""
    try:
        content: dict[str, Any] = json.loads(read_text(path))
    except ValueError as error:
        raise CannotProceedError(f"{path} is damaged ({error}); {BUILD}") from error
    return content


def read_text(path: Path) -> str:
    """The text of a file; errors as `facts`."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise CannotProceedError(f"{path} cannot be read ({error}); {BUILD}") from error


def lines(found: dict[str, Any]) -> Iterator[str]:
    """The generation for people, with recall and latency of each measure."""
    index = found["index"]
    if index is None:
        yield f"no index yet; {BUILD}"
        return
    weights = " + ".join(
        name if weight == 1 else f"{weight:g} {name}" for name, weight in index["default"]["weights"].items()
    )
    yield f"index generation {index['generation']}: {index['pictures']:,} pictures; default = {weights}"
    yield f"{'measure':<12} {'search':<8} {'search_k':>9} {'recall@5':>9} {'p50 ms':>8} {'p99 ms':>8}"
    for name, one in index["measures"].items():
        latency = index["timings"]["latency_ms"][name]
        search_k = one["search_k"] if one["search"] == "annoy" else "-"
        yield f"{name:<12} {one['search']:<8} {search_k:>9} {one['recall']:>9.3f} {latency['p50']:>8.2f} {latency['p99']:>8.2f}"
