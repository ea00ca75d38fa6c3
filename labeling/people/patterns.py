"""What people have in common: totals of all likes, clusters of people, most similar pairs. Pure functions."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.people.clustering import kmeans, nearest_centre, silhouette
from shared.people.profile import KINDS, Facts

MOST_CLUSTERS = 8
#: People that k and the clusters' centres are chosen with, and that all pairs are compared of: both cost the square of them.
#: Where there are more people, these are drawn by a hash of their ids; everybody is put into the nearest cluster.
CLUSTERED, PAIRED = 2_000, 20_000
STRIP = 256  # people compared with all others at a time
PAIRS = 20
TOTALS = 50  # values of each kind
WORDS = 64  # most frequent colours and tags that tastes are compared by, each
TOTALLED = ("color", "tag", "orientation", "size")
FAVORITES = {"colors": "favorite_color", "tags": "favorite_tag"}

Row = dict[str, Any]
Floats = NDArray[np.float32]
Total = tuple[tuple[str, str], int]
"""((kind, value), how often)."""
Pair = tuple[float, str, str]
"""(negative cosine, one person, the other): sorts the most similar first, equals by name."""


class Words(NamedTuple):
    """The axes of tastes: the colours and tags that most people have among their favourites, with their places."""

    colors: dict[str, int]
    tags: dict[str, int]


class Taste(NamedTuple):
    """A person's taste; sorts people as if at random, in the same order whatever else is there."""

    key: bytes
    user_id: str
    vector: Floats


class Clusters(NamedTuple):
    """Clusters of people with similar tastes.

    Args:
        centres: shape (k, axes).
        silhouettes: of each k that was tried.
    """

    centres: NDArray[np.float64]
    silhouettes: dict[int, float]


def totals_of(people: Iterable[tuple[Row, Facts]]) -> Iterator[Total]:
    """What some people add to the totals: of each value that likes have, of words among favourites, of people and likes."""
    found: Counter[tuple[str, str]] = Counter()
    for profile, facts in people:
        for kind in TOTALLED:
            for value, n in facts.counts[kind].items():
                found[kind, value] += n
        for kind, name in FAVORITES.items():
            found.update((kind, word) for word in profile[f"{name}s"])
        found["people", ""] += 1
        found["likes", ""] += len(facts.likes)
    yield from found.items()


def most_frequent_first(total: Total) -> tuple[int, tuple[str, str]]:
    """Sort key: by count, then by kind and value."""
    return -total[1], total[0]


def words_of(totals: Mapping[str, Sequence[Total]]) -> Words:
    """The axes, from the totals of words among favourites."""
    colors, tags = (
        {word: place for place, ((_, word), _) in enumerate(totals[kind][:WORDS])} for kind in ("colors", "tags")
    )
    return Words(colors, tags)


def taste_vector(words: Words, profile: Row) -> Floats:
    """A unit vector: shares of colours, tags, orientations and sizes; zeros without likes."""
    found = np.zeros(len(words.colors) + len(words.tags) + sum(map(len, KINDS.values())), np.float32)
    starts = ((words.colors, 0, "favorite_color"), (words.tags, len(words.colors), "favorite_tag"))
    for places, start, name in starts:
        for word, share in zip(profile[f"{name}s"], profile[f"{name}_shares"], strict=True):
            if word in places:
                found[start + places[word]] = share
    found[len(words.colors) + len(words.tags) :] = [*profile["orientation_shares"], *profile["size_shares"]]
    return found / np.float32(np.linalg.norm(found) or 1)


def tastes_of(words: Words, profiles: Iterable[Row]) -> Iterator[Taste]:
    """The tastes of those who like anything."""
    for one in profiles:
        if one["favorite_images"]:
            key = hashlib.sha256(one["user_id"].encode()).digest()
            yield Taste(key, one["user_id"], taste_vector(words, one))


def find_clusters(tastes: Sequence[Taste]) -> Clusters:
    """Clusters by KMeans; k, 2 to MOST_CLUSTERS, has the highest silhouette; one cluster for fewer than 3 people."""
    if not tastes:
        return Clusters(np.zeros((0, 0)), {})
    vectors = np.array([one.vector for one in tastes], np.float64)
    tried = {k: kmeans(vectors, k) for k in range(2, min(MOST_CLUSTERS, len(vectors) - 1) + 1)}
    silhouettes = {k: round(silhouette(vectors, groups), 4) for k, (groups, _) in tried.items()}
    if not silhouettes:
        return Clusters(vectors.mean(axis=0, keepdims=True), {})
    best = max(silhouettes, key=lambda k: (silhouettes[k], -k))
    return Clusters(tried[best][1], silhouettes)


def with_cluster(words: Words, clusters: Clusters, profiles: Iterable[Row]) -> Iterator[Row]:
    """Profiles with the number of the nearest cluster; -1 without likes."""
    for one in profiles:
        vector = taste_vector(words, one).astype(np.float64)[np.newaxis]
        yield one | {"cluster": int(nearest_centre(vector, clusters.centres)[0]) if one["favorite_images"] else -1}


def similar_pairs(users: Sequence[str], vectors: Floats, start: int) -> list[Pair]:
    """The PAIRS pairs with the highest cosines of STRIP people from one on with those after them.

    Args:
        users: sorted.
        vectors: of each user, unit length, shape (users, axes).
    """
    strip = vectors[start : start + STRIP]
    cosines = np.round(strip @ vectors[start:].T, 4)
    cosines[np.tril_indices(len(strip), 0, cosines.shape[1])] = -1  # each pair once, nobody with himself
    flat = cosines.ravel()
    limit = np.partition(flat, -PAIRS)[-PAIRS] if len(flat) > PAIRS else -1
    best = np.concatenate([np.flatnonzero(flat > limit), np.flatnonzero(flat == limit)[:PAIRS]])
    rows, columns = np.divmod(best[flat[best] > 0], cosines.shape[1])
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return sorted((-float(cosines[row, column]), users[start + row], users[start + column]) for row, column in pairs)[
        :PAIRS
    ]


def best_pairs(left: list[Pair], right: list[Pair]) -> list[Pair]:
    """The PAIRS most similar of two lists."""
    return sorted([*left, *right])[:PAIRS]


def pattern_rows(
    totals: Mapping[str, Sequence[Total]], counts: Mapping[str, int], sizes: Sequence[int], pairs: Sequence[Pair]
) -> list[Row]:
    """All rows of PATTERNS.

    Args:
        counts: of people and likes.
        sizes: people of each cluster.
    """
    n_people, n_likes = max(counts["people"], 1), max(counts["likes"], 1)
    frequent = [total for kind in TOTALLED for total in totals[kind]]
    rows = [_row(kind, value, "", n, n / n_likes) for (kind, value), n in frequent]
    rows += [_row("cluster", str(number), "", n, n / n_people) for number, n in enumerate(sizes)]
    return rows + [_row("similar", one, other, 2, -negative) for negative, one, other in pairs]


def _row(kind: str, value: str, other: str, people: int, share: float) -> Row:
    return {"kind": kind, "value": value, "other": other, "people": people, "share": float(share)}


def report(rows: Sequence[Row], counts: Mapping[str, int], silhouettes: Mapping[int, float]) -> dict[str, Any]:
    """reports/patterns.json."""

    def shares(kind: str) -> dict[str, float]:
        return {row["value"]: round(row["share"], 4) for row in rows if row["kind"] == kind}

    return {
        "people": counts["people"],
        "likes": counts["likes"],
        "colors": shares("color"),
        "tags": shares("tag"),
        "orientations": shares("orientation"),
        "sizes": shares("size"),
        "clusters": {row["value"]: row["people"] for row in rows if row["kind"] == "cluster"},
        "silhouette_by_k": {str(k): value for k, value in silhouettes.items()},
        "most_similar": [
            {"people": [row["value"], row["other"]], "cosine": round(row["share"], 4)}
            for row in rows
            if row["kind"] == "similar"
        ],
    }
