"""What clusters are called: by the tags or categories that are most typical of their pictures."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from recommendation.map.clusters import AFTER, BEFORE, NONE, representatives
from recommendation.map.landmarks import Landmarks
from recommendation.map.positions import STEPS

#: A name must be that of so many of a cluster's pictures.
LEAST_NAMED = 0.1
MOST_NAMES = 3  # of a cluster that are looked at

Key = tuple[str, int]
"""Kind and number of a cluster."""
Count = tuple[tuple[str, int, str], int]
"""Kind and number of a cluster, a tag or category, and how many of its pictures have it; "" counts all of them."""
Named = tuple[float, str]
"""How typical a tag or category is of a cluster, and the tag or category."""


class Cluster(NamedTuple):
    """A row of CLUSTERS."""

    kind: str
    cluster: int
    name: str
    pictures: int
    image_id: str
    x: float
    y: float


def is_size(counted: Count) -> bool:
    """Whether it counts all pictures of a cluster."""
    return counted[0][2] == ""


def is_value(counted: Count) -> bool:
    """Whether it counts those with a tag or category."""
    return counted[0][2] != ""


def by_value(counted: Count) -> tuple[tuple[str, str], tuple[int, int]]:
    """The same by kind and value."""
    (kind, number, value), count = counted
    return (kind, value), (number, count)


def typical_of(
    total: int, sizes: Mapping[Key, int], found: tuple[tuple[str, str], Iterable[tuple[int, int]]]
) -> Iterator[tuple[Key, Named]]:
    """Of which clusters a value is typical, and how much.

    That is its share there, times the logarithm of how many times more often it is there than everywhere.

    Args:
        total: pictures in the collection.
    """
    (kind, value), counts = found
    of_cluster = Counter(dict(counts))
    everywhere = sum(of_cluster.values())
    for number, count in of_cluster.items():
        share = count / sizes[kind, number]
        if number != NONE and share >= LEAST_NAMED:
            yield (kind, number), (share * math.log1p(share * total / everywhere), value)


def most_typical(found: Iterable[Named]) -> list[Named]:
    """The most typical values, of equals the first by alphabet."""
    return sorted(found, key=lambda one: (-one[0], one[1]))[:MOST_NAMES]


def names(found: Mapping[int, Sequence[Named]], numbers: Iterable[int]) -> dict[int, str]:
    """A name for each cluster, no two alike: its most typical value, and more of them where that is taken."""
    taken: dict[int, str] = {}
    for number in sorted(numbers):
        values = [value for _, value in found.get(number, ())]
        options = [", ".join(values[: count + 1]) for count in range(len(values))]
        used = set(taken.values())
        taken[number] = next((name for name in options if name not in used), _numbered(number, values))
    return taken


def _numbered(number: int, values: Sequence[str]) -> str:
    return f"{values[0]} ({number + 1})" if values else f"cluster {number + 1}"


def clusters_of(fit: Landmarks, sizes: Mapping[Key, int], typical: Mapping[Key, Sequence[Named]]) -> list[Cluster]:
    """All clusters, by kind and number; their middle is that of their fitted pictures."""
    return [
        one
        for column, kind in enumerate((BEFORE, AFTER))
        for one in _of_kind(fit, column, kind, sizes, {key[1]: some for key, some in typical.items() if key[0] == kind})
    ]


def _of_kind(
    fit: Landmarks, column: int, kind: str, sizes: Mapping[Key, int], typical: Mapping[int, Sequence[Named]]
) -> Iterator[Cluster]:
    groups = fit.clusters[:, column]
    ids = list(fit.row_of)
    chosen = representatives(fit.vectors[: len(groups)], groups)
    called = names(typical, chosen)
    for number, row in chosen.items():
        x, y = np.median(fit.places[groups == number, :2].astype(np.float64), axis=0) / STEPS
        yield Cluster(kind, number, called[number], sizes.get((kind, number), 0), ids[row], float(x), float(y))
