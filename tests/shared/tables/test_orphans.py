"""Orphans: what an interrupted run left and nothing names is deleted."""

from shared import tables
from shared.storage import LocalStorage
from shared.tables import orphans
from shared.tables.contracts import TOTALS
from tests.rows import FINGERPRINT, row
from tests.shared.tables.totals import publish_totals, write_totals


def test_sweeping_deletes_what_nothing_names_and_nothing_else(volume: LocalStorage) -> None:
    snapshot = publish_totals(volume, x=1)
    kept, dropped = write_totals(volume, "b", y=1), write_totals(volume, "c", z=1)
    other = tables.write_part(volume, TOTALS, [row(TOTALS)], "c", "embedding", FINGERPRINT)
    torn = volume.root / "tables/totals/part-d.parquet.tmp-1"
    torn.write_bytes(b"half")
    orphans.sweep(volume, snapshot, "labeling", [TOTALS], [kept])
    assert volume.local_path(kept.key).exists()
    assert volume.local_path(other.key).exists()
    assert not torn.exists()
    assert not volume.local_path(dropped.key).exists()
    assert tables.open_snapshot(volume) == snapshot
