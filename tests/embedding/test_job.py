"""The embedding stage on a volume, from thumbnails to finished tables."""

import logging
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pyspark import SparkContext

from embedding import job, precision, steps
from embedding.__main__ import main
from embedding.networks.selection import resolve_all
from embedding.settings import Settings
from shared import tables
from shared.errors import CannotProceedError
from shared.models import store
from shared.models.session import embedder
from shared.pictures import pixels
from shared.pipeline import slices
from shared.storage import LocalStorage
from shared.tables.contracts import CATEGORIES, EMBEDDINGS, FAILURES, IMAGES, THUMBNAILS
from shared.tables.live import live_parts
from tests.embedding.networks.networks import write_network
from tests.embedding.thumbnails import publish_thumbnails, thumbnail
from tests.shared.tables.revisions import revise_images

pytestmark = pytest.mark.spark
OPEN = pixels.open_thumbnail
SLICES = {"a": range(12), "b": range(12, 20)}


@pytest.fixture
def settings(volume: LocalStorage, tmp_path: Path) -> Settings:
    """A volume with 20 thumbnails, and a small network to look at them."""
    publish_thumbnails(volume, SLICES)
    return Settings(data=volume.root, model=str(write_network(tmp_path / "network")))


def ids(volume: LocalStorage) -> list[str]:
    parts = tables.open_snapshot(volume).parts(EMBEDDINGS)
    return [image_id for part in parts for image_id in tables.read_columns(volume, part, ["image_id"])["image_id"]]


def models(volume: LocalStorage) -> set[str]:
    return {
        sha256
        for contract in (EMBEDDINGS, CATEGORIES)
        for part in tables.open_snapshot(volume).parts(contract)
        for sha256 in tables.read_columns(volume, part, ["model_sha256"])["model_sha256"]
    }


def test_every_picture_gets_a_vector_and_five_categories(sc: SparkContext, settings: Settings) -> None:
    volume = settings.volume
    counts = job.run(sc, settings)
    assert (counts.listed, counts.done, counts.skipped, counts.failed) == (20, 20, 0, {})
    snapshot = tables.open_snapshot(volume)
    assert (snapshot.rows(EMBEDDINGS), snapshot.rows(CATEGORIES), snapshot.rows(FAILURES)) == (20, 100, 0)
    assert ids(volume) == [thumbnail(number).image_id for number in range(20)]
    assert models(volume) == {store.current(volume)[0].sha256}
    [vectors, _] = [tables.read_matrix(volume, part, "vector") for part in snapshot.parts(EMBEDDINGS)]
    assert vectors.shape == (12, 16)
    assert vectors.dtype == np.float32


def test_a_second_run_does_nothing_and_starts_no_network(sc: SparkContext, settings: Settings) -> None:
    job.run(sc, settings)
    before = tables.open_snapshot(settings.volume)
    embedder.cache_clear()
    counts = job.run(sc, settings)
    assert (counts.done, counts.skipped) == (0, 20)
    assert tables.open_snapshot(settings.volume) == before


def test_pictures_that_went_are_not_embedded_and_those_that_were_stay_done(
    sc: SparkContext, settings: Settings
) -> None:
    volume = settings.volume
    [first, second] = [part.slice for part in tables.open_snapshot(volume).parts(IMAGES)]
    revise_images(volume, first, {0: None, 3: None})
    assert job.run(sc, settings)[2:5] == (18, 18, 0)
    gone = {thumbnail(0).image_id, thumbnail(3).image_id}
    assert ids(volume) == [one for one in (thumbnail(number).image_id for number in range(20)) if one not in gone]
    revise_images(volume, second, {1: None})
    assert job.run(sc, settings)[2:5] == (17, 0, 17)


def test_new_pictures_are_all_that_the_next_run_looks_at(sc: SparkContext, settings: Settings) -> None:
    job.run(sc, settings)
    publish_thumbnails(settings.volume, SLICES | {"c": range(20, 22)})
    counts = job.run(sc, settings)
    assert (counts.listed, counts.done, counts.skipped) == (22, 2, 20)


def test_vectors_of_two_models_never_meet(sc: SparkContext, settings: Settings, tmp_path: Path) -> None:
    job.run(sc, settings)
    other = Settings(data=settings.data, model=str(write_network(tmp_path / "other", scale=0.01)))
    assert job.run(sc, other).done == 20
    assert models(settings.volume) == {store.current(settings.volume)[0].sha256}
    assert len(ids(settings.volume)) == 20


@pytest.fixture
def both(settings: Settings, tmp_path: Path) -> Settings:
    """The same volume with the same network and another one."""
    other = write_network(tmp_path / "c++" / "other", scale=0.01)
    return Settings(data=settings.data, model=f"{settings.model}+{other}")


def test_a_second_network_is_all_that_is_embedded(sc: SparkContext, settings: Settings, both: Settings) -> None:
    volume = settings.volume
    job.run(sc, settings)
    before = {part for contract in (EMBEDDINGS, CATEGORIES) for part in tables.open_snapshot(volume).parts(contract)}
    assert job.run(sc, both)[2:5] == (40, 20, 20)
    snapshot = tables.open_snapshot(volume)
    parts = {part for contract in (EMBEDDINGS, CATEGORIES) for part in snapshot.parts(contract)}
    assert before < parts
    assert (snapshot.rows(EMBEDDINGS), snapshot.rows(CATEGORIES)) == (40, 200)
    assert models(volume) == {model.sha256 for model in store.current(volume)}
    auto = Settings(data=settings.data, model="auto")
    assert job.run(sc, auto)[2:5] == (40, 0, 40)  # the volume keeps both


def test_going_back_to_one_network_embeds_nothing(sc: SparkContext, settings: Settings, both: Settings) -> None:
    job.run(sc, both)
    counts = job.run(sc, settings)
    assert (counts.listed, counts.done, counts.skipped) == (20, 0, 20)
    assert models(settings.volume) == {model.sha256 for model in store.current(settings.volume)}
    again = job.run(sc, both)  # what was replaced less than an hour ago is taken over
    assert (again.listed, again.skipped) == (40, 20)
    assert "2 slices taken over" in again.note


def test_a_thumbnail_is_decoded_once_for_all_networks(
    sc: SparkContext, both: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = list[bytes]()

    def counted(jpeg: bytes) -> NDArray[np.uint8]:
        opened.append(jpeg)
        return OPEN(jpeg)

    monkeypatch.setattr(pixels, "open_thumbnail", counted)
    volume = both.volume
    models = tuple(resolve_all(volume, both.model))
    live = live_parts(tables.open_snapshot(volume), THUMBNAILS)[0]
    rows = list(steps.embed_slice(volume, steps.Work(live, models)))
    assert len(opened) == 12
    assert len(rows) == 12 * 2 * 6
    alone = [row for one in models for row in steps.embed_slice(volume, steps.Work(live, (one,)))]
    key = lambda row: (row[0], row[1][0], row[1][1]["image_id"], row[1][1].get("rank", 0))  # noqa: E731
    assert [repr(row) for row in sorted(rows, key=key)] == [repr(row) for row in sorted(alone, key=key)]


def test_an_interrupted_run_with_two_networks_goes_on_where_it_was(sc: SparkContext, both: Settings) -> None:
    volume = both.volume
    chosen = job.settle_models(sc, both, tables.open_snapshot(volume))
    live = live_parts(tables.open_snapshot(volume), THUMBNAILS)[0]
    outputs = [steps.stage_of(model) for model in chosen]
    slices.write_outputs(volume, outputs, live.part.slice, steps.embed_slice(volume, steps.Work(live, tuple(chosen))))
    counts = job.run(sc, both)
    assert (counts.listed, counts.done, counts.skipped) == (40, 40, 0)
    assert counts.note.count("1 slices taken over from an interrupted run") == 2


def test_the_volume_keeps_its_model(sc: SparkContext, settings: Settings) -> None:
    job.run(sc, settings)
    assert job.run(sc, Settings(data=settings.data, model="auto", model_zoo="http://127.0.0.1:9")).skipped == 20


def test_an_int8_copy_is_made_from_the_collection_and_stated(
    sc: SparkContext, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    volume, wanted = settings.volume, Settings(data=settings.data, model=settings.model, precision="int8")
    with caplog.at_level(logging.INFO):
        job.run(sc, wanted)
    [first] = store.current(volume)
    [choice] = store.read_choices(volume)
    assert (first.precision, first.vector_length) == ("int8", 16)
    assert models(volume) == {first.sha256}
    assert "of the 5 nearest neighbours among 20 pictures (--precision int8 asks for it)" in choice.reason
    assert choice.reason in caplog.text
    assert job.run(sc, settings).skipped == 20  # auto keeps it
    store.choice_path(volume).unlink()
    job.run(sc, wanted)
    assert store.current(volume) == [first]  # the same pictures make the same bytes


@pytest.mark.parametrize(("enough", "taken"), [(0.0, "int8"), (1.1, "fp32")])
def test_the_copy_is_taken_if_it_keeps_enough_neighbours(
    sc: SparkContext, settings: Settings, monkeypatch: pytest.MonkeyPatch, enough: float, taken: str
) -> None:
    monkeypatch.setattr(precision, "WORTH_PICTURES", 20)
    monkeypatch.setattr(precision, "ENOUGH_KEPT", enough)
    job.run(sc, settings)
    assert store.current(settings.volume)[0].precision == taken
    assert job.run(sc, settings).skipped == 20


def test_a_collection_that_has_grown_is_looked_at_again(
    sc: SparkContext, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    job.run(sc, settings)
    assert store.current(settings.volume)[0].precision == "fp32"
    monkeypatch.setattr(precision, "WORTH_PICTURES", 20)
    monkeypatch.setattr(precision, "ENOUGH_KEPT", 0.0)
    assert job.run(sc, settings).done == 20
    assert store.current(settings.volume)[0].precision == "int8"


def test_without_thumbnails_the_message_names_the_stage_to_run(sc: SparkContext, volume: LocalStorage) -> None:
    with pytest.raises(CannotProceedError, match="run `imagerec acquisition` first"):
        job.run(sc, Settings(data=volume.root))


def test_wrong_use_ends_with_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--precision", "int4"]) == 2
    assert "--precision: expected one of auto, fp32, int8, got 'int4'" in capsys.readouterr().err
