"""Metrics against counting by hand."""

import numpy as np
import pytest

from recommendation import metrics


def test_mean_precision_takes_the_best_k_of_each_query() -> None:
    scores = np.array([[9, 8, 1, 7], [1, 2, 3, 4]], np.float32)
    is_relevant = np.array([[True, False, True, True], [True, True, False, False]])
    assert metrics.mean_precision_at_k(scores, is_relevant, 2) == pytest.approx((1 / 2 + 0) / 2)


def test_recall_by_distance_treats_ties_alike_and_ignores_what_is_not_there() -> None:
    truth = np.array([0.1, 0.2, np.inf], np.float32)
    assert metrics.hits_by_distance(np.array([0.1, 0.2 + 5e-6, 0.3], np.float32), truth, 1e-5) == 2
    assert metrics.hits_by_distance(np.array([0.5], np.float32), np.full(3, np.inf, np.float32), 1e-5) == 0


HITS = np.array([[True, False, True, False, False], [False, False, False, False, True]])
POSSIBLE = np.array([2, 10])


def test_precision_is_divided_by_the_answers_that_there_can_be() -> None:
    assert metrics.precision_at_k(HITS, 5, POSSIBLE).tolist() == [1.0, 0.2]
    assert metrics.precision_at_k(HITS, 1, POSSIBLE).tolist() == [1.0, 0.0]


def test_recall_is_the_share_of_all_that_are_relevant() -> None:
    assert metrics.recall_at_k(HITS, 5, POSSIBLE).tolist() == [1.0, 0.1]


def test_average_precision_is_counted_at_each_hit() -> None:
    assert metrics.average_precision_at_k(HITS, 5, POSSIBLE) == pytest.approx([(1 + 2 / 3) / 2, (1 / 5) / 5])


def test_ndcg_is_that_of_scikit_learn() -> None:
    ndcg_score = pytest.importorskip("sklearn.metrics").ndcg_score
    for hits, possible, found in zip(HITS, POSSIBLE, metrics.ndcg_at_k(HITS, 5, POSSIBLE), strict=True):
        relevant = [*hits, *[True] * (possible - hits.sum())]
        assert found == pytest.approx(ndcg_score([relevant], [range(len(relevant), 0, -1)], k=5))


def test_the_interval_of_a_mean_holds_it_and_narrows_with_more_queries() -> None:
    few, many = (np.tile([0.0, 1.0], count) for count in (20, 2000))
    low, high = metrics.bootstrap_interval(few)
    assert low < 0.5 < high
    assert metrics.bootstrap_interval(many)[1] - 0.5 < (high - 0.5) / 5
