"""Tables that change: volumes of older code stay readable, those of newer code are refused."""

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pyarrow as pa
import pytest

from shared import tables
from shared.errors import CannotProceedError
from shared.storage import LocalStorage
from shared.storage.files import digest, to_json
from shared.tables import catalog, orphans, parts, retired, snapshot
from shared.tables.contracts import (
    CONTRACTS,
    EMBEDDINGS,
    FAILURES,
    IMAGES,
    LABELS,
    RUNS,
    THUMBNAILS,
    TOTALS,
    Addition,
    column,
)
from tests.commands import BARE
from tests.memory_storage import MemoryStorage

ROOT = Path(__file__).resolve().parents[3]
#: A volume, its pictures and its network as the first version of the tables' format left them.
ARCHIVE = ROOT / "tests" / "volume_v0" / "volume_v0.tar.gz"
#: Locations are absolute, so the pictures must be where they were.
V0 = Path("/tmp/imagerec-v0")
TAG = {"kind": "tag", "value": "sea", "pictures": 1}


@pytest.fixture
def v0(tmp_path: Path) -> LocalStorage:
    """A copy of the old volume."""
    if not V0.parent.is_dir():
        pytest.skip(f"there is no {V0.parent} here, where the old volume's pictures were")
    for target in (V0, tmp_path):
        with tarfile.open(ARCHIVE) as archive:
            archive.extractall(target, filter="data")
    return LocalStorage(tmp_path / "volume")


def test_a_volume_of_the_first_format_is_read(v0: LocalStorage) -> None:
    opened = tables.open_snapshot(v0)
    assert [opened.rows(one) for one in (IMAGES, THUMBNAILS, LABELS, EMBEDDINGS)] == [6] * 4
    [failure] = [row for part in opened.parts(FAILURES) for row in tables.read_rows(v0, part)]
    assert failure["item"] == f"{V0}/pictures/blue/broken.jpg"
    catalog.rebuild(v0)
    assert catalog.query(v0, "SELECT item, reason FROM failures") == [(failure["item"], failure["reason"])]


def test_a_run_goes_on_from_the_first_format_without_doing_anything_again(v0: LocalStorage) -> None:
    before = tables.open_snapshot(v0)
    command = [sys.executable, "-m", "shared", "run", "--source", f"{V0}/pictures", "--data", str(v0.root), *BARE]
    ran = subprocess.run([*command, "--master", "local[2]"], capture_output=True, text=True, check=False, cwd=ROOT)
    assert ran.returncode == 0, ran.stderr
    assert "acquisition: listed 8 = done 0 + skipped" in ran.stderr  # what failed then is tried under today's rules
    for stage in ("labeling", "embedding"):
        assert f"{stage}: nothing new, nothing to do" in ran.stderr
    after = tables.open_snapshot(v0)
    for contract in (THUMBNAILS, LABELS, EMBEDDINGS):
        assert after.parts(contract) == before.parts(contract)
    assert after.rows(IMAGES) == 6
    assert json.loads(v0.read(tables.SNAPSHOT))["format"] == snapshot.FORMAT


def test_a_volume_of_a_newer_format_is_refused_in_one_sentence(volume: LocalStorage) -> None:
    content = {"format": snapshot.FORMAT + 1, "manifests": {}, "checksum": digest(snapshot.FORMAT + 1, {})}
    volume.put(tables.SNAPSHOT, to_json(content))
    with pytest.raises(CannotProceedError, match=r"has format 2, .* reads up to 1; use a newer imagerec"):
        tables.open_snapshot(volume)


def test_a_column_that_is_new_reads_as_its_default_in_older_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    volume = MemoryStorage()
    old = tables.write_part(volume, TOTALS, [TAG], "a", "labeling", "f" * 64)
    schema = TOTALS.schema.append(column("share", pa.float64(), "share of all pictures"))
    additions = (Addition("share", version=1, default=0.5),)
    newer = TOTALS._replace(schema=schema, additions=additions)
    monkeypatch.setitem(CONTRACTS, "totals", newer)
    new = tables.write_part(volume, newer, [TAG | {"share": 0.25}], "b", "labeling", "f" * 64)
    assert (old.version, new.version) == (0, 1)
    assert tables.read_rows(volume, old) == [TAG | {"share": 0.5}]
    assert tables.read_columns(volume, new, ["share", "value"]) == {"share": [0.25], "value": ["sea"]}
    assert list(tables.iterate_rows(volume, old, ["share"])) == [{"share": 0.5}]
    assert tables.read_row(volume, old, 0, ["value", "share"]) == {"value": "sea", "share": 0.5}


def test_the_catalog_shows_old_and_new_parts_alike(volume: LocalStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tables.write_part(volume, TOTALS, [TAG], "a", "labeling", "f" * 64)
    schema = TOTALS.schema.append(column("note", pa.string(), "why"))
    newer = TOTALS._replace(schema=schema, additions=(Addition("note", version=1, default="it's old"),))
    monkeypatch.setitem(CONTRACTS, "totals", newer)
    new = tables.write_part(volume, newer, [TAG | {"note": "new"}], "b", "labeling", "f" * 64)
    tables.publish(volume, tables.EMPTY, "labeling", {"totals": [old, new]})
    catalog.rebuild(volume)
    assert catalog.query(volume, "SELECT note FROM totals ORDER BY note") == [("it's old",), ("new",)]


def test_only_manifests_that_changed_are_written(volume: LocalStorage) -> None:
    first = [tables.write_part(volume, TOTALS, [TAG], "a", "labeling", "f" * 64)]
    base = tables.publish(volume, tables.EMPTY, "labeling", {"totals": first, "runs": []})
    before = {one.key: one.modified_ns for one in volume.list("tables")}
    more = [*first, tables.write_part(volume, TOTALS, [TAG], "b", "labeling", "f" * 64)]
    after = tables.publish(volume, base, "labeling", {"totals": more})
    unchanged = f"tables/runs/manifest-{after.manifests['runs'][:16]}.json"
    assert after.manifests[RUNS.name] == base.manifests[RUNS.name]
    stat = volume.stat(unchanged)
    assert stat is not None
    assert stat.modified_ns == before[unchanged]


def test_parts_that_are_not_on_the_volume_are_not_published(volume: LocalStorage) -> None:
    part = tables.write_part(volume, TOTALS, [TAG], "a", "labeling", "f" * 64)
    volume.delete(part.key)
    with pytest.raises(CannotProceedError, match="is missing"):
        tables.publish(volume, tables.EMPTY, "labeling", {"totals": [part]})
    assert tables.open_snapshot(volume) == tables.EMPTY


def test_the_slower_of_two_writers_is_refused(volume: LocalStorage) -> None:
    [one, two] = [tables.write_part(volume, TOTALS, [TAG], name, "labeling", "f" * 64) for name in "ab"]
    published = tables.publish(volume, tables.EMPTY, "labeling", {"totals": [one]})
    with pytest.raises(CannotProceedError, match="replaced by another writer"):
        tables.publish(volume, tables.EMPTY, "labeling", {"totals": [two]})
    assert tables.open_snapshot(volume) == published


def test_replaced_parts_are_deleted_after_their_grace_period(
    volume: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    [one, two] = [tables.write_part(volume, TOTALS, [TAG], name, "labeling", "f" * 64) for name in "ab"]
    base = tables.publish(volume, tables.EMPTY, "labeling", {"totals": [one]})
    now = tables.publish(volume, base, "labeling", {"totals": [two]})
    orphans.sweep(volume, now, "labeling", [TOTALS])
    assert volume.stat(one.key)
    monkeypatch.setattr(retired, "GRACE_S", -1)
    orphans.sweep(volume, now, "labeling", [TOTALS])
    assert volume.stat(one.key) is None
    assert tables.read_rows(volume, two) == [TAG]


def test_a_revision_gives_a_part_of_a_slice_a_name_of_its_own() -> None:
    volume = MemoryStorage()
    first, second = (
        tables.write_part(volume, TOTALS, [TAG], "a", "labeling", "f" * 64, revision=revision) for revision in ("", "1")
    )
    assert first.slice == second.slice
    assert first.key != second.key
    assert parts.read_rows(volume, first) == parts.read_rows(volume, second)
