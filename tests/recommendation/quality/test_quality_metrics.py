"""Metrics against values by hand and against scikit-learn."""

import math

import numpy as np
import pytest
from sklearn.metrics import ndcg_score, roc_auc_score

from recommendation.quality import metrics

HITS = np.array([True, False, True, False, False, True])
RANDOM = np.random.default_rng(3)


def test_values_by_hand() -> None:
    assert metrics.precision(HITS, 5) == pytest.approx(2 / 5)
    assert metrics.recall(HITS, 5) == pytest.approx(2 / 3)
    assert metrics.hit_rate(HITS, 1) == 1
    assert metrics.hit_rate(HITS[1:], 1) == 0
    best = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert metrics.ndcg(HITS, 3) == pytest.approx((1 + 1 / math.log2(4)) / best)
    assert metrics.coverage([np.array([1, 2]), np.array([2, 5])], 10) == pytest.approx(0.3)
    assert metrics.diversity(np.eye(2, dtype=np.float32)) == pytest.approx(1)
    assert metrics.novelty(np.array([0.5, 0.125])) == pytest.approx(2)
    assert metrics.gini(np.array([1, 1, 1, 1])) == pytest.approx(0)
    assert metrics.gini(np.array([0, 0, 0, 4])) == pytest.approx(0.75)
    assert metrics.calibration(np.array([0, 0, 1, 1]), np.array([0, 1])) == pytest.approx(0)
    assert metrics.calibration(np.array([0, 1]), np.array([0]), 0.5) == pytest.approx(
        0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25)
    )
    assert metrics.standard_error([1.0, 3.0]) == pytest.approx(1)


@pytest.mark.parametrize("n_relevant", [1, 7, 40])
def test_ndcg_is_that_of_scikit_learn(n_relevant: int) -> None:
    scores = RANDOM.random(50)
    relevant = np.arange(50) < n_relevant
    assert metrics.ndcg(relevant[np.argsort(-scores)], 10) == pytest.approx(ndcg_score([relevant], [scores], k=10))


def test_auc_with_ties_is_that_of_scikit_learn() -> None:
    scores, relevant = np.round(RANDOM.random(80), 1), RANDOM.random(80) < 0.3
    assert metrics.auc(relevant, scores) == pytest.approx(roc_auc_score(relevant, scores))


def test_degenerate_rankings_have_values() -> None:
    nothing = np.zeros(4, bool)
    assert (metrics.ndcg(nothing, 10), metrics.recall(nothing, 10), metrics.auc(nothing, np.ones(4))) == (0, 0, 0.5)
    assert (
        metrics.diversity(np.ones((1, 3), np.float32)),
        metrics.novelty(np.zeros(0)),
        metrics.gini(np.zeros(3, int)),
    ) == (0, 0, 0)
