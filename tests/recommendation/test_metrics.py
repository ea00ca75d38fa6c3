"""Metrics against counting by hand."""

import numpy as np
import pytest

from recommendation import metrics


def test_precision_counts_the_relevant_among_the_first_k() -> None:
    assert metrics.hits_at_k([True, False, True, True], 3) == 2
    assert metrics.hits_at_k([True], 5) == 1


def test_mean_precision_takes_the_best_k_of_each_query() -> None:
    scores = np.array([[9, 8, 1, 7], [1, 2, 3, 4]], np.float32)
    is_relevant = np.array([[True, False, True, True], [True, True, False, False]])
    assert metrics.mean_precision_at_k(scores, is_relevant, 2) == pytest.approx((1 / 2 + 0) / 2)


def test_recall_by_distance_treats_ties_alike_and_ignores_what_is_not_there() -> None:
    truth = np.array([0.1, 0.2, np.inf], np.float32)
    assert metrics.hits_by_distance(np.array([0.1, 0.2 + 5e-6, 0.3], np.float32), truth, 1e-5) == 2
    assert metrics.hits_by_distance(np.array([0.5], np.float32), np.full(3, np.inf, np.float32), 1e-5) == 0
