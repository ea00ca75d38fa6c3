"""Whether the int8 copy of a network is good enough: it must find the neighbours that float32 finds."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from embedding.networks.installation import FP32, INT8
from shared.models.store import Model, ModelChoice

T = TypeVar("T")

NEIGHBOURS = 5
CALIBRATION_PICTURES = 128
SAMPLED_PICTURES = 256  # the others are checked
#: Share of the neighbours that must stay. On 2,999 photos copies that kept 0.87 to 0.94 lost at most 0.003 of precision@5,
#: as much as storing thumbnails loses; one that kept 0.70 lost 0.022.
ENOUGH_KEPT = 0.8
#: Making and checking the copy takes about as long as it saves on this many pictures.
WORTH_PICTURES = 2000


def settled_without_trial(network: Model, wanted: str, pictures: int) -> ModelChoice | None:
    """The choice where no int8 copy needs to be made; None where one does."""
    if wanted == FP32:
        return ModelChoice(network.sha256, settled=True, reason=f"{FP32}: --precision asks for it")
    if wanted == INT8 or pictures >= WORTH_PICTURES:
        return None
    reason = f"{FP32}: making an int8 copy pays from {WORTH_PICTURES} pictures on, and there are {pictures}"
    return ModelChoice(network.sha256, settled=False, reason=reason)


def divide(sample: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    """The pictures that set the ranges, and the others, on which the copy is checked; a small sample serves for both."""
    return sample[:CALIBRATION_PICTURES], sample[CALIBRATION_PICTURES:] or sample


def judge(network: str, copy: str, kept: float, pictures: int, wanted: str) -> ModelChoice:
    """The choice between a network and its int8 copy, told by their SHA-256, with the figure it rests on."""
    figure = f"an int8 copy keeps {kept:.1%} of the {NEIGHBOURS} nearest neighbours among {pictures} pictures"
    asked = f"--precision {INT8} asks for it" if wanted == INT8 else f"at least {ENOUGH_KEPT:.0%} expected"
    is_taken = wanted == INT8 or kept >= ENOUGH_KEPT
    return ModelChoice(
        copy if is_taken else network, settled=True, reason=f"{INT8 if is_taken else FP32}: {figure} ({asked})"
    )


def kept_neighbours(before: NDArray[np.float32], after: NDArray[np.float32], count: int = NEIGHBOURS) -> float:
    """The share of each picture's nearest neighbours that stay its nearest neighbours.

    Args:
        before: vectors, shape (pictures, length).
        after: vectors of the same pictures, shape (pictures, any length).

    Returns:
        0..1; 1 where there is at most one other picture, which cannot but stay.
    """
    count = min(count, len(before) - 1)
    if count < 1:
        return 1.0
    pairs = zip(nearest(before, count), nearest(after, count), strict=True)
    return float(np.mean([len(np.intersect1d(one, other)) / count for one, other in pairs]))


def nearest(vectors: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Row numbers of each row's nearest others by cosine of centred vectors, shape (rows, count)."""
    centred = vectors - vectors.mean(axis=0)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    unit = centred / np.where(length > 0, length, 1)
    likeness = unit @ unit.T
    np.fill_diagonal(likeness, -np.inf)
    order: NDArray[np.int64] = np.argsort(-likeness, axis=1, kind="stable")[:, :count]
    return order
