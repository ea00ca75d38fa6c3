"""Item-kNN by sparse blocks, against products of the whole matrix of opinions."""

from functools import reduce
from typing import Any

import numpy as np
import pytest

from recommendation.quality.run import whole_crowd
from recommendation.recommend import batch, overlap, saved
from recommendation.recommend.overlap import Person
from recommendation.scoring.crowd import SHRINK, Crowd
from recommendation.scoring.taste import taste_of
from tests.recommendation.scoring import drawn_pictures

PICTURES = drawn_pictures.make(60)
IDS = PICTURES.ids.tolist()


def people(n: int, *, rates: bool) -> list[Person]:
    random = np.random.default_rng(8)
    found = []
    for number in range(n):
        rows = random.choice(50, 25, replace=False)
        values = random.choice([-1.0, 0.0, 1.0], 25) if rates else np.ones(25)
        found.append((f"person {number}", dict(zip([IDS[row] for row in rows], values.tolist(), strict=True))))
    return found


def learnt_of(some: list[Person], tasks: int) -> saved.Learnt:
    """What the batch learns, with people over so many tasks."""
    shares = [some[start::tasks] for start in range(tasks)]
    counts: dict[str, batch.Counts] = {}
    for image_id, one in (pair for share in shares for pair in batch.counts_of(share)):
        counts[image_id] = batch.add_counts(counts.get(image_id, (0, 0, 0)), one)
    learnt = batch.crowd_counts(list(batch.as_arrays(sorted(counts.items()))), len(some))
    assert overlap.overlaps_enough(learnt)
    means = overlap.means_of(learnt)
    blocks: dict[int, list[overlap.Products]] = {}
    for number, products in (pair for share in shares for pair in overlap.products_of(means, share)):
        blocks.setdefault(number, []).append(products)
    summed = [(number, reduce(overlap.add_products, some)) for number, some in sorted(blocks.items())]
    norms = overlap.norms_of(len(learnt.ids), [overlap.squares_of(block) for block in summed])
    return overlap.with_overlap(learnt, norms, [overlap.nearest(norms, block) for block in summed])


def dense(crowd: Crowd) -> Any:
    """Products of all pairs of pictures."""
    assert crowd.overlap is not None
    found = np.zeros((len(crowd.sums), len(crowd.sums)))
    for row, (neighbours, products) in enumerate(zip(crowd.overlap.neighbours, crowd.overlap.products, strict=True)):
        found[row, neighbours[neighbours >= 0]] = products[neighbours >= 0]
    return found


@pytest.mark.parametrize("rates", [True, False])
def test_the_batch_learns_what_the_whole_matrix_says(rates: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlap, "BLOCK", 16)
    some = people(60, rates=rates)
    model = saved.model_of(PICTURES, learnt_of(some, 3))
    crowd = whole_crowd(len(PICTURES), [taste_of(PICTURES, values) for _, values in some])
    assert model.crowd.is_rated == crowd.is_rated == rates
    assert model.crowd.overlap is not None
    assert crowd.overlap is not None
    assert model.crowd.overlap.norms == pytest.approx(crowd.overlap.norms, abs=0.02)
    assert dense(model.crowd) == pytest.approx(dense(crowd), abs=0.02)


def test_the_nearest_come_first_and_no_picture_is_its_own_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlap, "FEWEST_NEIGHBOURS", 5)
    monkeypatch.setattr(overlap, "STORED", 0)
    learnt = learnt_of(people(60, rates=True), 1)
    assert learnt.neighbours.shape == (50, 5)
    norms = np.sqrt(learnt.norms)
    likeness = np.abs(learnt.products) / (norms[:, np.newaxis] * norms[learnt.neighbours] + SHRINK)
    assert (np.diff(likeness, axis=1) <= 1e-6).all()
    assert not (learnt.neighbours == np.arange(len(learnt.ids))[:, np.newaxis]).any()


def test_the_number_of_tasks_changes_nothing() -> None:
    one, other = (learnt_of(people(60, rates=True), tasks) for tasks in (1, 7))
    for name in ("ids", "counts", "neighbours", "products", "norms"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


def test_of_many_people_a_share_is_drawn_and_of_many_opinions_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlap, "MOST_PAIRED", 10)
    some = people(400, rates=True)
    means = overlap.Means(PICTURES.ids, np.zeros(60), 0.25)
    drawn = [person for person in some if overlap.is_drawn(means.share, person[0])]
    assert 70 <= len(drawn) <= 130
    places, values = overlap.opinions_of(means, some[0])
    assert len(places) == len(values) == 10
    assert (np.diff(places) > 0).all()
    assert overlap.opinions_of(means, some[0])[0].tolist() == places.tolist()


def test_a_model_of_an_older_version_is_used_without_its_neighbours(tmp_path: Any) -> None:
    from shared.storage import LocalStorage

    volume = LocalStorage(tmp_path)
    learnt = learnt_of(people(60, rates=True), 1)
    saved.save(volume, learnt._replace(neighbours=np.full(learnt.neighbours.shape, "x" * 32)))
    assert saved.model_of(PICTURES, saved.load(volume)).crowd.overlap is None
