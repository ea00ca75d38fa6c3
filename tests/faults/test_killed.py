"""Processes die at any moment: nothing is lost, nothing is there twice, and whoever comes second is told."""

import os
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from pyspark import RDD, SparkContext

from shared.pipeline import slices
from shared.pipeline.progress import PictureCounter
from shared.pipeline.slices import StageOutput, TableRow
from shared.storage import LocalStorage
from shared.storage.lock import exclusive
from shared.tables import Snapshot
from shared.tables.contracts import TOTALS
from tests.chaos import pictures
from tests.chaos.parts import kills
from tests.chaos.points import Plan
from tests.chaos.setting import Bench, undisturbed
from tests.commands import ROOT, Finished, imagerec, python
from tests.rows import row, rows_of

STAGE = StageOutput("labeling", "a" * 64, (TOTALS,))


LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc to find the processes of a command")
NOTHING_LOST = "nothing lost, nothing done twice, nothing different\n"


def chaos(*arguments: str) -> Finished:
    return python("-m", "tests.chaos", "--parts", *arguments)


@LINUX
@pytest.mark.parametrize("stride", [pytest.param(5, marks=pytest.mark.slow), 57])
def test_breaking_the_publish_path_at_some_of_its_crash_points_loses_nothing(tmp_path: Path, stride: int) -> None:
    done = chaos("publish", "--stride", str(stride), "--scratch", str(tmp_path))
    assert done.stdout.endswith(NOTHING_LOST), done.stdout + done.stderr
    assert done.returncode == 0
    assert f"ok   kill at point {1 + stride}:" in done.stdout


@LINUX
def test_a_command_killed_while_it_publishes_goes_on_from_there(tmp_path: Path) -> None:
    bench = Bench(tmp_path, ("acquisition", "--master", "local[2]"))
    pictures.write_source(tmp_path / "pictures", 0, 12)
    (tmp_path / "empty").mkdir()
    setting = undisturbed(bench, "undisturbed", tmp_path / "pictures", tmp_path / "empty", {})
    bench.reset(setting.pictures, setting.before)
    killed = bench.start("killed", Plan("", "", 2, "session", match="/tables/snapshot.json"))
    assert killed.wait() == -signal.SIGKILL
    done = kills.finish(bench, setting, [killed], "again")
    assert "acquisition 17 = 14 + 0 + 3" in done
    assert done.endswith(f"{len(setting.expected)} files and tables are equal")


@LINUX
@pytest.mark.slow
def test_random_kills_and_a_broken_disk_lose_nothing(tmp_path: Path) -> None:
    done = chaos("kills", "disk", "--kills", "5", "--scratch", str(tmp_path))
    assert done.stdout.endswith(NOTHING_LOST), done.stdout + done.stderr


def rows_or_death(marks: Path, name: str) -> Iterator[TableRow]:
    """Two rows of a slice; the first process to come to slice b dies between them."""
    yield "totals", row(TOTALS, value=name)
    mark = marks / name
    if name == "b" and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    yield "totals", row(TOTALS, value=f"{name}{name}")


@pytest.mark.spark
def test_a_killed_worker_costs_neither_the_run_nor_a_row(
    sc: SparkContext, volume: LocalStorage, tmp_path: Path
) -> None:
    def describe(names: "RDD[str]") -> "RDD[TableRow]":
        return names.flatMap(partial(rows_or_death, tmp_path))

    work = slices.work_list(sc, volume, Snapshot({}), STAGE, ["a", "b", "c"])
    done = slices.run_slices(
        sc,
        volume,
        STAGE,
        {name: name for name in work.todo},
        describe,
        PictureCounter.of(sc, volume),
    )
    slices.publish(volume, Snapshot({}), STAGE, work, done)
    assert (tmp_path / "b").exists()
    assert [one["value"] for one in rows_of(volume, TOTALS)] == ["a", "aa", "b", "bb", "c", "cc"]
    assert len(list((volume.root / "tables" / "totals").glob("part-*"))) == 3


def test_the_second_of_two_runs_at_once_is_refused_before_spark_starts(tmp_path: Path) -> None:
    with exclusive(tmp_path, "run"):
        second = imagerec("acquisition", "--source", str(ROOT), "--data", str(tmp_path))
    assert second.returncode == 1
    assert f"{tmp_path} is in use by `imagerec run` (process {os.getpid()} on" in second.stderr
    assert "Spark" not in second.stderr
