"""What the options of a query change, by brute force over the tables."""

import numpy as np
import pytest

from recommendation.index import searcher
from recommendation.search.answer import Item
from recommendation.search.engine import Engine
from recommendation.search.request import Options
from shared.errors import UsageError
from shared.pictures.measures import MEASURES
from tests.recommendation.made_up import GROUPS, group_of, image_id
from tests.recommendation.search.known import ROUNDING, ROWS, features, picture, scores_of, true_scores


def test_weights_of_a_request_replace_those_of_the_collection(engine: Engine) -> None:
    options = Options(measure=("default",), weight=("embedding=0.2", "color=0.2"))
    sums = 0.5 * true_scores(8, "embedding") + 0.5 * true_scores(8, "color")
    items = engine.search([picture(8)], options)["default"]
    assert scores_of(items) == pytest.approx(np.sort(np.delete(sums, 8))[::-1][:5], abs=ROUNDING)


def test_answers_below_the_least_score_are_left_out(engine: Engine) -> None:
    free = engine.search([picture(8)], Options(top_k=20))
    limit = free["color"][9]["score"] - 2e-6
    found = engine.search([picture(8)], Options(top_k=20, min_score=("0", f"color={limit:.6f}")))
    assert [item["rank"] for item in found["color"]] == list(range(1, 11))
    assert found["embedding"] == free["embedding"]


@pytest.mark.parametrize("exact_rows", [0, 5000], ids=["scan", "all scored"])
@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_a_filter_leaves_the_best_of_those_that_meet_it(
    engine: Engine, measure: str, exact_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searcher, "ALL_ALLOWED", exact_rows)
    options = Options(top_k=10, measure=(measure,), where=("location~group 3/", "camera_make=maker"))
    items = engine.search([picture(8)], options)[measure]
    allowed = [number for number in range(ROWS) if group_of(number) == "group 3" and number % 2]
    assert {int(item["filename"].removesuffix(".jpg")) for item in items} <= set(allowed)
    expected = np.sort(true_scores(8, measure)[allowed])[::-1][:10]
    assert scores_of(items) == pytest.approx(expected, abs=ROUNDING)


def test_a_filter_that_nothing_meets_has_no_answers(engine: Engine) -> None:
    found = engine.search([picture(8)], Options(where=("width_px>1000",)))
    assert all(items == [] for items in found.values())


def test_diverse_answers_start_with_the_best_and_are_less_like_each_other(engine: Engine) -> None:
    def likeness(items: list[Item]) -> float:
        rows = [int(item["filename"].removesuffix(".jpg")) for item in items]
        return float(np.mean([true_scores(row, "embedding")[rows].mean() for row in rows]))

    best = engine.search([picture(8)], Options(measure=("embedding",)))["embedding"]
    diverse = engine.search([picture(8)], Options(measure=("embedding",), diversity=0.7))["embedding"]
    assert diverse[0] == best[0]
    assert [item["rank"] for item in diverse] == [1, 2, 3, 4, 5]
    assert likeness(diverse) < likeness(best)


def test_near_copies_come_first_in_the_default_measure_with_the_score_of_the_hash(engine: Engine) -> None:
    one = picture(8)
    one.features["hash"] = features()["hash"][31] ^ np.array([1] + [0] * 23, np.uint8)
    best = engine.search([one], Options(measure=("default",)))["default"][0]
    assert best["image_id"] == image_id(31)
    assert best["score"] == best["scores"]["hash"] == pytest.approx(1 - 2 / 192, abs=1e-5)
    assert best["scores"]["embedding"] < best["score"]


def test_negative_examples_take_a_quarter_of_their_mean_score_away(engine: Engine) -> None:
    options = Options(measure=("embedding",), top_k=10)
    items = engine.search([picture(8)], options, unlike=[picture(9), picture(10)])["embedding"]
    against = np.mean([true_scores(number, "embedding") for number in (9, 10)], axis=0)
    expected = np.maximum(0, np.delete(true_scores(8, "embedding") - 0.25 * against, [8, 9, 10]))
    assert scores_of(items) == pytest.approx(np.sort(expected)[::-1][:10], abs=ROUNDING)
    assert not {item["image_id"] for item in items} & {image_id(number) for number in (8, 9, 10)}


def test_copies_of_a_negative_example_are_no_answers(engine: Engine) -> None:
    against = picture(14, name="0" * 32)  # of the group of 8
    found = engine.search([picture(8)], Options(top_k=ROWS, measure=("default", "embedding")), unlike=[against])
    assert all(image_id(14) not in {item["image_id"] for item in items} for items in found.values())
    assert {len(items) for items in found.values()} == {ROWS - 2}


def test_a_text_finds_what_its_words_are_in(engine: Engine) -> None:
    found, words = engine.answer([], Options(text="Groups 3 nowhere", top_k=ROWS))
    best = {item["filename"] for item in found["default"][: ROWS // GROUPS]}
    assert best == {f"{number}.jpg" for number in range(ROWS) if group_of(number) == "group 3"}
    assert words["nowhere"] == 0
    assert words["group"] == ROWS
    assert list(found) == ["default"]
    assert all(list(item["scores"]) == ["text"] for item in found["default"])
    assert scores_of(found["default"]) == sorted(scores_of(found["default"]), reverse=True)


def test_a_text_that_no_picture_has_finds_nothing(engine: Engine) -> None:
    assert engine.answer([], Options(text="nowhere")) == ({"default": []}, {"nowhere": 0})
    assert engine.answer([], Options(text="...")) == ({"default": []}, {})


def test_a_text_and_a_picture_are_weighed(engine: Engine) -> None:
    options = Options(text="group 3", weight=("embedding=0.5", "text=0.5"), measure=("default", "text"), top_k=ROWS)
    for item in engine.search([picture(8)], options)["default"]:
        if item["scores"]["hash"] < 0.75:
            expected = (item["scores"]["embedding"] + item["scores"]["text"]) / 2
            assert item["score"] == pytest.approx(expected, abs=2e-6)


def test_a_filter_holds_for_a_text_too(engine: Engine) -> None:
    found = engine.search([], Options(text="group 3", where=("camera_make=maker",), top_k=ROWS))["default"]
    assert {item["filename"] for item in found} == {f"{number}.jpg" for number in range(1, ROWS, 2)}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (Options(text="a", weight=("color=1",)), "weight: expected text alone in a query without a picture, got color"),
        (Options(weight=("text=1",)), "weight: expected a measure of pictures, or a text to weigh"),
    ],
)
def test_weights_of_what_is_not_asked_are_refused(engine: Engine, options: Options, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        engine.search([] if options.text else [picture(8)], options)


def test_copies_of_the_query_are_marked(engine: Engine) -> None:
    found = engine.search([picture(8, name="0" * 32)], Options(measure=("embedding",), top_k=ROWS))["embedding"]
    assert [item["image_id"] for item in found if item["is_copy"]] == [image_id(8)]


def test_an_expanded_query_is_the_average_with_its_nearest_and_copies_keep_their_own_scores(engine: Engine) -> None:
    vectors = np.stack([engine.features_of(image_id(number)).features["embedding"] for number in range(ROWS)])
    cosines = np.where(np.arange(ROWS) == 8, -2, vectors @ vectors[8])
    nearest = np.argsort(-cosines)[:5]
    average = vectors[8] + cosines[nearest] @ vectors[nearest]
    averaged = np.where(cosines == -2, -2, vectors @ average / np.linalg.norm(average))
    is_copy = cosines >= 0.8
    copies, others = np.sort(cosines[is_copy])[::-1], np.sort(averaged[~is_copy])[::-1]
    expected = np.concatenate([np.maximum(copies, others[0]), others])
    top_k = len(copies) + 5
    options = Options(top_k=top_k, measure=("embedding",), expand_neighbours=5)
    items = engine.search([picture(8)], options)["embedding"]
    assert scores_of(items) == pytest.approx(expected[:top_k], abs=ROUNDING)


def test_the_original_of_a_copy_stays_first_when_the_query_is_expanded(engine: Engine) -> None:
    one = picture(8, name="0" * 32)
    items = engine.search([one], Options(measure=("embedding",), expand_neighbours=20))["embedding"]
    assert items[0]["image_id"] == image_id(8)
    assert items[0]["score"] == pytest.approx(1, abs=ROUNDING)


def test_near_copies_of_the_query_can_be_left_out(engine: Engine) -> None:
    one = picture(8, name="0" * 32)
    assert engine.search([one], Options(top_k=1))["embedding"][0]["image_id"] == image_id(8)
    found = engine.search([one], Options(no_copies=True))
    assert all(item["image_id"] != image_id(8) for items in found.values() for item in items)
    assert len(found["embedding"]) == 5
