"""Snapshots: a change is visible at once or not at all, and damage is named."""

import random

import pytest

from shared import tables
from shared.errors import CannotProceedError
from shared.storage import LocalStorage
from shared.tables.contracts import FAILURES, IMAGES, TOTALS
from tests.bits import flip_random_bit
from tests.rows import FINGERPRINT, row
from tests.shared.tables.totals import publish_totals, write_totals


def test_an_empty_volume_has_empty_tables(volume: LocalStorage) -> None:
    assert tables.open_snapshot(volume).parts(TOTALS) == []


def test_a_part_that_no_manifest_names_does_not_exist(volume: LocalStorage) -> None:
    snapshot = publish_totals(volume, x=1)
    write_totals(volume, "b", y=1)
    assert tables.open_snapshot(volume) == snapshot
    assert tables.open_snapshot(volume).slices(TOTALS) == ["x"]


def test_publishing_replaces_the_parts_of_one_stage_and_leaves_those_of_others(volume: LocalStorage) -> None:
    failure = row(FAILURES)
    first = tables.write_part(volume, FAILURES, [failure], "a", "acquisition", FINGERPRINT)
    old = tables.write_part(volume, FAILURES, [failure], "a", "embedding", FINGERPRINT)
    new = tables.write_part(volume, FAILURES, [failure], "a", "embedding", "a" * 64)
    snapshot = tables.publish(volume, tables.Snapshot({}), "acquisition", {"failures": [first]})
    snapshot = tables.publish(volume, snapshot, "embedding", {"failures": [old]})
    snapshot = tables.publish(volume, snapshot, "embedding", {"failures": [new]})
    assert snapshot.parts(FAILURES) == [first, new]
    assert tables.open_snapshot(volume) == snapshot


def test_the_digest_of_a_snapshot_follows_the_content(volume: LocalStorage) -> None:
    first, same = publish_totals(volume, x=1), publish_totals(LocalStorage(volume.root / "2"), x=1)
    other = publish_totals(LocalStorage(volume.root / "3"), x=2)
    assert first.digest(TOTALS) == same.digest(TOTALS) != other.digest(TOTALS)
    assert first.digest(IMAGES) == tables.Snapshot({}).digest(IMAGES)


def test_any_flipped_bit_is_reported_with_the_name_of_the_file(volume: LocalStorage) -> None:
    snapshot = publish_totals(volume, x=1, y=1)
    files = [path for path in volume.root.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".parquet", ".json"}
    dice = random.Random(1)
    for _ in range(300):
        path = dice.choice(files)
        sound = path.read_bytes()
        path.write_bytes(flip_random_bit(sound, dice))
        with pytest.raises(CannotProceedError) as error:
            [tables.read_rows(volume, part) for part in tables.open_snapshot(volume).parts(TOTALS)]
        assert path.name in str(error.value)
        path.write_bytes(sound)
    assert tables.open_snapshot(volume) == snapshot


@pytest.mark.parametrize("size", [0, 1, 40])
def test_a_truncated_snapshot_is_not_an_empty_volume(volume: LocalStorage, size: int) -> None:
    publish_totals(volume, x=1)
    path = volume.local_path(tables.SNAPSHOT)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CannotProceedError, match=r"snapshot.json is damaged"):
        tables.open_snapshot(volume)
