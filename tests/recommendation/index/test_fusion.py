"""The default measure's weights: chosen where a sum is better, one measure where none is."""

import numpy as np
import pytest
from numpy.typing import NDArray

from recommendation.index import fusion
from recommendation.index.fusion import Hits

QUERIES, CANDIDATES = 200, 20


def noisy(is_hit: NDArray[np.bool_], noise: float, seed: int) -> NDArray[np.float32]:
    """Scores that tell hits from others, more or less."""
    blur = np.random.default_rng(seed).normal(0, noise, is_hit.shape)
    return (is_hit + blur).astype(np.float32)


def hits(**noise: float) -> Hits:
    is_hit = np.random.default_rng(0).random((QUERIES, CANDIDATES)) < 0.3
    return Hits({name: noisy(is_hit, one, seed) for seed, (name, one) in enumerate(noise.items(), 1)}, is_hit)


def test_two_measures_that_err_apart_are_fused() -> None:
    choice = fusion.choose(hits(embedding=0.6, color=0.6, structure=50), "tags")
    assert {name: weight > 0.2 for name, weight in choice.weights.items() if name != "structure"} == {
        "embedding": True,
        "color": True,
    }
    assert choice.weights.get("structure", 0) <= 0.05
    assert choice.precision_at_5["fused"] > max(choice.precision_at_5["embedding"], choice.precision_at_5["color"])
    assert "tags as labels" in choice.chosen_by


def test_a_measure_that_cannot_be_bettered_stands_alone() -> None:
    choice = fusion.choose(hits(color=0.0, embedding=30, structure=30), "tags")
    assert choice.weights == {"color": 1.0}
    assert "stands alone" in choice.chosen_by


def test_weights_that_only_fit_the_first_half_are_dropped() -> None:
    is_hit = np.random.default_rng(0).random((QUERIES, CANDIDATES)) < 0.3
    good = noisy(is_hit, 0.3, 1)
    helpful, harmful = noisy(is_hit, 0.3, 2), noisy(~is_hit, 0.3, 3)
    misleading = np.where(np.arange(QUERIES)[:, None] % 2 == 0, helpful, harmful)
    assert fusion.choose(Hits({"embedding": good, "color": misleading}, is_hit), "tags").weights == {"embedding": 1.0}


def test_a_sum_once_found_worthwhile_gets_the_weights_that_are_best_for_all_queries() -> None:
    made = hits(embedding=1.5, color=1.8, structure=2.0)
    chosen = fusion.choose(made, "tags").weights
    sums = fusion.weight_grid(list(made.scores))
    assert made.precision(chosen) == max(map(made.precision, sums))
    assert chosen != max(sums, key=made.part(slice(0, None, 2)).precision)


def test_precision_is_the_share_of_hits_among_the_five_best() -> None:
    scores = np.array([[9, 8, 7, 6, 5, 4], [4, 5, 6, 7, 8, 9]], np.float32)
    is_hit = np.array([[1, 1, 0, 0, 0, 1], [1, 0, 0, 0, 0, 1]], np.bool_)
    assert Hits({"color": scores}, is_hit).precision({"color": 1.0}) == pytest.approx((2 + 1) / 10)


def test_weights_are_all_the_ways_to_share_out_one() -> None:
    grid = fusion.weight_grid(["a", "b"])
    assert len(grid) == fusion.STEPS + 1
    assert {"a": 1.0} in grid
    assert {"a": 0.25, "b": 0.75} in grid
    assert all(sum(weights.values()) == pytest.approx(1) for weights in fusion.weight_grid(["a", "b", "c"]))


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        (["cat", "cat", "dog", "dog"], "tags"),
        (["all", "all", "all", "all"], "halves"),
        ([None, None, "cat", "cat"], "halves"),
        (["cat", "dog", "cow", "emu"], "halves"),
    ],
)
def test_tags_are_labels_where_they_group_the_pictures(tags: list[str | None], kind: str) -> None:
    assert fusion.label_kind([{"tags": [tag] if tag else []} for tag in tags]) == kind


def test_agreement_is_not_called_precision_and_keeps_half_of_the_weight_for_the_embedding() -> None:
    choice = fusion.choose(hits(embedding=1.0, color=0.5, structure=50), "halves")
    assert choice.weights["embedding"] >= 0.5
    assert choice.weights["color"] > 0
    assert choice.precision_at_5 == {}
    assert choice.agreement_at_5["fused"] > choice.agreement_at_5["embedding"]
    assert choice.chosen_by.startswith("agreement@5 of two halves")


def test_without_tags_only_the_embedding_stands_alone() -> None:
    assert fusion.choose(hits(embedding=0.5, color=30, structure=30), "halves").weights == {"embedding": 1.0}
    assert fusion.choose_alone().weights == {"embedding": 1.0}


def test_queries_are_drawn_alike_each_time_and_never_twice() -> None:
    rows = fusion.query_rows(np.arange(5000))
    assert len(set(rows.tolist())) == fusion.QUERIES
    assert np.array_equal(rows, fusion.query_rows(np.arange(5000)))
    assert sorted(fusion.query_rows(np.arange(3, 13)).tolist()) == list(range(3, 13))
