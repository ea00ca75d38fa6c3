"""A new generation is taken over without a pause; a broken one is refused and the old one answers on."""

import logging
import shutil
from pathlib import Path
from typing import NoReturn

import pytest
from pyspark import SparkContext

from recommendation import job
from recommendation.index import generation
from recommendation.search import answerer
from recommendation.search.answerer import Answerer
from recommendation.search.query_picture import read_upload
from recommendation.search.request import Options
from shared.errors import CannotProceedError
from shared.models.session import embedder
from shared.storage import LocalStorage
from shared.storage.files import write_atomically
from tests.recommendation.bare import bare
from tests.recommendation.conftest import Collection

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def rebuilt(sc: SparkContext, collection: Collection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `index` that has another generation of the collection, too, which is the live one."""
    volume = LocalStorage(tmp_path_factory.mktemp("rebuilt") / "volume")
    shutil.copytree(collection.volume.root, volume.root)
    job.run(sc, bare(volume.root, trees=7))
    return volume.root / "index"


def publish_another(rebuilt: Path, volume: LocalStorage) -> str:
    """Bring the other generation to a copy of the collection, CURRENT last; return its name."""
    for path in rebuilt.rglob("*"):
        copy = volume.root / "index" / path.relative_to(rebuilt)
        if path.is_file() and not copy.exists():
            copy.parent.mkdir(exist_ok=True)
            shutil.copy2(path, copy)
    write_atomically(volume.root / "index" / "CURRENT", (rebuilt / "CURRENT").read_bytes())
    return answerer.generation_name(volume)


def test_a_new_generation_is_noticed_and_answers(rebuilt: Path, own_collection: Collection) -> None:
    answerer = Answerer(own_collection.volume)
    before = answerer.current.engine.generation
    assert not answerer.refresh()
    after = publish_another(rebuilt, own_collection.volume)
    assert answerer.current.engine.generation == before
    assert answerer.refresh()
    assert not answerer.refresh()
    upload = read_upload(own_collection.paths()[0])
    assert answerer.answer([upload], Options()).content["generation"] == after != before


def test_a_query_under_way_keeps_its_generation_even_when_that_is_removed(
    rebuilt: Path, own_collection: Collection
) -> None:
    answerer = Answerer(own_collection.volume)
    old = answerer.current
    image_id = old.engine.features_of(stored_id(old)).image_id
    publish_another(rebuilt, own_collection.volume)
    answerer.refresh()
    for key in keys_of(own_collection.volume, old.engine.generation):
        own_collection.volume.delete(key)
    assert len(old.engine.search([old.engine.features_of(image_id)], Options())["default"]) == 5


def keys_of(volume: LocalStorage, name: str) -> set[str]:
    """The objects of a generation."""
    return generation.object_keys(generation.read_generation(volume, name))


def stored_id(one: answerer.Current) -> str:
    """The id of some stored picture."""
    image_id: str = one.engine.metadata_at(0)["image_id"]
    return image_id


@pytest.mark.parametrize("damage", ["generation", "CURRENT", "gone"])
def test_a_broken_generation_is_refused_and_the_old_one_answers_on(
    rebuilt: Path, own_collection: Collection, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    volume = own_collection.volume
    answerer = Answerer(volume)
    before = answerer.current.engine.generation
    after = publish_another(rebuilt, volume)
    if damage == "generation":
        path = volume.local_path(next(key for key in keys_of(volume, after) if key.endswith(".embedding.npy")))
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


def test_a_current_that_is_damaged_is_named_and_its_repair_is_noticed(
    rebuilt: Path, own_collection: Collection, caplog: pytest.LogCaptureFixture
) -> None:
    volume = own_collection.volume
    answerer = Answerer(volume)
    after = publish_another(rebuilt, volume)
    path = volume.root / "index" / "CURRENT"
    right = path.read_bytes()
    for damaged in (b"\xff" + right[1:], b"", b"\0" * 17, right[:-2] + b"\xe9\n"):
        write_atomically(path, damaged)
        assert not answerer.refresh()
        assert not answerer.refresh()
        with pytest.raises(CannotProceedError, match="CURRENT"):
            Answerer(volume)
    assert caplog.text.count("refused, still answering from") == 4
    write_atomically(path, right)
    assert answerer.refresh()
    assert answerer.current.engine.generation == after


@pytest.mark.parametrize("folder", ["index", "models"])
def test_a_refused_generation_is_tried_again_when_its_files_change(
    rebuilt: Path, own_collection: Collection, folder: str
) -> None:
    volume = own_collection.volume
    answerer = Answerer(volume, clock=lambda: 0.0)
    after = publish_another(rebuilt, volume)
    embedder.cache_clear()
    shard = Path(volume.root, "index").rglob("*.npy")
    path = (
        max(shard, key=lambda path: path.stat().st_mtime_ns)
        if folder == "index"
        else next(volume.root.glob("models/*.onnx"))
    )
    right = path.read_bytes()
    write_atomically(path, right[:-1] + bytes([right[-1] ^ 1]))
    assert not answerer.refresh()
    write_atomically(path, right)
    assert answerer.refresh()
    assert answerer.current.engine.generation == after


def test_a_refused_generation_is_tried_again_after_a_while(
    rebuilt: Path, own_collection: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume, times = own_collection.volume, iter([0.0, 59.0, 61.0, 61.0])
    answerer = Answerer(volume, clock=lambda: next(times))
    publish_another(rebuilt, volume)
    opened = []

    def fail(_: LocalStorage) -> NoReturn:
        opened.append(1)
        raise CannotProceedError("too many open files")

    monkeypatch.setattr("recommendation.search.answerer.open_current", fail)
    assert not answerer.refresh()
    assert not answerer.refresh()
    assert len(opened) == 1
    monkeypatch.undo()
    assert answerer.refresh()
