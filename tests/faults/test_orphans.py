"""What a killed run left behind: sound work is taken over, anything else is made again, rubbish goes away."""

import random
from pathlib import Path
from typing import Any

import pytest

from shared import tables
from shared.errors import CannotProceedError
from shared.pipeline import slices
from shared.pipeline.slices import StageOutput
from shared.spark import session
from shared.storage import LocalStorage, files
from shared.tables import catalog
from shared.tables.contracts import FEATURES, TOTALS

STAGE = StageOutput("labeling", "a" * 64, (TOTALS,))
ROWS: list[slices.TableRow] = [("totals", {"kind": "tag", "value": "sea", "pictures": 1})]
FULL = Path("/dev/full")
FAILURE = slices.failure_row("labeling", "a.jpg", "decoder_timeout", "expected at most 10 s")


def flipped(data: bytes, dice: random.Random) -> bytes:
    """The same bytes but for one bit."""
    position = dice.randrange(len(data))
    return data[:position] + bytes([data[position] ^ 1 << dice.randrange(8)]) + data[position + 1 :]


def vectors(count: int) -> list[dict[str, Any]]:
    return [
        {"image_id": f"{i:032x}", "color": [0.5, i], "structure": [1.0] * 4, "hash": bytes([i]) * 24}
        for i in range(count)
    ]


def test_a_flipped_bit_in_a_part_that_has_no_stored_checksum_yet_is_noticed(volume: LocalStorage) -> None:
    part = tables.write_part(volume, FEATURES, vectors(40), "a", "labeling", "a" * 64)
    path = volume.local_path(part.key)
    sound, dice = path.read_bytes(), random.Random(5)
    for _ in range(300):
        path.write_bytes(flipped(sound, dice))
        assert tables.find_part(volume, FEATURES, "a", "labeling", "a" * 64) is None
    path.write_bytes(sound)
    assert tables.find_part(volume, FEATURES, "a", "labeling", "a" * 64) == part


def test_a_slice_whose_failures_are_damaged_is_made_again(volume: LocalStorage) -> None:
    done = slices.write_slice(volume, STAGE, "a", [*ROWS, FAILURE])
    assert slices.find_slice(volume, STAGE, "a") == done
    path = volume.local_path(done.parts[0].key)
    path.write_bytes(path.read_bytes()[:-1])
    assert slices.find_slice(volume, STAGE, "a") is None


def test_failures_of_an_attempt_that_was_killed_do_not_outlive_a_better_one(volume: LocalStorage) -> None:
    slices.write_slice(volume, STAGE, "a", [*ROWS, FAILURE])
    better = slices.write_slice(volume, STAGE, "a", ROWS)
    assert slices.find_slice(volume, STAGE, "a") == better
    assert [path.name for path in volume.root.rglob("*.parquet")] == [better.parts[0].name]


@pytest.mark.parametrize("size", [0, 1, 40])
def test_a_truncated_snapshot_is_not_an_empty_volume(volume: LocalStorage, size: int) -> None:
    done = slices.write_slice(volume, STAGE, "a", ROWS)
    tables.publish(volume, tables.Snapshot({}), "labeling", {"totals": done.parts})
    path = volume.local_path(tables.SNAPSHOT)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CannotProceedError, match=r"snapshot.json is damaged"):
        tables.open_snapshot(volume)


def test_unfinished_files_are_swept_and_others_stay(tmp_path: Path) -> None:
    for name in ("catalog.duckdb.tmp-1", "catalog.duckdb.tmp-1.wal", "catalog.duckdb"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "folder.tmp-2").mkdir()
    files.sweep_temporary(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["catalog.duckdb", "folder.tmp-2"]


def test_a_catalog_is_right_after_each_half_of_its_replacement(volume: LocalStorage) -> None:
    old = catalog.rebuild(volume).read_bytes()
    checksums = catalog.checksums_path(volume.root / "catalog.duckdb").read_bytes()
    tables.publish(
        volume, tables.Snapshot({}), "labeling", {"totals": slices.write_slice(volume, STAGE, "a", ROWS).parts}
    )
    path = catalog.rebuild(volume)
    catalog.check(path)
    new = path.read_bytes()
    path.write_bytes(old)  # killed before the catalog was moved
    catalog.check(path)
    path.write_bytes(new)
    catalog.checksums_path(path).write_bytes(checksums)  # of which it says nothing
    with pytest.raises(CannotProceedError, match=r"catalog.duckdb is damaged"):
        catalog.check(path)


def test_a_flipped_bit_in_the_catalog_or_in_a_part_it_shows_is_reported_by_name(volume: LocalStorage) -> None:
    done = slices.write_slice(volume, STAGE, "a", ROWS)
    tables.publish(volume, tables.Snapshot({}), "labeling", {"totals": done.parts})
    dice = random.Random(6)
    for path in (catalog.rebuild(volume), volume.local_path(done.parts[0].key)):
        sound = path.read_bytes()
        for _ in range(20):
            path.write_bytes(flipped(sound, dice))
            with pytest.raises(CannotProceedError, match=path.name):
                catalog.query(volume, "SELECT value FROM totals")
        path.write_bytes(sound)
    assert catalog.query(volume, "SELECT value FROM totals") == [("sea",)]


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a file that is always full")
def test_a_full_disk_says_for_which_file(tmp_path: Path) -> None:
    path = tmp_path / "part.parquet"
    with pytest.raises(OSError, match=r"No space left on device: '.*part.parquet'"), files.naming(path):
        FULL.write_bytes(b"x")


def test_the_last_error_of_a_worker_is_what_a_person_is_told() -> None:
    text = (
        "org.apache.spark.api.python.PythonException: Traceback (most recent call last):\n"
        "OSError: [Errno 28] No space left on device\n"
        "The above exception was the direct cause of the following exception:\n"
        "OSError: [Errno 28] No space left on device: 'volume/part.parquet'\n SQLSTATE: 38000\n"
    )
    assert session.worker_error(text) == "OSError: [Errno 28] No space left on device: 'volume/part.parquet'"
    assert (
        session.worker_error("shared.errors.CannotProceedError: x is damaged; restore it\n")
        == "x is damaged; restore it"
    )
    assert session.worker_error("Traceback (most recent call last):\nKeyError: 'bug'\n") is None
