"""Which queries can be judged, and their hits as one array."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from recommendation.steps import DEPTH, Asked


def judged(asked: Iterable[Asked]) -> list[tuple[Asked, int]]:
    """The queries whose label another picture has, and how many others."""
    asked = list(asked)
    counts = Counter(one.label for one in asked if one.label)
    return [(one, counts[one.label] - 1) for one in asked if counts[one.label] > 1]


def possible_of(queries: Iterable[tuple[Asked, int]]) -> NDArray[np.int64]:
    """How many answers of each query can be right."""
    return np.array([others for _, others in queries], np.int64)


def padded(hits: Sequence[Sequence[bool]]) -> NDArray[np.bool_]:
    """Hits of queries as one array; answers that are not there are no hits."""
    return np.array([[*some[:DEPTH], *[False] * (DEPTH - len(some))] for some in hits], np.bool_)
