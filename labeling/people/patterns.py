"""What people have in common: totals of all likes, clusters of people, most similar pairs. Pure functions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.people.clustering import kmeans, nearest_centre, silhouette
from shared.people.profile import KINDS, Counted

MOST_CLUSTERS = 8
#: People that clusters and pairs are found among; others are put into the nearest cluster.
SAMPLE = 2000
PAIRS = 20
TOTALS = 50  # values of each kind
WORDS = 64  # most frequent colours and tags that tastes are compared by, each

Row = dict[str, Any]


class Clusters(NamedTuple):
    """Clusters of people with similar tastes.

    Args:
        of_user: number of each person's cluster, -1 without likes.
        k: how many.
        silhouettes: of each k that was tried.
    """

    of_user: list[int]
    k: int
    silhouettes: dict[int, float]


def totals_of(counted: Counted) -> Iterator[tuple[tuple[str, str], int]]:
    """A person's counted fact as a count of everybody's likes."""
    (_, kind, value), n = counted
    if kind in ("color", "tag", "orientation", "size"):
        yield (kind, value), n


def most_frequent_first(total: tuple[tuple[str, str], int]) -> tuple[int, tuple[str, str]]:
    """Sort key: by count, then by kind and value."""
    return -total[1], total[0]


def taste_vectors(profiles: Sequence[Row]) -> NDArray[np.float64]:
    """One unit vector a person: shares of colours, tags, orientations and sizes; zeros without likes."""
    colors, tags = (vocabulary(profiles, name) for name in ("favorite_colors", "favorite_tags"))
    vectors = np.zeros((len(profiles), len(colors) + len(tags) + sum(map(len, KINDS.values()))))
    for number, one in enumerate(profiles):
        for words, start, name in ((colors, 0, "favorite_color"), (tags, len(colors), "favorite_tag")):
            for word, share in zip(one[f"{name}s"], one[f"{name}_shares"], strict=True):
                if word in words:
                    vectors[number, start + words[word]] = share
        vectors[number, len(colors) + len(tags) :] = [*one["orientation_shares"], *one["size_shares"]]
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1))


def vocabulary(profiles: Sequence[Row], name: str) -> dict[str, int]:
    """The words that most people have, numbered."""
    counts: dict[str, int] = {}
    for one in profiles:
        for word in one[name]:
            counts[word] = counts.get(word, 0) + 1
    best = sorted(counts, key=lambda word: (-counts[word], word))[:WORDS]
    return {word: number for number, word in enumerate(best)}


def cluster_people(vectors: NDArray[np.float64]) -> Clusters:
    """Clusters by KMeans; k, 2 to MOST_CLUSTERS, has the highest silhouette; one cluster for fewer than 3 people with likes."""
    has_likes = np.flatnonzero(vectors.any(axis=1))
    of_user = np.full(len(vectors), -1)
    sample = vectors[has_likes[:SAMPLE]]
    tried = {k: kmeans(sample, k) for k in range(2, min(MOST_CLUSTERS, len(sample) - 1) + 1)}
    silhouettes = {k: round(silhouette(sample, groups), 4) for k, (groups, _) in tried.items()}
    if not silhouettes:
        of_user[has_likes] = 0
        return Clusters(of_user.tolist(), int(len(has_likes) > 0), {})
    best = max(silhouettes, key=lambda k: (silhouettes[k], -k))
    of_user[has_likes] = nearest_centre(vectors[has_likes], tried[best][1])
    return Clusters(of_user.tolist(), best, silhouettes)


def similar_pairs(users: Sequence[str], vectors: NDArray[np.float64]) -> list[tuple[str, str, float]]:
    """The PAIRS pairs of people whose tastes have the highest cosines, of the first SAMPLE people; equals by name."""
    sample = vectors[:SAMPLE]
    first, second = np.triu_indices(len(sample), 1)
    cosines = np.round((sample @ sample.T)[first, second], 4)
    order = np.lexsort((second, first, -cosines))[:PAIRS]
    return [(users[first[n]], users[second[n]], float(cosines[n])) for n in order if cosines[n] > 0]


def pattern_rows(
    totals: Sequence[tuple[tuple[str, str], int]], n_likes: int, profiles: Sequence[Row], clusters: Clusters
) -> list[Row]:
    """All rows of PATTERNS."""
    rows = [_row(kind, value, "", n, n / max(n_likes, 1)) for (kind, value), n in totals]
    sizes = np.bincount([number for number in clusters.of_user if number >= 0], minlength=clusters.k)
    rows += [_row("cluster", str(number), "", int(n), n / max(len(profiles), 1)) for number, n in enumerate(sizes)]
    pairs = similar_pairs([one["user_id"] for one in profiles], taste_vectors(profiles))
    return rows + [_row("similar", one, other, 2, cosine) for one, other, cosine in pairs]


def _row(kind: str, value: str, other: str, people: int, share: float) -> Row:
    return {"kind": kind, "value": value, "other": other, "people": people, "share": float(share)}


def report(rows: Sequence[Row], n_users: int, n_likes: int, silhouettes: Mapping[int, float]) -> dict[str, Any]:
    """reports/patterns.json."""

    def shares(kind: str) -> dict[str, float]:
        return {row["value"]: round(row["share"], 4) for row in rows if row["kind"] == kind}

    return {
        "people": n_users,
        "likes": n_likes,
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
