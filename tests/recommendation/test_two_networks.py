"""An index of the embeddings of two networks."""

from pathlib import Path

import numpy as np
import pytest

from recommendation import job
from recommendation.index import generation, reduction
from recommendation.index.build.collection import indexable, read_metadata, read_vectors
from recommendation.labels import Labels
from recommendation.quality import job as quality
from recommendation.search.engine import Engine
from recommendation.search.query_picture import features_of
from recommendation.settings import Settings
from shared import tables
from shared.errors import CannotProceedError
from shared.models import store
from shared.models.store import ModelChoice
from shared.storage import LocalStorage
from shared.tables.contracts import EMBEDDINGS
from tests.in_process import context
from tests.recommendation.made_up import WIDTHS, add_network, group_of, image_id, make_model, make_volume

ROWS = 150
SLICES = {"a": range(100), "b": range(100, ROWS)}
SECOND = 20


def make(volume: LocalStorage) -> list[str]:
    """A volume with embeddings of two networks; the models' SHA-256 in the order in which they are used."""
    make_volume(volume, SLICES, tagged=False)
    models = [add_network(volume, SLICES, width=SECOND), make_model(volume)]
    store.choose(volume, *(ModelChoice(one, settled=True, reason="") for one in models))
    return models


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> LocalStorage:
    made = LocalStorage(tmp_path_factory.mktemp("two"))
    models = make(made)
    job.build_index(context(), Settings(data=made.root), made, indexable(tables.open_snapshot(made), models))
    return made


def test_vectors_are_joined_in_the_order_of_the_models(volume: LocalStorage) -> None:
    models = [choice.sha256 for choice in store.read_choices(volume)]
    snapshot = tables.open_snapshot(volume)
    [first, _] = indexable(snapshot, models)
    [last, _] = indexable(snapshot, models[::-1])
    vectors, turned = (read_vectors(volume, one).features["embedding"] for one in (first, last))
    assert vectors.shape == (100, SECOND + WIDTHS["vector"])
    assert np.hstack([vectors[:, SECOND:], vectors[:, :SECOND]]).tolist() == turned.tolist()
    assert np.linalg.norm(vectors[:, :SECOND], axis=1) == pytest.approx(np.full(100, 0.5**0.5))
    assert read_vectors(volume, first).models == {"+".join(models)}
    assert {row["category"] for row in read_metadata(volume, first, [image_id(3)])} == {"other thing"}
    assert {row["category"] for row in read_metadata(volume, last, [image_id(3)])} == {f"{group_of(3)}, 1"}


def test_a_generation_states_networks_and_how_they_agree(volume: LocalStorage) -> None:
    models = [choice.sha256 for choice in store.read_choices(volume)]
    document = generation.open_live(volume).document
    assert (document["model"], document["model_sha256"]) == ("second int8 + made-up fp32", "+".join(models))
    assert [(one["dimensions"], one["weight"]) for one in document["networks"]] == [
        (SECOND, 0.5),
        (WIDTHS["vector"], 0.5),
    ]
    assert document["default"]["chosen_by"].startswith("agreement@5 of the networks")
    assert document["default"]["precision_at_5"] == {}


class FakeEmbedder:
    """A network that answers with the side of the pictures it gets."""

    def __init__(self, side_px: int) -> None:
        self.side_px = side_px

    def embed(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.full((len(pixels), 3), pixels.shape[1], np.float32), np.zeros((len(pixels), 1))


def test_a_query_picture_is_embedded_by_each_network_at_its_own_size() -> None:
    networks = [FakeEmbedder(8), FakeEmbedder(16)]
    found = features_of(np.zeros((30, 40, 3), np.uint8), networks)["embedding"]  # type: ignore[arg-type]
    expected = reduction.joined([np.full(3, 8, np.float32), np.full(3, 16, np.float32)])
    assert found.tolist() == expected.tolist()


def test_slices_with_other_networks_are_refused(volume: LocalStorage, tmp_path: Path) -> None:
    other = LocalStorage(tmp_path)
    make_volume(other, SLICES)
    add_network(other, {"a": SLICES["a"]}, width=SECOND)
    with pytest.raises(
        CannotProceedError, match=r"expected the embeddings of one model, got .*; run `imagerec embedding` again"
    ):
        job.build_index(context(), Settings(data=other.root), other, indexable(tables.open_snapshot(other)))


def test_each_network_is_compared_as_it_is(volume: LocalStorage) -> None:
    live, labels = generation.open_live(volume), Labels("category")
    rows = {
        sha256: [
            one
            for part in tables.open_snapshot(volume).parts(EMBEDDINGS)
            for one in tables.read_rows(volume, part)
            if one["model_sha256"] == sha256
        ]
        for sha256 in live.document["model_sha256"].split("+")
    }
    engine = Engine.open(volume)
    label_of = {one: labels.label(engine.metadata(one)) for one in (image_id(number) for number in range(ROWS))}
    for sha256, some in rows.items():
        found = quality.ask_plain(context(), volume, live.name, labels, sha256)
        vectors = np.array([one["vector"] for one in some], np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        cosines = vectors @ vectors.T - 3 * np.eye(ROWS)
        for place in (0, 99, ROWS - 1):
            best = [some[row]["image_id"] for row in np.argsort(-cosines[place])[:10]]
            one = some[place]["image_id"]
            assert found[one] == [label_of[other] == label_of[one] for other in best]


def test_a_damaged_choice_stops_the_build(tmp_path: Path) -> None:
    volume = LocalStorage(tmp_path)
    make(volume)
    store.choice_path(volume).write_text("{}")
    with pytest.raises(CannotProceedError, match="is damaged"):
        job.run(context(), Settings(data=volume.root))
