"""What the tables hold about runs, failures and sources, read again when the tables have changed."""

import threading
from collections.abc import Callable
from typing import Any

from shared import tables
from shared.storage import Storage
from shared.tables import Snapshot
from shared.tables.contracts import FAILURES, LOCATIONS, RUNS, Contract

MOST_RUNS, PER_SOURCE = 60, 200
SOURCES = """
    SELECT source_id, min(source) AS kind, license, author, count(DISTINCT image_id) AS pictures
    FROM locations GROUP BY source_id, license, author ORDER BY source_id, pictures DESC, license, author
"""
RUN_COLUMNS = ("stage", "started", "seconds", "listed", "done", "skipped", "failed", "source_id")
FAILURE_COLUMNS = ("stage", "item", "reason", "detail", "size_bytes", "source_id")

Rows = list[dict[str, Any]]


class Records:
    """Reads tables of a volume; safe to use from several threads."""

    def __init__(self, volume: Storage) -> None:
        self._volume = volume
        self._lock = threading.Lock()
        self._read: dict[str, tuple[str, Any]] = {}

    def runs(self) -> Rows:
        """The latest runs of the stages, newest first; times in ISO 8601, UTC."""
        rows = self._once("runs", (RUNS,), lambda snapshot: self._rows(snapshot, RUNS, RUN_COLUMNS))
        newest = sorted(rows, key=lambda row: row["started"], reverse=True)[:MOST_RUNS]
        return [{**row, "started": row["started"].isoformat(timespec="seconds")} for row in newest]

    def failures(self) -> Rows:
        """Every file or picture that could not be used, by reason and name."""
        rows = self._once("failures", (FAILURES,), lambda snapshot: self._rows(snapshot, FAILURES, FAILURE_COLUMNS))
        return sorted(rows, key=lambda row: (row["reason"], row["item"]))

    def sources(self) -> Rows:
        """Each source with its pictures, and their licences and authors, the most frequent first."""
        found: Rows = self._once("sources", (LOCATIONS,), self._sources)
        return found

    def _sources(self, snapshot: Snapshot) -> Rows:
        from shared.tables import catalog  # with DuckDB, which the service does without until somebody asks

        found: dict[str, dict[str, Any]] = {}
        for source_id, kind, licence, author, pictures in catalog.query_tables(self._volume, snapshot, SOURCES):
            one = found.setdefault(source_id, {"source_id": source_id, "kind": kind, "pictures": 0, "credits": []})
            one["pictures"] += pictures
            if (licence or author) and len(one["credits"]) < PER_SOURCE:
                one["credits"].append({"license": licence, "author": author, "pictures": pictures})
        return list(found.values())

    def _rows(self, snapshot: Snapshot, contract: Contract, columns: tuple[str, ...]) -> Rows:
        return [row for part in snapshot.parts(contract) for row in tables.read_rows(self._volume, part, columns)]

    def _once(self, name: str, contracts: tuple[Contract, ...], read: Callable[[Snapshot], Any]) -> Any:
        """What `read` returns, called again only when a table has changed."""
        snapshot = tables.open_snapshot(self._volume)
        content = snapshot.digest(*contracts)
        with self._lock:
            if name not in self._read or self._read[name][0] != content:
                self._read[name] = content, read(snapshot)
            return self._read[name][1]
