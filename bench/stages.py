"""Every stage with Spark: pictures per second on one core and on two, start-up, peak memory, against the bare loop."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from bench import bare
from bench.processes import Watched, imagerec, run_watched

STAGES = ("acquisition", "labeling", "embedding", "recommendation")
STAGE_COLUMNS = ("stage", "bare loop", "Spark, 1 core", "Spark / bare", "Spark, 2 cores", "2 cores / 1 core")
MEMORY_COLUMNS = ("pictures", "driver MiB", "JVM MiB", "worker MiB", "decoder MiB")


class Run(NamedTuple):
    """One `imagerec run`, seen from outside and by its own account."""

    watched: Watched
    seconds: dict[str, float]  # stage -> seconds, start-up not counted
    pictures: int

    @property
    def startup_s(self) -> float:
        """Wall time that no stage accounts for: Python, Spark, the catalog."""
        return self.watched.seconds - sum(self.seconds.values())

    def rate(self, stage: str) -> float:
        """Pictures per second of a stage."""
        return self.pictures / self.seconds[stage]


def run_pipeline(photos: Path, volume: Path, master: str, *options: str) -> Run:
    """Run all rooms over a folder onto a fresh volume."""
    watched = run_watched(imagerec("run", "--source", str(photos), "--data", str(volume), "--master", master, *options))
    told = subprocess.run(
        imagerec("status", "--json", "--data", str(volume)), check=True, capture_output=True, text=True
    )
    status: dict[str, Any] = json.loads(told.stdout)
    runs = {run["stage"]: run for run in status["runs"]}
    return Run(watched, {stage: runs[stage]["seconds"] for stage in STAGES}, status["pictures"])


def bare_rates(photos: Path, volume: Path, scratch: Path) -> dict[str, float]:
    """Pictures per second of each stage's bare loop, over the pictures of a volume that has been run."""
    return {
        "acquisition": bare.acquire(photos, volume, scratch),
        "labeling": bare.label(volume, scratch),
        "embedding": bare.embed(volume, scratch),
    }


def stage_rows(one: Run, two: Run, loops: dict[str, float]) -> Iterator[tuple[Any, ...]]:
    """A row for each stage, and one for the three that look at every picture together; see STAGE_COLUMNS."""
    for stage in STAGES:
        loop = loops.get(stage)
        ratio = round(one.rate(stage) / loop, 2) if loop else ""
        yield (
            stage,
            round(loop, 1) if loop else "",
            round(one.rate(stage), 1),
            ratio,
            round(two.rate(stage), 1),
            _gain(one, two, stage),
        )
    together = 1 / sum(1 / loop for loop in loops.values())
    first, second = (1 / sum(1 / run.rate(stage) for stage in loops) for run in (one, two))
    yield (
        "these three",
        round(together, 1),
        round(first, 1),
        round(first / together, 2),
        round(second, 1),
        round(second / first, 2),
    )
    first, second = (1 / sum(1 / run.rate(stage) for stage in STAGES) for run in (one, two))
    yield "all four", "", round(first, 1), "", round(second, 1), round(second / first, 2)


def _gain(one: Run, two: Run, stage: str) -> float:
    return round(two.rate(stage) / one.rate(stage), 2)


def memory_row(run: Run) -> tuple[Any, ...]:
    """Peak memory of each kind of process; see MEMORY_COLUMNS."""
    return run.pictures, *(run.watched.peaks_mib.get(kind, 0) for kind in ("driver", "jvm", "worker", "decoder"))
