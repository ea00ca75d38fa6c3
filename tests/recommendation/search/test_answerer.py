"""A new generation is taken over without a pause; a broken one is refused and the old one answers on."""

import logging
from pathlib import Path

import pytest
from pyspark import SparkContext

from recommendation import job
from recommendation.search import answerer
from recommendation.search.answerer import Answerer
from recommendation.search.query_picture import read_upload
from recommendation.search.request import Options
from recommendation.settings import Settings
from shared.errors import CannotProceedError
from shared.models.session import embedder
from shared.storage import LocalStorage
from shared.storage.files import write_atomically
from tests.recommendation.conftest import Collection

pytestmark = pytest.mark.spark


def build_another(sc: SparkContext, volume: LocalStorage) -> str:
    """Another generation of the same collection; return its name."""
    job.run(sc, Settings(data=volume.root, trees=7))
    return answerer.generation_name(volume)


def test_a_new_generation_is_noticed_and_answers(sc: SparkContext, own_collection: Collection) -> None:
    answerer = Answerer(own_collection.volume)
    before = answerer.current.engine.generation
    assert not answerer.refresh()
    after = build_another(sc, own_collection.volume)
    assert answerer.current.engine.generation == before
    assert answerer.refresh()
    assert not answerer.refresh()
    upload = read_upload(own_collection.paths()[0])
    assert answerer.answer([upload], Options()).content["generation"] == after != before


def test_a_query_under_way_keeps_its_generation_even_when_that_is_removed(
    sc: SparkContext, own_collection: Collection
) -> None:
    answerer = Answerer(own_collection.volume)
    old = answerer.current
    image_id = old.engine.features_of(stored_id(old)).image_id
    build_another(sc, own_collection.volume)
    answerer.refresh()
    for path in (own_collection.volume.local_path("index") / old.engine.generation).iterdir():
        path.unlink()
    assert len(old.engine.search([old.engine.features_of(image_id)], Options())["default"]) == 5


def stored_id(one: answerer.Current) -> str:
    """The id of some stored picture."""
    image_id: str = one.engine.known(0)["image_id"]
    return image_id


@pytest.mark.parametrize("damage", ["generation", "CURRENT", "gone"])
def test_a_broken_generation_is_refused_and_the_old_one_answers_on(
    sc: SparkContext, own_collection: Collection, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    volume = own_collection.volume
    answerer = Answerer(volume)
    before = answerer.current.engine.generation
    after = build_another(sc, volume)
    if damage == "generation":
        path = volume.local_path("index") / after / "embedding.npy"
        path.write_bytes(path.read_bytes()[:-1] + b"\x01\x02")
    elif damage == "CURRENT":
        write_atomically(volume.local_path("index") / "CURRENT", b"nonsense")
    else:
        write_atomically(volume.local_path("index") / "CURRENT", b"0123456789abcdef\n")
    with caplog.at_level(logging.ERROR):
        assert not answerer.refresh()
        assert not answerer.refresh()
    assert caplog.text.count("refused, still answering from") == 1
    answer = answerer.answer([read_upload(own_collection.paths()[0])], Options()).content
    assert answer["generation"] == before


def test_a_volume_without_index_is_refused_with_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(CannotProceedError, match="imagerec recommendation build"):
        Answerer(LocalStorage(tmp_path))


def test_a_missing_model_is_named(own_collection: Collection) -> None:
    embedder.cache_clear()
    for path in own_collection.volume.local_path("models").glob("*.onnx"):
        path.unlink()
    with pytest.raises(CannotProceedError, match=r"\.onnx"):
        Answerer(own_collection.volume)
