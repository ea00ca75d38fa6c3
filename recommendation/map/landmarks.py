"""The pictures that a map was fitted on: stored so that others can be placed among them.

map/current.json            which fit is used, what it was made of and how good it is
map/<name>.vectors.npy      int16, shape (rows, dimensions)
map/<name>.places.npy       uint16, shape (rows, 5): two coordinates in the plane, three in space
map/<name>.clusters.npy     int32, shape (rows, 2): before and after
map/<name>.ids.npy          16 bytes each, ascending
"""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.index import objects
from recommendation.map.neighbours import padded
from recommendation.map.positions import Grid
from recommendation.map.vectors import Matrix
from shared.errors import CannotProceedError
from shared.storage import Storage
from shared.storage.files import digest
from shared.storage.volume import MAP

CURRENT = f"{MAP}/current.json"
#: Pictures that a map is fitted on, at most; a little less is aimed at, since they are drawn by their ids' digits.
MOST = 100_000
AIM = 0.985
LEAST_OF_CLUSTER = 50  # pictures of each cluster that are wanted in the fit, however few its share is
ID_BYTES = 16
NAMES = ("vectors", "places", "clusters", "ids")


class Landmarks(NamedTuple):
    """Mapped pictures that others are placed by.

    Args:
        vectors: from `neighbours.padded`.
        clusters: before and after, shape (rows, 2).
        row_of: of an image_id.
    """

    vectors: Matrix
    places: Grid
    clusters: NDArray[np.int32]
    row_of: dict[str, int]


def shares(counts: dict[int, int]) -> dict[int, float]:
    """The share of each cluster's pictures that is fitted: all alike, but for small clusters, which are there in any case."""
    total = sum(counts.values())
    if total <= MOST:
        return dict.fromkeys(counts, 1.0)
    wanted = {group: min(count, LEAST_OF_CLUSTER) for group, count in counts.items()}
    left = AIM * MOST - sum(wanted.values())
    share = left / total
    return {group: min(1.0, share + wanted[group] / count) for group, count in counts.items()}


def is_chosen(image_ids: Iterable[str], groups: NDArray[np.int32], share: dict[int, float]) -> NDArray[np.bool_]:
    """Which pictures are fitted; an image_id is a digest, so its last digits are as good as random ones."""
    drawn = np.array([int(one[-8:], 16) for one in image_ids], np.float64) / 2**32
    return drawn < np.array([share.get(int(group), 0.0) for group in groups])


def fit_name(made_of: str, ids: NDArray[np.bytes_]) -> str:
    """Name of the fit of some pictures."""
    return digest(made_of, hashlib.sha256(ids.tobytes()).hexdigest())[:16]


def key(name: str, what: str) -> str:
    """Where an array of a fit is."""
    return f"{MAP}/{name}.{what}.npy"


def put(volume: Storage, name: str, arrays: dict[str, NDArray[Any]]) -> dict[str, str]:
    """Store the arrays of a fit; return the SHA-256 of each."""
    return {what: objects.put_array(volume, key(name, what), array) for what, array in arrays.items()}


def read_current(volume: Storage) -> dict[str, Any] | None:
    """The document of the fit that is used, if it and its arrays are what was stored; None where another is due."""
    try:
        document = objects.read_document(volume, CURRENT)
        for what, sha256 in document["objects"].items():
            objects.check_object(volume, key(document["name"], what), sha256)
    except (CannotProceedError, KeyError):
        return None
    return document


@lru_cache(maxsize=1)
def load(volume: Storage, name: str) -> Landmarks:
    """The landmarks of a fit, read once by a process that places many pictures."""
    vectors, places, clusters, ids = (objects.load_array(volume, key(name, what)) for what in NAMES)
    hexed = [bytes(one).ljust(ID_BYTES, b"\0").hex() for one in ids]
    return Landmarks(
        padded(vectors.astype(np.float32)),
        np.array(places),
        np.array(clusters),
        {image_id: row for row, image_id in enumerate(hexed)},
    )


def sweep(volume: Storage, name: str) -> None:
    """Delete the arrays of other fits, and what interrupted writes left."""
    volume.delete_unfinished(MAP)
    for one in volume.list(MAP):
        is_array = one.key.endswith(".npy") and one.key.count("/") == MAP.count("/") + 1
        if is_array and not one.key.startswith(f"{MAP}/{name}."):
            volume.delete(one.key)
