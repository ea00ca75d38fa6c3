"""What a network's vectors find as they are, by plain cosine: what everything else is compared with."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from recommendation.index import reduction
from recommendation.index.build.collection import SliceInput, read_networks
from recommendation.labels import Labels
from recommendation.steps import DEPTH, engine_of
from shared.storage import Storage

Found = tuple[list[str], NDArray[np.float32]]
"""Pictures, and the vectors of a network, of unit length."""


def hits(
    volume: Storage,
    generation: str,
    labels: Labels,
    sha256: str,
    slices: Sequence[SliceInput],
    block: Sequence[SliceInput],
) -> Iterator[tuple[str, list[bool]]]:
    """Whether each answer to the pictures of some slices has their label; pictures that the index lacks are left out.

    Args:
        sha256: of the network's model.
        block: the slices whose pictures are the queries.
    """
    engine = engine_of(cast("Any", volume), generation)  # every storage can be hashed

    @cache
    def label_of(image_id: str) -> str | None:
        is_there = engine.pictures.find(image_id) is not None
        return labels.label(engine.metadata(image_id)) if is_there else None

    for image_id, answers in nearest(volume, sha256, slices, block, DEPTH):
        if label := label_of(image_id):
            yield image_id, [label_of(one) == label for one in answers if label_of(one) is not None]


def nearest(
    volume: Storage, sha256: str, slices: Sequence[SliceInput], block: Sequence[SliceInput], count: int
) -> Iterator[tuple[str, list[str]]]:
    """The pictures nearest to each picture of some slices among all, best first, itself left out.

    Args:
        sha256: of the network's model.
        block: the slices whose pictures are the queries.
    """
    ids, queries = joined(unit_vectors(volume, sha256, block))
    best_ids = np.full((len(ids), count), "", "U32")
    best = np.full((len(ids), count), -np.inf, np.float32)
    own = np.array(ids, "U32")[:, np.newaxis]
    for some_ids, vectors in unit_vectors(volume, sha256, slices):
        names = np.broadcast_to(np.array(some_ids, "U32"), (len(ids), len(some_ids)))
        cosines = np.where(names == own, -np.inf, queries @ vectors.T)
        both, both_ids = np.hstack([best, cosines]), np.hstack([best_ids, names])
        order = np.argsort(-both, axis=1, kind="stable")[:, :count]
        best, best_ids = np.take_along_axis(both, order, 1), np.take_along_axis(both_ids, order, 1)
    for image_id, row in zip(ids, best_ids.tolist(), strict=True):
        yield image_id, [one for one in row if one]


def unit_vectors(volume: Storage, sha256: str, slices: Iterable[SliceInput]) -> Iterator[Found]:
    """The vectors of a network, slice by slice."""
    for one in slices:
        if found := read_networks(volume, one).get(sha256):
            yield found.image_ids, reduction.unit(found.vectors)


def joined(parts: Iterable[Found]) -> Found:
    """The vectors of several slices as one array."""
    found = list(parts)
    ids = [image_id for some, _ in found for image_id in some]
    return ids, np.concatenate([vectors for _, vectors in found]) if found else np.zeros((0, 0), np.float32)
