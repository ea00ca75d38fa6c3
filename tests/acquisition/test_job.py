"""Acquisition from a folder to the tables."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from py4j.protocol import Py4JJavaError
from pyspark import SparkContext

from acquisition import job
from acquisition.settings import Settings
from shared.errors import CannotProceedError, UsageError
from shared.pictures.sandbox import DECODE_LIMITS, DecodeLimits
from shared.pipeline.runs import StageCounts, checked
from shared.storage import LocalStorage
from shared.tables import SNAPSHOT, open_snapshot
from shared.tables.contracts import FAILURES, IMAGES, LOCATIONS, STAGED, THUMBNAILS, Contract
from tests.rows import rows_of
from tests.shared.pictures.drawn import BLUE, encoded, plain

pytestmark = pytest.mark.spark

STUB = str(Path(__file__).parents[1] / "shared" / "pictures" / "stub_decoder.py")


def add(folder: Path, name: str | bytes, data: bytes) -> Path:
    path = folder / os.fsdecode(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def add_pictures(folder: Path, start: int, end: int) -> None:
    for number in range(start, end):
        add(folder, f"{number:03d}.png", encoded(plain((20 + number, 20))))


def run(
    sc: SparkContext,
    volume: LocalStorage,
    source: Path,
    limits: DecodeLimits = DECODE_LIMITS,
    *,
    json_exports: bool = False,
) -> StageCounts:
    made = Settings(data=volume.root, source=str(source), master="local[2]", json_exports=json_exports)
    return checked(job.run(sc, made, limits))


def column(volume: LocalStorage, contract: Contract, name: str) -> list[Any]:
    return [row[name] for row in rows_of(volume, contract)]


def contents(volume: LocalStorage) -> dict[str, bytes]:
    """Every stored table file by its path."""
    folder = volume.local_path("tables")
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_every_file_ends_as_a_picture_a_duplicate_or_a_failure(
    sc: SparkContext, volume: LocalStorage, source: Path
) -> None:
    red, blue = encoded(plain()), encoded(plain(color=BLUE), "JPEG")
    add(source, "z.png", red)
    add(source, "a copy.png", red)
    add(source, b"sea/caf\xe9.jpg", blue)
    add(source, "sea/line\nbreak.jpg", b"<html>")
    add(source, "notes.txt", b"no picture")
    (source / "folder.jpg").mkdir()
    os.mkfifo(source / "pipe.jpg")
    counts = run(sc, volume, source, json_exports=True)
    assert str(counts) == (
        "acquisition: listed 5 = done 3 + skipped 0 + failed 2 (unreadable 1, unsupported_format 1; 1 exact duplicates)"
    )
    pictures = {row["filename"]: row for row in rows_of(volume, IMAGES)}
    assert pictures.keys() == {"a copy.png", "caf\\xe9.jpg"}
    assert pictures["caf\\xe9.jpg"]["tags"] == ["sea"]
    assert sorted(column(volume, LOCATIONS, "filename")) == ["a copy.png", "caf\\xe9.jpg", "z.png"]
    assert {row["item"]: row["reason"] for row in rows_of(volume, FAILURES)} == {
        str(source / "pipe.jpg"): "unreadable",
        str(source / "sea/line\nbreak.jpg"): "unsupported_format",
    }
    assert column(volume, THUMBNAILS, "image_id") == column(volume, IMAGES, "image_id")
    told = json.loads((volume.root / "images_metadata.json").read_text(encoding="utf-8"))
    assert [one["filename"] for one in told] == column(volume, IMAGES, "filename")


def test_a_second_run_does_nothing_and_a_new_picture_is_all_that_the_next_one_reads(
    sc: SparkContext, volume: LocalStorage, source: Path
) -> None:
    add_pictures(source, 0, 40)
    add(source, "broken.jpg", b"<html>")
    assert run(sc, volume, source)[2:6] == (41, 40, 0, {"unsupported_format": 1})
    before = contents(volume)
    assert run(sc, volume, source)[2:6] == (41, 0, 41, {})
    assert contents(volume) == before
    add_pictures(source, 40, 41)
    assert run(sc, volume, source)[2:6] == (42, 1, 41, {})
    after = contents(volume)
    assert {name: data for name, data in after.items() if name in before and name.endswith(".parquet")} == {
        name: data for name, data in before.items() if name.endswith(".parquet")
    }
    assert sorted(column(volume, IMAGES, "width_px")) == list(range(20, 61))
    assert not volume.local_path("work").exists()


def test_a_file_that_vanished_is_tried_again_by_the_next_run(
    sc: SparkContext, volume: LocalStorage, source: Path
) -> None:
    add(source, "a.png", encoded(plain()))
    paths = add(source, "list.txt", b"a.png\nb.png\na.png\n")
    assert run(sc, volume, paths)[2:6] == (3, 1, 1, {"vanished": 1})  # a.png is listed twice and read once
    assert run(sc, volume, paths)[2:6] == (3, 0, 2, {"vanished": 1})
    add(source, "b.png", encoded(plain(color=BLUE)))
    assert run(sc, volume, paths)[2:6] == (3, 1, 2, {})
    assert rows_of(volume, FAILURES) == []


def test_what_a_list_says_of_a_picture_is_kept(sc: SparkContext, volume: LocalStorage, source: Path) -> None:
    add(source, "a.png", encoded(plain()))
    paths = add(source, "list.csv", b"path,license,url,tags\na.png,CC-BY-4.0,https://example.org/a,sea;dawn\n,,,\n")
    assert run(sc, volume, paths).failed == {"bad_entry": 1}
    (row,) = rows_of(volume, IMAGES)
    assert (row["source"], row["license"], row["source_url"], row["tags"]) == (
        "list",
        "CC-BY-4.0",
        "https://example.org/a",
        ["sea", "dawn"],
    )


def test_a_run_that_was_cut_off_goes_on_and_ends_with_the_same_bytes(
    sc: SparkContext, volume: LocalStorage, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_pictures(source, 0, 40)
    add(source, "broken.jpg", b"<html>")
    undisturbed = LocalStorage(tmp_path / "undisturbed")
    run(sc, undisturbed, source)

    def cut_off(*_: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(job, "publish", cut_off)
        with pytest.raises(KeyboardInterrupt):
            run(sc, volume, source)
    assert not volume.local_path(SNAPSHOT).exists()
    lost = sorted((volume.local_path("work") / "tables" / STAGED.name).glob("part-*.parquet"))[1]
    lost.unlink()
    kept = {path: path.stat().st_mtime_ns for path in lost.parent.glob("part-*.parquet")}
    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", lambda *_, **__: None)
        assert run(sc, volume, source)[2:6] == (41, 40, 0, {"unsupported_format": 1})
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert contents(volume) == contents(undisturbed)


def test_a_decoder_that_crashes_hangs_or_allocates_costs_those_pictures_only(
    sc: SparkContext, volume: LocalStorage, source: Path
) -> None:
    add_pictures(source, 0, 5)
    for word in ("segfault", "hang", "allocate", "exit"):
        add(source, f"001-{word}.png", word.encode())
    limits = DecodeLimits(seconds=1.0, memory_bytes=DECODE_LIMITS.memory_bytes, children=1, program=(STUB,))
    counts = run(sc, volume, source, limits)
    assert counts.done == 5
    assert counts.failed == {"decoder_crashed": 2, "decoder_timeout": 1, "decoder_memory": 1}
    assert run(sc, volume, source).failed == {"unsupported_format": 3}  # the others may have been bad luck: tried again


def test_a_bug_in_the_decoder_stops_the_job_and_nothing_is_stored(
    sc: SparkContext, volume: LocalStorage, source: Path
) -> None:
    add_pictures(source, 0, 5)
    add(source, "001-bug.png", b"bug")
    with pytest.raises(Py4JJavaError, match="TypeError: a slip of ours"):
        run(sc, volume, source, DecodeLimits(children=1, program=(STUB,)))
    assert not volume.local_path(SNAPSHOT).exists()


def test_every_hostile_file_ends_as_a_picture_or_a_failure(
    sc: SparkContext, volume: LocalStorage, hostile: Path
) -> None:
    counts = run(sc, volume, hostile)
    assert (counts.listed, counts.done) == (71, 36)
    assert counts.failed == {
        "empty_file": 1,
        "too_many_pixels": 11,
        "too_many_scans": 1,
        "truncated": 6,
        "undecodable": 7,
        "unsupported_format": 9,
    }


def test_a_source_without_pictures_is_refused_and_nothing_stored_is_lost(
    sc: SparkContext, volume: LocalStorage, source: Path, tmp_path: Path
) -> None:
    add(source, "a.png", encoded(plain()))
    run(sc, volume, source)
    before = contents(volume)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(CannotProceedError, match=r"found no pictures in .*/empty; expected files such as \.jpg"):
        run(sc, volume, empty)
    with pytest.raises(UsageError, match="which is not there"):
        run(sc, volume, tmp_path / "missing")
    assert contents(volume) == before


def test_a_source_with_nothing_but_broken_files_produces_nothing(
    sc: SparkContext, volume: LocalStorage, source: Path
) -> None:
    add(source, "a.jpg", b"<html>")
    assert run(sc, volume, source, json_exports=True)[2:6] == (1, 0, 0, {"unsupported_format": 1})
    assert json.loads((volume.root / "images_metadata.json").read_text()) == []


def test_a_part_that_is_gone_ends_the_stage_before_it_stores_more(
    sc: SparkContext, volume: LocalStorage, source: Path
) -> None:
    add_pictures(source, 0, 3)
    run(sc, volume, source)
    add_pictures(source, 3, 5)
    for table in (IMAGES, THUMBNAILS, LOCATIONS):
        path = volume.local_path(open_snapshot(volume).parts(table)[0].key)
        path.rename(source / "away")
        before = contents(volume)
        with pytest.raises(CannotProceedError, match=f"{path} is missing; restore it, or delete tables/ and run again"):
            run(sc, volume, source)
        assert contents(volume) == before
        (source / "away").rename(path)
