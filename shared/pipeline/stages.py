"""Run stages one after the other in one Spark context, and keep the account of each."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from types import ModuleType
from typing import Any, NamedTuple

from pyspark import SparkContext

from shared import tables
from shared.errors import CannotProceedError
from shared.pipeline import compact, runs
from shared.pipeline.runs import StageCounts
from shared.settings import Settings
from shared.spark import session
from shared.storage import Storage
from shared.storage.volume import MODELS, REPORTS, TABLES
from shared.tables import Snapshot, catalog
from shared.tables.contracts import IMAGES

log = logging.getLogger(__name__)


def nothing_to_check(_: Any) -> None:
    """Accept anything."""


class Stage(NamedTuple):
    """A stage of the pipeline: what it can be told and what it does.

    Args:
        check: raises UsageError for settings that cannot work, before Spark's start makes the user wait for it.
        check_input: raises CannotProceedError where the tables have nothing for the stage to work on.
    """

    name: str
    settings: Settings
    run: Callable[[SparkContext, Any], StageCounts]
    check: Callable[[Any], None]
    check_input: Callable[[Snapshot], None]


def make_stage(name: str, settings: Settings, job: ModuleType) -> Stage:
    """The stage that a module `job` has the functions of; only `run` must be there."""
    checks = [getattr(job, check, nothing_to_check) for check in ("check", "check_input")]
    return Stage(name, settings, job.run, *checks)


def run_stages(stages: Sequence[Stage], what: str) -> bool:
    """Run the stages in order; False when one could produce nothing, which ends the chain.

    Raises:
        UsageError: a stage's settings cannot work.
        CannotProceedError: the first stage has nothing to work on; those after it work on what it makes.
    """
    for stage in stages:
        stage.check(stage.settings)
    first = stages[0].settings
    stages[0].check_input(tables.open_snapshot(first.volume))
    started = time.monotonic()
    with first.volume.lock(what), session.context(first, what) as sc:
        sweep_orphans(first.volume)
        if stages[0].name == tables.FIRST_STAGE:
            compact_if_due(sc, first.volume)
        log.info("Spark is up after %.1f s", time.monotonic() - started)
        is_done = all(_run_stage(sc, stage) for stage in stages)
        catalog.rebuild(first.volume)
    log.info("all done in %.1f s", time.monotonic() - started)
    return is_done


def sweep_orphans(volume: Storage) -> None:
    """Delete unfinished files that belong to no stage; the stages sweep their own."""
    for folder in ("", TABLES, MODELS, REPORTS):
        volume.delete_unfinished(folder)


def compact_if_due(sc: SparkContext, volume: Storage) -> None:
    """Merge the small slices of many runs before another one adds to them."""
    snapshot = tables.open_snapshot(volume)
    if compact.is_due(snapshot):
        after, _ = compact.compact(sc, volume, snapshot)
        log.info("compacted %d slices into %d", len(snapshot.slices(IMAGES)), len(after.slices(IMAGES)))


def _run_stage(sc: SparkContext, stage: Stage) -> bool:
    """Run one stage, say and store what it did; False when it could produce nothing."""
    now, started = datetime.now(UTC), time.monotonic()
    sc.setJobDescription(stage.name)
    counts = runs.checked(stage.run(sc, stage.settings))
    seconds = time.monotonic() - started
    runs.record(stage.settings.volume, counts, now, seconds, stage.settings.master, sc.defaultParallelism)
    rate = f", {counts.done / seconds:.0f} pictures/s" if counts.done else ""
    log.info("%s in %.1f s%s", counts, seconds, rate)
    if counts.n_failed == 0 and counts.done == 0 and counts.skipped:
        log.info("%s: nothing new, nothing to do", stage.name)
    if not (counts.done or counts.skipped or counts.removed):
        log.error("%s: no usable pictures, stopping; reasons are in the table failures", stage.name)
        return False
    return True


def require(snapshot_rows: int, stage: str, before: str) -> None:
    """Refuse to run a stage whose input is not there.

    Raises:
        CannotProceedError: no row to work on; the message names the stage to run first.
    """
    if not snapshot_rows:
        raise CannotProceedError(f"{stage} found no pictures on the volume; run `imagerec {before}` first")
