"""`imagerec compact`: merge small slices, drop what was removed, and bring the index up to date."""

import importlib.util
import logging
from collections.abc import Sequence

from shared import tables
from shared.command import cli
from shared.command.commands import COMMANDS, call
from shared.settings import Settings, as_flags
from shared.tables.contracts import IMAGES

log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 when the volume is compact, 1 when a file is missing or damaged, 2 on wrong usage."""
    parser = cli.parser("imagerec compact", COMMANDS["compact"].help, Settings)
    return cli.run_command(lambda: run(cli.settings_of(Settings, parser.parse_args(argv))), cli.GOES_ON)


def run(settings: Settings) -> int:
    """Compact a volume.

    Raises:
        CannotProceedError: the volume is in use, or a part is missing or damaged.
    """
    from shared.pipeline import compact  # imports Spark
    from shared.spark import session

    volume = settings.volume
    with volume.lock("compact"), session.context(settings, "compact") as sc:
        before = tables.open_snapshot(volume)
        after, made = compact.compact(sc, volume, before)
    log.info("compact: %s", summary(before, after, sum(one.dropped for one in made)))
    return rebuild_index(settings) if made else cli.OK


def summary(before: tables.Snapshot, after: tables.Snapshot, dropped: int) -> str:
    """What changed, in one line."""
    if before == after:
        return "nothing to merge, nothing to drop"
    slices = [len(one.slices(IMAGES)) for one in (before, after)]
    return f"{slices[0]} slices became {slices[1]}; {dropped} removed pictures dropped"


def rebuild_index(settings: Settings) -> int:
    """Build the index over the new slices, where this installation can."""
    if importlib.util.find_spec("recommendation") is None:
        log.info("compact: run `imagerec recommendation` where that stage is installed")
        return cli.OK
    return call("recommendation", as_flags(settings))
