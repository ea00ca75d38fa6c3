"""A source is synchronised: the collection is what the source is now."""

import json
import os
import shutil
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark import SparkContext

from acquisition import exports
from shared.errors import CannotProceedError, UsageError
from shared.storage import LocalStorage
from shared.tables import open_snapshot, publish, read_rows, write_part
from shared.tables.contracts import FAILURES, IMAGES, LOCATIONS, THUMBNAILS, Contract
from tests.acquisition.source_folder import (
    Run,
    add,
    add_pictures,
    contents,
    edit_unseen,
    filenames,
    picture,
    places,
    rows,
    run_source,
)

pytestmark = pytest.mark.spark


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


@pytest.fixture
def run(sc: SparkContext, volume: LocalStorage) -> Run:
    return partial(run_source, sc, volume)


def exported(volume: LocalStorage) -> list[str]:
    return sorted(one["filename"] for one in json.loads(volume.read(exports.NAME)))


def test_a_deleted_picture_leaves_the_collection_and_its_thumbnail_stays_in_history(
    run: Run, volume: LocalStorage, source: Path
) -> None:
    add_pictures(source, 0, 3)
    run(source)
    (before,) = open_snapshot(volume).parts(IMAGES)
    (source / "001.png").unlink()
    counts = run(source)
    assert (counts.listed, counts.done, counts.skipped, counts.removed) == (2, 0, 2, 1)
    assert counts.note == "1 removed from the collection"
    assert filenames(volume) == exported(volume) == ["000.png", "002.png"]
    assert places(volume) == [("pictures", "000.png"), ("pictures", "002.png")]
    (after,) = open_snapshot(volume).parts(IMAGES)
    assert (after.slice, after.stage, after.fingerprint) == (before.slice, before.stage, before.fingerprint)
    assert (before.revision, len(after.revision)) == ("", 8)
    assert open_snapshot(volume).rows(THUMBNAILS) == 3
    assert volume.stat(before.key) is not None  # for readers that began before
    assert run(source).removed == 0


def test_a_slice_without_pictures_loses_its_part(run: Run, volume: LocalStorage, source: Path) -> None:
    add(source, "a.png", picture(1))
    run(source)
    add(source, "b.png", picture(2))
    run(source)
    (source / "a.png").unlink()
    run(source)
    assert filenames(volume) == ["b.png"]
    assert [part.rows for part in open_snapshot(volume).parts(IMAGES)] == [1]


def test_a_moved_picture_keeps_its_identity_and_gets_its_new_name_and_tags(
    run: Run, volume: LocalStorage, source: Path
) -> None:
    add(source, "beach/a.png", picture(1))
    run(source)
    (before,) = rows(volume, IMAGES)
    (source / "mountain").mkdir()
    (source / "beach/a.png").rename(source / "mountain/b.png")
    counts = run(source)
    assert (counts.done, counts.removed, counts.note) == (1, 0, "1 moved")
    (after,) = rows(volume, IMAGES)
    assert (after["image_id"], after["location"], after["tags"]) == (
        before["image_id"],
        str(source / "mountain/b.png"),
        ["mountain"],
    )
    assert len(open_snapshot(volume).parts(THUMBNAILS)) == 1
    assert [row["location"] for row in rows(volume, LOCATIONS)] == [after["location"]]


def test_a_whole_source_may_move_without_being_taken_for_a_loss(run: Run, volume: LocalStorage, source: Path) -> None:
    for number in range(30):
        add(source, f"old/{number}.png", picture(number))
    run(source)
    (source / "old").rename(source / "new")
    assert run(source).note == "30 moved"
    assert {row["tags"][0] for row in rows(volume, IMAGES)} == {"new"}


def test_an_edited_picture_becomes_another_one(run: Run, volume: LocalStorage, source: Path) -> None:
    add_pictures(source, 0, 2)
    run(source)
    add(source, "001.png", picture(7))
    counts = run(source)
    assert (counts.done, counts.skipped, counts.removed) == (1, 1, 1)
    assert sorted(row["width_px"] for row in rows(volume, IMAGES)) == [20, 27]
    assert len(rows(volume, LOCATIONS)) == 2


def test_every_picture_may_be_edited_at_once(run: Run, volume: LocalStorage, source: Path) -> None:
    add_pictures(source, 0, 25)
    run(source)
    for number in range(25):
        add(source, f"{number:03d}.png", picture(100 + number))
    counts = run(source)
    assert (counts.done, counts.removed) == (25, 25)


def test_an_edit_that_keeps_size_and_time_is_noticed(run: Run, volume: LocalStorage, source: Path) -> None:
    path = add(source, "a.png", picture(1))
    run(source)
    (before,) = rows(volume, IMAGES)
    edit_unseen(path, path.read_bytes()[:-1] + b"\xff")
    assert run(source).done == 1
    (after,) = rows(volume, IMAGES)
    assert after["image_id"] != before["image_id"]


def test_rereading_reads_every_file_and_changes_nothing_that_is_equal(
    run: Run, volume: LocalStorage, source: Path
) -> None:
    add_pictures(source, 0, 3)
    add(source, "torn.png", picture(9)[:60])
    run(source)
    images = open_snapshot(volume).parts(IMAGES)
    counts = run(source, reread=True)
    assert (counts.done, counts.failed, counts.skipped, counts.note) == (3, {"truncated": 1}, 0, "")
    assert open_snapshot(volume).parts(IMAGES) == images
    assert len(rows(volume, LOCATIONS)) == 3
    assert len(rows(volume, FAILURES)) == 1


def test_pictures_whose_files_swapped_their_contents_swap_their_names(
    run: Run, volume: LocalStorage, source: Path
) -> None:
    add_pictures(source, 0, 2)
    run(source)
    before = {row["image_id"]: row["filename"] for row in rows(volume, IMAGES)}
    add(source, "000.png", picture(1))
    add(source, "001.png", picture(0))
    run(source)
    after = {row["image_id"]: row["filename"] for row in rows(volume, IMAGES)}
    assert after == dict(zip(before, reversed(before.values()), strict=True))


def test_a_picture_stays_while_one_copy_is_left_and_shows_the_smallest_location(
    run: Run, volume: LocalStorage, source: Path
) -> None:
    for name in ("a.png", "b.png", "c.png"):
        add(source, name, picture(1))
    assert run(source).note == "2 exact duplicates"
    for gone, shown in (("a.png", "b.png"), ("b.png", "c.png")):
        (source / gone).unlink()
        assert run(source).removed == 0
        assert filenames(volume) == [shown]
    add(source, "a.png", picture(1))
    run(source)
    assert filenames(volume) == ["a.png"]


def test_a_link_never_wins_over_the_file_itself(run: Run, volume: LocalStorage, source: Path) -> None:
    add(source, "z.png", picture(1))
    (source / "a.png").symlink_to(source / "z.png")
    run(source)
    assert filenames(volume) == ["z.png"]
    target = add(source.parent, "elsewhere.png", picture(1))
    (source / "z.png").unlink()
    (source / "a.png").unlink()
    (source / "a.png").symlink_to(target)
    run(source)
    assert filenames(volume) == ["a.png"]


def test_a_picture_that_comes_back_is_a_picture_again(run: Run, volume: LocalStorage, source: Path) -> None:
    add_pictures(source, 0, 3)
    run(source)
    (source / "001.png").unlink()
    run(source)
    add_pictures(source, 1, 2)
    assert run(source).done == 1
    assert filenames(volume) == ["000.png", "001.png", "002.png"]
    assert sorted(part.rows for part in open_snapshot(volume).parts(IMAGES)) == [1, 2]


def test_failures_of_files_that_are_gone_go(run: Run, volume: LocalStorage, source: Path) -> None:
    add_pictures(source, 0, 1)
    add(source, "torn.png", picture(9)[:60])
    run(source)
    (source / "torn.png").unlink()
    assert run(source).failed == {}
    assert rows(volume, FAILURES) == []


def test_a_picture_that_was_broken_by_an_edit_leaves_and_is_a_failure(
    run: Run, volume: LocalStorage, source: Path
) -> None:
    add_pictures(source, 0, 2)
    run(source)
    add(source, "001.png", picture(1)[:60])
    counts = run(source)
    assert (counts.failed, counts.removed) == ({"truncated": 1}, 1)
    assert filenames(volume) == ["000.png"]
    assert run(source).skipped == 2


def test_a_file_that_cannot_be_read_just_now_keeps_its_picture(run: Run, volume: LocalStorage, source: Path) -> None:
    add_pictures(source, 0, 2)
    run(source)
    (source / "001.png").unlink()
    os.mkfifo(source / "001.png")
    counts = run(source)
    assert (counts.failed, counts.removed) == ({"unreadable": 1}, 0)
    assert filenames(volume) == ["000.png", "001.png"]
    (source / "001.png").unlink()
    add_pictures(source, 1, 2)
    assert run(source).failed == {}
    assert rows(volume, FAILURES) == []


# What must not empty a collection.


def test_a_source_that_is_gone_changes_nothing(run: Run, volume: LocalStorage, source: Path) -> None:
    add_pictures(source, 0, 3)
    run(source)
    before = contents(volume)
    source.rename(source.with_name("moved away"))
    with pytest.raises(CannotProceedError, match=r"is not there, .* is its disk mounted\? Nothing was changed"):
        run(source, allow_removal=True)
    with pytest.raises(UsageError, match="which is not there"):
        run(source.with_name("never was"))
    assert contents(volume) == before


def test_an_empty_folder_where_there_were_pictures_changes_nothing(
    run: Run, volume: LocalStorage, source: Path
) -> None:
    add_pictures(source, 0, 3)
    run(source)
    before = contents(volume)
    shutil.rmtree(source)
    source.mkdir()
    with pytest.raises(CannotProceedError, match=r"where there were some; is its disk mounted\?.*--allow-removal"):
        run(source)
    assert contents(volume) == before
    counts = run(source, allow_removal=True)
    assert (counts.listed, counts.removed) == (0, 3)
    assert rows(volume, IMAGES) == rows(volume, LOCATIONS) == []


@pytest.mark.parametrize(("kept", "is_refused"), [(19, True), (20, False)])
def test_a_run_that_would_lose_more_than_half_is_refused(
    run: Run, volume: LocalStorage, source: Path, kept: int, is_refused: bool
) -> None:
    add_pictures(source, 0, 40)
    run(source)
    before = contents(volume)
    for number in range(kept, 40):
        (source / f"{number:03d}.png").unlink()
    if is_refused:
        with pytest.raises(CannotProceedError, match=r"21 of 40 pictures of .* are not there any more.*Nothing was"):
            run(source)
        assert contents(volume).items() >= before.items()
        assert len(filenames(volume)) == 40
        assert run(source, allow_removal=True).removed == 21
    else:
        assert run(source).removed == 20


def test_few_pictures_may_go_whatever_their_share_is(run: Run, volume: LocalStorage, source: Path) -> None:
    add_pictures(source, 0, 21)
    run(source)
    for number in range(1, 21):
        (source / f"{number:03d}.png").unlink()
    assert run(source).removed == 20


def test_a_subfolder_that_cannot_be_listed_keeps_its_pictures_and_the_rest_goes_on(
    run: Run, volume: LocalStorage, source: Path, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    add_pictures(disk, 0, 3)
    add_pictures(source, 10, 12)
    (source / "mounted").symlink_to(disk)
    run(source)
    disk.rename(tmp_path / "unmounted")
    (source / "010.png").unlink()
    counts = run(source)
    assert (counts.failed, counts.removed) == ({"vanished": 1}, 1)
    assert filenames(volume) == ["000.png", "001.png", "002.png", "011.png"]
    (tmp_path / "unmounted").rename(disk)
    assert run(source)[2:6] == (4, 0, 4, {})


def test_a_list_that_is_gone_or_names_nothing_that_is_there_changes_nothing(
    run: Run, volume: LocalStorage, source: Path
) -> None:
    add_pictures(source, 0, 2)
    paths = add(source, "list.txt", b"000.png\n001.png\n")
    run(paths)
    before = contents(volume)
    (source / "000.png").rename(source / "away0")
    (source / "001.png").rename(source / "away1")
    with pytest.raises(CannotProceedError, match=r"2 of 2 pictures of .* are not there any more"):
        run(paths)
    paths.write_bytes(b"")
    with pytest.raises(CannotProceedError, match="where there were some"):
        run(paths)
    paths.unlink()
    with pytest.raises(CannotProceedError, match="is not there, and there are pictures of it"):
        run(paths)
    assert contents(volume).items() >= before.items()


def test_a_line_that_is_taken_out_of_a_list_takes_its_picture_out(run: Run, volume: LocalStorage, source: Path) -> None:
    add_pictures(source, 0, 2)
    paths = add(source, "list.csv", b"path,license\n000.png,CC0\n001.png,CC0\n")
    run(paths)
    paths.write_bytes(b"path,license,title\n001.png,CC-BY-4.0,Sea\n")
    assert run(paths).removed == 1
    (row,) = rows(volume, IMAGES)
    assert (row["filename"], row["license"], row["title"]) == ("001.png", "CC-BY-4.0", "Sea")


# Several sources on one volume.


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


# Nothing is lost when a run is cut off.


@pytest.mark.parametrize("cut", ["rewrite", "finish_slices", "publish"])
def test_a_synchronisation_that_was_cut_off_leaves_the_collection_and_the_next_one_ends_it(
    run: Run, volume: LocalStorage, source: Path, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    add_pictures(source, 0, 40)
    add(source, "torn.png", b"<html>")
    run(source)
    before, snapshot = contents(volume), open_snapshot(volume)
    (source / "003.png").unlink()
    (source / "004.png").rename(source / "moved.png")
    (source / "torn.png").unlink()
    add(source, "005.png", picture(50))
    with monkeypatch.context() as patch:
        module = "acquisition.job" if cut == "publish" else "acquisition.synchronise"
        patch.setattr(f"{module}.{cut}", _cut_off)
        with pytest.raises(KeyboardInterrupt):
            run(source)
    assert open_snapshot(volume) == snapshot
    assert contents(volume).items() >= before.items()
    assert run(source).removed == 2
    expected = [f"{number:03d}.png" for number in range(40) if number not in {3, 4}]
    assert filenames(volume) == [*expected, "moved.png"]
    assert rows(volume, FAILURES) == []
    assert [row for part in open_snapshot(volume).parts(IMAGES) for row in read_rows(volume, part)]


def _cut_off(*_: object) -> None:
    raise KeyboardInterrupt


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


@pytest.mark.parametrize("most", [1, 1000])
def test_a_large_collection_is_brought_up_to_date_by_the_pictures_that_changed(
    run: Run, volume: LocalStorage, source: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("acquisition.synchronise.ROWS_PER_PARTITION", 10)
    monkeypatch.setattr("acquisition.synchronise.MOST_TOUCHED_IDS", most)
    add_pictures(source, 0, 70)
    run(source)
    untouched = {part.slice: part for part in open_snapshot(volume).parts(IMAGES)}
    (source / "003.png").unlink()
    (source / "004.png").rename(source / "moved.png")
    add(source, "005.png", picture(6))
    add(source, "new.png", picture(100))
    counts = run(source)
    assert (counts.done, counts.removed) == (3, 2)
    expected = [f"{number:03d}.png" for number in range(70) if number not in {3, 4, 6}]
    assert filenames(volume) == sorted([*expected, "moved.png", "new.png"])
    assert sum(untouched.get(part.slice) == part for part in open_snapshot(volume).parts(IMAGES)) == 2


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
