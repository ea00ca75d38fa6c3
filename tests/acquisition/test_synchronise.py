"""A source is synchronised: the collection is what the source is now."""

import json
import os
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pytest
from pyspark import SparkContext

from acquisition import exports
from acquisition.safeguard import refuse_loss
from shared.errors import CannotProceedError, UsageError
from shared.pipeline.runs import StageCounts
from shared.storage import LocalStorage
from shared.tables import Part, open_snapshot, publish, write_part
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
from tests.rows import Row

pytestmark = pytest.mark.spark


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    return folder


@pytest.fixture
def run(sc: SparkContext, volume: LocalStorage) -> Run:
    return partial(run_source, sc, volume)


class Round(NamedTuple):
    """The collection after a run."""

    source: Path
    counts: StageCounts
    images: list[Row]
    locations: list[Row]
    failures: list[Row]
    thumbnails: list[str]
    slices: list[str]
    parts: list[Part]
    exported: list[str]

    def below(self, folder: str, table: str = "images") -> list[Row]:
        """The rows of a folder of the source."""
        found = [row for row in getattr(self, table) if Path(row["location"]).is_relative_to(self.source / folder)]
        return sorted(found, key=lambda row: str(row["location"]))

    def names(self, folder: str) -> list[str]:
        return [row["filename"] for row in self.below(folder)]

    def failed(self, folder: str) -> list[str]:
        return [row["reason"] for row in self.failures if Path(row["item"]).is_relative_to(self.source / folder)]


def first_round(source: Path) -> None:
    for folder, start, end in (("deleted", 0, 3), ("edited", 4, 6), ("swapped", 7, 9), ("back", 11, 14)):
        add_pictures(source / folder, start, end)
    add(source, "moved/beach/a.png", picture(3))
    add(source, "unseen/a.png", picture(6))
    for name in ("a.png", "b.png", "c.png"):
        add(source, f"copies/{name}", picture(9))
    add(source, "link/z.png", picture(10))
    (source / "link/a.png").symlink_to(source / "link/z.png")
    add_pictures(source / "mended", 15, 16)
    add(source, "mended/torn.png", picture(14)[:60])
    add(source, "repaired/torn.png", picture(24)[:60])
    add_pictures(source / "broken", 16, 18)
    add_pictures(source / "pipe", 18, 20)
    add_pictures(source.parent / "disk", 20, 23)
    (source / "mounted").symlink_to(source.parent / "disk")
    add(source, "torn.png", picture(23)[:60])


def second_round(source: Path) -> None:
    (source / "deleted/001.png").unlink()
    add(source, "edited/005.png", picture(30))
    add(source, "swapped/007.png", picture(8))
    add(source, "swapped/008.png", picture(7))
    (source / "back/012.png").unlink()
    (source / "moved/mountain").mkdir()
    (source / "moved/beach/a.png").rename(source / "moved/mountain/b.png")
    edit_unseen(source / "unseen/a.png", picture(6)[:-1] + b"\xff")
    (source / "copies/a.png").unlink()
    target = add(source.parent, "elsewhere.png", picture(10))
    (source / "link/z.png").unlink()
    (source / "link/a.png").unlink()
    (source / "link/a.png").symlink_to(target)
    (source / "mended/torn.png").unlink()
    add(source, "broken/017.png", picture(17)[:60])
    (source / "pipe/019.png").unlink()
    os.mkfifo(source / "pipe/019.png")
    (source.parent / "disk").rename(source.parent / "unmounted")


def third_round(source: Path) -> None:
    (source / "copies/b.png").unlink()
    add_pictures(source / "back", 12, 13)
    add(source, "repaired/torn.png", picture(24))
    (source / "pipe/019.png").unlink()
    add_pictures(source / "pipe", 19, 20)
    (source.parent / "unmounted").rename(source.parent / "disk")


def fourth_round(source: Path) -> None:
    add(source, "copies/a.png", picture(9))
    add(source, "alone/a.png", picture(31))


def fifth_round(source: Path) -> None:
    (source / "alone/a.png").unlink()


CHANGES: tuple[Callable[[Path], None], ...] = (first_round, second_round, third_round, fourth_round, fifth_round)


@pytest.fixture(scope="module")
def history(sc: SparkContext, tmp_path_factory: pytest.TempPathFactory) -> list[Round]:
    """A source that changes in many ways between runs; the last run reads every file again."""
    folder = tmp_path_factory.mktemp("history")
    source, volume = folder / "pictures", LocalStorage(folder / "volume")
    found = []
    for change in CHANGES:
        change(source)
        found.append(look(source, volume, run_source(sc, volume, source, json_exports=True)))
        assert all(volume.stat(part.key) for one in found for part in one.parts)  # for readers that began before
    return [*found, look(source, volume, run_source(sc, volume, source, reread=True))]


def look(source: Path, volume: LocalStorage, counts: StageCounts) -> Round:
    snapshot = open_snapshot(volume)
    return Round(
        source,
        counts,
        images=rows(volume, IMAGES),
        locations=rows(volume, LOCATIONS),
        failures=rows(volume, FAILURES),
        thumbnails=sorted(row["image_id"] for row in rows(volume, THUMBNAILS)),
        slices=[part.slice for part in snapshot.parts(THUMBNAILS)],
        parts=snapshot.parts(IMAGES),
        exported=sorted(one["filename"] for one in json.loads(volume.read(exports.NAME))),
    )


def test_every_entry_of_each_run_ends_somewhere(history: list[Round]) -> None:
    assert [(*one.counts[2:6], one.counts.removed) for one in history] == [
        (28, 25, 0, {"truncated": 3}, 0),
        (21, 6, 12, {"truncated": 1, "unreadable": 1, "vanished": 1}, 5),
        (23, 3, 20, {}, 0),
        (25, 2, 23, {}, 0),
        (24, 0, 24, {}, 1),
        (24, 22, 0, {"truncated": 2}, 0),
    ]
    for one in history[:-1]:
        assert one.exported == sorted(row["filename"] for row in one.images)


def test_a_deleted_picture_leaves_the_collection_and_its_thumbnail_stays_in_history(history: list[Round]) -> None:
    before, after = history[:2]
    assert before.names("deleted") == ["000.png", "001.png", "002.png"]
    assert after.names("deleted") == ["000.png", "002.png"]
    assert [row["filename"] for row in after.below("deleted", "locations")] == ["000.png", "002.png"]
    assert "5 removed from the collection" in after.counts.note
    (old,) = before.parts
    (new,) = (part for part in after.parts if part.slice == old.slice)
    assert (new.stage, new.fingerprint) == (old.stage, old.fingerprint)
    assert (old.revision, len(new.revision)) == ("", 8)
    assert {*before.thumbnails} < {*after.thumbnails}


def test_a_slice_without_pictures_loses_its_part(history: list[Round]) -> None:
    third, fourth, fifth = history[2:5]
    assert len({part.slice for part in fourth.parts} - {part.slice for part in third.parts}) == 1
    assert {part.slice for part in fifth.parts} == {part.slice for part in third.parts}


def test_a_moved_picture_keeps_its_identity_and_gets_its_new_name_and_tags(history: list[Round]) -> None:
    (before,), (after,) = (one.below("moved") for one in history[:2])
    assert (after["image_id"], Path(after["location"]).name, after["tags"][-1]) == (
        before["image_id"],
        "b.png",
        "mountain",
    )
    assert history[1].thumbnails.count(after["image_id"]) == 1
    assert [row["location"] for row in history[1].below("moved", "locations")] == [after["location"]]


def test_an_edited_picture_becomes_another_one(history: list[Round]) -> None:
    assert [row["width_px"] for row in history[1].below("edited")] == [24, 50]
    assert len(history[1].below("edited", "locations")) == 2


def test_an_edit_that_keeps_size_and_time_is_noticed(history: list[Round]) -> None:
    (before,), (after,) = (one.below("unseen") for one in history[:2])
    assert after["image_id"] != before["image_id"]


def test_rereading_reads_every_file_and_changes_nothing_that_is_equal(history: list[Round]) -> None:
    before, after = history[4:]
    assert after.parts == before.parts
    assert after.counts.note == ""
    assert len(after.locations) == len(before.locations) == 22
    assert len(after.failures) == 2


def test_pictures_whose_files_swapped_their_contents_swap_their_names(history: list[Round]) -> None:
    before, after = ({row["image_id"]: row["filename"] for row in one.below("swapped")} for one in history[:2])
    assert after == dict(zip(before, reversed(before.values()), strict=True))


def test_a_picture_stays_while_one_copy_is_left_and_shows_the_smallest_location(history: list[Round]) -> None:
    assert [one.names("copies") for one in history[:4]] == [["a.png"], ["b.png"], ["c.png"], ["a.png"]]
    assert [one.counts.note for one in history[:4:3]] == ["3 exact duplicates", "1 exact duplicates"]
    assert [row["filename"] for row in history[3].below("copies", "locations")] == ["a.png", "c.png"]


def test_a_link_never_wins_over_the_file_itself(history: list[Round]) -> None:
    assert [one.names("link") for one in history[:2]] == [["z.png"], ["a.png"]]


def test_a_picture_that_comes_back_is_a_picture_again(history: list[Round]) -> None:
    assert [one.names("back") for one in history[:3]] == [
        ["011.png", "012.png", "013.png"],
        ["011.png", "013.png"],
        ["011.png", "012.png", "013.png"],
    ]


def test_a_file_that_was_repaired_is_read_again_and_no_failure_any_more(history: list[Round]) -> None:
    assert [one.failed("repaired") for one in history[:3]] == [["truncated"], ["truncated"], []]
    assert history[2].names("repaired") == ["torn.png"]


def test_slices_of_several_runs_never_share_a_name(history: list[Round]) -> None:
    assert len(history[-1].slices) == len({*history[-1].slices}) == 4


def test_failures_of_files_that_are_gone_go(history: list[Round]) -> None:
    assert [one.failed("mended") for one in history[:2]] == [["truncated"], []]


def test_a_picture_that_was_broken_by_an_edit_leaves_and_is_a_failure(history: list[Round]) -> None:
    assert [one.failed("broken") for one in history[:2]] == [[], ["truncated"]]
    assert history[1].names("broken") == ["016.png"]


def test_a_file_that_cannot_be_read_just_now_keeps_its_picture(history: list[Round]) -> None:
    assert [one.failed("pipe") for one in history[:3]] == [[], ["unreadable"], []]
    assert [one.names("pipe") for one in history[:3]] == [["018.png", "019.png"]] * 3


def test_a_subfolder_that_cannot_be_listed_keeps_its_pictures_and_the_rest_goes_on(history: list[Round]) -> None:
    assert [one.names("mounted") for one in history[:3]] == [["020.png", "021.png", "022.png"]] * 3
    assert [row["reason"] for row in history[1].failures if Path(row["item"]).name == "mounted"] == ["vanished"]


# What must not empty a collection.


def test_every_picture_may_be_moved_or_edited_at_once(run: Run, volume: LocalStorage, source: Path) -> None:
    add_pictures(source / "old", 0, 21)
    run(source)
    (source / "old").rename(source / "new")
    assert run(source).note == "21 moved"
    assert {row["tags"][0] for row in rows(volume, IMAGES)} == {"new"}
    for number in range(21):
        add(source, f"new/{number:03d}.png", picture(100 + number))
    counts = run(source)
    assert (counts.done, counts.removed) == (21, 21)


def test_a_source_that_is_gone_or_empty_changes_nothing(run: Run, volume: LocalStorage, source: Path) -> None:
    add_pictures(source, 0, 3)
    run(source)
    before = contents(volume)
    source.rename(source.with_name("moved away"))
    with pytest.raises(CannotProceedError, match=r"is not there, .* is its disk mounted\? Nothing was changed"):
        run(source, allow_removal=True)
    with pytest.raises(UsageError, match="which is not there"):
        run(source.with_name("never was"))
    source.mkdir()
    with pytest.raises(CannotProceedError, match=r"where there were some; is its disk mounted\?.*--allow-removal"):
        run(source)
    assert contents(volume) == before
    counts = run(source, allow_removal=True)
    assert (counts.listed, counts.removed) == (0, 3)
    assert rows(volume, IMAGES) == rows(volume, LOCATIONS) == []


@pytest.mark.parametrize(
    ("lost", "before", "is_refused"), [(21, 40, True), (20, 40, False), (20, 21, False), (1, 1, True), (21, 42, False)]
)
def test_a_run_may_lose_few_pictures_or_half_of_them_but_not_all(lost: int, before: int, is_refused: bool) -> None:
    with pytest.raises(CannotProceedError) if is_refused else nullcontext():
        refuse_loss("s", lost, before, before - lost)


def test_a_run_that_would_lose_more_than_half_is_refused(run: Run, volume: LocalStorage, source: Path) -> None:
    add_pictures(source, 0, 40)
    run(source)
    before = contents(volume)
    for number in range(19, 40):
        (source / f"{number:03d}.png").unlink()
    with pytest.raises(CannotProceedError, match=r"21 of 40 pictures of .* are not there any more.*Nothing was"):
        run(source)
    assert contents(volume).items() >= before.items()
    assert len(filenames(volume)) == 40
    assert run(source, allow_removal=True).removed == 21


def test_a_list_that_is_gone_or_names_nothing_that_is_there_changes_nothing(
    run: Run, volume: LocalStorage, source: Path
) -> None:
    """A line that is taken out of it takes its picture out."""
    add_pictures(source, 0, 2)
    paths = add(source, "list.csv", b"path,license\n000.png,CC0\n001.png,CC0\n")
    run(paths)
    paths.write_bytes(b"path,license,title\n001.png,CC-BY-4.0,Sea\n")
    assert run(paths).removed == 1
    (row,) = rows(volume, IMAGES)
    assert (row["filename"], row["license"], row["title"]) == ("001.png", "CC-BY-4.0", "Sea")
    before = contents(volume)
    (source / "001.png").rename(source / "away")
    with pytest.raises(CannotProceedError, match=r"1 of 1 pictures of .* are not there any more"):
        run(paths)
    paths.write_bytes(b"path\n")
    with pytest.raises(CannotProceedError, match="where there were some"):
        run(paths)
    paths.unlink()
    with pytest.raises(CannotProceedError, match="is not there, and there are pictures of it"):
        run(paths)
    assert contents(volume).items() >= before.items()


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


def test_a_synchronisation_that_is_cut_off_leaves_the_collection_and_the_next_one_goes_on(
    run: Run, volume: LocalStorage, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_pictures(source, 0, 40)
    add(source, "torn.png", b"<html>")
    run(source)
    before, snapshot = contents(volume), open_snapshot(volume)
    (source / "003.png").unlink()
    (source / "004.png").rename(source / "moved.png")
    (source / "torn.png").unlink()
    add(source, "005.png", picture(50))
    for cut in ("synchronise.rewrite", "synchronise.finish_slices", "job.publish"):
        with monkeypatch.context() as patch:
            patch.setattr(f"acquisition.{cut}", _cut_off)
            with pytest.raises(KeyboardInterrupt):
                run(source)
        assert open_snapshot(volume) == snapshot
        assert contents(volume).items() >= before.items()
    assert run(source).removed == 2
    expected = [f"{number:03d}.png" for number in range(40) if number not in {3, 4}]
    assert filenames(volume) == [*expected, "moved.png"]
    assert rows(volume, FAILURES) == []


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


def test_a_large_collection_is_brought_up_to_date_by_the_pictures_that_changed(
    run: Run, volume: LocalStorage, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several partitions; with a list of those pictures, and where there are too many for one."""
    monkeypatch.setattr("acquisition.synchronise.ROWS_PER_PARTITION", 30)
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
    monkeypatch.setattr("acquisition.synchronise.MOST_TOUCHED_IDS", 1)
    (source / "moved.png").rename(source / "004.png")
    (source / "040.png").unlink()
    add(source, "newer.png", picture(101))
    counts = run(source)
    assert (counts.done, counts.removed) == (2, 1)
    assert filenames(volume) == sorted({*expected, "004.png", "new.png", "newer.png"} - {"040.png"})
    assert sum(untouched.get(part.slice) == part for part in open_snapshot(volume).parts(IMAGES)) == 1


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
