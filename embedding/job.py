"""Wire the embedding stage: choose the models, then embed every slice of thumbnails that lacks embeddings of one.

An int8 copy is made from pictures of the collection: `observe` maps each batch to the ranges of all tensors inside the
network, and `reduce` widens them until they hold everything that was seen. Other pictures then say whether the copy finds
the neighbours that the network finds.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from pyspark import RDD, Broadcast, SparkContext

from embedding import precision, steps
from embedding.networks import quantise
from embedding.networks.installation import FP32, INT8
from embedding.networks.selection import resolve_all, split_names
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
from shared.pipeline.slices import Done, OutputRow, StageOutput, WorkList
from shared.pipeline.stages import require
from shared.storage import Storage
from shared.storage.files import digest
from shared.tables import Snapshot
from shared.tables.contracts import IMAGES, THUMBNAILS
from shared.tables.live import LivePart, live_parts

log = logging.getLogger(__name__)


def check(settings: Settings) -> None:
    """Do nothing if the networks asked for are some.

    Raises:
        UsageError: one is none.
    """
    split_names(settings.model)


def check_input(snapshot: Snapshot) -> None:
    """Do nothing if there are pictures; errors as `run`."""
    require(snapshot.rows(IMAGES), "embedding", "acquisition")


def run(sc: SparkContext, settings: Settings) -> StageCounts:
    """Embed every picture with each of the volume's networks that has not embedded it yet.

    Writes EMBEDDINGS, CATEGORIES and FAILURES.

    Raises:
        UsageError: there is no such network, or its card does not fit.
        CannotProceedError: there are no pictures, or a network cannot be had.
    """
    volume = settings.volume
    snapshot = tables.open_snapshot(volume)
    check_input(snapshot)
    models = settle_models(sc, settings, snapshot)
    outputs = [steps.stage_of(model) for model in models]
    parts = {one.part.slice: one for one in live_parts(snapshot, THUMBNAILS)}
    lists = slices.work_lists(sc, volume, snapshot, outputs, parts)
    done = embed_slices(sc, volume, parts, list(zip(models, outputs, lists, strict=True)))
    slices.publish(volume, snapshot, outputs[0], slices.join(lists), done)
    return count(snapshot, outputs, lists, done)


def embed_slices(
    sc: SparkContext,
    volume: Storage,
    parts: Mapping[str, LivePart],
    lacking: Sequence[tuple[Model, StageOutput, WorkList]],
) -> list[Done]:
    """Embed what is to do of each network, a slice with all networks that lack it in one pass.

    Args:
        parts: of THUMBNAILS, by slice.
    """
    todo: dict[str, steps.Work] = {}
    outputs: dict[str, list[StageOutput]] = {}
    for name in slices.join([work for _, _, work in lacking]).todo:
        wanted = [(model, output) for model, output, work in lacking if name in work.todo]
        todo[name] = steps.Work(parts[name], tuple(model for model, _ in wanted))
        outputs[name] = [output for _, output in wanted]
    pictures = sum((one.live.images or one.live.part).rows for one in todo.values())
    with progress(sc, volume, "embedding", pictures) as counter:
        return slices.run_outputs(sc, volume, outputs, todo, partial(embed, volume), counter)


def embed(volume: Storage, tasks: "RDD[steps.Work]") -> "RDD[OutputRow]":
    """Rows of every table and network; a slice's rows stay in its partition and in its order."""
    return tasks.flatMap(partial(steps.embed_slice, volume))


def count(
    snapshot: Snapshot, outputs: Sequence[StageOutput], lists: Sequence[WorkList], done: Sequence[Done]
) -> StageCounts:
    """The account of the stage; with several networks each picture counts once for each."""
    counts = [
        runs.count_slices(
            output, IMAGES, snapshot, work, [one for one in done if one.fingerprint == output.fingerprint]
        )
        for output, work in zip(outputs, lists, strict=True)
    ]
    fingerprint = digest([output.fingerprint for output in outputs])
    return runs.together(counts, fingerprint, f"{len(outputs)} networks, each picture counts once for each")


def settle_models(sc: SparkContext, settings: Settings, snapshot: Snapshot) -> list[Model]:
    """The models that the volume keeps, or those it keeps from now on; says which and why."""
    volume = settings.volume
    networks = resolve_all(volume, settings.model, settings.model_zoo)
    choices = [settle_choice(sc, settings, snapshot, network) for network in networks]
    if choices != store.read_choices(volume):
        store.choose(volume, *choices)
    models = [store.load_model(volume, choice.sha256) for choice in choices]
    for model, choice in zip(models, choices, strict=True):
        log.info("model %s (SHA-256 %s...), %s", model.network, model.sha256[:12], choice.reason)
    return models


def settle_choice(sc: SparkContext, settings: Settings, snapshot: Snapshot, network: Model) -> ModelChoice:
    """The model of a network that the volume keeps, or the one it keeps from now on."""
    kept = store.kept_choice(settings.volume, network, settings.precision)
    return (
        kept
        or precision.settled_without_trial(network, settings.precision, snapshot.rows(IMAGES))
        or try_int8(sc, settings, snapshot, network)
    )


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
