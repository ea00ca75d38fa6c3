"""KMeans and its silhouette against scikit-learn."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from shared.people.clustering import kmeans, silhouette

BLOBS = np.random.default_rng(4).normal(size=(90, 5)) + 8 * np.eye(3, 5)[np.arange(90) % 3]


def test_clusters_are_those_of_scikit_learn() -> None:
    groups, centres = kmeans(BLOBS, 3)
    theirs = KMeans(3, n_init=10, random_state=0).fit(BLOBS)
    assert len({*zip(groups.tolist(), theirs.labels_.tolist(), strict=True)}) == 3
    assert np.sort(centres, axis=0) == pytest.approx(np.sort(theirs.cluster_centers_, axis=0))


@pytest.mark.parametrize("k", [2, 3, 5])
def test_silhouettes_are_those_of_scikit_learn(k: int) -> None:
    groups, _ = kmeans(BLOBS, k)
    assert silhouette(BLOBS, groups) == pytest.approx(silhouette_score(BLOBS, groups))


def test_the_true_number_of_clusters_has_the_best_silhouette() -> None:
    assert max(range(2, 7), key=lambda k: silhouette(BLOBS, kmeans(BLOBS, k)[0])) == 3


def test_equal_vectors_are_one_cluster() -> None:
    groups, centres = kmeans(np.ones((5, 2)), 3)
    assert groups.tolist() == [0] * 5
    assert centres.tolist() == [[1, 1]]
