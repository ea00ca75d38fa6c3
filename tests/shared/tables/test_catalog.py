"""The catalog: every table is a view; it can always be made again from the tables."""

import random
from pathlib import Path

import pytest

from shared import tables
from shared.errors import CannotProceedError
from shared.storage import LocalStorage
from shared.tables import catalog
from shared.tables.contracts import CONTRACTS, TOTALS
from tests.bits import flip_random_bit
from tests.shared.tables.totals import publish_totals


def test_every_table_is_a_view_even_before_it_has_rows(volume: LocalStorage) -> None:
    catalog.rebuild(volume)
    for contract in CONTRACTS.values():
        assert catalog.query(volume, f"SELECT * FROM {contract.name}") == []
        columns = [row[0] for row in catalog.query(volume, f"DESCRIBE {contract.name}")]
        assert columns == contract.schema.names


def test_a_table_is_queried_and_a_lost_catalog_made_again(volume: LocalStorage) -> None:
    publish_totals(volume, sea=2, sky=3)
    catalog.rebuild(volume).unlink()
    catalog.rebuild(volume)
    sql = "SELECT value, pictures FROM totals WHERE kind = 'tag' ORDER BY pictures DESC"
    assert catalog.query(volume, sql) == [("sky", 3), ("sea", 2)]


def test_the_catalog_follows_the_tables(volume: LocalStorage) -> None:
    publish_totals(volume, sea=2)
    catalog.rebuild(volume)
    publish_totals(volume, fog=1)
    catalog.rebuild(volume)
    assert catalog.query(volume, "SELECT value FROM totals") == [("fog",)]


@pytest.mark.parametrize("folder", ["it's a volume", "två volymer", 'say "cheese"', "{a} %20 #*"])
def test_a_volume_may_have_any_name(tmp_path: Path, folder: str) -> None:
    volume = LocalStorage(tmp_path / folder)
    publish_totals(volume, sea=2)
    catalog.rebuild(volume)
    assert catalog.query(volume, "SELECT count(*) FROM totals") == [(1,)]


@pytest.mark.parametrize("folder", ["photos[1]", "photos*"])
def test_a_name_that_is_also_a_pattern_means_this_volume_alone(tmp_path: Path, folder: str) -> None:
    for name, pictures in (("photos1", 1), (folder, 2)):
        publish_totals(LocalStorage(tmp_path / name), sea=pictures)
    volume = LocalStorage(tmp_path / folder)
    catalog.rebuild(volume)
    assert catalog.query(volume, "SELECT pictures FROM totals") == [(2,)]


def test_a_catalog_is_right_after_each_half_of_its_replacement(volume: LocalStorage) -> None:
    old = catalog.rebuild(volume).read_bytes()
    checksums = catalog.checksums_path(volume.root / "catalog.duckdb").read_bytes()
    publish_totals(volume, sea=1)
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
    publish_totals(volume, sea=1)
    [part] = tables.open_snapshot(volume).parts(TOTALS)
    dice = random.Random(6)
    for path in (catalog.rebuild(volume), volume.local_path(part.key)):
        sound = path.read_bytes()
        for _ in range(20):
            path.write_bytes(flip_random_bit(sound, dice))
            with pytest.raises(CannotProceedError, match=path.name):
                catalog.query(volume, "SELECT value FROM totals")
        path.write_bytes(sound)
    assert catalog.query(volume, "SELECT value FROM totals") == [("sea",)]
