"""Annoy: an approximate nearest-neighbour forest in one file. The only module that knows Annoy.

Its traps, and what is done here: ids must be dense (rows are); the same seed gives the same bytes only with one
thread; a damaged file may load and answer nonsense (callers check the SHA-256 first); a file must never change while
it is open (built under a name of its own, then moved); building on the disk ends in SIGBUS when the disk is full
(built in memory, then saved).
"""

import os
from pathlib import Path
from typing import Any, Literal

import numpy as np
from annoy import AnnoyIndex
from numpy.typing import NDArray

from shared.files import temporary_name

SEED = 20260101
READABLE_BY_ALL = 0o644

Vectors = NDArray[np.float32] | NDArray[np.uint8]


def open_forest(path: Path, width: int, kind: np.dtype[Any]) -> AnnoyIndex:
    """A forest ready to be asked; the file must be the one that was built (check its SHA-256 before)."""
    forest = _new_forest(width, kind)
    forest.load(str(path))
    return forest


def build_forest(path: Path, vectors: Vectors, trees: int) -> None:
    """Index the rows of `vectors` under their row numbers and put the file at `path`, durable.

    Args:
        vectors: float32 for angular distance, uint8 for the Hamming distance of their bits; shape (rows, width).

    Raises:
        OSError: the file could not be written.
    """
    forest = _new_forest(vectors.shape[1], vectors.dtype)
    temporary = temporary_name(path)
    try:
        for row, vector in enumerate(vectors):
            forest.add_item(row, _components(vector))
        forest.build(trees, n_jobs=1)
        forest.save(str(temporary))
        forest.unload()
        _finish(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def nearest(forest: AnnoyIndex, vector: Vectors, count: int, search_k: int) -> NDArray[np.int64]:
    """Rows that are probably nearest to `vector`, at most `count`; `search_k` nodes are looked at."""
    return np.asarray(forest.get_nns_by_vector(_components(vector), count, search_k), np.int64)


def _new_forest(width: int, kind: np.dtype[Any]) -> AnnoyIndex:
    bits = kind == np.uint8
    metric: Literal["angular", "hamming"] = "hamming" if bits else "angular"
    forest = AnnoyIndex(width * 8 if bits else width, metric)
    forest.set_seed(SEED)
    return forest


def _components(vector: Vectors) -> list[float]:
    """What Annoy takes: a list of numbers, a bit each for uint8."""
    values: list[float] = (np.unpackbits(vector) if vector.dtype == np.uint8 else vector).tolist()
    return values


def _finish(temporary: Path, path: Path) -> None:
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.chmod(READABLE_BY_ALL)
    os.replace(temporary, path)
