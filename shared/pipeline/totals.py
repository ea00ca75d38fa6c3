"""What labeling counted of the whole collection."""

from shared import tables
from shared.storage import Storage
from shared.tables import Snapshot
from shared.tables.contracts import TOTALS


def by_kind(volume: Storage, snapshot: Snapshot) -> dict[str, list[tuple[str, int]]]:
    """TOTALS: values and how many pictures have each, by kind, the most frequent first."""
    found: dict[str, list[tuple[str, int]]] = {}
    for part in snapshot.parts(TOTALS):
        for row in tables.read_rows(volume, part):
            found.setdefault(row["kind"], []).append((row["value"], row["pictures"]))
    return found
