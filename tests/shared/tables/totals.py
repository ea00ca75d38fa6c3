"""A small table for tests: TOTALS of tags."""

from shared import tables
from shared.storage import LocalStorage
from shared.tables import Part, Snapshot
from shared.tables.contracts import TOTALS
from tests.rows import FINGERPRINT, row


def write_totals(volume: LocalStorage, slice_name: str, **pictures: int) -> Part:
    """Write a part that counts the pictures of each tag, without publishing it."""
    rows = [row(TOTALS, value=tag, pictures=count) for tag, count in pictures.items()]
    return tables.write_part(volume, TOTALS, rows, slice_name, "labeling", FINGERPRINT)


def publish_totals(volume: LocalStorage, **pictures: int) -> Snapshot:
    """Publish one part as the whole table."""
    part = write_totals(volume, "-".join(pictures), **pictures)
    return tables.publish(volume, tables.open_snapshot(volume), "labeling", {TOTALS.name: [part]})
