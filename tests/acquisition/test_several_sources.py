"""Several sources on one volume."""

from pathlib import Path

import pyarrow as pa
import pytest

from shared.storage import LocalStorage
from shared.tables import open_snapshot, publish, write_part
from shared.tables.contracts import FAILURES, IMAGES, LOCATIONS, Contract
from tests.acquisition.source_folder import Run, add, add_pictures, filenames, picture, places, rows

pytestmark = pytest.mark.spark


def test_what_another_source_lists_stays(run: Run, volume: LocalStorage, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    add_pictures(first, 0, 2)
    add(second, "b.png", picture(1))
    add(second, "torn.png", b"<html>")
    run(first)
    run(second)
    assert places(volume) == [("first", "000.png"), ("first", "001.png"), ("second", "b.png")]
    (first / "001.png").unlink()
    assert run(first).removed == 0
    assert filenames(volume) == ["000.png", "b.png"]
    assert [row["item"] for row in rows(volume, FAILURES)] == [str(second / "torn.png")]
    assert run(second)[2:6] == (2, 0, 2, {})


def test_a_file_that_two_sources_list_is_read_once_and_goes_with_the_last(
    run: Run, volume: LocalStorage, source: Path, tmp_path: Path
) -> None:
    add_pictures(source, 0, 2)
    run(source)
    paths = add(tmp_path, "list.csv", b"path,title\npictures/001.png,Sea\n")
    assert run(paths)[2:6] == (1, 0, 1, {})
    assert run(paths)[2:6] == (1, 0, 1, {})
    assert places(volume) == [("list.csv", "001.png"), ("pictures", "000.png"), ("pictures", "001.png")]
    paths.write_bytes(b"path\npictures/000.png\n")
    run(paths)
    assert places(volume) == [("list.csv", "000.png"), ("pictures", "000.png"), ("pictures", "001.png")]
    assert filenames(volume) == ["000.png", "001.png"]


def test_places_of_an_older_volume_are_claimed_by_the_source_that_lists_them(
    run: Run, volume: LocalStorage, source: Path
) -> None:
    add_pictures(source, 0, 3)
    run(source)
    images = open_snapshot(volume).parts(IMAGES)
    forget_sources(volume)
    assert {row["source_id"] for row in rows(volume, LOCATIONS)} == {""}
    counts = run(source)
    assert (counts.done, counts.skipped) == (0, 3)
    assert {row["source_id"] for row in rows(volume, LOCATIONS)} == {str(source)}
    assert open_snapshot(volume).parts(IMAGES) == images
    (source / "001.png").unlink()
    assert run(source).removed == 1


def forget_sources(volume: LocalStorage) -> None:
    """Write LOCATIONS as it was before it had the columns that were added to it."""
    added = {one.column for one in LOCATIONS.additions}
    old = Contract(LOCATIONS.name, pa.schema([field for field in LOCATIONS.schema if field.name not in added]))
    stored = [{name: row[name] for name in old.schema.names} for row in rows(volume, LOCATIONS)]
    part = write_part(volume, old, stored, "000000-old", "acquisition", "0" * 64)
    publish(volume, open_snapshot(volume), "acquisition", {LOCATIONS.name: [part]})


def test_the_newest_reading_of_a_path_counts_whichever_source_read_it(
    run: Run, volume: LocalStorage, source: Path
) -> None:
    add(source, "inner/a.png", picture(1))
    add(source, "inner/b.png", picture(2))
    add(source, "c.png", picture(3))
    run(source / "inner")
    run(source)
    add(source, "inner/a.png", picture(4))
    (source / "inner/b.png").rename(source / "inner/kept.png")
    run(source)
    shown = [row["location"] for row in rows(volume, IMAGES)]
    assert len(shown) == len(set(shown))
    at_a = {row["image_id"] for row in rows(volume, LOCATIONS) if row["filename"] == "a.png"}
    assert len(at_a) == 1
