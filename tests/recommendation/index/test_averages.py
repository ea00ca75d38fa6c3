"""Stored embeddings averaged with their neighbours."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recommendation import job, steps
from recommendation.index import generation, shard
from recommendation.index.build.collection import indexable
from recommendation.index.objects import AVERAGES
from recommendation.index.shard import ShardEntry
from recommendation.search.engine import Engine, QueryPicture
from recommendation.search.request import Options
from recommendation.settings import Settings
from shared import tables
from shared.pipeline.runs import StageCounts
from shared.storage import LocalStorage
from tests.in_process import context
from tests.recommendation.made_up import GROUPS, group_of, image_id, make_volume

ROWS = 120
NEIGHBOURS = 5


def build(volume: LocalStorage, neighbours: int | None = NEIGHBOURS) -> StageCounts:
    settings = Settings(data=volume.root, expand_neighbours=neighbours)
    return job.build_index(context(), settings, volume, indexable(tables.open_snapshot(volume)))


def entries(volume: LocalStorage) -> list[ShardEntry]:
    return generation.open_live(volume).shards


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> LocalStorage:
    volume = make_volume(LocalStorage(tmp_path_factory.mktemp("averages")), {"a": range(ROWS)}, tagged=False)
    build(volume)
    return volume


def vectors_of(volume: LocalStorage) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Vectors themselves and averaged."""
    one = Engine.open(volume).searchers["embedding"]
    rows = np.arange(ROWS)
    return one.vectors(rows), one.averaged(rows)


def test_each_vector_is_averaged_with_its_nearest_weighted_by_cosine(built: LocalStorage) -> None:
    vectors, averaged = vectors_of(built)
    cosines = vectors @ vectors.T - 3 * np.eye(ROWS)
    for row in (0, 17, ROWS - 1):
        nearest = np.argsort(-cosines[row])[:NEIGHBOURS]
        expected = vectors[row] + cosines[row, nearest] @ vectors[nearest]
        assert averaged[row] == pytest.approx(expected / np.linalg.norm(expected), abs=2e-3)


def test_a_second_build_does_nothing_and_another_number_makes_only_averages(volume: LocalStorage) -> None:
    make_volume(volume, {"a": range(ROWS)})
    build(volume)
    [first] = entries(volume)
    assert (build(volume).done, build(volume).note.endswith("is up to date")) == (0, True)
    build(volume, 2)
    [second] = entries(volume)
    assert second.averages != first.averages
    assert second._replace(averages="", averages_sha256="") == first._replace(averages="", averages_sha256="")
    build(volume, 0)
    assert entries(volume) == [first._replace(averages="", averages_sha256="")]
    assert Engine.open(volume).searchers["embedding"].neighbours == 0


def test_new_pictures_are_averaged_and_stored_averages_stay(volume: LocalStorage) -> None:
    make_volume(volume, {"a": range(ROWS)})
    build(volume)
    [first] = entries(volume)
    make_volume(volume, {"b": range(ROWS, ROWS + 30)})
    build(volume)
    assert entries(volume)[0] == first
    assert all(volume.stat(shard.averages_key(one.averages)) for one in entries(volume))
    assert len({one.averages for one in entries(volume)}) == 2


def test_damaged_averages_are_made_again_and_old_ones_deleted(volume: LocalStorage) -> None:
    make_volume(volume, {"a": range(ROWS)})
    build(volume)
    [first] = entries(volume)
    path = volume.local_path(shard.averages_key(first.averages))
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"?")
    assert build(volume).done == ROWS
    assert path.read_bytes() == content
    for neighbours in (1, 2, 3):
        build(volume, neighbours)
    assert len(volume.list(AVERAGES)) == 2  # of the live generation and the one before


def test_without_a_setting_embeddings_are_averaged_where_they_are_whitened(built: LocalStorage) -> None:
    live = generation.open_live(built)
    view = steps.View(built, live.document["basis"], {**generation.read_basis_document(live)}, tuple(live.shards))
    assert not view.is_whitened
    assert steps.neighbours_of(Settings(), view) == 0
    whitened = view._replace(document={**view.document, "objects": {"embedding.map.npy": ""}})
    assert steps.neighbours_of(Settings(), whitened) == 5
    many = whitened._replace(shards=(ShardEntry("s", steps.SCANNED_ROWS + 1, "m", 0),))
    assert steps.neighbours_of(Settings(), many) == 0
    assert steps.neighbours_of(Settings(expand_neighbours=3), many) == 3


def test_a_copy_comes_before_the_middle_of_its_group(built: LocalStorage, tmp_path: Path) -> None:
    engine = Engine.open(built)
    firsts = []
    for number in range(ROWS):
        stored = engine.features_of(image_id(number))
        noise = np.random.default_rng(number).normal(0, 0.01, stored.features["embedding"].shape)
        vector = (stored.features["embedding"] + noise).astype(np.float32)
        copy = QueryPicture(
            "0" * 32, "copy.jpg", {**stored.features, "embedding": vector / np.linalg.norm(vector)}, is_prepared=True
        )
        for measure in ("embedding", "default"):
            items = engine.search([copy], Options(measure=(measure,)))[measure]
            firsts.append(items[0]["image_id"] == image_id(number))
            scores = [item["score"] for item in items]
            assert scores == sorted(scores, reverse=True)
    assert all(firsts)


def test_averaging_finds_more_of_the_same_group(built: LocalStorage) -> None:
    engine = Engine.open(built)
    one = engine.searchers["embedding"]

    def precision(neighbours: int) -> float:
        plain = one._replace(shards=tuple(part._replace(averaged=part.full) for part in one.shards))
        engine.searchers["embedding"] = (one if neighbours else plain)._replace(neighbours=neighbours)
        found = [
            engine.search([engine.features_of(image_id(number))], Options(measure=("embedding",), top_k=10))[
                "embedding"
            ]
            for number in range(ROWS)
        ]
        right = [group_of(number) in item["location"] for number, items in enumerate(found) for item in items]
        return float(np.mean(right))

    without, averaged = precision(0), precision(NEIGHBOURS)
    engine.searchers["embedding"] = one
    assert 1 / GROUPS < without <= averaged
