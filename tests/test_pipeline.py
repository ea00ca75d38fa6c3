"""The whole pipeline on the built-in sample, as a user runs it."""

import json
import os
import re
import shlex
import subprocess
from typing import Any, NamedTuple

import pytest
from PIL import Image
from PIL.ExifTags import IFD

from shared import tables
from shared.storage import LocalStorage
from shared.tables import catalog
from shared.tables.contracts import EMBEDDINGS, FEATURES, IMAGES, LABELS, LOCATIONS, THUMBNAILS
from tests.commands import ROOT, imagerec


class Sample(NamedTuple):
    """The sample, run once; what the command said; what its author knows of it."""

    volume: LocalStorage
    said: str
    advised: str
    truth: dict[str, Any]

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        return catalog.query(self.volume, statement)

    def path(self, name: str) -> str:
        return str(self.volume.root / "images" / "sample" / name)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    volume = LocalStorage(tmp_path_factory.mktemp("sample") / "volume")
    options = (
        "--source",
        "sample",
        "--model",
        "efficientnet-lite0",
        "--master",
        "local[2]",
        "--data",
        str(volume.root),
    )
    ran = imagerec("run", *options)
    assert ran.returncode == 0, ran.stderr
    truth = json.loads((volume.root / "images" / "sample" / "truth.json").read_text())
    return Sample(volume, ran.stderr, ran.stdout, truth)


def test_every_file_ends_as_a_picture_or_as_the_failure_it_was_made_to_be(sample: Sample) -> None:
    failures = {str(item): reason for item, reason in sample.sql("SELECT item, reason FROM failures")}
    assert failures == {sample.path(name): reason for name, reason in sample.truth["failures"].items()}
    counts = [
        tables.open_snapshot(sample.volume).rows(one) for one in (IMAGES, THUMBNAILS, LABELS, FEATURES, EMBEDDINGS)
    ]
    assert len(set(counts)) == 1
    assert counts[0] >= 240
    listed = tables.open_snapshot(sample.volume).rows(LOCATIONS) + len(failures)
    assert f"acquisition: listed {listed} = done" in sample.said


def test_every_line_of_a_run_is_one_of_its_own(sample: Sample) -> None:
    assert [line for line in sample.said.splitlines() if not re.match(r"\d\d:\d\d:\d\d ", line)] == []


def test_exact_duplicates_are_one_picture_with_all_its_locations(sample: Sample) -> None:
    for names in sample.truth["duplicates"]:
        listed = ", ".join(f"'{sample.path(name)}'" for name in names)
        [(ids, places)] = sample.sql(
            f"SELECT count(DISTINCT image_id), count(*) FROM locations WHERE location IN ({listed})"
        )
        assert (ids, places) == (1, len(names))
        assert sample.sql(f"SELECT count(*) FROM images WHERE location IN ({listed})") == [(1,)]


def test_the_query_that_a_run_advises_is_answered(sample: Sample) -> None:
    ask, results = sample.advised.splitlines()
    command = shlex.split(ask.removeprefix("next:"))
    assert command[-2:] == ["--image", sample.path("mountains/mountains_01.jpg")]
    answered = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answered.stdout.startswith("default = ")
    assert str(sample.volume.root) in results


def test_what_is_stored_of_a_picture_makes_sense(sample: Sample) -> None:
    checks = {
        "images": "width_px > 0 AND height_px > 0 AND size_bytes > 0 AND license <> '' AND filename <> ''",
        "thumbnails": "least(thumbnail_width_px, thumbnail_height_px) BETWEEN 1 AND 256 AND octet_length(jpeg) > 100",
        "labels": "len(palette) BETWEEN 1 AND 5 AND len(palette) = len(color_names) AND brightness BETWEEN 0 AND 100",
        "embeddings": "len(vector) = 1280 AND length(model_sha256) = 64",
        "categories": "rank BETWEEN 1 AND 5 AND probability BETWEEN 0 AND 1",
    }
    for table, holds in checks.items():
        [(rows, sound)] = sample.sql(f"SELECT count(*), count(*) FILTER ({holds}) FROM {table}")
        assert (table, sound) == (table, rows)
        assert rows > 0


def test_colours_are_bytes_and_shares_sum_to_one(sample: Sample) -> None:
    for palette, shares in sample.sql("SELECT palette, palette_shares FROM labels"):
        assert all(0 <= value <= 255 for color in palette for value in color)
        assert sum(shares) == pytest.approx(1, abs=1e-4)


def test_no_position_on_earth_is_kept(sample: Sample) -> None:
    with Image.open(sample.path("mountains/mountains_01.jpg")) as picture:
        assert picture.getexif().get_ifd(IFD.GPSInfo)
    assert "gps" not in (sample.volume.root / "images_metadata.json").read_text().lower()
    assert sample.sql("SELECT count(*) FROM thumbnails WHERE instr(hex(jpeg), hex('Exif')) > 0") == [(0,)]


def test_the_hand_off_files_have_the_promised_form(sample: Sample) -> None:
    metadata = json.loads((sample.volume.root / "images_metadata.json").read_text())
    assert {"filename", "width", "height", "format", "file_size_kb", "source_url", "license", "exif"} <= metadata[
        0
    ].keys()
    assert any(one["exif"].get("camera_model") for one in metadata)
    labels = json.loads((sample.volume.root / "images_labels.json").read_text())
    assert len(labels) == len(metadata)
    for label in labels.values():
        assert list(label) == ["predominant_colors", "color_names", "orientation", "size_category", "tags"]


def test_near_duplicates_find_their_original_first(sample: Sample) -> None:
    pairs = sample.truth["near_duplicates"]
    jobs = sample.volume.root / "jobs.jsonl"
    jobs.write_text("".join(json.dumps({"images": [sample.path(pair["copy"])], "top_k": 3}) + "\n" for pair in pairs))
    ran = imagerec("query", "--batch", str(jobs), "--data", str(sample.volume.root), "--master", "local[2]")
    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(answers) == len(pairs)
    for measure in ("default", "hash"):
        found = [{item["location"] for item in answer["results"][measure]} for answer in answers]
        missed = [
            pair for pair, places in zip(pairs, found, strict=True) if sample.path(pair["original"]) not in places
        ]
        assert (measure, missed) == (measure, [])


def test_a_second_run_does_nothing_and_says_so(sample: Sample) -> None:
    before = tables.open_snapshot(sample.volume).digest(IMAGES, LABELS, FEATURES, EMBEDDINGS)
    generation = (sample.volume.root / "index" / "CURRENT").read_text()
    ran = imagerec("run", "--source", "sample", "--master", "local[2]", "--data", str(sample.volume.root))
    assert ran.returncode == 0, ran.stderr
    for stage in ("labeling", "embedding", "recommendation"):
        assert f"{stage}: nothing new, nothing to do" in ran.stderr
    assert "acquisition: nothing new, nothing to do" in ran.stderr
    assert tables.open_snapshot(sample.volume).digest(IMAGES, LABELS, FEATURES, EMBEDDINGS) == before
    assert (sample.volume.root / "index" / "CURRENT").read_text() == generation


def test_the_first_run_ends_with_a_question_its_answer_and_where_to_go_on(sample: Sample) -> None:
    variables = {"DATA": str(sample.volume.root), "IMAGES": "", "IMAGEREC_MASTER": "local[2]"}
    ran = subprocess.run(
        [ROOT / ".ci" / "first-run"], env=os.environ | variables, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "Most like " in ran.stdout
    with Image.open(sample.volume.root / "reports" / "first_query.png") as drawn:
        assert drawn.width > 500
