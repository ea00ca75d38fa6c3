"""Every crash point of the publish path, one after the other: parts, manifests, snapshot, runs, hand-off, catalog, index.

A child process does what a run does and is killed at one write, fsync or move; no Spark, so there is time for all.
"""

import errno
import os
import shutil
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from recommendation.index import annoy_index, generation, objects
from recommendation.index.build import columns
from recommendation.index.objects import BASES, METADATA, SHARDS
from shared import tables
from shared.errors import CannotProceedError
from shared.pipeline import exports, runs, slices, stages
from shared.pipeline.slices import StageOutput, TableRow
from shared.storage import LocalStorage
from shared.storage.files import digest
from shared.tables import catalog
from shared.tables.contracts import FAILURES, LOCATIONS, TOTALS
from tests import in_process
from tests.chaos import compare, points
from tests.rows import row, rows_of

HANDOFF = "images_labels.json"
KILLED, SAID_WHY, OTHERWISE = -9, 3, 4
#: Exit codes of a broken step: an operation that failed may also have been done without.
EXPECTED = {"kill": {KILLED}, "ENOSPC": {0, SAID_WHY}, "EIO": {0, SAID_WHY}}


class Edition(NamedTuple):
    """What one run makes: a later edition has other settings and more slices."""

    number: int
    slices: tuple[str, ...]

    @property
    def stage(self) -> StageOutput:
        """The stage with this edition's settings."""
        return StageOutput("labeling", digest("edition", self.number), (LOCATIONS, TOTALS))


FIRST, SECOND = Edition(1, ("000-a", "001-b")), Edition(2, ("000-a", "001-b", "002-c"))


def publish_tables(volume: LocalStorage, edition: Edition) -> None:
    """Do what a stage does: take over or write its slices, publish them, keep the account, write the hand-off file."""
    stages.sweep_orphans(volume)
    stage, snapshot = edition.stage, tables.open_snapshot(volume)
    work = slices.work_list(in_process.context(), volume, snapshot, stage, edition.slices)
    done = [slices.write_slice(volume, stage, name, slice_rows(edition, name)) for name in work.todo]
    published = slices.publish(volume, snapshot, stage, work, done)
    account = runs.StageCounts(stage.name, stage.fingerprint, 0, 0, 0, {})
    runs.record(volume, account, datetime.now(UTC), 1.0, "none", 1)
    content = published.digest(TOTALS)
    if not exports.is_current(volume, HANDOFF, content):
        lines = [f"of edition {edition.number}"] * 3
        exports.write(in_process.context(), volume, HANDOFF, content, lines, line_of, exports.JSON_LIST)


def line_of(text: str) -> list[bytes]:
    """The lines of one item of the hand-off file."""
    return [exports.to_line(text)]


def publish_catalog(volume: LocalStorage, _: Edition) -> None:
    """Do what a run ends with."""
    stages.sweep_orphans(volume)
    catalog.rebuild(volume)


def slice_rows(edition: Edition, name: str) -> Iterator[TableRow]:
    """The rows of one slice; the first has a failure, too."""
    if name.startswith("000"):
        yield slices.failure_row("labeling", name, "not_finite", "NaN")
    yield "totals", row(TOTALS, value=name, pictures=edition.number)
    yield "locations", row(LOCATIONS, image_id=digest(name)[:32], location=name)


def publish_index(volume: LocalStorage, _: Edition) -> None:
    """Build a small index generation, unless it is the live one."""
    name = tables.open_snapshot(volume).digest(TOTALS)[:16]
    live, pointer = generation.find_live(volume)
    if live is not None and live.name == name:
        generation.sweep(volume, pointer)
        return
    vectors = np.eye(8, dtype=np.float32)
    forest = annoy_index.build_forest(vectors, trees=2)
    hashes = {
        "color.npy": objects.put_array(volume, f"{SHARDS}/{name}.color.npy", vectors),
        "color.ann": objects.put_bytes(volume, f"{SHARDS}/{name}.color.ann", forest),
    }
    objects.put_document(volume, f"{SHARDS}/{name}.json", {"slices": {"000-a": 8}, "objects": hashes})
    data, document = columns.encode([{}] * len(vectors))
    sha256 = objects.put_bytes(volume, f"{METADATA}/{name}.arrow", [data])
    objects.put_document(volume, f"{METADATA}/{name}.json", {**document, "sha256": sha256})
    objects.put_document(volume, f"{BASES}/{name}.json", {"objects": {}})
    shard = {"name": name, "rows": len(vectors), "metadata": name, "removed": 0}
    content = {"pictures": len(vectors), "basis": name, "shards": [shard]}
    generation.publish(volume, name, content, {"build_s": {}}, pointer)


#: What a run does, in its order.
STEPS = (publish_tables, publish_index, publish_catalog)


def state(volume: LocalStorage) -> dict[str, Any]:
    """What readers see: everything they read is checked.

    Raises:
        CannotProceedError: something is damaged or missing.
    """
    seen = {contract.name: rows_of(volume, contract) for contract in (LOCATIONS, TOTALS, FAILURES)}
    if volume.local_path("catalog.duckdb").exists():
        catalog.check(volume.local_path("catalog.duckdb"))
    live = generation.open_live(volume).name if generation.live_name(volume) else None
    path = volume.root / HANDOFF
    return {"tables": seen, "index": live, "hand-off": path.read_text(encoding="utf-8") if path.exists() else None}


def in_child(work: Callable[[], object]) -> int:
    """Run something in a forked process; its exit code, negative for the signal that killed it."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        work()
        code = 0
    except BaseException:  # noqa: BLE001 - nothing may return into the parent's code
        traceback.print_exc()
    finally:
        os._exit(code)


class Fault(NamedTuple):
    """What happens at a crash point: the process is killed, or its call fails."""

    action: str  # as in `points.Plan`
    once: bool = False


KILL = Fault("kill")
#: The last two: the disk is full from there on; one operation fails.
FAULTS = (KILL, Fault("ENOSPC"), Fault("EIO", once=True))


class Measurement(NamedTuple):
    """Folders of one crash point's try."""

    scratch: Path
    edition: Edition
    step: Callable[[LocalStorage, Edition], None]
    before: Path  # the volume that each try starts with
    after: Path  # where an undisturbed step leads

    @property
    def volume(self) -> LocalStorage:
        """The volume under test; always the same path, for the catalog names it."""
        return LocalStorage(self.scratch / "volume")

    def log(self, name: str) -> Path:
        """A fresh log of crash points."""
        path = self.scratch / f"{name}.log"
        for old in (path, path.with_name(f"{path.name}.count")):
            old.unlink(missing_ok=True)
        return path

    def start(self) -> None:
        """Put the volume back to what it was."""
        shutil.rmtree(self.volume.root, ignore_errors=True)
        shutil.copytree(self.before, self.volume.root)

    def run(self, log: Path, at: int = points.NEVER, fault: Fault = KILL) -> None:
        """Do the step; with a fault at a crash point.

        Raises:
            OSError: the fault's.
        """
        points.install(points.Plan(str(self.volume.root), str(log), at, fault.action, once=fault.once))
        self.step(self.volume, self.edition)

    def contents(self) -> dict[str, str]:
        """What must be equal; the catalog is opened only where it changes."""
        return compare.contents(self.volume, catalog_too=self.step is publish_catalog)

    def inspect(self) -> None:
        """Fail unless readers see all of what was before or all of what comes after.

        Raises:
            AssertionError: they see something between the two.
        """
        allowed = state(LocalStorage(self.before)), state(LocalStorage(self.after))
        for what, value in state(self.volume).items():
            assert value in [one[what] for one in allowed], f"{what}: between two states"


def break_everywhere(scratch: Path, stride: int = 1) -> Iterator[str]:
    """Kill both editions' steps at every crash point, and let every one fail; or only every n-th.

    Yields:
        A line for each point and one for each step; those that begin with "LOST" are failures.
    """
    before = scratch / "before-0"
    before.mkdir(parents=True)
    for edition in (FIRST, SECOND):
        for step in STEPS:
            trial = Measurement(scratch, edition, step, before, scratch / f"after-{edition.number}-{step.__name__}")
            expected = undisturbed(trial)
            for fault in FAULTS:
                yield from break_step(trial, fault, stride, expected)
            before = trial.after


def break_step(trial: Measurement, fault: Fault, stride: int, expected: Path) -> Iterator[str]:
    """One line for each crash point of a step."""
    count, visited = 0, 0
    while line := break_once(trial, fault, count + 1, expected):
        count, visited = count + stride, visited + 1
        yield line
    name = trial.step.__name__.replace("_", " ")
    yield f"{name}, run {trial.edition.number}, {fault.action}: {visited} crash points"


def undisturbed(trial: Measurement) -> Path:
    """Run without a kill; where the contents are stored."""
    path = trial.scratch / "expected.json"
    trial.start()
    assert in_child(lambda: trial.step(trial.volume, trial.edition)) == 0
    assert in_child(lambda: compare.save(path, trial.contents())) == 0
    shutil.copytree(trial.volume.root, trial.after)
    return path


def break_once(trial: Measurement, fault: Fault, at: int, expected: Path) -> str | None:
    """Break one point, look, run again, compare: what came of it; None when the step ended before that point."""
    trial.start()
    broken, again = trial.log("broken"), trial.log("again")
    code = in_child(lambda: said_reason(trial, broken, at, fault))
    reached = [line for line in broken.read_text(encoding="utf-8").splitlines() if line.startswith(f"{at} ")]
    if not reached:
        return None
    is_lost = code not in EXPECTED[fault.action] or in_child(lambda: recover(trial, broken, again, expected))
    where = reached[0].split(" ", 2)[2].replace(f"{trial.volume.root}/", "")
    return f"{'LOST' if is_lost else 'ok  '} {fault.action} at point {at}: {where}"


def said_reason(trial: Measurement, log: Path, at: int, fault: Fault) -> None:
    """Do the step; exit with 1 where the command would, saying the reason.

    Raises:
        AssertionError: it failed with another reason.
    """
    try:
        trial.run(log, at, fault)
    except (OSError, CannotProceedError) as error:
        reason = os.strerror(getattr(errno, fault.action))
        os._exit(SAID_WHY if reason in str(error) else OTHERWISE)


def recover(trial: Measurement, killed: Path, again: Path, expected: Path) -> None:
    """Look at what a broken step left, do the step again, and compare.

    Raises:
        AssertionError: readers see something between two states, the outcome differs, or finished work was repeated.
    """
    trial.inspect()
    trial.run(again)
    found = compare.differences(compare.load(expected), trial.contents())
    assert not found, "\n".join(found)
    twice = compare.repeated(killed, again, TOTALS.name)
    assert not twice, f"written again: {twice}"
