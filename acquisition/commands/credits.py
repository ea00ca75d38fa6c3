"""`imagerec credits`: the credits that the licences of a collection ask for, as a file."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from acquisition.credits import FORMATS, render, summarise
from shared import tables
from shared.command import cli
from shared.errors import CannotProceedError, UsageError
from shared.settings import Settings
from shared.storage import Storage
from shared.storage.files import replacing
from shared.tables import catalog
from shared.tables.contracts import IMAGES

COUNTS = "SELECT license_id, license, count(*) FROM images GROUP BY ALL"
SERVICES = "SELECT DISTINCT source FROM images"


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 when written, 1 for a volume that is empty or damaged, 2 on wrong usage."""
    return cli.run_command(lambda: run(parser().parse_args(argv)))


def parser() -> argparse.ArgumentParser:
    """The flags of `imagerec credits`."""
    made = cli.parser("imagerec credits", "Write the credits that licences ask for.", Settings)
    made.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="the file to write: .html, .md or .csv says of which kind",
    )
    return made


def run(arguments: argparse.Namespace) -> int:
    """Write the file."""
    path: Path = arguments.out
    if path.suffix.lower() not in FORMATS or path.is_dir():
        raise UsageError(f"--out: expected a file that ends in {', '.join(FORMATS)}; got {path}")
    volume = cli.settings_of(Settings, arguments).volume
    pictures = write_credits(volume, path)
    sys.stdout.write(f"credits of {pictures:,} pictures: {path}\n")
    return cli.OK


def write_credits(volume: Storage, path: Path) -> int:
    """Write the credits of all pictures, and return how many there are.

    Raises:
        CannotProceedError: nothing is stored there, or a part is missing or damaged.
    """
    snapshot = tables.open_snapshot(volume)
    if not snapshot.parts(IMAGES):
        raise CannotProceedError(f"no picture is stored in {volume.locate('')} yet; run `imagerec run --source FOLDER`")
    services = [name for (name,) in catalog.query_tables(volume, snapshot, SERVICES)]
    summary = summarise(catalog.query_tables(volume, snapshot, COUNTS), services)
    with replacing(path.absolute()) as file:
        for piece in render(FORMATS[path.suffix.lower()], volume, snapshot, summary):
            file.write(piece.encode("utf-8", "backslashreplace"))
    return summary.pictures
