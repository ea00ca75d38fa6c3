"""What to do after a run: a command that can be pasted as it stands, and where the results are."""

import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from shared import tables
from shared.settings import Settings
from shared.storage import Storage, locations
from shared.storage.volume import CATALOG, TABLES
from shared.tables.contracts import IMAGES

PROGRAM = "imagerec"


def next_lines(volume: Storage) -> Iterator[str]:
    """How to query a volume with pictures on it, and where its tables are; for people.

    Raises:
        CannotProceedError: its first pictures cannot be read.
    """
    root = volume.locate("")
    data = [] if root == str(Settings.data.absolute()) else ["--data", root]
    yield f"next:     {program()} {shlex.join(['query', *data, *first_picture(volume)])}"
    yield f"results:  {volume.locate(TABLES)}/, {volume.locate(CATALOG)}; summary: {program()} {shlex.join(['status', *data])}"


def program() -> str:
    """How this program is started from here."""
    if shutil.which(PROGRAM):
        return PROGRAM
    started = sys.argv[0]
    return shlex.quote(started) if Path(started).name == PROGRAM else f"{shlex.quote(sys.executable)} -m shared"


def first_picture(volume: Storage) -> list[str]:
    """The flag of a query for a stored picture: by its file if that is there and can be printed, else by its id."""
    columns = tables.read_columns(volume, tables.open_snapshot(volume).parts(IMAGES)[0], ["location", "image_id"])
    for location in columns["location"]:
        if location.isprintable() and not location.startswith(locations.SCHEME) and Path(location).is_file():
            return ["--image", location]
    return ["--id", columns["image_id"][0]]
