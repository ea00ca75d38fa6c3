"""A source is synchronised: the collection is what the source is now."""

from pathlib import Path

import pytest
from pyspark import SparkContext

from shared.storage import LocalStorage
from shared.tables import open_snapshot
from shared.tables.contracts import FAILURES, IMAGES
from tests.acquisition.history import CHANGES, Round, look
from tests.acquisition.source_folder import Run, add, add_pictures, contents, filenames, picture, rows, run_source

pytestmark = pytest.mark.spark


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
