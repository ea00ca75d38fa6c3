"""The default measure: a weighted sum of scores whose weights are chosen from the collection.

Tags say which pictures belong together where they group the collection (folder names do). Without them the neighbours by one
network are what a sum with another network should find; of a single network, two halves of its dimensions stand for two. The
network's own categories are no labels: they always prefer the embedding. A sum is taken only if the weights that are best for
one half of a sample of queries beat the best single measure on the other half; then its weights are those that are best for all
of them. Copies are what `hash` finds, so it has no part.

Precision@5 without tags of 1,380 photos of scenes and materials: embedding alone 0.799, the sum that agreement chooses 0.801. Of
2,999 photos of things no sum agrees better, and the embedding stands alone.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation import metrics
from recommendation.index.pictures import Pictures
from recommendation.index.searcher import Searcher
from shared.pictures import measures

K = 5
SEED = 20260101
QUERIES = 1000  # at most; half of them leave a standard error of about 0.01 of a precision
CANDIDATES = 50  # per measure and query; what is fifth in a sum is seldom far down in all of its terms
STEPS = 20  # weights are multiples of 1 / STEPS
GROUPED_SHARE = 0.5  # of the pictures must share their label with another for labels to be of use

#: Metadata that a label is taken from.
LABEL_COLUMNS = ("tags",)
#: What says which pictures belong together.
TAGS, HALVES, NETWORKS = "tags", "halves", "networks"
#: What the figures are, by what said which pictures belong together: agreement is not precision.
FIGURES = {
    TAGS: "precision@5 with tags as labels",
    HALVES: "agreement@5 of two halves of the embedding's dimensions",
    NETWORKS: "agreement@5 of the networks",
}
ALONE = "embedding"  # the default measure where no sum is better
AGREEMENT_QUERIES = 500  # each counts twice, once for each half
LEAST_QUERIES = 100  # fewer say nothing about a sum
LEAST_EMBEDDING = 0.5  # of the weights without tags: agreement knows content only


class FusionWeights(NamedTuple):
    """The weights of the default measure, and why these.

    Args:
        weights: measure -> weight above 0; they sum to 1.
        precision_at_5: of each measure and of the sum, over the queries that the weights were not chosen on; with tags.
        agreement_at_5: the same with the neighbours by another network, or the other half of the only one, as labels; without tags.
    """

    weights: dict[str, float]
    chosen_by: str
    precision_at_5: dict[str, float]
    agreement_at_5: dict[str, float]


class Hits(NamedTuple):
    """For each query its candidates' scores, and whether they belong to the query."""

    scores: dict[str, NDArray[np.float32]]  # measure -> shape (queries, candidates); -1 fills up
    is_hit: NDArray[np.bool_]  # shape (queries, candidates)

    def part(self, queries: slice) -> "Hits":
        """Some of the queries."""
        return Hits({name: values[queries] for name, values in self.scores.items()}, self.is_hit[queries])

    def precision(self, weights: Mapping[str, float]) -> float:
        """Precision@5 of a weighted sum of scores, 0..1."""
        fused = np.sum([weight * self.scores[name] for name, weight in weights.items()], axis=0)
        return metrics.mean_precision_at_k(fused, self.is_hit, K)


def query_rows(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows that the weights are chosen on, in a random order by a fixed seed."""
    return np.random.default_rng(SEED).choice(rows, min(len(rows), QUERIES), replace=False)


def label_of(metadata: Mapping[str, Any]) -> str:
    """A picture's label: its first tag; empty when it has none."""
    return next(iter(metadata["tags"]), "")


def label_kind(sample: Sequence[Mapping[str, Any]]) -> str:
    """What says which pictures belong together, judged by the metadata of a sample: tags if they group it, else HALVES."""
    return TAGS if do_group([label_of(one) for one in sample]) else HALVES


def do_group(labels: Sequence[str]) -> bool:
    """Whether there are two labels or more, and most pictures share theirs with another."""
    counts = Counter(label for label in labels if label)
    shared = sum(count for count in counts.values() if count > 1)
    return len(counts) > 1 and shared >= GROUPED_SHARE * len(labels)


def gather(searchers: Mapping[str, Searcher], pictures: Pictures, kind: str, queries: Iterable[int]) -> Hits:
    """Search with stored pictures as queries and score what the measures propose.

    Args:
        searchers: of every measure; bits have no part.
        kind: what says which pictures belong together.
        queries: rows; each is left out of its own answer.
    """
    taking_part = {name: one for name, one in searchers.items() if one.axes is not None}
    label = cache(lambda row: label_of(pictures.values(row, LABEL_COLUMNS)))
    found = [gather_one(taking_part, int(query)) for query in queries]
    if kind == HALVES:
        pairs = [by_halves(taking_part[ALONE], one) for one in found]
        return stack([pair[half] for half in (0, 1) for pair in pairs])
    return stack([by_label(label, one) for one in found])


class Scored(NamedTuple):
    """The candidates of one query.

    Args:
        scores: measure -> shape (candidates,).
    """

    query: int
    candidates: NDArray[np.int64]
    scores: dict[str, NDArray[np.float32]]


def gather_one(searchers: Mapping[str, Searcher], query: int) -> Scored:
    """What the measures propose for one query, and its scores."""
    proposed = [one.propose(one.vector(query), CANDIDATES + 1) for one in searchers.values()]
    candidates = np.setdiff1d(np.concatenate(proposed), [query])
    found = {name: one.distances(one.vector(query), candidates, one.metric) for name, one in searchers.items()}
    scores = {name: measures.score(one.metric, found[name]) for name, one in searchers.items()}
    return Scored(query, candidates, scores)


def by_label(label: Callable[[int], str], one: Scored) -> Hits:
    """Which candidates have the query's label."""
    is_hit = [label(one.query) == label(row) != "" for row in one.candidates.tolist()]
    return padded(one.scores, np.array(is_hit, np.bool_))


def by_halves(embedding: Searcher, one: Scored) -> list[Hits]:
    """Scores with each half of the embedding's dimensions; hits are the K nearest candidates by the other half."""
    query, gallery = embedding.vector(one.query), embedding.vectors(one.candidates)
    cosines = [
        measures.score("cosine", measures.cosine(query[start::2], np.ascontiguousarray(gallery[:, start::2])))
        for start in (0, 1)
    ]
    ranks = [np.argsort(np.argsort(-half, kind="stable")) for half in cosines]
    return [padded({**one.scores, ALONE: cosines[half]}, ranks[1 - half] < K) for half in (0, 1)]


def padded(scores: Mapping[str, NDArray[np.float32]], is_hit: NDArray[np.bool_]) -> Hits:
    """Hits of one query, filled up to arrays of one width."""
    missing = len(scores) * (CANDIDATES + 1) - len(is_hit)
    filled = {name: np.pad(values, (0, missing), constant_values=-1) for name, values in scores.items()}
    return Hits(filled, np.pad(is_hit, (0, missing)))


def stack(parts: Sequence[Hits]) -> Hits:
    """Hits of single queries as one."""
    scores = {name: np.stack([part.scores[name] for part in parts]) for name in parts[0].scores}
    return Hits(scores, np.stack([part.is_hit for part in parts]))


def join(parts: Sequence[Hits]) -> Hits:
    """Hits of several groups of queries as one."""
    scores = {name: np.concatenate([part.scores[name] for part in parts]) for name in parts[0].scores}
    return Hits(scores, np.concatenate([part.is_hit for part in parts]))


def weight_grid(names: Sequence[str]) -> list[dict[str, float]]:
    """All weights that are multiples of 1 / STEPS and sum to 1; weights of 0 are left out."""
    parts = [some for some in product(range(STEPS + 1), repeat=len(names)) if sum(some) == STEPS]
    return [{name: part / STEPS for name, part in zip(names, some, strict=True) if part} for some in parts]


def choose(hits: Hits, kind: str) -> FusionWeights:
    """The weights that do best, if those that do best on one half of the queries beat each single measure on the other."""
    is_tagged = kind == TAGS
    first, second = hits.part(slice(0, None, 2)), hits.part(slice(1, None, 2))
    singles, sums = [{name: 1.0} for name in hits.scores], weight_grid(list(hits.scores))
    if not is_tagged:
        singles, sums = [{ALONE: 1.0}], [one for one in sums if one.get(ALONE, 0) >= LEAST_EMBEDDING]
    best = max(sums, key=first.precision)
    strongest = max(singles, key=second.precision)
    is_better = second.precision(best) > second.precision(strongest)
    verdict = "and is better than each of them" if is_better else "and is no better, so the best of them stands alone"
    figures = {
        **{name: round(second.precision({name: 1.0}), 4) for name in hits.scores},
        "fused": round(second.precision(best), 4),
    }
    return FusionWeights(
        weights=max(sums if is_better else singles, key=hits.precision),
        chosen_by=(
            f"{FIGURES[kind]}: the sum that is best for one half of {len(hits.is_hit)} queries "
            f"was compared on the other half with single measures {verdict}"
        ),
        precision_at_5=figures if is_tagged else {},
        agreement_at_5={} if is_tagged else figures,
    )


def choose_alone() -> FusionWeights:
    """The default measure of a collection that is too small to choose another."""
    return FusionWeights(
        {ALONE: 1.0}, f"fewer than {LEAST_QUERIES} pictures and no tags, so {ALONE} stands alone", {}, {}
    )
