"""Run rooms one after the other in one Spark context, and keep the account of each."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from pyspark import SparkContext

from shared import catalog, cli, runs, spark
from shared.errors import CannotProceedError
from shared.files import sweep_temporary
from shared.lock import exclusive
from shared.runs import Accounting
from shared.settings import Settings
from shared.volume import models_dir, reports_dir, tables_dir

log = logging.getLogger(__name__)


def nothing_to_check(_: Any) -> None:
    """Accept any settings."""


class Room(NamedTuple):
    """A stage of the pipeline: what it can be told and what it does.

    Args:
        check: raises UsageError for settings that cannot work, before Spark's start makes the user wait for it.
    """

    name: str
    settings: Settings
    run: Callable[[SparkContext, Any], Accounting]
    check: Callable[[Any], None] = nothing_to_check


def main(
    name: str,
    description: str,
    settings: type[Settings],
    run: Callable[[SparkContext, Any], Accounting],
    argv: Sequence[str] | None,
    check: Callable[[Any], None] = nothing_to_check,
) -> int:
    """The command of one room: 0 when something was produced or nothing was left to do, 1 when nothing could be, 2 on wrong usage."""

    def command() -> int:
        arguments = cli.parser(f"imagerec {name}", description, settings).parse_args(argv)
        return run_rooms([Room(name, cli.settings_of(settings, arguments), run, check)], name)

    return cli.run_command(command, cli.GOES_ON)


def run_rooms(rooms: Sequence[Room], what: str) -> int:
    """Run the rooms in order; the first that produces nothing ends the chain.

    Returns:
        0, or 1 when a room could produce nothing.

    Raises:
        UsageError: a room's settings cannot work.
    """
    for room in rooms:
        room.check(room.settings)
    first = rooms[0].settings
    started = time.monotonic()
    with exclusive(first.data, what), spark.context(first, what) as sc:
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
    return bool(accounting.done or accounting.skipped)


def require(snapshot_rows: int, room: str, before: str) -> None:
    """Refuse to run a room whose input is not there.

    Raises:
        CannotProceedError: no row to work on; the message names the room to run first.
    """
    if not snapshot_rows:
        raise CannotProceedError(f"{room} found no pictures on the volume; run `imagerec {before}` first")
