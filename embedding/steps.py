"""What happens to one picture, and to one batch of them: pixels, vector, rows. No Spark, no settings."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared import tables
from shared.models.session import Embedder, Observer, embedder
from shared.models.store import Model, model_path
from shared.pictures import pixels
from shared.pipeline.slices import OutputRow, StageOutput, TableRow, failure_row
from shared.storage import Storage
from shared.storage.files import digest
from shared.tables.contracts import CATEGORIES, EMBEDDINGS
from shared.tables.live import LivePart

STAGE = "embedding"
VERSION = 1  # raise it when the network gets other pixels of the same thumbnail than before
TOP_CATEGORIES = 5
CONTRACTS = (CATEGORIES, EMBEDDINGS)
SAMPLED_FROM = 2048  # pictures; more slices are not read for a sample, however large the collection is
#: Pictures. More take more memory and are no faster: 4.4 ms a picture in int8 and 8.4 in float at 1 to 8.
BATCH = 2


class Thumbnail(NamedTuple):
    """A picture as acquisition left it."""

    image_id: str
    jpeg: bytes


class Prediction(NamedTuple):
    """What the network made of a picture: a vector and the probability of each category."""

    image_id: str
    vector: NDArray[np.float32]
    probabilities: NDArray[np.float32]


def stage_of(model: Model) -> StageOutput:
    """What the stage makes with this model; other models have other parts, and each stays what it is."""
    return StageOutput(STAGE, digest(VERSION, model.sha256, TOP_CATEGORIES), CONTRACTS)


def read_thumbnails(volume: Storage, live: LivePart) -> Iterator[Thumbnail]:
    """The thumbnails of a slice's live pictures, in its order."""
    images = live.images and set(tables.read_columns(volume, live.images, ["image_id"])["image_id"])
    for row in tables.iterate_rows(volume, live.part, Thumbnail._fields):
        if images is None or row["image_id"] in images:
            yield Thumbnail(**row)


def sampled_parts(parts: Iterable[LivePart]) -> list[LivePart]:
    """Slices that hold enough pictures to take a sample from; the same ones for the same collection.

    Their order is that of hashes of their names, for neighbours in a listing look alike.
    """
    ordered = sorted(parts, key=lambda one: digest(one.part.slice))
    before = accumulate(((one.images or one.part).rows for one in ordered), initial=0)
    return [one for one, rows in zip(ordered, before, strict=False) if rows < SAMPLED_FROM]


class Work(NamedTuple):
    """What one task does.

    Args:
        models: that have not embedded the slice yet.
    """

    live: LivePart
    models: tuple[Model, ...]


def embed_slice(volume: Storage, work: Work) -> Iterator[OutputRow]:
    """The rows of each network about each picture of a slice, in its order; a thumbnail is decoded once for all networks."""
    networks = [(model, embedder(model_path(volume, model.sha256), model.sha256)) for model in work.models]
    for batch in batches(read_thumbnails(volume, work.live), BATCH):
        pictures = [pixels.open_thumbnail(one.jpeg) for one in batch]
        for model, network in networks:
            fingerprint = stage_of(model).fingerprint
            for prediction in predict_batch(network, batch, pictures):
                yield from ((fingerprint, row) for row in rows(model, prediction))


def predict(network: Embedder, thumbnails: Iterable[Thumbnail]) -> Iterator[Prediction]:
    """What a network makes of each picture, in order."""
    for batch in batches(thumbnails, BATCH):
        yield from predict_batch(network, batch, [pixels.open_thumbnail(one.jpeg) for one in batch])


def predict_batch(
    network: Embedder, batch: Sequence[Thumbnail], pictures: Sequence[NDArray[np.uint8]]
) -> Iterator[Prediction]:
    """What a network makes of a few pictures, in order.

    Args:
        pictures: the decoded thumbnails, shape (height, width, 3) each.
    """
    vectors, probabilities = network.embed(squares(pictures, network.side_px))
    return map(Prediction, [thumbnail.image_id for thumbnail in batch], vectors, probabilities)


def observe(network: Observer, thumbnails: Iterable[Thumbnail]) -> Iterator[NDArray[np.float32]]:
    """The ranges of the tensors inside a network, for each batch of pictures."""
    for batch in batches(thumbnails, BATCH):
        yield network.ranges(squares([pixels.open_thumbnail(one.jpeg) for one in batch], network.side_px))


def batches(thumbnails: Iterable[Thumbnail], size: int) -> Iterator[list[Thumbnail]]:
    """The pictures in lists of `size`; the last one may be shorter."""
    pictures = iter(thumbnails)
    while batch := list(islice(pictures, size)):
        yield batch


def squares(pictures: Iterable[NDArray[np.uint8]], side_px: int) -> NDArray[np.uint8]:
    """The whole pictures squashed to squares, shape (n, side_px, side_px, 3).

    Squashing finds more of the same class than a cut-out of the middle: precision@5 0.887 against 0.869.
    """
    return np.stack([pixels.resize(one, side_px, side_px) for one in pictures])


def rows(model: Model, prediction: Prediction) -> Iterator[TableRow]:
    """A picture's rows: its categories and its vector, or one failure."""
    if not (np.isfinite(prediction.vector).all() and np.isfinite(prediction.probabilities).all()):
        yield failure_row(
            STAGE, prediction.image_id, "not_finite", f"the network {model.name} answered NaN or infinity"
        )
        return
    identity = {"image_id": prediction.image_id, "model_sha256": model.sha256}
    for rank, number in enumerate(most_probable(prediction.probabilities), start=1):
        found = {
            "rank": rank,
            "category": model.categories[number],
            "probability": float(prediction.probabilities[number]),
        }
        yield CATEGORIES.name, identity | found
    yield EMBEDDINGS.name, identity | {"vector": prediction.vector}


def most_probable(probabilities: NDArray[np.float32]) -> list[int]:
    """The numbers of the most probable categories, best first; of equals the first."""
    order = np.argsort(-probabilities, kind="stable")
    return [int(number) for number in order[:TOP_CATEGORIES]]
