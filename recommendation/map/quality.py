"""How well a map keeps who is near whom: exact ranks among all pictures for a sample of them.

Two passes over the slices: first each sampled picture's nearest ones on the map are found, then how many pictures have vectors
nearer than each of those.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.map.positions import Grid
from recommendation.map.vectors import Matrix

SAMPLE = 2000
K = 15  # nearest pictures that are looked at
FAR = np.iinfo(np.int64).max


class Sample(NamedTuple):
    """Pictures that are asked.

    Args:
        ids: numbers that tell pictures apart, shape (rows,).
        labels: a number for each label, 0 for none; for scoring only.
        is_placed: which were not in the fit.
    """

    ids: NDArray[np.uint64]
    vectors: Matrix
    places: Grid
    labels: NDArray[np.int64]
    is_placed: NDArray[np.bool_]

    def take(self, rows: NDArray[np.int64]) -> "Sample":
        """Some of the pictures."""
        return Sample(self.ids[rows], self.vectors[rows], self.places[rows], self.labels[rows], self.is_placed[rows])


class Near(NamedTuple):
    """The K pictures nearest on the map to each sampled one, shape (rows, K); those that are not there are FAR.

    Args:
        squares: squared distances on the map.
        products: of their vectors with the sampled picture's.
    """

    squares: NDArray[np.int64]
    ids: NDArray[np.uint64]
    products: Matrix
    labels: NDArray[np.int64]


class Quality(NamedTuple):
    """What a map keeps, 0..1.

    Args:
        trustworthiness: 1 if pictures that are near on the map are near in truth.
        kept: share of the K nearest that are the K nearest on the map.
        same_label: share of the K nearest on the map with the same first tag; None where pictures have none.
        placed_trustworthiness: that of pictures that were not in the fit; None where all were.

    Source: Venna and Kaski 2001, "Neighborhood preservation in nonlinear projection methods".
    """

    trustworthiness: float
    kept: float
    same_label: float | None
    placed_trustworthiness: float | None
    sampled: int


def join(samples: Iterable[Sample]) -> Sample:
    """All sampled pictures, in the order of their ids, at most SAMPLE."""
    parts = list(samples)
    all_of_them = Sample(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    return all_of_them.take(np.argsort(all_of_them.ids, kind="stable")[:SAMPLE])


def nearest_on_map(asked: Sample, some: Sample) -> Near:
    """The nearest of some pictures on the map, itself left out."""
    k = min(K, len(some.ids))
    squares = _squares(asked.places, some.places)
    squares[asked.ids[:, np.newaxis] == some.ids] = FAR
    order = np.lexsort((np.broadcast_to(some.ids, squares.shape), squares))[:, :k]
    ids, labels = (np.asarray(column[order]) for column in (some.ids, some.labels))
    products = np.einsum("qd,qkd->qk", asked.vectors, some.vectors[order]).astype(np.float32)
    missing = ((0, 0), (0, K - k))
    return Near(
        np.pad(np.take_along_axis(squares, order, 1), missing, constant_values=FAR),
        np.pad(ids, missing),
        np.pad(products, missing),
        np.pad(labels, missing),
    )


def _squares(left: Grid, right: Grid) -> NDArray[np.int64]:
    """Squared distances in the plane, whole numbers."""
    differences = left[:, np.newaxis, :2].astype(np.int64) - right[:, :2]
    return np.asarray((differences**2).sum(axis=2))


def nearer(left: Near, right: Near) -> Near:
    """The K nearest of both."""
    squares, ids = np.hstack([left.squares, right.squares]), np.hstack([left.ids, right.ids])
    order = np.lexsort((ids, squares))[:, :K]
    return Near(
        np.take_along_axis(squares, order, 1),
        np.take_along_axis(ids, order, 1),
        np.take_along_axis(np.hstack([left.products, right.products]), order, 1),
        np.take_along_axis(np.hstack([left.labels, right.labels]), order, 1),
    )


def ranks_among(asked: Sample, near: Near, some: Sample) -> NDArray[np.int64]:
    """How many of some pictures, itself left out, have vectors nearer than each of the nearest on the map; shape (rows, K)."""
    products = asked.vectors @ some.vectors.T
    products[asked.ids[:, np.newaxis] == some.ids] = -np.inf
    return np.stack([(products > limit[:, np.newaxis]).sum(axis=1) for limit in near.products.T], axis=1)


def judge(asked: Sample, near: Near, ranks: NDArray[np.int64], pictures: int) -> Quality:
    """The quality of a map of so many pictures.

    Args:
        ranks: from `ranks_among`, summed over all pictures.
    """
    k = min(K, pictures - 1)
    real = near.squares[:, :k] < FAR
    excess = np.where(real, np.maximum(ranks[:, :k] + 1 - k, 0), 0)
    is_labelled = asked.labels != 0
    same = (near.labels[:, :k] == asked.labels[:, np.newaxis])[is_labelled]
    return Quality(
        _trustworthiness(excess, k, pictures),
        round(float((ranks[:, :k] < k).mean()), 4) if k > 0 else 1.0,
        round(float(same.mean()), 4) if same.size else None,
        _trustworthiness(excess[asked.is_placed], k, pictures) if asked.is_placed.any() else None,
        len(asked.ids),
    )


def _trustworthiness(excess: NDArray[np.int64], k: int, pictures: int) -> float:
    """One minus the ranks beyond k, as a share of what they can be at most."""
    most = k * (2 * pictures - 3 * k - 1) / 2
    return round(1 - float(excess.sum(axis=1).mean()) / most, 4) if most > 0 and len(excess) else 1.0
