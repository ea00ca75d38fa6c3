"""The default measure: a weighted sum of scores whose weights are chosen from the collection.

Labels say which pictures belong together: the collection's own tags where they group it (folder names do), else the
most probable category of each picture. A sum is taken only if the weights that are best for one half of a sample of queries
beat the best single measure on the other half; then its weights are those that are best for all of them. On 2,999 photos that
was worth 0.002 of precision@5 in the worst of 12 samples. Copies are what `hash` finds, so it has no part.
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
LABEL_COLUMNS = ("tags", "category")
ALONE = "embedding"  # the default measure of a collection without labels


class FusionWeights(NamedTuple):
    """The weights of the default measure, and why these."""

    weights: dict[str, float]  # measure -> weight above 0; they sum to 1
    chosen_by: str
    precision_at_5: dict[str, float]  # over the half that the weights were not chosen on; empty without labels


class Hits(NamedTuple):
    """For each query its candidates' scores, and whether they have the query's label."""

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


def label_of(metadata: Mapping[str, Any], kind: str) -> str:
    """A picture's label: its first tag, or its category; empty when it has none."""
    label: str = metadata["category"] if kind == "categories" else next(iter(metadata["tags"]), "")
    return label


def label_kind(sample: Sequence[Mapping[str, Any]]) -> str | None:
    """What groups the collection, judged by the metadata of a sample: tags, else categories, else None."""
    return next((kind for kind in ("tags", "categories") if do_group([label_of(one, kind) for one in sample])), None)


def do_group(labels: Sequence[str]) -> bool:
    """Whether there are two labels or more, and most pictures share theirs with another."""
    counts = Counter(label for label in labels if label)
    shared = sum(count for count in counts.values() if count > 1)
    return len(counts) > 1 and shared >= GROUPED_SHARE * len(labels)


def gather(searchers: Mapping[str, Searcher], pictures: Pictures, kind: str, queries: Iterable[int]) -> Hits:
    """Search with stored pictures as queries and score what the measures propose.

    Args:
        searchers: of every measure; bits have no part.
        kind: what the labels are.
        queries: rows; each is left out of its own answer.
    """
    taking_part = {name: one for name, one in searchers.items() if one.axes is not None}
    width = len(taking_part) * (CANDIDATES + 1)
    label = cache(lambda row: label_of(pictures.values(row, LABEL_COLUMNS), kind))
    return stack([gather_one(taking_part, label, int(query), width) for query in queries])


def gather_one(searchers: Mapping[str, Searcher], label: Callable[[int], str], query: int, width: int) -> Hits:
    """Candidates of one query, padded: arrays of shape (width,)."""
    proposed = [one.propose(one.vector(query), CANDIDATES + 1) for one in searchers.values()]
    candidates = np.setdiff1d(np.concatenate(proposed), [query])
    hits = np.zeros(width, np.bool_)
    hits[: len(candidates)] = [label(query) == label(row) != "" for row in candidates.tolist()]
    scores = {name: np.full(width, -1, np.float32) for name in searchers}
    for name, one in searchers.items():
        distances = one.distances(one.vector(query), candidates, one.metric)
        scores[name][: len(candidates)] = measures.score(one.metric, distances)
    return Hits(scores, hits)


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
    first, second = hits.part(slice(0, None, 2)), hits.part(slice(1, None, 2))
    singles, sums = [{name: 1.0} for name in hits.scores], weight_grid(list(hits.scores))
    best = max(sums, key=first.precision)
    strongest = max(singles, key=second.precision)
    is_better = second.precision(best) > second.precision(strongest)
    verdict = "and is better than each of them" if is_better else "and is no better, so the best of them stands alone"
    return FusionWeights(
        weights=max(sums if is_better else singles, key=hits.precision),
        chosen_by=(
            f"precision@5 with {kind} as labels: the sum that is best for one half of {len(hits.is_hit)} queries "
            f"was compared on the other half with single measures {verdict}"
        ),
        precision_at_5={
            **{name: round(second.precision({name: 1.0}), 4) for name in hits.scores},
            "fused": round(second.precision(best), 4),
        },
    )


def choose_without_labels() -> FusionWeights:
    """The default measure of a collection without labels."""
    return FusionWeights({ALONE: 1.0}, f"neither tags nor categories group the pictures, so {ALONE} stands alone", {})
