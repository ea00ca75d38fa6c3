"""Tags by hand on their way through a run: labels, their export, the catalog and the index have them, with who and when."""

import json
from typing import Any

import pytest
from pyspark import SparkContext

from acquisition import job as acquisition
from acquisition.settings import Settings as AcquisitionSettings
from labeling import job as labeling
from labeling.settings import Settings as LabelingSettings
from recommendation import job as recommendation
from recommendation.commands.people import tag
from recommendation.search.engine import Engine
from shared import tables
from shared.people.tags import HandTag, TagStore
from shared.storage import LocalStorage
from shared.tables import catalog, live
from shared.tables.contracts import LABELS
from tests.recommendation.bare import bare
from tests.recommendation.conftest import Collection

pytestmark = pytest.mark.spark


def labels(volume: LocalStorage) -> dict[str, dict[str, Any]]:
    parts = live.live_parts(tables.open_snapshot(volume), LABELS)
    return {row["image_id"]: row for part in parts for row in live.read_rows(volume, part)}


def run(sc: SparkContext, volume: LocalStorage) -> None:
    labeling.run(sc, LabelingSettings(data=volume.root, charts=False))
    catalog.rebuild(volume)
    recommendation.run(sc, bare(volume.root))


def test_the_next_run_merges_what_people_said_of_tags(sc: SparkContext, own_collection: Collection) -> None:
    volume = own_collection.volume
    before = labels(volume)
    first, second, *_ = sorted(before)
    [source_tag] = before[first]["tags"]
    TagStore(volume).record(
        [
            HandTag(first, source_tag, is_removed=True, user_id="Ada", time=1.5e9),
            HandTag(first, "sea", is_removed=False, user_id="Bob", time=1.6e9),
            HandTag(second, "sea", is_removed=False, user_id="Ada", time=1.7e9),
        ]
    )
    run(sc, volume)
    after = labels(volume)
    assert after[first]["tags"] == ["sea"]
    assert after[second]["tags"] == [*before[second]["tags"], "sea"]
    assert [(one["tag"], one["is_removed"], one["user_id"]) for one in after[first]["tags_by_hand"]] == [
        (source_tag, True, "Ada"),
        ("sea", False, "Bob"),
    ]
    others = after.keys() - {first, second}
    assert all(after[one] == before[one] for one in others)
    rows = catalog.query(volume, "SELECT image_id FROM labels WHERE list_contains(tags, 'sea') ORDER BY image_id")
    assert rows == [(first,), (second,)]
    exported = json.loads(volume.read("images_labels.json"))
    entry = exported[after[first]["filename"]]
    assert entry["tags"] == ["sea"]
    assert [(one["tag"], one["user_id"], one["time"]) for one in entry["tags_by_hand"]][1] == (
        *("sea", "Bob"),
        "2020-09-13T12:26:40+00:00",
    )
    engine = Engine.open(volume)
    assert (engine.metadata(first)["tags"], engine.metadata(second)["tags"]) == (["sea"], after[second]["tags"])

    parts = tables.open_snapshot(volume).parts(LABELS)
    labeling.run(sc, LabelingSettings(data=volume.root, charts=False))
    assert tables.open_snapshot(volume).parts(LABELS) == parts  # nothing new was said

    TagStore(volume).forget("Ada")
    TagStore(volume).record([HandTag(first, source_tag, is_removed=False, user_id="Bob", time=1.8e9)])
    run(sc, volume)
    again = labels(volume)
    assert again[first]["tags"] == [source_tag, "sea"]
    assert {one["user_id"] for row in again.values() for one in row["tags_by_hand"]} == {"", "Bob"}


def test_tags_of_moved_pictures_keep_what_people_said(sc: SparkContext, own_collection: Collection) -> None:
    volume, folder = own_collection.volume, own_collection.pictures
    image_id = min(labels(volume))
    TagStore(volume).record([HandTag(image_id, "sea", is_removed=False, user_id="Ada", time=1.6e9)])
    labeling.run(sc, LabelingSettings(data=volume.root, charts=False))
    path = next(one for one in own_collection.paths() if one.name == labels(volume)[image_id]["filename"])
    moved = folder / "elsewhere" / path.name
    moved.parent.mkdir()
    path.rename(moved)
    try:
        acquisition.run(sc, AcquisitionSettings(data=volume.root, source=str(folder)))
        assert labels(volume)[image_id]["tags"] == ["elsewhere", "sea"]
        catalog.rebuild(volume)
        [[tags]] = catalog.query(volume, f"SELECT tags FROM labels WHERE image_id = '{image_id}'")
        assert tags == ["elsewhere", "sea"]
    finally:
        moved.rename(path)
        moved.parent.rmdir()


def test_the_command_tags_and_prints(own_collection: Collection, capsys: pytest.CaptureFixture[str]) -> None:
    data, name = f"--data={own_collection.volume.root}", own_collection.paths()[0].name
    assert tag.main([data, "Ada", name, "--add", "sea", "--add", "sun"]) == 0
    assert capsys.readouterr().out == "sea added to 1 of 1\nsun added to 1 of 1\n"
    assert tag.main([data, "Ada", name, "--add", "sea"]) == 0
    assert capsys.readouterr().out == "nothing to change\n"
    assert tag.main([data, "Ada", name, "--remove", "sun"]) == 0
    assert tag.main([data, "Ada", name]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("sea")
    assert tag.main([data, "Ada", "nothing.jpg", "--add", "sea"]) == 2
    assert tag.main([data, "Ada", name, "--add", " "]) == 2
