"""Answers of the engine against brute force over the tables."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recommendation import job
from recommendation.search.engine import Engine
from recommendation.search.request import Options
from shared.errors import UsageError
from shared.pictures.measures import MEASURES
from shared.storage import LocalStorage
from tests.in_process import context
from tests.recommendation.bare import bare
from tests.recommendation.made_up import GROUPS, group_of, image_id, make_volume
from tests.recommendation.search.known import ROUNDING, ROWS, picture, scores_of, true_scores

CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_answers_are_the_best_of_a_full_scan(engine: Engine, measure: str) -> None:
    for number in (0, 31, ROWS - 1):
        items = engine.search([picture(number)], Options(measure=(measure,)))[measure]
        expected = np.sort(np.delete(true_scores(number, measure), number))[::-1][:5]
        assert scores_of(items) == pytest.approx(expected, abs=ROUNDING)


def test_an_item_says_everything_that_answers_show(engine: Engine) -> None:
    item = engine.search([picture(8)], Options(top_k=1, measure=("embedding",)))["embedding"][0]
    number = int(item["filename"].removesuffix(".jpg"))
    assert item == {
        "rank": 1,
        "image_id": image_id(number),
        "filename": f"{number}.jpg",
        "location": f"/pictures/{group_of(number)}/{number}.jpg",
        "score": item["scores"]["embedding"],
        "license": "CC0-1.0",
        "scores": {measure: pytest.approx(true_scores(8, measure)[number], abs=ROUNDING) for measure in MEASURES},
        "width_px": 30,
        "height_px": 20,
        "title": "",
        "author": "",
        "source_url": "",
        "license_id": "CC0-1.0",
        "license_url": CC0,
        "author_url": "",
        "attribution": f"Picture, CC0 1.0 ({CC0})",
        "display_url": "",
        "tags": [group_of(number)],
        "category": f"{group_of(number)}, 1",
        "is_copy": False,
    }


def test_every_measure_and_the_default_one_answer_when_none_is_named(engine: Engine) -> None:
    found = engine.search([picture(8)], Options(top_k=3))
    assert list(found) == ["default", *MEASURES]
    assert {name: [item["rank"] for item in items] for name, items in found.items()} == {
        name: [1, 2, 3] for name in found
    }


def test_the_default_score_is_the_weighted_sum(engine: Engine) -> None:
    engine.weights = {"embedding": 0.75, "color": 0.25}
    items = engine.search([picture(8)], Options(measure=("default",)))["default"]
    sums = 0.75 * true_scores(8, "embedding") + 0.25 * true_scores(8, "color")
    assert scores_of(items) == pytest.approx(np.sort(np.delete(sums, 8))[::-1][:5], abs=ROUNDING)


def test_query_pictures_are_left_out_and_unknown_ones_find_themselves(engine: Engine) -> None:
    stored = engine.search([picture(8), picture(9)], Options(top_k=ROWS, measure=("embedding",)))["embedding"]
    assert {item["image_id"] for item in stored} == {image_id(number) for number in range(ROWS)} - {
        image_id(8),
        image_id(9),
    }
    unknown = engine.search([picture(8, name="0" * 32)], Options(measure=("embedding",)))["embedding"]
    assert unknown[0]["image_id"] == image_id(8)
    assert unknown[0]["score"] == pytest.approx(1, abs=ROUNDING)


@pytest.mark.parametrize(("combine", "function"), [("mean", np.mean), ("min", np.min), ("max", np.max)])
def test_several_pictures_are_scored_one_by_one_and_combined(engine: Engine, combine: str, function: Any) -> None:
    items = engine.search([picture(8), picture(9)], Options(measure=("color",), combine=combine))["color"]
    each = [np.delete(true_scores(number, "color"), [8, 9]) for number in (8, 9)]
    assert scores_of(items) == pytest.approx(np.sort(function(each, axis=0))[::-1][:5], abs=ROUNDING)


def test_another_metric_ranks_and_scores_by_it(engine: Engine) -> None:
    items = engine.search([picture(8)], Options(measure=("embedding",), metric="manhattan"))["embedding"]
    expected = np.sort(np.delete(true_scores(8, "embedding", "manhattan"), 8))[::-1][:5]
    assert scores_of(items) == pytest.approx(expected, abs=ROUNDING)


def test_a_stored_picture_as_query_finds_what_the_picture_itself_finds(engine: Engine) -> None:
    stored = engine.features_of(image_id(8))
    assert (stored.image_id, stored.name) == (image_id(8), "8.jpg")
    for name, items in engine.search([stored], Options()).items():
        expected = engine.search([picture(8)], Options())[name]
        assert scores_of(items) == pytest.approx(scores_of(expected), abs=ROUNDING)


def test_every_stored_id_is_found_and_no_other(engine: Engine) -> None:
    assert [engine.metadata(image_id(number))["filename"] for number in range(ROWS)] == [
        f"{number}.jpg" for number in range(ROWS)
    ]
    for unknown in (image_id(ROWS), "", "0" * 32, "f" * 32, "not hex"):
        with pytest.raises(UsageError, match="expected the image_id of a picture in the index"):
            engine.metadata(unknown)


def test_an_engine_says_what_it_is(engine: Engine) -> None:
    described = engine.summary()
    assert described["generation"] == engine.generation
    assert (described["model"], described["model_sha256"]) == ("made-up fp32", engine.model_sha256)
    assert described["pictures"] == engine.count == ROWS
    assert engine.metadata_at(0)["image_id"] == image_id(0)


def test_a_metric_changes_only_the_measures_that_allow_it(engine: Engine) -> None:
    found = engine.search([picture(8)], Options(metric="manhattan"))
    assert scores_of(found["hash"]) == scores_of(engine.search([picture(8)], Options())["hash"])


def test_a_collection_smaller_than_the_answer_is_answered_whole(tmp_path: Path) -> None:
    volume = make_volume(LocalStorage(tmp_path / "small"), {"a": range(3)})
    job.run(context(), bare(volume.root))
    found = Engine.open(volume).search([picture(1)], Options())
    assert {name: len(items) for name, items in found.items()} == dict.fromkeys(found, 2)


def test_a_collection_of_one_picture_answers_with_nothing_more(tmp_path: Path) -> None:
    volume = make_volume(LocalStorage(tmp_path / "one"), {"a": range(1)})
    job.run(context(), bare(volume.root))
    assert Engine.open(volume).search([picture(0)], Options(measure=("color",))) == {"color": []}


def test_groups_are_what_the_embedding_finds(engine: Engine) -> None:
    for number in range(GROUPS):
        items = engine.search([picture(number)], Options(measure=("embedding",)))["embedding"]
        assert {item["location"].split("/")[2] for item in items} == {group_of(number)}
