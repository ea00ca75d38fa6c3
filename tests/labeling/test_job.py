"""The labeling stage from published thumbnails to tables and hand-off files."""

import csv
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyspark import SparkContext

from labeling import exports, job
from labeling.settings import Settings
from shared.errors import CannotProceedError
from shared.pipeline.runs import StageCounts, checked
from shared.storage import LocalStorage
from shared.storage.files import TEMPORARY
from shared.tables import open_snapshot
from shared.tables.contracts import FEATURES, IMAGES, LABELS, TOTALS, Contract
from tests.labeling.collection import Drawn, publish
from tests.rows import rows_of
from tests.shared.pictures.drawn import BLUE, WHITE, cornered, plain
from tests.shared.tables.revisions import revise_images

pytestmark = pytest.mark.spark

FIRST = [
    Drawn("/pictures/sea/1.png", plain((300, 200), BLUE), (400, 300), ("sea",)),
    Drawn("/pictures/sea/2.png", cornered((200, 300)), (800, 1200), ("sea", "red")),
]
SECOND = [Drawn("/pictures/snow/1.png", plain((250, 250), WHITE), (2000, 2000), ("snow",))]
THIRD = [Drawn("/pictures/snow/3.png", plain((250, 250), WHITE), (2000, 2000), ("snow",))]


def run(sc: SparkContext, volume: LocalStorage, *, features_csv: bool = False) -> StageCounts:
    """Label; charts have tests of their own."""
    return checked(job.run(sc, Settings(data=volume.root, master="local[2]", features_csv=features_csv, charts=False)))


def totals(volume: LocalStorage) -> dict[tuple[str, str], int]:
    return {(row["kind"], row["value"]): row["pictures"] for row in rows_of(volume, TOTALS)}


def labels_json(volume: LocalStorage) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((volume.root / "images_labels.json").read_text(encoding="utf-8"))
    return content


def states(volume: LocalStorage) -> dict[str, tuple[int, bytes]]:
    """When each file was written, and its content."""
    files = sorted(path for path in volume.root.rglob("*") if path.is_file())
    return {str(path.relative_to(volume.root)): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


@pytest.fixture(scope="module")
def made(sc: SparkContext, tmp_path_factory: pytest.TempPathFactory) -> LocalStorage:
    """A volume of three pictures, labelled."""
    volume = LocalStorage(tmp_path_factory.mktemp("made") / "volume")
    publish(volume, {"a": FIRST, "b": SECOND})
    assert run(sc, volume)[2:5] == (3, 3, 0)
    return volume


@pytest.fixture
def labelled(made: LocalStorage, volume: LocalStorage) -> LocalStorage:
    """A copy of it that a test may change."""
    shutil.copytree(made.root, volume.root)
    return volume


def test_every_picture_has_labels_and_features_in_the_order_of_images(labelled: LocalStorage) -> None:
    expected = [one.image_id for one in FIRST + SECOND]
    for contract in (IMAGES, LABELS, FEATURES):
        assert [row["image_id"] for row in rows_of(labelled, contract)] == expected


def test_labels_keep_their_promises(labelled: LocalStorage) -> None:
    for row in rows_of(labelled, LABELS):
        assert 1 <= len(row["palette"]) == len(row["palette_shares"]) == len(row["color_names"]) <= 5
        assert np.array(row["palette"]).shape[1:] == (3,)
        assert 0 <= np.min(row["palette"]) <= np.max(row["palette"]) <= 255
        assert sum(row["palette_shares"]) == pytest.approx(1, abs=1e-5)
        assert 0 <= row["brightness"] <= 100
        assert 0 <= row["contrast"] <= 50


def test_totals_count_pictures(labelled: LocalStorage) -> None:
    found = totals(labelled)
    assert {key: n for key, n in found.items() if key[0] in ("orientation", "size_category", "format", "tag")} == {
        ("orientation", "landscape"): 1,
        ("orientation", "portrait"): 1,
        ("orientation", "square"): 1,
        ("size_category", "thumbnail"): 1,
        ("size_category", "medium"): 1,
        ("size_category", "large"): 1,
        ("format", "PNG"): 3,
        ("tag", "sea"): 2,
        ("tag", "red"): 1,
        ("tag", "snow"): 1,
    }
    assert found["color", "strong blue"] == 2
    assert found["color", "white"] == 1
    classes = Counter[str]()
    for (kind, _), n in found.items():
        classes[kind] += n
    assert {
        kind: classes[kind] for kind in ("brightness", "contrast", "sharpness", "megapixels", "shape")
    } == dict.fromkeys(("brightness", "contrast", "sharpness", "megapixels", "shape"), 3)


def test_images_labels_json_is_keyed_by_file_name_and_by_location_where_names_repeat(labelled: LocalStorage) -> None:
    content = labels_json(labelled)
    assert list(content) == ["/pictures/sea/1.png", "2.png", "/pictures/snow/1.png"]
    cornered_picture = rows_of(labelled, LABELS)[1]
    assert content["2.png"] == {
        "predominant_colors": cornered_picture["palette"],
        "color_names": cornered_picture["color_names"],
        "orientation": "portrait",
        "size_category": "medium",
        "tags": ["sea", "red"],
    }


def test_a_second_run_does_nothing_and_writes_nothing(sc: SparkContext, labelled: LocalStorage) -> None:
    before = states(labelled)
    assert run(sc, labelled)[2:5] == (3, 0, 3)
    assert states(labelled) == before


def test_a_new_slice_is_all_that_the_next_run_labels(sc: SparkContext, labelled: LocalStorage) -> None:
    kept = {part: labelled.local_path(part.key).stat().st_mtime_ns for part in open_snapshot(labelled).parts(LABELS)}
    publish(labelled, {"c": THIRD})
    assert run(sc, labelled)[2:5] == (4, 1, 3)
    assert {part: labelled.local_path(part.key).stat().st_mtime_ns for part in kept} == kept
    assert totals(labelled)["tag", "snow"] == 2
    assert len(open_snapshot(labelled).parts(TOTALS)) == 1
    assert "3.png" in labels_json(labelled)


def test_the_same_pictures_give_the_same_bytes(sc: SparkContext, tmp_path: Path) -> None:
    digests = []
    for name in ("one", "other"):
        volume = LocalStorage(tmp_path / name)
        publish(volume, {"a": FIRST, "b": SECOND})
        run(sc, volume)
        digests.append(open_snapshot(volume).digest(LABELS, FEATURES, TOTALS))
    assert digests[0] == digests[1]


def test_a_deleted_hand_off_file_comes_back(sc: SparkContext, labelled: LocalStorage) -> None:
    before = labels_json(labelled)
    (labelled.root / "images_labels.json").unlink()
    run(sc, labelled)
    assert labels_json(labelled) == before


@pytest.mark.parametrize("table", [LABELS, FEATURES, TOTALS])
def test_a_part_that_is_gone_is_made_again(sc: SparkContext, labelled: LocalStorage, table: Contract) -> None:
    before = open_snapshot(labelled)
    path = labelled.local_path(before.parts(table)[0].key)
    data = path.read_bytes()
    path.unlink()
    assert run(sc, labelled).done == (0 if table is TOTALS else 2)
    assert open_snapshot(labelled) == before
    assert path.read_bytes() == data


def test_the_csv_is_written_for_those_who_want_it_and_kept_current(sc: SparkContext, labelled: LocalStorage) -> None:
    path = labelled.root / "reports" / "features.csv"
    assert not path.exists()
    run(sc, labelled, features_csv=True)
    publish(labelled, {"c": THIRD})
    run(sc, labelled)
    with path.open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert list(lines[0]) == exports.CSV_COLUMNS
    assert [line["filename"] for line in lines] == ["1.png", "2.png", "1.png", "3.png"]
    for line, feature in zip(lines, rows_of(labelled, FEATURES), strict=True):
        assert line["image_id"] == feature["image_id"]
        assert line["ahash"] + line["dhash"] + line["phash"] == feature["hash"].hex()
        for name in ("color", "structure"):
            numbers = [float(value) for key, value in line.items() if key.startswith(f"{name}_")]
            assert numbers == pytest.approx(feature[name], rel=1e-4, abs=1e-9)


def test_without_pictures_the_stage_says_which_stage_comes_first(sc: SparkContext, volume: LocalStorage) -> None:
    with pytest.raises(CannotProceedError, match="run `imagerec acquisition` first"):
        run(sc, volume)


def test_what_a_run_killed_after_publishing_left_is_swept_by_the_next(sc: SparkContext, labelled: LocalStorage) -> None:
    before = states(labelled)
    for table in ("totals", "labels"):
        (labelled.root / "tables" / table / f"manifest-0123.json{TEMPORARY}1").write_bytes(b"half")
        (labelled.root / "tables" / table / "manifest-0123456789abcdef.json").write_bytes(b"old")
    run(sc, labelled)
    assert states(labelled).keys() == before.keys()


MOVED = {"location": "/pictures/beach/2b.png", "filename": "2b.png", "tags": ["beach"]}


def test_what_was_removed_or_moved_shows_at_the_next_run_and_nothing_is_labelled_again(
    sc: SparkContext, labelled: LocalStorage
) -> None:
    run(sc, labelled, features_csv=True)
    revise_images(labelled, "a", {0: None, 1: MOVED})
    assert run(sc, labelled)[2:5] == (2, 0, 2)
    assert labels_json(labelled).keys() == {"2b.png", "1.png"}
    assert labels_json(labelled)["2b.png"]["tags"] == ["beach"]
    assert {key: n for key, n in totals(labelled).items() if key[0] == "tag"} == {
        ("tag", "beach"): 1,
        ("tag", "snow"): 1,
    }
    with (labelled.root / "reports" / "features.csv").open(newline="", encoding="utf-8") as file:
        assert [(row["filename"], row["location"]) for row in csv.DictReader(file)] == [
            ("2b.png", MOVED["location"]),
            ("1.png", "/pictures/snow/1.png"),
        ]
    assert len(rows_of(labelled, LABELS)) == 3  # history, until the slice is compacted
    before = states(labelled)
    assert run(sc, labelled)[2:5] == (2, 0, 2)
    assert states(labelled) == before


def test_pictures_that_went_before_they_were_labelled_are_left_out(sc: SparkContext, volume: LocalStorage) -> None:
    publish(volume, {"a": FIRST, "b": SECOND})
    revise_images(volume, "a", {0: None})
    revise_images(volume, "b", {0: None})
    assert run(sc, volume)[2:5] == (1, 1, 0)
    assert [row["filename"] for row in rows_of(volume, LABELS)] == ["2.png"]
