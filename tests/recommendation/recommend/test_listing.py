"""The list: what is never in it, that it is not all the same, and that every reason is true."""

import dataclasses

import numpy as np
import pytest

from recommendation.quality.run import whole_crowd
from recommendation.recommend.listing import Recommended, recommend, to_record
from recommendation.recommend.reasons import holds
from recommendation.scoring.recommenders import RECOMMENDERS, Model
from recommendation.scoring.taste import NOBODY, Taste
from shared.errors import UsageError
from tests.recommendation.scoring import drawn_pictures
from tests.recommendation.scoring.drawn_pictures import GROUPS, N, likes, model_of

REFUSED = (8, 16, 24)
COPIES = ((0, 48), (1, 57), (32, 40))  # of a like, of a dislike, of each other
PICTURES = drawn_pictures.make(refused=REFUSED, copies=COPIES)
TASTE = likes(0, *range(64, 128, GROUPS), disliked=(1, 9))
MODEL = model_of(PICTURES, TASTE, likes(3, 5, 32), likes(3, 64, 72))


def rows_of(found: list[Recommended]) -> list[int]:
    return [one.row for one in found]


@pytest.mark.parametrize("name", RECOMMENDERS)
def test_nothing_forbidden_is_ever_recommended(name: str) -> None:
    rows = rows_of(recommend(MODEL, TASTE, N, name))
    forbidden = {*TASTE.seen.tolist(), *REFUSED, 48, 57}
    assert not forbidden & set(rows)
    assert len(set(rows)) == len(rows) == N - len(forbidden) - 1  # of two near-copies one is shown
    assert len({32, 40} & set(rows)) == 1


@pytest.mark.parametrize("name", RECOMMENDERS)
def test_every_reason_of_every_recommender_is_true(name: str) -> None:
    found = recommend(MODEL, TASTE, 40, name)
    assert found
    assert [one.reason.text for one in found if not holds(MODEL, TASTE, one.row, one.reason)] == []


@pytest.mark.parametrize("name", ["popular", "collaborative"])
def test_who_likes_something_is_never_given_the_reason_of_who_does_not(name: str) -> None:
    found = recommend(model_of(PICTURES, TASTE), TASTE, 5, name)
    assert {one.reason.text for one in found} <= {"Nobody has liked it yet", "Something new: Nobody has liked it yet"}


@pytest.mark.parametrize("rates", [True, False])
def test_what_people_like_together_is_named_and_true(rates: bool) -> None:
    random = np.random.default_rng(5)
    people = [likes(*(2 * random.choice(60, 25, replace=False) + number % 2)) for number in range(60)]
    if rates:
        people = [Taste.of(one.seen, np.where(np.arange(25) % 5, 1.0, -1.0)) for one in people]
    me = likes(*range(0, 40, 2))
    model = Model(PICTURES, whole_crowd(N, [*people, me]))
    assert model.crowd.is_rated == rates
    found = recommend(model, me, 10, "collaborative")
    assert all(holds(model, me, one.row, one.reason) for one in found)
    words = "Other people rate it as they rate " if rates else " people who like "
    about = [one for one in found if words in one.reason.text]
    assert about
    assert not holds(model, me, about[0].row, about[0].reason._replace(because_of=(1,)))
    wrong = {**about[0].reason.fact, "neighbour": about[0].row}
    assert not holds(model, me, about[0].row, about[0].reason._replace(fact=wrong))


def test_an_untrue_reason_is_found_out() -> None:
    one = recommend(MODEL, TASTE, 1)[0]
    for changed in (
        {"cosine": 0.1, "column": "subject", "nearest": 0},
        {"tags_word": "group 3", "tags_count": 2, "likes": 9},
        {"cold": 2, "liked_by": 0, "users": 3},
        {"liked_by": 7, "users": 3},
        {"fresh": True},
        {},
    ):
        assert not holds(MODEL, TASTE, one.row, one.reason._replace(fact=changed))
    assert not holds(MODEL, TASTE, one.row, one.reason._replace(because_of=(5,)))


def test_the_score_is_the_sum_of_its_parts() -> None:
    for one in recommend(MODEL, TASTE, 20):
        assert sum(one.parts.values()) == pytest.approx(one.score, abs=0.001)


def test_one_of_ten_is_of_a_cluster_that_no_like_is_of() -> None:
    clustered = dataclasses.replace(PICTURES, clusters=np.arange(N, dtype=np.int32) % GROUPS)
    found = recommend(MODEL._replace(pictures=clustered), TASTE, 10)
    fresh = [one for one in found if one.row % GROUPS]
    assert fresh
    assert fresh[-1].reason.text.startswith("Something new: ")


def test_nothing_is_called_new_where_all_candidates_are_of_clusters_that_are_liked() -> None:
    clustered = MODEL._replace(pictures=dataclasses.replace(PICTURES, clusters=np.arange(N, dtype=np.int32) % GROUPS))
    found = recommend(clustered, TASTE, 10, candidates=np.arange(128, N, GROUPS))
    assert len(found) == 10
    assert [one.reason.text for one in found if one.reason.text.startswith("Something new")] == []
    assert all(holds(clustered, TASTE, one.row, one.reason) for one in found)


@pytest.mark.parametrize("taste", [NOBODY, likes(disliked=(1, 9))], ids=["nobody", "only dislikes"])
def test_who_likes_nothing_gets_a_list_to_begin_with_that_says_so(taste: Taste) -> None:
    found = recommend(MODEL, taste, 6)
    assert all(one.reason.text.startswith("You have not liked any picture yet") for one in found)
    assert len({int(PICTURES.clusters[one.row]) for one in found}) == 6
    assert all(holds(MODEL, taste, one.row, one.reason) for one in found)
    assert 3 in rows_of(found)  # two people like it


def test_fewer_candidates_than_asked_for_make_a_shorter_list() -> None:
    assert len(recommend(MODEL, TASTE, 10, candidates=np.array([0, 1, 8, 33, 34]))) == 2
    assert recommend(MODEL, TASTE, 10, candidates=TASTE.seen) == []


@pytest.mark.parametrize("n", [0, -1, 1001])
def test_an_impossible_number_is_wrong_usage(n: int) -> None:
    with pytest.raises(UsageError, match="n: expected 1 to 1000"):
        recommend(MODEL, TASTE, n)


def test_a_record_names_file_licence_and_author() -> None:
    one = recommend(MODEL, TASTE, 1)[0]
    record = to_record(MODEL, one)
    assert list(record) == ["file_name", "image_id", "reason", "score", "parts", "because_of", "licence", "attribution"]
    assert record["file_name"] == f"{one.row}.jpg"
    assert (record["licence"], record["attribution"]) == ("CC0", f"author {one.row}")


def test_the_same_question_has_the_same_answer() -> None:
    assert recommend(MODEL, TASTE, 20) == recommend(MODEL, TASTE, 20)
