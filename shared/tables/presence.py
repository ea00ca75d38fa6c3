"""Whether the files of parts are there: a look that is cheap enough for all of them, where reading is not."""

from collections.abc import Iterable
from pathlib import Path

from shared.errors import CannotProceedError
from shared.tables import Part, part_path, remedy


def is_there(volume: Path, part: Part) -> bool:
    """Whether a part's file exists and has the size that it was written with."""
    try:
        return part_path(volume, part).stat().st_size == part.size_bytes
    except OSError:
        return False


def check_all(volume: Path, parts: Iterable[Part]) -> None:
    """Do nothing if every part is there.

    Raises:
        CannotProceedError: the message names the first that is not, counts all such, and says what to do.
    """
    missing = [part for part in parts if not is_there(volume, part)]
    if missing:
        path = part_path(volume, missing[0])
        what = "does not have the size that it was written with" if path.exists() else "is missing"
        more = f" (one of {len(missing)} files that are gone or cut)" if missing[1:] else ""
        raise CannotProceedError(f"{path} {what}{more}; {remedy(missing[0], before='')}")
