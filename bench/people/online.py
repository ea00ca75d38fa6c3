"""Time of one online recommendation in a large collection: real-size vectors, an Annoy forest, made-up labels.

`python -m bench.people.online 480000`
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # no types there

from bench import report
from recommendation.index import annoy_index
from recommendation.index.basis import Basis
from recommendation.index.pictures import starts_of
from recommendation.index.searcher import Searcher, SearchParams, ShardVectors
from recommendation.recommend.advisor import State, candidates
from recommendation.recommend.listing import recommend, to_record
from recommendation.recommend.loading import View, make_pictures
from recommendation.recommend.saved import EMPTY, model_of
from recommendation.scoring.taste import Taste
from recommendation.search.engine import Engine
from shared.pictures.measures import MEASURES

WIDTHS = {"embedding": 128, "color": 64, "structure": 64}
TREES, SEARCH_K, GROUPS, LIKES, TASTES = 20, 50_000, 500, 15, 100
COLORS = ("blue", "green", "red", "grey", "black", "white", "brown", "tan")


class MadeUpIndex:
    """What candidates need of an engine."""

    def __init__(self, searchers: dict[str, Searcher]) -> None:
        self.searchers = searchers


def vectors(count: int, width: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Unit vectors around GROUPS centres."""
    centres = random.normal(size=(GROUPS, width)).astype(np.float32)
    found = centres[np.arange(count) % GROUPS] + random.normal(scale=0.7, size=(count, width)).astype(np.float32)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def searcher(folder: Path, name: str, found: NDArray[np.float32]) -> Searcher:
    """A searcher over one shard with a forest."""
    path = folder / f"{name}.ann"
    with path.open("wb") as file:
        file.writelines(annoy_index.build_forest(found, TREES))
    forest = annoy_index.open_forest(path, found.shape[1], found.dtype)
    ids = np.arange(len(found)).astype("S16")
    shard = ShardVectors(ids, found, found, forest, np.zeros(0, np.int64), found)
    basis = Basis("made-up", "", {name: found.shape[1]}, {}, {}, {name: np.eye(found.shape[1], dtype=np.float32)})
    return Searcher(MEASURES[name], (shard,), starts_of([len(found)]), basis, SearchParams(100, SEARCH_K))


def make_state(folder: Path, count: int) -> State:
    """A collection of `count` pictures, as the service holds it."""
    random = np.random.default_rng(1)
    found = {name: vectors(count, width, random) for name, width in WIDTHS.items()}
    labels: list[dict[str, Any]] = [
        {
            "filename": f"{row}.jpg",
            "orientation": "portrait" if row % 3 == 0 else "landscape",
            "size_category": "large",
            "tags": [f"group {row % GROUPS}"],
            "color_names": [COLORS[row % 8], COLORS[row // 8 % 8]],
            "license": "CC0",
            "author": "",
        }
        for row in range(count)
    ]
    hashes = random.integers(0, 256, (count, 24)).astype(np.uint8)
    pictures = make_pictures([f"{row:032x}" for row in range(count)], found, hashes, labels)
    rows = np.arange(count)
    index = MadeUpIndex({name: searcher(folder, name, found[name]) for name in ("embedding", "color")})
    return State(cast("Engine", index), View(pictures, rows, rows), model_of(pictures, EMPTY), rows[:500])


def measure(state: State) -> list[tuple[float, float]]:
    """Wall and processor seconds of a recommendation to each of TASTES people, after one to warm up."""
    random, taken = np.random.default_rng(2), []
    for _ in range(TASTES + 1):
        groups = random.choice(GROUPS, 3, replace=False)
        likes = groups[np.arange(LIKES) % 3] + GROUPS * random.integers(0, len(state.view.pictures) // GROUPS, LIKES)
        taste = Taste.of(np.unique(likes), np.ones(len(np.unique(likes))))
        wall, processor = time.perf_counter(), time.process_time()
        found = recommend(state.model, taste, 10, candidates=candidates(state, taste, 10))
        _ = [to_record(state.model, one) for one in found]
        taken.append((time.perf_counter() - wall, time.process_time() - processor))
    return taken[1:]


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.people.online", description=__doc__)
    parser.add_argument("pictures", type=int, nargs="+")
    rows = []
    for count in parser.parse_args().pictures:
        with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):  # as in the service
            taken = np.array(measure(make_state(Path(folder), count))) * 1000
        wall, processor = np.percentile(taken, [50, 95], axis=0).T
        rows.append((count, *map(float, wall), *map(float, processor)))
    columns = ("pictures", "p50 ms", "p95 ms", "processor p50 ms", "processor p95 ms")
    print(report.table(f"One online recommendation, {LIKES} likes, {TASTES} people", columns, rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
