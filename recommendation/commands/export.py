"""`imagerec export`: the collection in the format of another program."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from shared.command import cli
from shared.errors import UsageError
from shared.settings import Settings

DESCRIPTION = "Write the collection in the format of another program, into a new folder."
#: Name -> what it is for; the modules behind them import Spark and pyarrow, which --help does without.
NAMES = (
    *("csv", "tensorboard", "fiftyone", "embedding-atlas", "clip-retrieval"),
    *("pix-plot", "webdataset", "imagefolder", "imagededup"),
)


def main(argv: Sequence[str]) -> int:
    """Return 0 when written, 1 when it cannot be (no index, a full disk), 2 on wrong usage."""
    return cli.run_command(lambda: run(parser().parse_args(argv)))


def parser() -> argparse.ArgumentParser:
    """The flags of `imagerec export`."""
    made = cli.parser("imagerec export", DESCRIPTION, Settings)
    made.add_argument("--to", required=True, metavar="FORMAT", help=f"one of {', '.join(NAMES)}")
    made.add_argument("--out", required=True, type=Path, metavar="DIR", help="a folder that is empty or not there yet")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Write what the parsed flags ask for."""
    settings = cli.settings_of(Settings, arguments)
    if arguments.to not in NAMES:
        raise UsageError(f"--to: expected one of {', '.join(NAMES)}, got {arguments.to!r}")
    from recommendation.exports import job  # imports Spark
    from recommendation.exports.formats import FORMATS
    from recommendation.index import generation
    from shared.spark import session

    job.check_folder(arguments.out)
    generation.expected_name(settings.volume)  # raises before Spark starts
    with session.context(settings, "export") as sc:
        remarks = job.run(sc, settings.volume, arguments.out, FORMATS[arguments.to].write)
    sys.stdout.write("".join(f"{line}\n" for line in [f"{arguments.to} in {arguments.out}", *remarks]))
    return cli.OK
