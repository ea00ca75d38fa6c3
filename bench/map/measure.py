"""The map of made-up vectors of real size: processor time of each step, and peak memory of the largest process.

Vectors lie between near neighbours of real photographs, with noise: as many islands, and as close, as real ones have.
"""

import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
from numpy.typing import NDArray
from pyspark import SparkContext

from recommendation.index import generation, metadata, objects
from recommendation.index.basis import WHITENED
from recommendation.index.build import columns
from recommendation.index.objects import GENERATIONS, SHARDS
from recommendation.index.shard import ShardEntry
from recommendation.map import job, vectors
from recommendation.map.neighbours import nearest, padded
from shared.settings import Settings
from shared.spark import session
from shared.storage import LocalStorage, Storage

SHARD_ROWS, SLICE_ROWS = 32_768, 1024
NEAR = 10
NOISE = 0.02
COLUMNS = ("pictures", "fitted", "step", "wall s", "processor s", "largest process MiB")


def made_up(real: NDArray[np.float32], count: int) -> Iterator[NDArray[np.float32]]:
    """Unit vectors between real ones and their near neighbours, SHARD_ROWS at a time."""
    random = np.random.default_rng(3)
    near = nearest(real, padded(real), len(real), NEAR, np.arange(len(real))).rows
    for start in range(0, count, SHARD_ROWS):
        size = min(SHARD_ROWS, count - start)
        own = random.integers(0, len(real), size)
        other = near[own, random.integers(0, near.shape[1], size)]
        share = random.random((size, 1), np.float32)
        mixed = (1 - share) * real[own] + share * real[other]
        mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
        mixed += random.normal(0, NOISE, mixed.shape)
        yield (mixed / np.linalg.norm(mixed, axis=1, keepdims=True)).astype(np.float32)


def write_index(volume: Storage, real: NDArray[np.float32], count: int) -> None:
    """What the map reads of an index: ids, reduced vectors and metadata of shards, and a generation that names them."""
    entries = []
    for number, some in enumerate(made_up(real, count)):
        name, random = f"{number:016x}", np.random.default_rng(number)
        ids = np.frombuffer(random.bytes(16 * len(some)), "S16")
        objects.put_array(volume, f"{SHARDS}/{name}.ids.npy", ids)
        objects.put_array(volume, f"{SHARDS}/{name}.{WHITENED}.reduced.npy", some)
        hexed = vectors.hex_ids(ids)
        rows = [
            {"image_id": one, "slice": f"{number:04}-{row // SLICE_ROWS:04}", "tags": [f"tag {row % 100}"]}
            for row, one in enumerate(hexed)
        ]
        data, document = columns.encode(rows)
        sha256 = objects.put_bytes(volume, metadata.data_key(name), [data])
        objects.put_document(volume, metadata.document_key(name), {**document, "sha256": sha256})
        entries.append(ShardEntry(name, len(some), name, 0)._asdict())
    document = {"basis": "made up", "shards": entries, "pictures": count}
    objects.put_document(volume, f"{GENERATIONS}/{'0' * 16}.json", document)
    objects.put_document(volume, f"{GENERATIONS}/{'0' * 16}.timings.json", {})
    pointer = {"format": generation.FORMAT, "generation": "0" * 16, "previous": ""}
    volume.commit(generation.CURRENT, objects.seal(pointer), None)


def measure(source: LocalStorage, count: int) -> list[tuple[object, ...]]:
    """Fit, place and judge the map of so many pictures on two cores; see COLUMNS.

    Args:
        source: a volume whose index has real vectors.
    """
    live = vectors.live(source)
    real = np.concatenate(
        [np.load(source.local_path(f"{SHARDS}/{one.name}.{WHITENED}.reduced.npy")) for one in live.shards if one.rows]
    )
    with tempfile.TemporaryDirectory() as folder:
        volume = LocalStorage(Path(folder) / "volume")
        write_index(volume, real, count)
        with session.context(Settings(data=volume.root, master="local[2]", driver_memory="1g"), "bench") as sc:
            return list(steps(sc, volume, count))


def steps(sc: SparkContext, volume: Storage, count: int) -> Iterator[tuple[object, ...]]:
    """A row for the fit and one for the rest."""
    slices, clock = vectors.slices_of(volume), Clock()
    document = job.fit(sc, "auto", volume, slices)
    yield count, document["fitted"], "lay out", *clock.lap()
    document, _ = job.publish(sc, volume, document, slices)
    found = document["quality"]
    yield count, document["fitted"], "place, cluster, measure", *clock.lap()
    yield count, document["fitted"], f"quality {found}", "", "", ""


class Clock:
    """Wall and processor time since the last lap, of this process and those that it started."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.monotonic(), self._spent()

    def lap(self) -> tuple[float, float, int]:
        """Seconds, processor seconds, and the peak memory so far of the largest process."""
        wall, cpu = time.monotonic(), self._spent()
        found = round(wall - self._wall, 1), round(cpu - self._cpu, 1), self._peak_mib()
        self._wall, self._cpu = wall, cpu
        return found

    @staticmethod
    def _tree() -> list[psutil.Process]:
        own = psutil.Process()
        return [own, *own.children(recursive=True)]

    def _spent(self) -> float:
        times = [one.cpu_times() for one in self._tree()]
        return float(sum(one.user + one.system + one.children_user + one.children_system for one in times))

    def _peak_mib(self) -> int:
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return max(own, *(peak_mib(one.pid) for one in self._tree()))


def peak_mib(process: int) -> int:
    """The peak memory of a process, mapped files counted; 0 where the system does not say."""
    path = Path(f"/proc/{process}/status")
    if not path.exists():
        return 0
    lines = [line for line in path.read_text().splitlines() if line.startswith("VmHWM")]
    return int(lines[0].split()[1]) // 1024 if lines else 0
