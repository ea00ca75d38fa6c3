"""`imagerec remove`: take pictures out now, by source or one by one."""

import argparse
import logging
import re
from collections.abc import Sequence

from acquisition import removal
from acquisition.commands.sources import sources
from acquisition.removal import Removal
from acquisition.sources.registry import id_of
from shared.command import cli
from shared.errors import UsageError
from shared.settings import Settings
from shared.storage import Storage
from shared.tables import catalog

log = logging.getLogger(__name__)

IMAGE_ID = re.compile(r"[0-9a-f]{32}")


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 when something was taken out, 1 when there was nothing, 2 on wrong usage."""
    return cli.run_command(lambda: remove(parser().parse_args(argv)))


def parser() -> argparse.ArgumentParser:
    """The flags of `imagerec remove`."""
    made = cli.parser(
        "imagerec remove",
        "Take pictures out of the tables now, with their thumbnails and downloaded originals. Files of yours stay.",
        Settings,
    )
    what = made.add_mutually_exclusive_group(required=True)
    what.add_argument("--source", help="every picture that no other source lists; `imagerec sources` names them")
    what.add_argument(
        "--id", nargs="+", metavar="ID", help="pictures by image_id; they do not come back with the next run"
    )
    made.add_argument("--undo", action="store_true", help="with --id: let the pictures come back with the next run")
    return made


def remove(arguments: argparse.Namespace) -> int:
    """Take the pictures out, or undo that."""
    settings = cli.settings_of(Settings, arguments)
    if arguments.undo and not arguments.id:
        raise UsageError("--undo: expected --id with it, got --source; run the source again instead")
    wanted = wanted_removal(settings.volume, arguments)
    with settings.volume.lock("remove"):
        if arguments.undo:
            count = removal.undo(settings.volume, wanted.ids)
            log.info("allowed to come back with the next run of their source: %d pictures", count)
        else:
            count = run(settings, wanted)
            log.info(
                "taken out: %d pictures; the next `imagerec run` takes them out of labels, exports and index", count
            )
        catalog.rebuild(settings.volume)
    return cli.OK if count else cli.NOTHING_PRODUCED


def run(settings: Settings, wanted: Removal) -> int:
    """Take pictures out; return how many."""
    from acquisition import removal_job  # pulls in Spark, which the undoing does without
    from shared.spark import session

    with session.context(settings, "remove") as sc:
        return removal_job.remove(sc, settings.volume, wanted)


def wanted_removal(volume: Storage, arguments: argparse.Namespace) -> Removal:
    """What the flags name.

    Raises:
        UsageError: there is no such source, or an id is none.
    """
    if arguments.id:
        wrong = [one for one in arguments.id if not IMAGE_ID.fullmatch(one)]
        if wrong:
            raise UsageError(f"--id: expected 32 hex digits, got {', '.join(wrong)}")
        return Removal(ids=frozenset(arguments.id))
    names = [one["source"] for one in sources(volume)]
    found = next((name for name in (arguments.source, id_of(arguments.source)) if name in names), None)
    if found is None:
        raise UsageError(f"--source: expected one of {', '.join(filter(None, names))}, got {arguments.source!r}")
    return Removal(source_id=found)
