"""What must be equal, byte for byte, after any disturbance."""

import json
from collections.abc import Iterator
from pathlib import Path

from shared import tables
from shared.storage import LocalStorage
from shared.storage.files import digest, sha256_of
from shared.tables import catalog
from shared.tables.contracts import RUNS

#: Views but the one of RUNS, whose parts tell when each run was.
VIEWS = f"SELECT sql FROM duckdb_views() WHERE NOT internal AND view_name <> '{RUNS.name}' ORDER BY view_name"


def contents(volume: LocalStorage, *, catalog_too: bool = True) -> dict[str, str]:
    """Every file of a volume that is to be the same, by its name, with its SHA-256; what is not to be there shows up too.

    Left out is what tells of the run and not of the pictures: RUNS, the index's timings, the lock, queries; and parts
    that no manifest names, for the next run sweeps them. The catalog counts by its views, for DuckDB's files differ
    from one making to the next.

    Raises:
        CannotProceedError: something that the snapshot or the catalog names is damaged or missing.
    """
    found = {str(path.relative_to(volume.root)): sha256_of(path) for path in _files(volume)}
    snapshot = tables.open_snapshot(volume)
    for name, parts in snapshot.tables.items():
        tables.check_parts(volume, parts)
        if name != RUNS.name:
            found[f"the manifest of {name}"] = digest(parts)
    if catalog_too and volume.local_path("catalog.duckdb").exists():
        found["the catalog's views"] = digest(catalog.query(volume, VIEWS))
    return found


def _files(volume: LocalStorage) -> Iterator[Path]:
    catalog_files = {volume.local_path("catalog.duckdb"), catalog.checksums_path(volume.local_path("catalog.duckdb"))}
    for path in sorted(volume.root.rglob("*")):
        top = path.relative_to(volume.root).parts[0]
        is_timing = path.name == "report.pdf" or (
            volume.local_path("index") in path.parents and path.name.endswith("timings.json")
        )
        is_table = volume.local_path("tables") in path.parents and path.suffix in {".parquet", ".json"}
        if path.is_file() and top not in {"lock", "queries"} and not (is_timing or is_table or path in catalog_files):
            yield path


def differences(expected: dict[str, str], found: dict[str, str]) -> list[str]:
    """One line for each file that is missing, too much or different."""
    return [
        *(f"missing: {name}" for name in sorted(expected.keys() - found.keys())),
        *(f"too much: {name}" for name in sorted(found.keys() - expected.keys())),
        *(f"different: {name}" for name in sorted(expected.keys() & found.keys()) if expected[name] != found[name]),
    ]


def repeated(killed: Path, after: Path, complete: str) -> list[str]:
    """Parts of a stage's last table that a run wrote though the killed one had: slices that were finished.

    Args:
        killed, after: the logs of `points` of both runs.
        complete: name of the stage's last table; its part says that a slice is finished.
    """
    twice = set(_parts_moved(killed)) & set(_parts_moved(after))
    return sorted(str(part) for part in twice if part.parent.name == complete)


def _parts_moved(log: Path) -> Iterator[Path]:
    for line in log.read_text(encoding="utf-8").splitlines() if log.exists() else ():
        what, _, _, name = line.split(" ", 3)
        if what == "moved" and name.endswith(".parquet"):
            yield Path(name)


def save(path: Path, found: dict[str, str]) -> None:
    """Store `contents` for another process."""
    path.write_text(json.dumps(found), encoding="utf-8")


def load(path: Path) -> dict[str, str]:
    """What `save` stored."""
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found
