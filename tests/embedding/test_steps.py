"""What the embedding stage does with one picture and with one batch."""

from pathlib import Path

import numpy as np
import pytest

from embedding import steps
from embedding.networks.installation import resolve
from embedding.steps import Prediction
from shared import tables
from shared.models import store
from shared.models.session import Embedder
from shared.models.store import Model
from shared.pictures.pixels import open_thumbnail
from shared.storage import LocalStorage
from shared.tables import Part
from shared.tables.contracts import CATEGORIES, EMBEDDINGS, FAILURES, THUMBNAILS
from shared.tables.live import LivePart
from tests.embedding.networks.networks import NAMES, SIDE_PX, write_network
from tests.embedding.thumbnails import publish_thumbnails, thumbnail
from tests.shared.pictures.drawn import BLUE, RED, cornered, encoded

MODEL = Model("a" * 64, "small", "", "fp32", "a" * 64, SIDE_PX, 2, "", "", (*NAMES, "fence"))


def seen(vector: list[float], probabilities: list[float]) -> Prediction:
    return Prediction("b" * 32, np.array(vector, np.float32), np.array(probabilities, np.float32))


def test_a_picture_becomes_its_vector_and_its_five_most_probable_categories() -> None:
    rows = list(steps.rows(MODEL, seen([1, -2], [0.125, 0.5, 0.0, 0.125, 0.0625, 0.1875])))
    identity = {"image_id": "b" * 32, "model_sha256": "a" * 64}
    ranked = [("dog", 0.5), ("fence", 0.1875), ("cat", 0.125), ("tree", 0.125), ("boat", 0.0625)]
    assert rows[:-1] == [
        (CATEGORIES.name, identity | {"rank": rank, "category": name, "probability": probability})
        for rank, (name, probability) in enumerate(ranked, start=1)
    ]
    table, row = rows[-1]
    assert (table, row["vector"].tolist(), row["image_id"]) == (EMBEDDINGS.name, [1, -2], "b" * 32)


@pytest.mark.parametrize(
    ("vector", "probabilities"), [([1, np.nan], [0.5] * 6), ([np.inf, 0], [0.5] * 6), ([1, 2], [np.nan] * 6)]
)
def test_numbers_that_are_not_finite_are_a_failure(vector: list[float], probabilities: list[float]) -> None:
    [(table, row)] = steps.rows(MODEL, seen(vector, probabilities))
    assert (table, row["item"], row["reason"]) == (FAILURES.name, "b" * 32, "not_finite")


def test_the_whole_picture_goes_in_squashed() -> None:
    wide = encoded(cornered((240, 60)), "JPEG", quality=95)
    pixels = steps.squares([open_thumbnail(wide)], 32)
    assert pixels.shape == (1, 32, 32, 3)
    assert pixels[0, 4, 4] == pytest.approx(RED, abs=8)
    assert pixels[0, 28, 28] == pytest.approx(BLUE, abs=8)
    assert pixels[0, 4, 28] == pytest.approx(BLUE, abs=8)


def test_pictures_are_looked_at_in_batches_and_come_out_in_order(volume: LocalStorage, tmp_path: Path) -> None:
    model = resolve(volume, str(write_network(tmp_path)))
    pictures = [thumbnail(number) for number in range(steps.BATCH * 2 + 3)]
    network = Embedder(store.model_path(volume, model.sha256).read_bytes())
    together = list(steps.predict(network, pictures))
    alone = [next(steps.predict(network, [picture])) for picture in pictures]
    assert [one.image_id for one in together] == [picture.image_id for picture in pictures]
    assert all((one.vector == other.vector).all() for one, other in zip(together, alone, strict=True))


def test_another_model_is_another_stage() -> None:
    assert steps.stage_of(MODEL) == steps.stage_of(MODEL._replace(network="renamed"))
    assert steps.stage_of(MODEL).fingerprint != steps.stage_of(MODEL._replace(sha256="c" * 64)).fingerprint


def test_thumbnails_are_read_in_the_order_of_their_slice(volume: LocalStorage) -> None:
    publish_thumbnails(volume, {"s": range(3)})
    [part] = tables.open_snapshot(volume).parts(THUMBNAILS)
    assert list(steps.read_thumbnails(volume, LivePart(part, None))) == [thumbnail(number) for number in range(3)]


def test_a_sample_is_taken_from_enough_slices_and_no_more() -> None:
    parts = [LivePart(Part("thumbnails", f"{n:04}", "acquisition", "", 1000, 0, ""), None) for n in range(500)]
    chosen = steps.sampled_parts(parts)
    assert len(chosen) == 3
    assert chosen == steps.sampled_parts(reversed(parts))
    assert steps.sampled_parts(parts[:1]) == parts[:1]
