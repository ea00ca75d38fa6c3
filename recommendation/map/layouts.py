"""From neighbours to coordinates: UMAP, t-SNE, T-MAP or principal axes. The libraries are imported when they are used.

Of MobileNetV2's vectors of 2,999 photos UMAP keeps 56 % of the 15 nearest, t-SNE 68 % for ten times the time, T-MAP 50 % for a fifth.
"""

import importlib
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendation.index import reduction
from recommendation.map.neighbours import Neighbours
from recommendation.map.positions import spread_equal
from recommendation.map.vectors import Matrix
from recommendation.settings import LAYOUTS
from shared.errors import CannotProceedError

SEED = 42
NEIGHBOURS = 15
FFT_ROWS = 10_000  # from here on openTSNE's FFT is faster than its tree
PERPLEXITY_NEIGHBOURS = 90  # for t-SNE: three times its perplexity of 30
#: Fewer pictures, or fewer that differ, are laid out by their principal axes: there are no neighbourhoods to keep.
LEAST = 3 * NEIGHBOURS
EXTENT = 10.0  # largest coordinate of the first positions
SPREAD = 0.02  # of the extent, between pictures that would lie on one another
#: UMAP's own 0.1 heaps pictures up: on 2,999 photos 0.5 fills 2.7 times the area and keeps 0.644 instead of 0.624 of the 15 nearest.
MIN_DISTANCE = 0.5

AUTO, UMAP, TSNE, TMAP, PCA = LAYOUTS
#: Up to so many pictures `auto` takes scikit-learn's t-SNE: UMAP compiles itself for 14 s before it begins.
SMALL = 2000
SMALL_TSNE = "small t-SNE"
SMALL_ROUNDS = 500


class Problem(NamedTuple):
    """What is to be laid out.

    Args:
        axes: coordinates on the first three principal axes, shape (rows, 3).
        neighbours: as many of each row, without itself, as `neighbour_count` says; fewer for few rows.
    """

    axes: NDArray[np.float32]
    neighbours: Neighbours


def neighbour_count(layout: str, rows: int) -> int:
    """How many neighbours of each row a layout of so many is made of."""
    return PERPLEXITY_NEIGHBOURS if effective(layout, rows) in (TSNE, SMALL_TSNE) else NEIGHBOURS


def principal_coordinates(vectors: Matrix, count: int = 3) -> NDArray[np.float32]:
    """Coordinates on the first principal axes about the mean; zeros where there are fewer axes; shape (rows, count)."""
    exact = vectors.astype(np.float64)
    centred = exact - exact.mean(axis=0)
    axes = reduction.principal_axes(centred.T @ centred, count)
    found = np.zeros((len(vectors), count), np.float32)
    found[:, : axes.shape[1]] = centred @ axes
    return found


def initial(axes: NDArray[np.float32], dimensions: int) -> NDArray[np.float32]:
    """First positions: the principal axes, scaled to EXTENT.

    Source: L. McInnes' UMAP, issue 1183: an own array is better than random, and a spectral one hangs on graphs in parts.
    """
    chosen = axes[:, :dimensions]
    return np.asarray(chosen / (np.abs(chosen).max() or 1.0) * EXTENT, np.float32)


def lay_out(layout: str, problem: Problem, dimensions: int) -> NDArray[np.float32]:
    """Coordinates of each row, the same for the same problem; shape (rows, dimensions).

    Raises:
        CannotProceedError: the layout's package is not installed, or it gives no place for some picture.
    """
    start = initial(problem.axes, dimensions)
    n_different = len(np.unique(np.column_stack([problem.axes, problem.neighbours.distances]), axis=0))
    if layout == PCA or n_different < LEAST or problem.neighbours.rows.shape[1] < NEIGHBOURS:
        return spread_equal(start, SPREAD * EXTENT)
    found: NDArray[np.float32] = LAYOUT_OF[effective(layout, len(start))](problem.neighbours, start)
    if not np.isfinite(found).all():
        raise CannotProceedError(f"the layout {layout} gave places that are no numbers")
    return found


def effective(layout: str, rows: int) -> str:
    """The layout that is used for so many pictures: `auto` decides by their number."""
    if layout == AUTO:
        return SMALL_TSNE if rows <= SMALL else UMAP
    return layout


def check_installed(layout: str) -> None:
    """Do nothing where a layout's package can be imported.

    Raises:
        CannotProceedError: it is not installed; the message has the command that installs it.
    """
    package, command = PACKAGES.get(layout, ("", ""))
    if package and importlib.util.find_spec(package) is None:
        raise CannotProceedError(f"--layout {layout} needs a package that is not installed; {command}")


def _umap(found: Neighbours, start: NDArray[np.float32]) -> NDArray[np.float32]:
    prepare_numba()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"precomputed_knn\[2\]|Tensorflow not installed")  # neither is used
        warnings.filterwarnings("error", "precomputed_knn has")  # it would search for neighbours by itself
        import umap

        rows, distances = with_itself(found)
        made = umap.UMAP(
            n_neighbors=NEIGHBOURS,
            n_components=start.shape[1],
            precomputed_knn=(rows[:, :NEIGHBOURS], distances[:, :NEIGHBOURS]),
            init=start,
            min_dist=MIN_DISTANCE,
            random_state=SEED,
            n_jobs=1,
        )
        return np.asarray(made.fit_transform(start), np.float32)


def with_itself(found: Neighbours) -> Neighbours:
    """The neighbours of each row, before them the row itself at no distance."""
    itself = np.arange(len(found.rows), dtype=np.int32)[:, np.newaxis]
    zeros = np.zeros((len(found.rows), 1), np.float32)
    return Neighbours(np.hstack([itself, found.rows]), np.hstack([zeros, found.distances]))


def prepare_numba() -> None:
    """Let numba keep what it compiled where its packages cannot be written to, as in containers, and not fail there."""
    import numba

    settings: Any = numba.config
    if not settings.CACHE_DIR and not is_writable(Path(numba.__file__).parent.parent):
        settings.CACHE_DIR = str(Path(tempfile.gettempdir()) / "imagerec-numba")


def is_writable(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _tsne(found: Neighbours, start: NDArray[np.float32]) -> NDArray[np.float32]:
    """t-SNE with the perplexity that the neighbours allow; a third coordinate stays that of the third principal axis.

    Source: openTSNE's own defaults: early exaggeration of 12 for 250 rounds, then 500 with a momentum of 0.8.
    """
    from openTSNE import TSNEEmbedding, initialization
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    known = PrecomputedNeighbors(found.rows.astype(np.int64), found.distances.astype(np.float64))
    affinities = PerplexityBasedNN(knn_index=known, perplexity=found.rows.shape[1] // 3, n_jobs=1)
    made = TSNEEmbedding(
        initialization.rescale(start[:, :2].astype(np.float64)),
        affinities,
        negative_gradient_method="bh" if len(start) < FFT_ROWS else "fft",
        n_jobs=1,
        random_state=SEED,
    )
    made.optimize(n_iter=250, exaggeration=12, momentum=0.5, inplace=True)
    made.optimize(n_iter=500, momentum=0.8, inplace=True)
    return _with_depth(np.asarray(made, np.float32), start)


def _small_tsne(found: Neighbours, start: NDArray[np.float32]) -> NDArray[np.float32]:
    """scikit-learn's t-SNE, which needs no compiling."""
    from scipy.sparse import csr_array
    from sklearn import manifold
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # no types there

    n_rows, k = found.rows.shape
    rows, distances = with_itself(found)
    starts = np.arange(0, rows.size + 1, k + 1)
    graph = csr_array((distances.astype(np.float64).ravel(), rows.ravel(), starts), shape=(n_rows, n_rows))
    made = manifold.TSNE(
        start.shape[1],
        perplexity=min(30.0, (k - 1) / 3),
        init=start / EXTENT * 1e-4,
        metric="precomputed",
        max_iter=SMALL_ROUNDS,
        random_state=SEED,
        n_jobs=1,
    )
    with threadpool_limits(1):  # two threads add in another order each time
        return np.asarray(made.fit_transform(graph), np.float32)


def _tmap(found: Neighbours, start: NDArray[np.float32]) -> NDArray[np.float32]:
    """The spanning tree of the neighbours, drawn; a third coordinate stays that of the third principal axis.

    Another drawing each time: the library has no seed.

    Source: Probst and Reymond 2020, "Visualization of very large high-dimensional data sets as minimum spanning trees".
    """
    import tmap

    config = tmap.LayoutConfiguration()
    config.fme_threads = 1  # two threads add in another order each time
    own = np.repeat(np.arange(len(found.rows)), found.rows.shape[1])
    edges = list(zip(own.tolist(), found.rows.ravel().tolist(), found.distances.ravel().tolist(), strict=True))
    x, y, *_ = tmap.layout_from_edge_list(len(found.rows), edges, config)
    return _with_depth(np.column_stack([np.asarray(x), np.asarray(y)]).astype(np.float32), start)


def _with_depth(flat: NDArray[np.float32], start: NDArray[np.float32]) -> NDArray[np.float32]:
    """Coordinates in the plane, with others on the axes behind it, scaled to the same extent."""
    scale = np.ptp(flat, axis=0).max() / (2 * EXTENT)
    return np.hstack([flat, start[:, 2:] * scale]).astype(np.float32)


LAYOUT_OF: dict[str, Callable[[Neighbours, NDArray[np.float32]], Any]] = {
    UMAP: _umap,
    TSNE: _tsne,
    TMAP: _tmap,
    SMALL_TSNE: _small_tsne,
}
#: The package of each layout that is no part of an ordinary installation, and what installs it.
PACKAGES = {
    TSNE: ("openTSNE", "`pip install 'opentsne>=1.0.4'` installs it"),
    TMAP: ("tmap", "`pip install 'tmap-silicon>=1.0.19'` installs it, on Linux for x86-64"),
}
