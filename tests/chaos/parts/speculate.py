"""`python -m tests.chaos.parts.speculate MASTER FOLDER`: two attempts of one task, both alive, both writing at the same moment."""

import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from pyspark import RDD, TaskContext

from shared import tables
from shared.pipeline import slices
from shared.pipeline.progress import PictureCounter
from shared.pipeline.slices import StageOutput, TableRow
from shared.settings import Settings
from shared.spark import session
from shared.storage import LocalStorage
from shared.tables import Snapshot
from shared.tables.contracts import TOTALS
from tests.rows import row

STAGE = StageOutput("labeling", "a" * 64, (TOTALS,))
SLICES = ("a", "b", "c", "d")
SLOW = "a"  # the slice whose attempts wait for each other
ROWS = 20
ATTEMPTS = 2
LOOK_EVERY_S, LIMIT_S = 0.1, 120.0
#: For spark-defaults.conf: begin a second attempt of a task soon after most of the others have ended.
DEFAULTS = """
spark.speculation true
spark.speculation.interval 200ms
spark.speculation.quantile 0.5
spark.speculation.multiplier 1.1
spark.speculation.minTaskRuntime 500ms
"""


def main(master: str, folder: Path) -> int:
    """Run the stage and print the rows, the parts and the attempts of the slow slice."""
    volume, marks = LocalStorage(folder / "volume"), folder / "marks"
    marks.mkdir(parents=True)

    def describe(names: "RDD[str]") -> "RDD[TableRow]":
        return names.flatMap(partial(rows, marks))

    with session.context(Settings.resolve({"data": volume.root, "master": master}, None), "speculation") as sc:
        work = slices.work_list(sc, volume, Snapshot({}), STAGE, SLICES)
        done = slices.run_slices(
            sc,
            volume,
            STAGE,
            {name: name for name in work.todo},
            describe,
            PictureCounter.of(sc, volume),
        )
        snapshot = slices.publish(volume, Snapshot({}), STAGE, work, done)
    tables.check_parts(volume, snapshot.parts(TOTALS))
    parts = len(list((volume.root / "tables" / TOTALS.name).glob("*.parquet*")))
    print(f"rows {snapshot.rows(TOTALS)}, parts {parts}, attempts {len(list(marks.iterdir()))}")
    return 0


def rows(marks: Path, name: str) -> Iterator[TableRow]:
    """A slice's rows; an attempt of the slow slice goes on to write only when the other is as far."""
    for number in range(ROWS):
        yield "totals", row(TOTALS, value=f"{name}{number}", pictures=number)
    context = TaskContext.get()
    if name == SLOW and context is not None:
        (marks / str(context.taskAttemptId())).touch()
        deadline = time.monotonic() + LIMIT_S
        while len(list(marks.iterdir())) < ATTEMPTS and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY_S)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
