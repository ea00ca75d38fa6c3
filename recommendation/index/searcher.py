"""One measure of an index generation: proposes candidates from reduced vectors, scores them exactly on full ones."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.index import annoy_index, generation, reduction
from shared.errors import CannotProceedError
from shared.pictures import measures
from shared.pictures.measures import MEASURES, Measure

CANDIDATES_PER_ANSWER = 20

Vector = NDArray[Any]  # of float32, or of uint8: bits


class SearchParams(NamedTuple):
    """How hard a measure searches.

    Args:
        candidates: how many are scored exactly, at least.
        search_k: nodes of the Annoy forest to look at for that many; None to scan all reduced vectors.
    """

    candidates: int
    search_k: int | None


class Searcher(NamedTuple):
    """What one measure needs to answer.

    Args:
        full: vectors for exact scores, shape (rows, width): float16 of unit length, or uint8 bits.
        reduced: vectors for candidates, shape (rows, dimensions); bits are not reduced.
        axes: shape (width, dimensions); None for bits.
        mean: what a query's feature is centred on; None where it is not.
        forest: Annoy's index of the reduced vectors; None where all are scanned.
    """

    measure: Measure
    full: NDArray[Any]
    reduced: NDArray[Any]
    axes: NDArray[np.float32] | None
    mean: NDArray[np.float32] | None
    forest: annoy_index.Forest | None
    params: SearchParams

    def prepare(self, feature: Vector) -> Vector:
        """A picture's feature as the collection's vectors are: centred and of unit length; bits as they are."""
        if self.axes is None:
            return feature
        vector = np.asarray(feature, np.float32)
        return reduction.unit(vector) if self.mean is None else reduction.centre(vector, self.mean)

    def stored(self, row: int) -> Vector:
        """The feature of a stored picture, known but for its length: `prepare` makes its vector of it."""
        vector = self.vector(row)
        return vector if self.mean is None else reduction.uncentre(vector, self.mean)

    def vector(self, row: int) -> Vector:
        """The prepared vector of a stored picture."""
        vector: Vector = self.full[row]
        return vector if self.axes is None else vector.astype(np.float32)

    @property
    def metric(self) -> str:
        """The distance that candidates are found by."""
        return self.measure.metrics[0]

    @property
    def trees(self) -> int:
        """Trees in the forest, 0 without one."""
        return 0 if self.forest is None else self.forest.get_n_trees()

    def candidate_count(self, top_k: int) -> int:
        """How many candidates to score exactly for `top_k` answers."""
        return max(self.params.candidates, CANDIDATES_PER_ANSWER * top_k)

    def propose(self, vector: Vector, count: int) -> NDArray[np.int64]:
        """Rows that are probably nearest to a prepared vector, at most `count`, in no order."""
        reduced = vector if self.axes is None else reduction.project(vector, self.axes)
        if self.forest is not None:
            share = max(1.0, count / self.params.candidates)
            return annoy_index.nearest(self.forest, reduced, count, int((self.params.search_k or 0) * share))
        if self.axes is None:
            return smallest(measures.distances(self.metric, reduced, self.reduced), count)
        return smallest(-(self.reduced @ reduced), count)

    def distances(self, vector: Vector, rows: NDArray[np.int64], metric: str) -> NDArray[np.float32]:
        """Exact distances from a prepared vector to some rows, shape (len(rows),)."""
        full = self.full[rows]
        gallery = full if self.axes is None else full.astype(np.float32)
        return measures.distances(metric, vector, gallery)


def open_searcher(folder: Path, measure: Measure, params: SearchParams) -> Searcher:
    """The searcher of a measure over a generation whose files are known to be right."""
    full = generation.load_rows(folder / f"{measure.name}.npy")
    mean = folder / f"{measure.name}.mean.npy"
    axes = folder / f"{measure.name}.axes.npy"
    reduced = generation.load_rows(folder / f"{measure.name}.reduced.npy") if axes.exists() else full
    is_scan = params.search_k is None
    forest = (
        None if is_scan else annoy_index.open_forest(folder / f"{measure.name}.ann", reduced.shape[1], reduced.dtype)
    )
    return Searcher(
        measure=measure,
        full=full,
        reduced=reduced,
        axes=np.load(axes) if axes.exists() else None,
        mean=np.load(mean) if mean.exists() else None,
        forest=forest,
        params=params,
    )


def open_searchers(folder: Path, settled: Mapping[str, Mapping[str, Any]]) -> dict[str, Searcher]:
    """The searcher of every measure, searching as the build settled.

    Raises:
        CannotProceedError: the generation has other measures.
    """
    if settled.keys() != MEASURES.keys():
        raise CannotProceedError(f"{folder} was built with other measures; {generation.BUILD}")
    return {name: open_searcher(folder, measure, tuned_params(settled[name])) for name, measure in MEASURES.items()}


def tuned_params(facts: Mapping[str, Any]) -> SearchParams:
    """How hard a measure searches, from what the build wrote of it."""
    return SearchParams(facts["candidates"], facts["search_k"] if facts["search"] == "annoy" else None)


def smallest(values: NDArray[Any], count: int) -> NDArray[np.int64]:
    """Positions of the `count` smallest values, in no order; all of them when there are not so many."""
    if count >= len(values):
        return np.arange(len(values))
    return np.argpartition(values, count)[:count].astype(np.int64)
