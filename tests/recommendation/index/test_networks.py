"""Several networks in one index: joined vectors, and weights by their agreement."""

import numpy as np
import pytest
from numpy.typing import NDArray

from recommendation.index import fusion, reduction
from recommendation.index.build import agreement, learning, networks
from shared.models.store import Model

MODELS = [
    Model("a" * 64, "one", "", "fp32", "", 224, 4, "", "", ()),
    Model("b" * 64, "two", "", "int8", "", 96, 6, "", "", ()),
]


def noise(rows: int, width: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0, 1, (rows, width)).astype(np.float32)


def test_each_network_has_the_same_share_of_a_joined_vector() -> None:
    parts = [noise(5, 4), 100 * noise(5, 6, seed=1)]
    joined = reduction.joined(parts)
    assert np.linalg.norm(joined, axis=1) == pytest.approx(np.ones(5))
    for vectors, part in zip(parts, networks.split(joined, [4, 6]), strict=True):
        assert part == pytest.approx(reduction.powers(vectors) * 0.5**0.5)


def test_a_network_alone_is_joined_to_nothing() -> None:
    vectors = noise(3, 4)
    assert reduction.joined([vectors]).tolist() == reduction.powers(vectors).tolist()


def test_the_mean_of_each_network_is_shrunk_by_itself() -> None:
    alike, different = np.tile(noise(1, 4), (1000, 1)), noise(1000, 6)
    mean = reduction.joined([alike, different]).mean(axis=0)
    found = networks.split(learning.joined_mean(mean, 1000, MODELS), [4, 6])
    assert np.abs(found[0]).max() < 1e-4  # of copies of one picture, and no built-in mean
    assert found[1] == pytest.approx(mean[4:], rel=0.1)


def test_a_document_states_the_weight_of_each_network() -> None:
    assert learning.describe_networks(MODELS) == [
        {"name": "one fp32", "sha256": "a" * 64, "dimensions": 4, "weight": 0.5},
        {"name": "two int8", "sha256": "b" * 64, "dimensions": 6, "weight": 0.5},
    ]


def test_the_nearest_of_a_row_are_others_best_first() -> None:
    angles = np.array([0, 0.1, 0.3, 2.0])
    vectors = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    assert networks.nearest(vectors, np.array([0, 3]), 2).tolist() == [[1, 2], [2, 1]]


@pytest.mark.parametrize(("is_color_right", "expected"), [(True, True), (False, False)])
def test_color_gets_a_weight_where_it_helps_one_network_to_find_what_the_other_finds(
    is_color_right: bool, expected: bool
) -> None:
    """Both networks see the groups badly; colour shows them, or it shows nothing."""
    groups, rows = 30, 300
    number = np.arange(rows) % groups
    centres = noise(groups, 32, seed=9)
    seen = [reduction.unit(centres[number] + 2 * noise(rows, 32, seed)) for seed in (1, 2)]
    color = reduction.unit(
        np.abs(centres[number] + 0.3 * noise(rows, 32, 3)) if is_color_right else np.abs(noise(rows, 32, 4))
    )
    features = {"embedding": seen[0], "color": color, "structure": reduction.unit(noise(rows, 32, 5))}
    chosen = fusion.choose(agreement.hits(features, seen), fusion.NETWORKS)
    assert ("color" in chosen.weights) == expected
    assert chosen.weights["embedding"] >= fusion.LEAST_EMBEDDING
    assert chosen.precision_at_5 == {}
    assert set(chosen.agreement_at_5) == {"embedding", "color", "structure", "fused"}
    assert chosen.chosen_by.startswith("agreement@5 of the networks: the sum that is best for one half of 600 queries")
