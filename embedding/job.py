"""Wire the embedding stage: choose a model, then embed every slice of thumbnails that lacks embeddings.

An int8 copy is made from pictures of the collection: `observe` maps each batch to the ranges of all tensors inside the
network, and `reduce` widens them until they hold everything that was seen. Other pictures then say whether the copy finds
the neighbours that the network finds.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from pyspark import RDD, Broadcast, SparkContext

from embedding import precision, steps
from embedding.networks import quantise
from embedding.networks.installation import FP32, INT8, check_name, resolve
from embedding.settings import Settings
from embedding.steps import Thumbnail
from shared import tables
from shared.errors import CannotProceedError
from shared.models import store
from shared.models.session import Embedder, Observer, checked_bytes
from shared.models.store import Model, ModelChoice
from shared.pipeline import runs, slices
from shared.pipeline.progress import progress
from shared.pipeline.runs import StageCounts
from shared.pipeline.slices import TableRow
from shared.pipeline.stages import require
from shared.storage import Storage
from shared.tables import Snapshot
from shared.tables.contracts import IMAGES, THUMBNAILS
from shared.tables.live import LivePart, live_parts

log = logging.getLogger(__name__)


def check(settings: Settings) -> None:
    """Do nothing if the model asked for is one.

    Raises:
        UsageError: there is none of that name.
    """
    check_name(settings.model)


def check_input(snapshot: Snapshot) -> None:
    """Do nothing if there are pictures; errors as `run`."""
    require(snapshot.rows(IMAGES), "embedding", "acquisition")


def run(sc: SparkContext, settings: Settings) -> StageCounts:
    """Embed every picture that the volume's model has not embedded yet.

    Writes EMBEDDINGS, CATEGORIES and FAILURES.

    Raises:
        UsageError: there is no such network, or its card does not fit.
        CannotProceedError: there are no pictures, or the network cannot be had.
    """
    volume = settings.volume
    snapshot = tables.open_snapshot(volume)
    check_input(snapshot)
    model = settle_model(sc, settings, snapshot)
    stage, parts = steps.stage_of(model), {one.part.slice: one for one in live_parts(snapshot, THUMBNAILS)}
    work = slices.work_list(sc, volume, snapshot, stage, parts)
    todo = {name: parts[name] for name in work.todo}
    with progress(sc, volume, "embedding", sum((one.images or one.part).rows for one in todo.values())) as counter:
        done = slices.run_slices(sc, volume, stage, todo, partial(embed, volume, model), counter)
    slices.publish(volume, snapshot, stage, work, done)
    return runs.count_slices(stage, IMAGES, snapshot, work, done)


def embed(volume: Storage, model: Model, parts: "RDD[LivePart]") -> "RDD[TableRow]":
    """Rows of every table from parts of THUMBNAILS; a slice's rows stay in its partition and in its order."""
    return (
        parts.flatMap(partial(steps.read_thumbnails, volume))
        .mapPartitions(partial(steps.embed_pictures, volume, model))
        .flatMap(partial(steps.rows, model))
    )


def settle_model(sc: SparkContext, settings: Settings, snapshot: Snapshot) -> Model:
    """The model that the volume keeps, or the one it keeps from now on; says which and why."""
    volume = settings.volume
    network = resolve(volume, settings.model, settings.model_zoo)
    choice = store.kept_choice(volume, network, settings.precision)
    if choice is None:
        pictures = snapshot.rows(IMAGES)
        choice = precision.settled_without_trial(network, settings.precision, pictures) or try_int8(
            sc, settings, snapshot, network
        )
        store.choose(volume, choice)
    model = store.load_model(volume, choice.sha256)
    log.info("model %s (SHA-256 %s...), %s", model.network, model.sha256[:12], choice.reason)
    return model


def try_int8(sc: SparkContext, settings: Settings, snapshot: Snapshot, network: Model) -> ModelChoice:
    """Make the int8 copy, compare it with the network on pictures of the collection, and choose."""
    try:
        return compare_int8(sc, settings, snapshot, network)
    except CannotProceedError as error:
        if settings.precision == INT8:
            raise
        return ModelChoice(network.sha256, settled=True, reason=f"{FP32}: {error}")


def compare_int8(sc: SparkContext, settings: Settings, snapshot: Snapshot, network: Model) -> ModelChoice:
    """Choose between the network and its int8 copy; the copy is stored when it is chosen.

    Raises:
        CannotProceedError: this network cannot be quantised.
    """
    volume = settings.volume
    sample = sample_pictures(sc, volume, live_parts(snapshot, THUMBNAILS))
    calibration, checked = precision.divide(sample)
    original = checked_bytes(store.model_path(volume, network.sha256), network.sha256)
    copy = quantised(sc, original, calibration)
    before, after = (vectors(sc, one, checked) for one in (original, copy))
    kept = precision.kept_neighbours(before, after)
    choice = precision.judge(network.sha256, sha256(copy).hexdigest(), kept, len(checked), settings.precision)
    if choice.sha256 != network.sha256:
        store.save_model(volume, copy, network._replace(precision=INT8))
    return choice


def sample_pictures(sc: SparkContext, volume: Storage, parts: Sequence[LivePart]) -> list[Thumbnail]:
    """Pictures that stand for the collection: the same ones for the same collection."""
    sampled = steps.sampled_parts(parts)
    n_tasks = min(len(sampled), sc.defaultParallelism)  # few, since each returns as many pictures as are asked for
    thumbnails = sc.parallelize(sampled, n_tasks).flatMap(partial(steps.read_thumbnails, volume))
    return thumbnails.takeOrdered(precision.SAMPLED_PICTURES)


def quantised(sc: SparkContext, network: bytes, pictures: Sequence[Thumbnail]) -> bytes:
    """The int8 copy of a network, made from what goes on inside it on these pictures.

    Raises:
        CannotProceedError: this network cannot be quantised.
    """
    prepared, observing = quantise.prepare_both(network)
    ranges = sc.parallelize(pictures, sc.defaultParallelism).mapPartitions(partial(observe, sc.broadcast(observing)))
    return quantise.quantise(prepared, ranges.reduce(quantise.union_of_ranges))


def observe(network: "Broadcast[bytes]", thumbnails: Iterable[Thumbnail]) -> Iterator[NDArray[np.float32]]:
    """The ranges inside the network for each batch of a partition."""
    return steps.observe(Observer(network.value), thumbnails)


def vectors(sc: SparkContext, network: bytes, pictures: Sequence[Thumbnail]) -> NDArray[np.float32]:
    """The vectors a network makes of pictures, shape (pictures, length)."""
    thumbnails = sc.parallelize(pictures, sc.defaultParallelism)
    return np.stack(thumbnails.mapPartitions(partial(predict, sc.broadcast(network))).collect())


def predict(network: "Broadcast[bytes]", thumbnails: Iterable[Thumbnail]) -> Iterator[NDArray[np.float32]]:
    """The vectors of a partition."""
    return (prediction.vector for prediction in steps.predict(Embedder(network.value), thumbnails))
