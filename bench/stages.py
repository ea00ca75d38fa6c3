"""Every stage with Spark: pictures per second on one core and on two, start-up, peak memory, against the bare loop."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from bench import bare
from bench.processes import Watched, imagerec, run_watched
from shared.project import STAGES
from shared.storage import LocalStorage
from shared.storage.volume import MODELS

LOOPED = ("acquisition", "labeling", "embedding")  # the stages that look at every picture by itself
STAGE_COLUMNS = ("stage", "bare loop", "Spark, 1 core", "Spark / bare", "Spark, 2 cores", "2 cores / 1 core")
STARTUP_COLUMNS = ("what", "1 core", "2 cores")
MEMORY_COLUMNS = ("pictures", "int8 copy made", "driver MiB", "JVM MiB", "worker MiB", "decoder MiB")


class Run(NamedTuple):
    """One `imagerec run`, seen from outside and by its own account."""

    watched: Watched
    seconds: dict[str, float]  # of each stage
    pictures: int

    @property
    def around_s(self) -> float:
        """Wall time that no stage accounts for: Python, Java, the catalog."""
        return self.watched.seconds - sum(self.seconds.values())


class Speed(NamedTuple):
    """What stages cost on some number of cores: a start, and so much for each picture.

    Args:
        tiny: a run of so few pictures that it is nearly all start.
    """

    tiny: Run
    whole: Run

    def picture_s(self, *stages: str) -> float:
        """Seconds a picture takes in some stages, their start not counted."""
        spent = sum(self.whole.seconds[stage] - self.tiny.seconds[stage] for stage in stages)
        return spent / (self.whole.pictures - self.tiny.pictures)

    @property
    def start_s(self) -> float:
        """Seconds before the first picture: all of a tiny run but its pictures."""
        return self.tiny.watched.seconds - self.tiny.pictures * self.picture_s(*STAGES)


def run_pipeline(photos: Path, volume: Path, master: str, model_of: Path | None = None) -> Run:
    """Run all stages over a folder onto a fresh volume.

    Args:
        model_of: a volume that has chosen a model; None to let the run choose one.
    """
    if model_of:
        shutil.copytree(model_of / MODELS, volume / MODELS)
    watched = run_watched(imagerec("run", "--source", str(photos), "--data", str(volume), "--master", master))
    told = subprocess.run(
        imagerec("status", "--json", "--data", str(volume)), check=True, capture_output=True, text=True
    )
    status: dict[str, Any] = json.loads(told.stdout)
    runs = {run["stage"]: run for run in status["runs"]}
    return Run(watched, {stage: runs[stage]["seconds"] for stage in STAGES}, status["pictures"])


def bare_seconds(photos: Path, volume: Path, scratch: Path) -> dict[str, float]:
    """Seconds a picture takes in each stage's bare loop, over the pictures of a volume that has been run."""
    loops = (
        bare.acquire(photos, scratch),
        bare.label(LocalStorage(volume), LocalStorage(scratch)),
        bare.embed(LocalStorage(volume), LocalStorage(scratch)),
    )
    return {stage: 1 / loop for stage, loop in zip(LOOPED, loops, strict=True)}


def stage_rows(one: Speed, two: Speed, loops: dict[str, float]) -> Iterator[tuple[Any, ...]]:
    """A row for each stage, for the three that look at every picture, and for all; see STAGE_COLUMNS."""
    for name, stages in (*((stage, (stage,)) for stage in STAGES), ("these three", LOOPED), ("all four", STAGES)):
        single, double = one.picture_s(*stages), two.picture_s(*stages)
        is_looped = set(stages) <= set(LOOPED)
        loop = sum(loops[stage] for stage in stages) if is_looped else 0
        bare_cells = (round(1 / loop, 1), round(loop / single, 2)) if is_looped else ("", "")
        yield name, bare_cells[0], round(1 / single, 1), bare_cells[1], round(1 / double, 1), round(single / double, 2)


def startup_rows(one: Speed, two: Speed) -> Iterator[tuple[Any, ...]]:
    """Seconds that do not depend on the number of pictures; see STARTUP_COLUMNS."""
    yield "Python, Java, the catalog", round(one.tiny.around_s, 1), round(two.tiny.around_s, 1)
    for stage in STAGES:
        yield f"{stage} of {one.tiny.pictures} pictures", *(round(run.tiny.seconds[stage], 1) for run in (one, two))


def pays_from(two: Speed, loops: dict[str, float]) -> int:
    """The number of pictures from which Spark on two cores is done before the bare loop."""
    return round(two.start_s / (sum(loops.values()) - two.picture_s(*LOOPED)))


def memory_row(run: Run, is_int8_made: bool) -> tuple[Any, ...]:
    """Peak memory of each kind of process; see MEMORY_COLUMNS."""
    peaks = (run.watched.peaks_mib.get(kind, 0) for kind in ("driver", "jvm", "worker", "decoder"))
    return run.pictures, "yes" if is_int8_made else "no", *peaks
