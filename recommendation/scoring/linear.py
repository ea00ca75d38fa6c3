"""A linear classifier of liked against other pictures over all features: ridge regression in its dual form."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.scoring.pictures import ORIENTATIONS, SIZES, Floats, Pictures, Rows
from recommendation.scoring.taste import Shares, Taste

RIDGE = 0.01  # per training picture
#: Squared length that each block of features has; one-hot blocks are weaker since they are never near zero.
BLOCKS = {"subject": 1.0, "color": 1.0, "structure": 0.5, "orientation": 0.25, "size": 0.25}


class Ridge(NamedTuple):
    """A classifier of a person's likes, from which likes can be left out without training again.

    Args:
        train: features of likes, then of the others, from the others' mean, shape (n, width).
        middle: the others' mean, shape (width,).
        likes: rows of the likes.
        inverse: of the regularised kernel matrix, shape (n, n).
        dual: weight of each training picture, shape (n,).
    """

    train: NDArray[np.float64]
    middle: NDArray[np.float64]
    likes: Rows
    inverse: NDArray[np.float64]
    dual: Shares

    def scores(self, pictures: Pictures, rows: Rows, kept: NDArray[np.bool_]) -> Shares:
        """How much more like the likes than like the others some pictures are, around 0, shape (cases, len(rows)).

        Args:
            kept: likes that count in each case, shape (cases, likes); the result is as if the classifier had never seen
                the others.
        """
        if not len(self.likes):
            return np.zeros((len(kept), len(rows)))
        weights = self.weights(kept)
        return project(pictures, rows, weights) - (weights @ self.middle)[:, np.newaxis]

    def weights(self, kept: NDArray[np.bool_]) -> Shares:
        """Weights of the features in each case, shape (cases, width); `kept` as in `scores`."""
        duals = np.repeat(self.dual[np.newaxis], len(kept), axis=0)
        for case, gone in enumerate(map(np.flatnonzero, ~kept)):
            if len(gone):
                correction = np.linalg.solve(self.inverse[gone[:, np.newaxis], gone], self.dual[gone])
                duals[case] -= self.inverse[:, gone] @ correction
        return np.asarray(duals @ self.train)


def train_ridge(pictures: Pictures, taste: Taste, background: Rows) -> Ridge:
    """Tell likes from dislikes and random pictures: least squares to 1 and 0, both sides weighing one half.

    Source: Saunders, Gammerman and Vovk 1998, "Ridge regression learning algorithm in dual variables".
    """
    others = np.concatenate([taste.dislikes, background])
    found = features(pictures, np.concatenate([taste.likes, others])).astype(np.float64)
    n, n_likes = len(found), len(taste.likes)
    middle = found[n_likes:].mean(axis=0) if len(others) else np.zeros(found.shape[1])
    train, target = found - middle, (np.arange(n) < n_likes).astype(np.float64)
    balance = np.where(target > 0, n / (2 * max(n_likes, 1)), n / (2 * max(n - n_likes, 1)))
    inverse = np.linalg.inv(train @ train.T + np.diag(RIDGE * n / balance))
    return Ridge(train, middle, taste.likes, inverse, inverse @ target)


def features(pictures: Pictures, rows: Rows) -> Floats:
    """All features of some pictures side by side, shape (len(rows), width)."""
    blocks = {
        "subject": pictures.subject[rows],
        "color": pictures.color[rows],
        "structure": pictures.structure[rows],
        "orientation": np.eye(len(ORIENTATIONS), dtype=np.float32)[pictures.orientation[rows]],
        "size": np.eye(len(SIZES), dtype=np.float32)[pictures.size[rows]],
    }
    return np.hstack([np.float32(np.sqrt(BLOCKS[name])) * block for name, block in blocks.items()])


def project(pictures: Pictures, rows: Rows, weights: Shares) -> Shares:
    """`weights @ features(pictures, rows).T` without making the features, shape (len(weights), len(rows))."""
    widths = [
        pictures.subject.shape[1],
        pictures.color.shape[1],
        pictures.structure.shape[1],
        len(ORIENTATIONS),
        len(SIZES),
    ]
    scales = np.repeat(np.sqrt(list(BLOCKS.values())), widths)
    parts = np.split(scales * weights, np.cumsum(widths)[:-1], axis=1)
    subject, color, structure = (
        part.astype(np.float32) @ matrix[rows].T
        for matrix, part in zip((pictures.subject, pictures.color, pictures.structure), parts[:3], strict=True)
    )
    return np.asarray(
        subject + color + structure + parts[3][:, pictures.orientation[rows]] + parts[4][:, pictures.size[rows]],
        np.float64,
    )
