"""What the batch learns from all people, stored for answers online: the crowd, everybody's weights, predicted appeal."""

import io
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.scoring.crowd import LEAST_USERS, Crowd, Overlap, make_crowd
from recommendation.scoring.linear import features
from recommendation.scoring.pictures import Pictures
from recommendation.scoring.recommenders import Model
from recommendation.scoring.taste import Shares
from recommendation.scoring.weights import SHRINK
from shared.storage import Storage

KEY = "people/model.npz"
LEAST_RATED = 100  # pictures with ratings, from which on appeal is predicted
APPEAL_RIDGE = 10.0


class Learnt(NamedTuple):
    """What all people together said, by image_id, so that it outlives the index it was learnt with.

    Args:
        ids: pictures that anybody said anything of, ascending.
        counts: shape (3, pictures): sums of approval, ratings, likes.
        users: people.
        everybody: weight of each part.
        neighbours: places in `ids` of each picture's neighbours by item-kNN, shape (pictures, k), -1 for none.
        products: see `Overlap`.
        norms: see `Overlap`.
        strength: see `Model`.
    """

    ids: NDArray[np.str_]
    counts: Shares
    users: int
    everybody: dict[str, float]
    neighbours: NDArray[np.int32]
    products: NDArray[np.float32]
    norms: Shares
    strength: float = SHRINK


EMPTY = Learnt(
    np.zeros(0, "U32"), np.zeros((3, 0)), 0, {}, np.zeros((0, 0), np.int32), np.zeros((0, 0), np.float32), np.zeros(0)
)


def save(volume: Storage, learnt: Learnt) -> None:
    """Store it, replacing what was stored before."""
    buffer = io.BytesIO()
    names = np.array(list(learnt.everybody), np.str_)
    values = np.array(list(learnt.everybody.values()), np.float64)
    fields: dict[str, Any] = {
        **learnt._asdict(),
        "everybody": names,
        "weights": values,
        "users": np.array(learnt.users),
        "strength": np.array(learnt.strength),
    }
    np.savez(buffer, **fields)
    volume.put(KEY, buffer.getvalue())


def load(volume: Storage) -> Learnt:
    """What was stored last; EMPTY before the first batch."""
    try:
        data = volume.read(KEY)
    except FileNotFoundError:
        return EMPTY
    with np.load(io.BytesIO(data)) as stored:
        fields = {name: stored[name] for name in stored.files}
    if fields["neighbours"].dtype.kind != "i":  # of an older version: the next run learns them again
        fields["neighbours"] = EMPTY.neighbours
    weights = fields.pop("weights")
    everybody = dict(zip(fields.pop("everybody").tolist(), weights.tolist(), strict=True))
    strength = float(fields.get("strength", SHRINK))
    return Learnt(**{**fields, "users": int(fields["users"]), "everybody": everybody, "strength": strength})


def model_of(pictures: Pictures, learnt: Learnt) -> Model:
    """What recommenders need, for the pictures that exist today."""
    rows, there = _rows(pictures, learnt.ids)
    counts = np.zeros((3, len(pictures)))
    counts[:, rows] = learnt.counts[:, there]
    crowd = make_crowd(learnt.users, counts[0], counts[1], counts[2], _overlap(pictures, learnt, rows, there))
    return Model(pictures, crowd, learnt.everybody, appeal_of(pictures, crowd), learnt.strength)


def _rows(pictures: Pictures, ids: NDArray[np.str_]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The rows of those ids that exist, and which do."""
    if not len(ids) or not len(pictures):
        return np.zeros(0, np.int64), np.zeros(len(ids), np.bool_)
    places = np.minimum(np.searchsorted(pictures.ids, ids), len(pictures) - 1)
    there = pictures.ids[places] == ids
    return places[there], there


def _overlap(pictures: Pictures, learnt: Learnt, rows: NDArray[np.int64], there: NDArray[np.bool_]) -> Overlap | None:
    if not learnt.neighbours.size:
        return None
    k = learnt.neighbours.shape[1]
    neighbours, products = np.full((len(pictures), k), -1, np.int32), np.zeros((len(pictures), k), np.float32)
    row_of = np.full(len(learnt.ids) + 1, -1, np.int32)  # the last place is for neighbours that are not there
    row_of[np.flatnonzero(there)] = rows
    neighbours[rows] = row_of[learnt.neighbours[there]]
    products[rows] = learnt.products[there]
    norms = np.zeros(len(pictures))
    norms[rows] = learnt.norms[there]
    return Overlap(neighbours, products, norms)


def appeal_of(pictures: Pictures, crowd: Crowd) -> Shares | None:
    """Predicted approval of every picture, by ridge regression on its features; None with few people or rated pictures."""
    popularity, rated = crowd.popularity(), np.flatnonzero(crowd.ratings)
    if crowd.users < LEAST_USERS or len(rated) < LEAST_RATED:
        return None
    train = features(pictures, rated).astype(np.float64)
    mean, target = train.mean(axis=0), popularity[rated]
    gram = (train - mean).T @ (train - mean) + APPEAL_RIDGE * np.eye(train.shape[1])
    weights = np.linalg.solve(gram, (train - mean).T @ (target - target.mean()))
    found = [
        (features(pictures, rows) - mean.astype(np.float32)) @ weights.astype(np.float32)
        for rows in np.array_split(np.arange(len(pictures)), max(1, len(pictures) // 16_384))
    ]
    return np.asarray(np.clip(np.concatenate(found).astype(np.float64) + target.mean(), 0, 1))
