"""Run rooms one after the other in one Spark context, and keep the account of each."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from pyspark import SparkContext

from shared import tables
from shared.command import cli
from shared.errors import CannotProceedError
from shared.pipeline import runs
from shared.pipeline.runs import Accounting
from shared.settings import Settings
from shared.spark import session
from shared.storage.files import sweep_temporary
from shared.storage.lock import exclusive
from shared.storage.volume import models_dir, reports_dir, tables_dir
from shared.tables import Snapshot, catalog

log = logging.getLogger(__name__)


def nothing_to_check(_: Any) -> None:
    """Accept anything."""


class Room(NamedTuple):
    """A stage of the pipeline: what it can be told and what it does.

    Args:
        check: raises UsageError for settings that cannot work, before Spark's start makes the user wait for it.
        check_input: raises CannotProceedError where the tables have nothing for the room to work on.
    """

    name: str
    settings: Settings
    run: Callable[[SparkContext, Any], Accounting]
    check: Callable[[Any], None]
    check_input: Callable[[Snapshot], None]


def room_of(name: str, settings: Settings, job: ModuleType) -> Room:
    """The room that a module `job` has the functions of; only `run` must be there."""
    checks = [getattr(job, check, nothing_to_check) for check in ("check", "check_input")]
    return Room(name, settings, job.run, *checks)


def main(name: str, description: str, settings: type[Settings], job: ModuleType, argv: Sequence[str] | None) -> int:
    """The command of one room: 0 when something was produced or nothing was left to do, 1 when nothing could be, 2 on wrong usage."""

    def command() -> int:
        arguments = cli.parser(f"imagerec {name}", description, settings).parse_args(argv)
        return run_rooms([room_of(name, cli.settings_of(settings, arguments), job)], name)

    return cli.run_command(command, cli.GOES_ON)


def run_rooms(rooms: Sequence[Room], what: str) -> int:
    """Run the rooms in order; the first that produces nothing ends the chain.

    Returns:
        0, or 1 when a room could produce nothing.

    Raises:
        UsageError: a room's settings cannot work.
        CannotProceedError: the first room has nothing to work on; those after it work on what it makes.
    """
    for room in rooms:
        room.check(room.settings)
    first = rooms[0].settings
    rooms[0].check_input(tables.open_snapshot(first.data))
    started = time.monotonic()
    with exclusive(first.data, what), session.context(first, what) as sc:
        sweep_leftovers(first.data)
        log.info("Spark is up after %.1f s", time.monotonic() - started)
        code = next((cli.NOTHING_PRODUCED for room in rooms if not _run_room(sc, room)), cli.OK)
        catalog.rebuild(first.data)
    log.info("all done in %.1f s", time.monotonic() - started)
    return code


def sweep_leftovers(volume: Path) -> None:
    """Delete unfinished files that belong to no stage; the stages sweep their own."""
    for folder in (volume, tables_dir(volume), models_dir(volume), reports_dir(volume)):
        sweep_temporary(folder)


def _run_room(sc: SparkContext, room: Room) -> bool:
    """Run one room, say and store what it did; False when it could produce nothing."""
    now, started = datetime.now(UTC), time.monotonic()
    sc.setJobDescription(room.name)
    accounting = runs.checked(room.run(sc, room.settings))
    seconds = time.monotonic() - started
    runs.record(room.settings.data, accounting, now, seconds, room.settings.master, sc.defaultParallelism)
    rate = f", {accounting.done / seconds:.0f} pictures/s" if accounting.done else ""
    log.info("%s in %.1f s%s", accounting, seconds, rate)
    if accounting.n_failed == 0 and accounting.done == 0 and accounting.skipped:
        log.info("%s: nothing new, nothing to do", room.name)
    if not (accounting.done or accounting.skipped):
        log.error("%s: nothing could be used, so this is the end; the table failures says why", room.name)
        return False
    return True


def require(snapshot_rows: int, room: str, before: str) -> None:
    """Refuse to run a room whose input is not there.

    Raises:
        CannotProceedError: no row to work on; the message names the room to run first.
    """
    if not snapshot_rows:
        raise CannotProceedError(f"{room} found no pictures on the volume; run `imagerec {before}` first")
