"""What a basis is learnt from: exact sums over the collection or a sample of it, the same in any order.

A basis is learnt from all pictures, or a sample where there are more than SAMPLE_ROWS, and kept until the collection has
grown or shrunk by CHANGED_SHARE.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.index import objects, reduction
from recommendation.index.basis import WHITENED, centred_measures, vector_measures
from recommendation.index.build import whitening
from recommendation.index.build.collection import NOTHING_TO_INDEX, SliceInput, check_models, read_indexed_vectors
from recommendation.index.build.whitening import Whitening
from recommendation.index.objects import BASES
from recommendation.settings import Settings
from shared.errors import CannotProceedError
from shared.models.means import built_in_mean
from shared.models.store import Model
from shared.pictures.measures import MEASURES
from shared.storage import Storage
from shared.storage.files import digest

LAYOUT = 4  # raise it when what is stored changes: every index is then built again
SAMPLE_ROWS = 100_000
WHITENING_ROWS = 16_384  # in whole slices: pictures of one folder stay together, so their neighbours are there
CHANGED_SHARE = 0.5
#: Settings that shape an index; when one changes, another basis is learnt.
SHAPING = ("recall", "trees", "search", "scan_mib")

Moments = dict[str, NDArray[np.float64]]


class Sums(NamedTuple):
    """Sums over some slices; exact, so they can be added in any order."""

    rows: int
    totals: Moments  # measure in `centred_measures` -> reduction.fixed_point_sum of its vectors
    moments: Moments  # other vector measure -> second moment of its vectors
    widths: dict[str, int]
    models: frozenset[str]


class Axes(NamedTuple):
    """What was stored for a measure.

    Args:
        hashes: name of the object -> SHA-256.
        facts: dimensions, and the share of the squared lengths that the axes keep.
    """

    measure: str
    hashes: dict[str, str]
    facts: dict[str, Any]


def conditions_of(settings: Settings, slices: Iterable[SliceInput]) -> str:
    """Digest of what a basis is only valid for: settings, measures, and what features and embeddings were made with."""
    slices = list(slices)
    made_with = sorted({part.fingerprint for one in slices for part in (one.features, *one.embeddings)})
    models = sorted({one.models for one in slices})
    shape = [getattr(settings, name) for name in SHAPING]
    measures = [(name, measure.column, measure.metrics, measure.reduced_width) for name, measure in MEASURES.items()]
    return digest(LAYOUT, shape, measures, made_with, models)


def picture_count(slices: Iterable[SliceInput]) -> int:
    """Pictures in a collection, at most."""
    return sum(one.images.rows for one in slices)


def is_valid(document: Mapping[str, Any], conditions: str, pictures: int) -> bool:
    """Whether a stored basis may be kept for a collection of so many pictures."""
    learnt: int = document["collection"]
    return document["conditions"] == conditions and abs(pictures - learnt) <= CHANGED_SHARE * learnt


def sample(slices: Sequence[SliceInput], rows: int = SAMPLE_ROWS) -> list[SliceInput]:
    """The slices to learn from: all, or in the order of a hash until they have so many rows."""
    chosen: list[SliceInput] = []
    for one in sorted(slices, key=lambda one: digest(one.slice)):
        if picture_count(chosen) >= rows:
            break
        chosen.append(one)
    return sorted(chosen)


def basis_name(conditions: str, chosen: Iterable[SliceInput]) -> str:
    """Name of the basis that is learnt from some slices."""
    return digest(conditions, [(*one.vectors_id, one.images.sha256) for one in chosen])[:16]


def sum_slices(volume: Storage, slices: Iterable[SliceInput]) -> Sums | None:
    """Sums over all rows of some slices; None where there are none; errors as `collection.read_vectors`."""
    return reduce(add_sums, (sum_slice(volume, one) for one in slices))


def sum_slice(volume: Storage, parts: SliceInput) -> Sums | None:
    """Sums over the rows of a slice."""
    found = read_indexed_vectors(volume, parts)
    if not found.image_ids:
        return None
    features = found.features
    return Sums(
        rows=len(found.image_ids),
        totals={name: reduction.fixed_point_sum(features[name]) for name in centred_measures()},
        moments={
            name: reduction.second_moment(features[name])
            for name in vector_measures()
            if name not in centred_measures()
        },
        widths={name: matrix.shape[1] for name, matrix in features.items()},
        models=found.models,
    )


def add_sums(left: Sums | None, right: Sums | None) -> Sums | None:
    """Sums over the slices of both.

    Raises:
        CannotProceedError: they have embeddings of different models.
    """
    if left is None or right is None:
        return left or right
    check_models(left.models | right.models)
    return Sums(
        left.rows + right.rows,
        add_moments(left.totals, right.totals),
        add_moments(left.moments, right.moments),
        left.widths,
        left.models | right.models,
    )


def check_sums(sums: Sums | None) -> Sums:
    """The sums, if there is something to index.

    Raises:
        CannotProceedError: there is no picture, or embeddings of two models.
    """
    if sums is None:
        raise CannotProceedError(NOTHING_TO_INDEX)
    check_models(sums.models)
    return sums


def means_of(sums: Sums, models: Sequence[Model]) -> dict[str, NDArray[np.float32]]:
    """What each measure is centred on that is.

    Args:
        models: that made the embeddings, in the order of their vectors.
    """
    return {
        name: joined_mean(reduction.mean_of(total, sums.rows), sums.rows, models) for name, total in sums.totals.items()
    }


def joined_mean(mean: NDArray[np.float32], rows: int, models: Sequence[Model]) -> NDArray[np.float32]:
    """`reduction.shrunk_mean` of each network's part of a mean of `reduction.joined` vectors, side by side."""
    scale = np.float32(reduction.network_weight(len(models)) ** 0.5)
    ends = list(accumulate(model.vector_length for model in models))[:-1]
    parts = zip(np.split(mean, ends), models, strict=True)
    return np.concatenate(
        [
            scale * reduction.shrunk_mean(part / scale, rows, built_in_mean(model.network, len(part)))
            for part, model in parts
        ]
    )


def centred_moments(volume: Storage, means: Mapping[str, NDArray[np.float32]], slices: Iterable[SliceInput]) -> Moments:
    """Second moments of the centred measures over some slices that have a row."""
    found = (read_indexed_vectors(volume, one).features for one in slices)
    each = (
        {name: reduction.second_moment(reduction.centre(features[name], mean)) for name, mean in means.items()}
        for features in found
        if all(len(features[name]) for name in means)
    )
    return reduce(add_moments, each, {})


def coordinates(
    volume: Storage, mean: NDArray[np.float32], axes: NDArray[np.float32], parts: SliceInput
) -> NDArray[np.float32]:
    """A slice's centred embeddings as `whitening.fixed_point` coordinates on some axes."""
    features = read_indexed_vectors(volume, parts).features[WHITENED]
    return whitening.fixed_point(reduction.centre(features, mean) @ axes)


def read_all(volume: Storage, slices: Iterable[SliceInput]) -> dict[str, NDArray[Any]]:
    """Features of all pictures of some slices, by measure; errors as `collection.read_vectors`."""
    found = [one for one in (read_indexed_vectors(volume, parts) for parts in slices) if one.image_ids]
    return {name: np.concatenate([one.features[name] for one in found]) for name in MEASURES}


def add_moments(left: Moments, right: Moments) -> Moments:
    """Sums of two sets of arrays, name by name; exact, so the order does not matter."""
    return {name: left[name] + right[name] for name in left} if left and right else left or right


def map_moment(moment: NDArray[np.float64], matrix: NDArray[np.float32]) -> NDArray[np.float64]:
    """The second moment of vectors after they were multiplied by a matrix."""
    exact = matrix.astype(np.float64)
    return exact.T @ moment @ exact


def put_arrays(volume: Storage, name: str, kind: str, arrays: Mapping[str, NDArray[np.float32]]) -> dict[str, str]:
    """Store an array of each measure; return the SHA-256 of each object by the end of its name."""
    named = {f"{measure}.{kind}.npy": array for measure, array in arrays.items()}
    return {suffix: objects.put_array(volume, f"{BASES}/{name}.{suffix}", array) for suffix, array in named.items()}


def put_axes(volume: Storage, name: str, moment: tuple[str, NDArray[np.float64]]) -> Axes:
    """Store the axes that a measure's vectors are reduced to."""
    measure, sums = moment
    axes = reduction.principal_axes(sums, MEASURES[measure].reduced_width)
    suffix = f"{measure}.axes.npy"
    kept = round(reduction.kept_share(sums, axes), 4)
    return Axes(
        measure,
        {suffix: objects.put_array(volume, f"{BASES}/{name}.{suffix}", axes)},
        {"dimensions": axes.shape[0], "reduced_to": axes.shape[1], "kept_share": kept},
    )


def describe_networks(models: Sequence[Model]) -> list[dict[str, Any]]:
    """What a document says of the networks: each one's share in the squared length of a vector is its weight."""
    weight = round(reduction.network_weight(len(models)), 4)
    return [
        {"name": one.name, "sha256": one.sha256, "dimensions": one.vector_length, "weight": weight} for one in models
    ]


def describe(sums: Sums, found: Whitening, arrays: Mapping[str, str], axes: Iterable[Axes]) -> dict[str, Any]:
    """What a basis's document says of its arrays."""
    stored = sorted(axes)
    return {
        "learnt_from": sums.rows,
        "model_sha256": min(sums.models),
        "widths": {**sums.widths, **{one.measure: one.facts["dimensions"] for one in stored}},
        "whitening": found.reason,
        "measures": {one.measure: one.facts for one in stored},
        "objects": reduce(lambda left, right: {**left, **right}, (one.hashes for one in stored), dict(arrays)),
    }
