"""One definition of a request: its options are checked when it is made, whatever door it came through."""

import json
from typing import Any

import numpy as np
import pytest

from recommendation.search.answer import error_object
from recommendation.search.engine import measures_of
from recommendation.search.ranking.query import COMBINES as FUNCTIONS
from recommendation.search.request import (
    KEYS,
    MAX_TOP_K,
    Options,
    QueryRequest,
    default_options,
    parse_request,
    read_json,
)
from recommendation.search.weights import parse_min_scores, parse_weights
from recommendation.settings import COMBINES, QuerySettings
from shared.errors import BadInputError, CannotProceedError, UsageError
from shared.pictures.measures import MEASURES, Measure


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"measure": ("colour",)}, "measure: expected some of default, .*, got colour"),
        ({"combine": "sum"}, "combine: expected one of mean, min, max, got sum"),
        ({"top_k": 0}, "top_k: expected 1 to 1000, got 0"),
        ({"top_k": -1}, "top_k: expected 1 to 1000, got -1"),
        ({"top_k": MAX_TOP_K + 1}, "top_k: expected 1 to 1000, got 1001"),
        ({"weight": ("embedding",)}, "weight: expected MEASURE=NUMBER with a number of 0 to 1, got 'embedding'"),
        ({"weight": ("0.5",)}, "weight: expected MEASURE=NUMBER, one number above 0, got 0.5"),
        ({"weight": ("embedding=0", "color=0.0")}, "weight: expected MEASURE=NUMBER, one number above 0, got"),
        ({"weight": ("colour=1",)}, "weight: expected a measure of embedding, .*, got 'colour'"),
        ({"weight": ("color=nan",)}, "weight: expected MEASURE=NUMBER with a number of 0 to 1, got 'color=nan'"),
        ({"min_score": ("1.5",)}, "min_score: expected MEASURE=NUMBER with a number of 0 to 1, got '1.5'"),
        ({"where": ("size>3",)}, "where: expected a column of"),
        ({"where": ("tags=a",) * 17}, "where: expected at most 16, got 17"),
        ({"diversity": 1.5}, "diversity: expected 0 to 1, got 1.5"),
        ({"crop": ("0,0,1",)}, "crop: expected X,Y,WIDTH,HEIGHT within the picture .*, or whole; got '0,0,1'"),
        ({"crop": ("0.5,0,0.6,1",)}, "crop: expected X,Y,WIDTH,HEIGHT within the picture"),
        ({"crop": ("0,0,0,1",)}, "crop: expected X,Y,WIDTH,HEIGHT within the picture"),
        ({"crop": ("nan,0,1,1",)}, "crop: expected X,Y,WIDTH,HEIGHT within the picture"),
        ({"crop": ("whole",) * 6}, "crop: expected at most 5, got 6"),
        ({"text": "a" * 1001}, "text: expected at most 1000 characters, got 1001"),
        ({"unlike_id": ("a.jpg",)}, "unlike_id: expected image_ids, 32 hex digits in lower case, got 'a.jpg'"),
        ({"unlike_id": ("0" * 32,) * 6}, "unlike: expected at most 5 pictures, got 6|unlike_id: expected at most 5"),
        ({"metric": "chebyshev"}, "metric: expected one of .*; got chebyshev"),
        (
            {"measure": ("embedding", "hash"), "metric": "manhattan"},
            "metric: expected one of embedding: .*; hash: hamming; got manhattan",
        ),
    ],
)
def test_an_option_that_cannot_be_is_refused_with_what_can(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Options(**options)
    with pytest.raises(UsageError, match=message):
        parse_request({"images": ["a.jpg"], **json.loads(json.dumps(options))}, Options())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"diversity": "0.5"}, "diversity: expected a number, got '0.5'"),
        ({"diversity": True}, "diversity: expected a number, got True"),
        ({"no_copies": 1}, "no_copies: expected true or false, got 1"),
        ({"weight": {"embedding": 1}}, "weight: expected a text or a list of texts, got an object"),
    ],
)
def test_numbers_and_truth_values_are_not_taken_for_each_other(content: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_request({"images": "a.jpg", **content}, Options())


def test_weights_sum_to_one_and_least_scores_have_one_for_all_others() -> None:
    assert parse_weights(["embedding=0.6", "color=.2", "hash=0"]) == pytest.approx({"embedding": 0.75, "color": 0.25})
    assert parse_weights([]) == {}
    assert parse_min_scores(["0.3", "default=0.5"]) == {"": 0.3, "default": 0.5}


@pytest.mark.parametrize("n_pictures", [0, 6])
def test_a_request_of_no_pictures_or_too_many_is_refused(n_pictures: int) -> None:
    expected = "expected 1 to 5 query pictures" + ("" if n_pictures else " or a text")
    with pytest.raises(UsageError, match=f"{expected}, got {n_pictures}"):
        QueryRequest(images=("a.jpg",) * (n_pictures // 2), id=("0" * 32,) * (n_pictures - n_pictures // 2))


def test_what_a_request_leaves_out_comes_from_the_settings() -> None:
    defaults = default_options(QuerySettings(top_k=7, metric="cosine", combine="max"))
    assert parse_request({"images": "a.jpg", "metric": None}, defaults) == QueryRequest(
        top_k=7, metric="cosine", combine="max", images=("a.jpg",)
    )
    assert parse_request({"id": ["0" * 32], "combine": "min", "top_k": 1}, defaults) == QueryRequest(
        top_k=1, metric="cosine", combine="min", id=("0" * 32,)
    )


def test_measures_are_answered_once_and_all_when_none_is_named() -> None:
    assert measures_of(Options(), has_pictures=True) == ("default", *MEASURES)
    assert measures_of(Options(text="dog"), has_pictures=True) == ("default", *MEASURES, "text")
    assert measures_of(Options(text="dog"), has_pictures=False) == ("default",)
    assert measures_of(Options(measure=("hash", "default", "hash")), has_pictures=True) == ("hash", "default")


@pytest.mark.parametrize(
    ("options", "has_pictures", "message"),
    [
        (Options(measure=("color",), text="dog"), False, "expected default or text in a query without a picture"),
        (Options(measure=("text",)), True, "expected a text with the measure text, got none"),
    ],
)
def test_a_measure_without_what_it_measures_is_refused(options: Options, has_pictures: bool, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        measures_of(options, has_pictures=has_pictures)


def test_a_measure_that_is_added_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MEASURES, "dummy", MEASURES["color"]._replace(name="dummy"))
    assert isinstance(MEASURES["dummy"], Measure)
    assert measures_of(Options(measure=("dummy",)), has_pictures=True) == ("dummy",)


def test_settings_and_engine_know_the_same_ways_to_combine() -> None:
    assert tuple(FUNCTIONS) == COMBINES
    assert [Options(combine=name).combine for name in COMBINES] == list(COMBINES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not json", r"expected a JSON object, got something else \(Expecting value"),
        ("[1]", "expected a JSON object, got a list"),
        ("null", "expected a JSON object, got null"),
        ("[" * 100_000, "expected a JSON object, got something else"),
    ],
)
def test_what_is_no_object_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_json(text)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"topk": 3}, f"expected the keys {', '.join(KEYS)}, got topk"),
        ({"password": "x", "user": "y"}, f"expected the keys {', '.join(KEYS)}, got 2 that no request has"),
        ({"images": {"a": 1}}, "images: expected a text or a list of texts, got an object"),
        ({"images": ["a", 1]}, "images: expected a text or a list of texts, got a list"),
        ({"top_k": "5"}, "top_k: expected a whole number, got '5'"),
        ({"top_k": True}, "top_k: expected a whole number, got True"),
        ({"top_k": 1.5}, "top_k: expected a whole number, got 1.5"),
        ({"metric": ["cosine"]}, "metric: expected a text, got a list"),
        ({"images": ["\ud800.jpg"]}, "images: expected names that a file can have"),
    ],
)
def test_a_key_or_value_that_no_request_has_is_refused(content: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_request(content, Options())
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (BadInputError("undecodable", "a.jpg: broken"), {"code": "undecodable", "message": "a.jpg: broken"}),
        (UsageError("expected x"), {"code": "wrong_usage", "message": "expected x"}),
        (CannotProceedError("no index"), {"code": "unavailable", "message": "no index"}),
        (UsageError("got \ud800"), {"code": "wrong_usage", "message": "got \\ud800"}),
    ],
)
def test_every_error_has_the_same_form(
    error: BadInputError | UsageError | CannotProceedError, expected: dict[str, str]
) -> None:
    assert error_object(error) == {"error": expected}


def test_several_scores_become_one_by_mean_min_or_max() -> None:
    scores = np.array([[0.2, 0.8], [0.6, 0.4]])
    assert {name: function(scores, axis=0).tolist() for name, function in FUNCTIONS.items()} == {
        "mean": [pytest.approx(0.4), pytest.approx(0.6)],
        "min": [0.2, 0.4],
        "max": [0.6, 0.8],
    }
