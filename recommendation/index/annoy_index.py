"""Annoy: an approximate nearest-neighbour forest as one object. The only module that imports Annoy.

Its traps, and what is done here: ids must be dense (rows are); the same seed gives the same bytes only with one
thread; a damaged file may load and answer nonsense (callers check the SHA-256 first); building on the disk ends in
SIGBUS when the disk is full (built in memory, then saved); parts of its nodes are never set and hold whatever the
memory held (cleared); it saves to files only (a temporary one, read back).
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

import numpy as np
from annoy import AnnoyIndex
from numpy.typing import NDArray

SEED = 20260101
CHUNK_BYTES = 1 << 22

Forest: TypeAlias = AnnoyIndex
Vectors = NDArray[Any]  # of float32, or of uint8: bits


def open_forest(path: Path, width: int, kind: np.dtype[Any]) -> AnnoyIndex:
    """A forest ready to be searched; the file must be the one that was built (check its SHA-256 before)."""
    forest = _new_forest(width, kind)
    forest.load(str(path))
    return forest


def build_forest(vectors: Vectors, trees: int) -> Iterator[bytes]:
    """Index the rows of `vectors` under their row numbers; the bytes of Annoy's file.

    Args:
        vectors: float32 for angular distance, uint8 for the Hamming distance of their bits; shape (rows, width).

    Raises:
        OSError: the temporary file could not be written.
    """
    forest = _new_forest(vectors.shape[1], vectors.dtype)
    for row, vector in enumerate(vectors):
        forest.add_item(row, _components(vector))
    forest.build(trees, n_jobs=1)
    with tempfile.TemporaryDirectory(prefix="imagerec-annoy-") as folder:
        path = Path(folder) / "forest.ann"
        forest.save(str(path))
        forest.unload()
        _clear_unset(path, len(vectors), vectors.dtype == np.uint8, vectors.shape[1])
        with path.open("rb") as file:
            yield from iter(lambda: file.read(CHUNK_BYTES), b"")


def nearest(
    forest: AnnoyIndex, vector: Vectors, count: int, search_k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Rows that are probably nearest to `vector`, at most `count`, and their distances; `search_k` nodes are visited.

    Returns:
        Rows and distances, nearest first: 1 - cosine, or for bits the share that differs.
    """
    rows, distances = forest.get_nns_by_vector(_components(vector), count, search_k, include_distances=True)
    found = np.asarray(distances, np.float32)
    found = found / np.float32(8 * len(vector)) if vector.dtype == np.uint8 else found * found / np.float32(2)
    return np.asarray(rows, np.int64), found


def _new_forest(width: int, kind: np.dtype[Any]) -> AnnoyIndex:
    bits = kind == np.uint8
    metric: Literal["angular", "hamming"] = "hamming" if bits else "angular"
    forest = AnnoyIndex(width * 8 if bits else width, metric)
    forest.set_seed(SEED)
    return forest


def _components(vector: Vectors) -> list[float]:
    """What Annoy takes: a list of numbers, a bit each for uint8."""
    numbers: NDArray[Any] = np.unpackbits(vector) if vector.dtype == np.uint8 else vector
    return cast("list[float]", numbers.tolist())


def _clear_unset(path: Path, items: int, bits: bool, width: int) -> None:
    """Set to zero what Annoy leaves unset, so that the same vectors make the same bytes.

    Source: annoylib.h of Annoy 1.17.3. A node is an int32 n_descendants, two int32 children (a single item of angular
    distance: its norm and 0), then its vector: float32, or uint64 words at the next multiple of 8. A node with at most
    as many descendants as fit is a leaf: their ids follow n_descendants, and the rest is unset. A split by Hamming
    distance sets only the first word, the number of its bit.
    """
    size = 16 + 8 * -(-width // 8) if bits else 12 + 4 * width
    file = np.memmap(path, np.int32, "r+")
    nodes = file.reshape(-1, size // 4)
    inner = nodes[items:]
    fits = size // 4 - 1
    is_leaf = inner[:, :1] <= fits
    inner[is_leaf & (np.arange(size // 4) > inner[:, :1])] = 0
    if bits:
        nodes[:items, 3] = 0  # between children and words
        splits = np.flatnonzero(~is_leaf)
        inner[splits, 3] = 0
        inner[splits, 6:] = 0
    file.flush()
