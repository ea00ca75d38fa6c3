"""Parts, weights and recommenders over a made-up collection whose right answers are known."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge as SklearnRidge

from recommendation.scoring import weights as weights_module
from recommendation.scoring.crowd import Crowd, crowd_of, make_crowd
from recommendation.scoring.linear import RIDGE, features, train_ridge
from recommendation.scoring.parts import everything, kind_part, likeness_part, nearest_mean, word_gains, words_part
from recommendation.scoring.pictures import Words, near_copies
from recommendation.scoring.recommenders import RECOMMENDERS, Model, recommender, sample_for
from recommendation.scoring.taste import NOBODY, Taste, taste_of
from recommendation.scoring.weights import PENALTY, STRENGTHS, Trials, best_strength, fit, shrunk, strength_likelihoods
from shared.errors import UsageError
from tests.recommendation.scoring import drawn_pictures
from tests.recommendation.scoring.drawn_pictures import GROUPS, N, likes, model_of

PICTURES = drawn_pictures.make()
ROWS = np.arange(N)


def test_the_mean_of_the_three_nearest_by_hand() -> None:
    likeness = np.array([[0.1, 0.9], [0.5, 0.2], [0.3, 0.4], [0.7, 0.0]], np.float32)
    all_of = [np.ones((1, n), np.bool_) for n in range(5)]
    assert nearest_mean(likeness, all_of[4])[0] == pytest.approx([0.5, 0.5])
    assert nearest_mean(likeness[:2], all_of[2])[0] == pytest.approx([0.3, 0.55])
    assert nearest_mean(likeness[:0], all_of[0])[0] == pytest.approx([0, 0])
    some = np.array([[True, True, True, False], [False, False, True, True], [False] * 4])
    assert nearest_mean(likeness, some) == pytest.approx(np.array([[0.3, 0.5], [0.5, 0.2], [0, 0]]))


def test_likeness_to_dislikes_is_taken_off() -> None:
    vectors = np.eye(3, dtype=np.float32)
    taste = likes(0, disliked=(1,))
    assert likeness_part(vectors, taste, np.arange(3), everything(taste))[0] == pytest.approx([1, -1, 0])


def test_a_kind_counts_by_how_much_more_frequent_it_is_among_the_likes() -> None:
    codes, shares = np.array([0, 0, 1, 1], np.int8), np.array([0.5, 0.5])
    scores = kind_part(codes, shares, likes(0, 1), np.arange(4), everything(likes(0, 1)))[0]
    assert scores == pytest.approx([np.log((2 + 2) / 6 / 0.5)] * 2 + [np.log(2 / 6 / 0.5)] * 2)


def test_words_count_only_where_a_like_has_them() -> None:
    words = Words.of([["a", "b"], ["a"], ["c"], []])
    assert words.names == ("a", "b", "c")
    assert [words.of_row(row) for row in range(4)] == [["a", "b"], ["a"], ["c"], []]
    gains = word_gains(words.shares, np.array([[1.0, 0, 0]]), np.array([1]))[0]
    assert gains[0] > 0
    assert gains[1:].tolist() == [0, 0]
    scores = words_part(words, likes(0, 1), np.arange(4), np.array([[True, True], [False, True]]))
    both = word_gains(words.shares, np.array([[2.0, 1, 0]]), np.array([2]))[0]
    assert scores == pytest.approx(np.array([[both[0] + both[1], both[0], 0, 0], [gains[0], gains[0], 0, 0]]))


def test_the_ridge_is_that_of_scikit_learn_with_the_same_balance() -> None:
    taste, background = likes(0, 8, 16, disliked=(1,)), np.arange(100, 140)
    made = train_ridge(PICTURES, taste, background)
    n, n_likes = len(made.train), 3
    balance = np.where(np.arange(n) < n_likes, n / (2 * n_likes), n / (2 * (n - n_likes)))
    theirs = SklearnRidge(alpha=RIDGE * n, fit_intercept=False).fit(
        made.train, np.arange(n) < n_likes, sample_weight=balance
    )
    assert made.weights(everything(taste))[0] == pytest.approx(theirs.coef_)
    centred = features(PICTURES, ROWS) - made.middle
    assert made.scores(PICTURES, ROWS, everything(taste))[0] == pytest.approx(centred @ theirs.coef_, abs=1e-5)


def test_a_like_left_out_of_the_ridge_is_as_if_it_had_never_been_there() -> None:
    taste, background = likes(0, 8, 16, 24), np.arange(100, 140)
    made = train_ridge(PICTURES, taste, background)
    rest = np.array([[True, False, True, False]])
    keep = np.array([0, 2, *range(4, len(made.train))])
    kernel = np.linalg.inv(made.inverse)[np.ix_(keep, keep)]
    dual = np.linalg.solve(kernel, np.isin(keep, [0, 2]).astype(float))
    assert made.weights(rest)[0] == pytest.approx(made.train[keep].T @ dual)


def test_weights_find_the_part_that_tells_likes_from_others() -> None:
    random = np.random.default_rng(0)
    liked, others = random.normal(size=(15, 3)), random.normal(size=(15, 3, 200))
    liked[:, 1] += 3  # only the second part separates likes
    weights = fit(Trials(liked, np.arange(15), others))
    assert weights[1] > 0.5
    assert weights[[0, 2]].max() < 0.1


def test_weights_are_drawn_towards_everybodys_by_n_over_n_plus_ten() -> None:
    assert shrunk(np.array([1.0, 0.0]), 10, np.array([0.0, 1.0])).tolist() == [0.5, 0.5]
    assert shrunk(None, 2, np.array([0.3])).tolist() == [0.3]


def made_trials(n: int, pull: float, seed: int) -> Trials:
    """One like a case among 50 others; likes have more of the first part."""
    random = np.random.default_rng(seed)
    liked = random.normal(size=(n, 4))
    liked[:, 0] += pull
    return Trials(liked, np.arange(n), random.normal(size=(n, 4, 50)))


def test_a_fit_ends_where_nothing_is_better() -> None:
    trials = made_trials(15, 2.0, 1)
    best = fit(trials)
    value = weights_module._shape(trials, best, PENALTY).value
    for part in range(4):
        for change in (-0.05, 0.05):
            other = np.maximum(best + change * (np.arange(4) == part), 0)
            assert weights_module._shape(trials, other, PENALTY).value <= value + 1e-3


def test_the_strength_is_weak_where_people_differ_and_strong_where_they_do_not() -> None:
    found = {}
    for name, everybody in (("same", np.array([2.0, 0, 0, 0])), ("other", np.array([0, 0, 2.0, 0]))):
        found[name] = best_strength([strength_likelihoods(made_trials(14, 2.0, seed), everybody) for seed in range(20)])
    assert found["other"] == STRENGTHS[0] < found["same"]
    assert best_strength([]) == STRENGTHS[0]


def test_popularity_does_not_contain_the_persons_own_opinion() -> None:
    mine, other = likes(0, 1), likes(1, 2)
    crowd = crowd_of(4, [mine, other])
    without = crowd.popularity(mine)
    assert without[0] == without[3] < without[1] == without[2]


def test_where_people_rate_a_picture_nobody_rated_has_the_mean() -> None:
    crowd = make_crowd(20, np.array([9.0, 1.0, 0.0]), np.array([10.0, 10.0, 0.0]), np.array([9.0, 1.0, 0.0]))
    assert crowd.is_rated
    assert crowd.popularity() == pytest.approx([(9 + 2.5) / 15, (1 + 2.5) / 15, 0.5])


def test_near_copies_are_found_by_their_hashes() -> None:
    pictures = drawn_pictures.make(copies=((3, 100),))
    assert np.flatnonzero(near_copies(pictures, np.array([3]), ROWS)).tolist() == [3, 100]


def test_pictures_that_are_gone_are_no_part_of_a_taste() -> None:
    ids = PICTURES.ids
    taste = taste_of(PICTURES, {str(ids[5]): 1.0, "f" * 32: 1.0, str(ids[2]): -1.0, str(ids[7]): 0.0})
    assert [one.tolist() for one in (taste.likes, taste.dislikes, taste.seen)] == [[5], [2], [2, 5, 7]]


def test_the_sample_has_nothing_that_the_person_said_something_of() -> None:
    taste = likes(*range(100), disliked=tuple(range(100, 150)))
    sample = sample_for(N, taste)
    drawn = np.concatenate(sample)
    assert len(set(drawn.tolist())) == len(drawn) == 90
    assert not set(drawn.tolist()) & set(range(150))


@pytest.mark.parametrize("name", [name for name in RECOMMENDERS if name not in {"popular", "collaborative"}])
def test_who_likes_one_group_gets_that_group(name: str) -> None:
    taste = likes(*range(0, 12 * GROUPS, GROUPS))
    rest = np.setdiff1d(ROWS, taste.seen)
    scores = RECOMMENDERS[name](model_of(PICTURES, taste), taste, rest)
    best = rest[np.argsort(-scores.total)[:10]]
    assert (best % GROUPS == 0).mean() >= 0.8
    assert np.sum(list(scores.parts.values()), axis=0) == pytest.approx(scores.total)


def test_who_follows_the_crowd_gets_what_others_like() -> None:
    random = np.random.default_rng(2)
    others = [likes(*random.choice(40, 15, replace=False)) for _ in range(30)]
    me = likes(*random.choice(40, 14, replace=False))
    rest = np.setdiff1d(ROWS, me.seen)
    scores = RECOMMENDERS["hybrid"](model_of(PICTURES, me, *others), me, rest)
    assert (rest[np.argsort(-scores.total)[:10]] < 40).all()


def test_people_who_agree_make_item_knn_speak() -> None:
    from recommendation.quality.run import whole_crowd

    random = np.random.default_rng(5)
    people = [likes(*(2 * random.choice(60, 25, replace=False) + number % 2)) for number in range(60)]
    me = likes(*range(0, 60, 2))
    crowd = whole_crowd(N, [*people, me])
    assert crowd.overlap is not None
    rest = np.setdiff1d(np.arange(120), me.seen)
    scores = RECOMMENDERS["collaborative"](Model(PICTURES, crowd), me, rest).total
    assert (rest[np.argsort(-scores)[:20]] % 2 == 0).all()


@pytest.mark.parametrize("name", RECOMMENDERS)
def test_nobody_breaks_no_recommender(name: str) -> None:
    scores = RECOMMENDERS[name](model_of(PICTURES), NOBODY, ROWS)
    assert np.isfinite(scores.total).all()


def test_an_unknown_recommender_is_wrong_usage() -> None:
    with pytest.raises(UsageError, match="recommender: expected one of hybrid, content"):
        recommender("magic")


def test_crowds_are_counts() -> None:
    crowd: Crowd = crowd_of(3, [likes(0, 1), Taste.of(np.array([1]), np.array([-1.0]))])
    assert crowd.users == 2
    assert crowd.likes.tolist() == [1, 1, 0]
    assert crowd.ratings.tolist() == [1, 2, 0]
