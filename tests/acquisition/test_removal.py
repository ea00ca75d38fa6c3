"""`imagerec remove` and `imagerec sources`, on a collection that runs have made."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark import SparkContext

from acquisition import exports, removal, removal_job
from acquisition.commands import remove, sources
from acquisition.removal import Removal
from shared.pictures.originals import image_id_of
from shared.pipeline.runs import StageCounts, record
from shared.storage import LocalStorage
from shared.tables import open_snapshot
from shared.tables.contracts import FAILURES, IMAGES, LOCATIONS, THUMBNAILS
from tests.acquisition.source_folder import Run, add, add_pictures, filenames, picture, places, rows

pytestmark = pytest.mark.spark


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    add_pictures(folder, 0, 3)
    return folder


def id_of(volume: LocalStorage, filename: str) -> str:
    return next(str(row["image_id"]) for row in rows(volume, IMAGES) if row["filename"] == filename)


def stored_thumbnails(volume: LocalStorage) -> list[str]:
    """Names of every stored part of THUMBNAILS, named by the snapshot or not."""
    folder = volume.local_path("tables/thumbnails")
    return sorted(path.name for path in folder.glob("*.parquet"))


def test_a_removed_picture_is_gone_at_once_and_does_not_come_back(
    sc: SparkContext, run: Run, volume: LocalStorage, source: Path
) -> None:
    run(source, json_exports=True)
    image_id = id_of(volume, "001.png")
    assert removal_job.remove(sc, volume, Removal(ids=frozenset({image_id}))) == 1
    assert filenames(volume) == ["000.png", "002.png"]
    assert image_id not in {row["image_id"] for row in rows(volume, THUMBNAILS)}
    assert stored_thumbnails(volume) == [part.name for part in open_snapshot(volume).parts(THUMBNAILS)]
    assert [one["filename"] for one in json.loads(volume.read(exports.NAME))] == ["000.png", "002.png"]
    assert run(source)[2:6] == (3, 0, 3, {})  # known by its file: not read
    add(source, "copy.png", picture(1))
    assert run(source).failed == {"removed": 1}
    assert run(source)[2:6] == (4, 0, 4, {})
    assert filenames(volume) == ["000.png", "002.png"]


def test_an_undone_removal_lets_the_picture_come_back(
    sc: SparkContext, run: Run, volume: LocalStorage, source: Path
) -> None:
    run(source)
    ids = frozenset({id_of(volume, "001.png"), id_of(volume, "002.png")})
    removal_job.remove(sc, volume, Removal(ids=ids))
    back = image_id_of(picture(1))
    assert removal.undo(volume, frozenset({back})) == 1
    assert removal.removed_ids(volume, open_snapshot(volume)) == ids - {back}
    assert run(source).done == 1
    assert filenames(volume) == ["000.png", "001.png"]


def test_a_removed_source_takes_what_it_alone_lists(
    sc: SparkContext, run: Run, volume: LocalStorage, source: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    add(other, "b.png", picture(1))
    add(other, "c.png", picture(8))
    add(other, "torn.png", b"<html>")
    run(source)
    run(other)
    assert removal_job.remove(sc, volume, Removal(source_id=str(other))) == 1
    assert places(volume) == [("pictures", "000.png"), ("pictures", "001.png"), ("pictures", "002.png")]
    assert rows(volume, FAILURES) == []
    assert removal_job.remove(sc, volume, Removal(source_id=str(source))) == 3
    assert rows(volume, IMAGES) == rows(volume, THUMBNAILS) == rows(volume, LOCATIONS) == []
    assert stored_thumbnails(volume) == []
    assert run(other).done == 2  # naming a removed source brings it in again


def test_thumbnails_of_pictures_that_went_earlier_go_as_well(
    sc: SparkContext, run: Run, volume: LocalStorage, source: Path
) -> None:
    run(source)
    image_id = id_of(volume, "001.png")
    (source / "001.png").unlink()
    run(source)
    assert removal_job.remove(sc, volume, Removal(ids=frozenset({image_id}))) == 0
    assert len(rows(volume, THUMBNAILS)) == 2


def test_originals_on_the_volume_are_deleted_and_files_elsewhere_are_not(
    sc: SparkContext, run: Run, volume: LocalStorage, source: Path
) -> None:
    downloaded = add(volume.local_path("images"), "ab/a.png", picture(5))
    paths = add(source, "list.txt", f"{downloaded}\n000.png\n".encode())
    run(paths)
    assert removal_job.remove(sc, volume, Removal(source_id=str(paths))) == 2
    assert not downloaded.exists()
    assert (source / "000.png").exists()


def test_sources_are_listed_with_what_they_brought(
    run: Run, volume: LocalStorage, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(source, "torn.png", b"<html>")
    paths = add(source.parent, "list.txt", b"pictures/000.png\npictures/none.png\n")
    for one in (source, paths):
        counts = run(one)
        record_run(volume, counts)
    assert sources.main(["--data", str(volume.root), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    not_of_the_web = {"licenses": {}, "refused": {}, "left": 0, "is_listed": True}
    assert [{**one, "last_run": bool(one["last_run"])} for one in found] == [
        {
            "source": str(paths),
            "kind": "list",
            "pictures": 1,
            "files": 1,
            "failures": {"vanished": 1},
            "last_run": True,
            **not_of_the_web,
        },
        {
            "source": str(source),
            "kind": "folder",
            "pictures": 3,
            "files": 3,
            "failures": {"unsupported_format": 1},
            "last_run": True,
            **not_of_the_web,
        },
    ]
    assert sources.main(["--data", str(volume.root)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["source", "kind", "pictures", "last", "run", "failures"]
    assert str(source) in lines[2]


def record_run(volume: LocalStorage, counts: StageCounts) -> None:
    record(volume, counts, datetime.now(UTC), 1.0, "local[2]", 2)


def test_a_volume_without_sources_says_so(volume: LocalStorage, capsys: pytest.CaptureFixture[str]) -> None:
    assert sources.main(["--data", str(volume.root)]) == 1
    assert "nothing is stored in" in capsys.readouterr().err


def test_wrong_usage_of_remove_is_refused(
    run: Run, volume: LocalStorage, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(source)
    for arguments, message in (
        (["--id", "xyz"], "expected 32 hex digits, got xyz"),
        (["--source", "/no/such"], "expected one of .*pictures, got '/no/such'"),
        (["--source", "pictures", "--undo"], "expected --id with it"),
    ):
        assert remove.main(["--data", str(volume.root), *arguments]) == 2
        assert re.search(message, capsys.readouterr().err)
